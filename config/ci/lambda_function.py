"""The pre-provisioning hook as AWS Lambda runs it. The simulator runs it through hook.py."""

SITES = {"47": "berlin", "48": "lyon"}


def lambda_handler(event, context):
    """Allows the serial numbers of known sites, and gives the site to the template."""
    print("Received the request of client", event["clientId"])
    site = SITES.get(event["parameters"].get("SerialNumber", "")[:2])
    if site is None:
        return {"allowProvisioning": False}
    return {"allowProvisioning": True, "parameterOverrides": {"Site": site}}
