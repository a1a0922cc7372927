#!/usr/bin/env python3
"""The pre-provisioning hook: on AWS a Lambda function, here a program for `fleet-provision-simulator --hook`."""
import json
import sys

SITES = {"47": "berlin", "48": "lyon"}


def lambda_handler(event, context):
    """Allows the serial numbers of known sites, and gives the site to the template."""
    site = SITES.get(event["parameters"].get("SerialNumber", "")[:2])
    if site is None:
        return {"allowProvisioning": False}
    return {"allowProvisioning": True, "parameterOverrides": {"Site": site}}


if __name__ == "__main__":
    json.dump(lambda_handler(json.load(sys.stdin), None), sys.stdout)
