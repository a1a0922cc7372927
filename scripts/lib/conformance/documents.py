"""The documents that the kit gives to the service: policies, provisioning templates and the function of the hook."""

# Templates by the kit's own names; the service knows each as PREFIX-NAME.
TEMPLATES = ("plain", "off", "hook", "bare", "norole")
# Roles and the rest, named likewise.
ROLES = ("provisioning", "powerless", "lambda")
POLICIES = ("claim", "device")
FUNCTION = "hook"
ATTRIBUTE = "conformance"


def policy(prefix, where="arn:aws:iot:*:*"):
    """What a claim, and a certificate that a template registered, may do: everything that an experiment needs under the prefix. They may
    not connect as PREFIX-denied, use the topic PREFIX/denied, or receive from PREFIX/muted. `where` is the beginning of every ARN."""
    def arns(kind, *names):
        return [f"{where}:{kind}/{name}" for name in names]

    service = ("$aws/certificates/*", f"$aws/provisioning-templates/{prefix}-*")
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": arns("client", f"{prefix}-*", f"${prefix}-*")},
        {"Effect": "Deny", "Action": "iot:Connect", "Resource": arns("client", f"{prefix}-denied")},
        {"Effect": "Allow", "Action": "iot:Publish", "Resource": arns("topic", *service, f"{prefix}/open", f"{prefix}/muted")},
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": arns("topic", *service, f"{prefix}/open")},
        {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": arns("topicfilter", *service, f"{prefix}/open", f"{prefix}/muted")},
    ]}


def template(prefix, name):
    """The body of a template."""
    text = {"Type": "String"}
    certificate = {"Type": "AWS::IoT::Certificate",
                   "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}}
    device = {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": f"{prefix}-device"}}
    if name == "bare":
        return {"Parameters": {"AWS::IoT::Certificate::Id": text}, "Resources": {"certificate": certificate, "policy": device}}
    thing = {"Type": "AWS::IoT::Thing",
             "Properties": {"ThingName": {"Fn::Join": ["-", [prefix, {"Ref": "SerialNumber"}]]},
                            "AttributePayload": {ATTRIBUTE: prefix, "value": {"Ref": "Value"}}}}
    return {"Parameters": {"SerialNumber": text, "AWS::IoT::Certificate::Id": text, "Value": text | {"Default": "one"},
                           "Mode": text | {"Default": "allow"}},
            "Resources": {"thing": thing, "certificate": certificate, "policy": device}}


def provisioning_trust(account):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"aws:SourceAccount": account}}}]}


LAMBDA_TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}

# The function of the hook, whose parameter Mode says what it does. The simulator runs the same file as a program.
HOOK = '''import json
import sys
import time


def lambda_handler(event, context):
    parameters = event["parameters"]
    mode = parameters.get("Mode", "allow")
    if mode == "fail":
        raise RuntimeError("the hook fails")
    if mode == "slow":
        time.sleep(8)
    return {
        "deny": {"allowProvisioning": False},
        "empty": {},
        "text": {"allowProvisioning": "true"},
        "override": {"allowProvisioning": True, "parameterOverrides": {"SerialNumber": parameters["SerialNumber"] + "-o"}},
        "number": {"allowProvisioning": True, "parameterOverrides": {"Value": 7}},
    }.get(mode, {"allowProvisioning": True})


if __name__ == "__main__":
    json.dump(lambda_handler(json.load(sys.stdin), None), sys.stdout)
'''
