"""The part of AWS's control plane that scripts/conformance uses, over a state file: IoT, IAM, Lambda, logs.

It refuses what AWS refuses: a policy that is attached, a thing with a certificate, a certificate that is active or attached, a role with
policies; and for a moment after a detachment also what is detached by then. Options that it does not know are an error.
"""
import hashlib
import json
import os
import pathlib
import re

ACCOUNT, REGION = "123456789012", "eu-central-1"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
FILE = re.compile(r"fileb?://(.*)")


class Refusal(Exception):
    def __init__(self, code, message="refused"):
        super().__init__(message)
        self.code = code


def empty():
    return {"calls": 0, "roles": {}, "policies": {}, "functions": {}, "templates": {}, "certificates": {}, "things": {}, "groups": {},
            "unsettled": [], "log": []}


class FakeService:
    """`slow_to_spread`: refuses for a moment what was attached or made just before."""

    slow_to_spread = True

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.state = json.loads(self.path.read_text()) if self.path.exists() else empty()

    def save(self):
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps(self.state))
        os.replace(temporary, self.path)

    def run(self, argv):
        """(exit code, stdout, stderr) of one call."""
        try:
            options = self.options(argv[2:])
            self.state["log"].append(argv)
            answer = getattr(self, f"{argv[0]}_{argv[1]}".replace("-", "_"))(options)
            return 0, json.dumps(answer) if answer is not None else "", ""
        except Refusal as refusal:
            return 254, "", f"\nAn error occurred ({refusal.code}) when calling the {argv[1]} operation: {refusal}\n"
        finally:
            self.state["calls"] += 1

    def options(self, words):
        found, name = {}, None
        for word in words:
            if word.startswith("--"):
                name = word
                found[name] = True
            elif FILE.match(word):
                found[name] = pathlib.Path(FILE.match(word).group(1)).read_bytes()
            else:
                found[name] = word
        return found

    def one(self, kind, name, code="ResourceNotFoundException"):
        if name not in self.state[kind]:
            raise Refusal(code, f"{name} not found")
        return self.state[kind][name]

    def add(self, kind, name, value, code="ResourceAlreadyExistsException"):
        if name in self.state[kind]:
            raise Refusal(code, f"{name} exists")
        self.state[kind][name] = value

    def settle(self, name, code):
        """The first deletion after a detachment is refused, as where a change has not spread yet."""
        if self.slow_to_spread and name in self.state["unsettled"]:
            self.state["unsettled"].remove(name)
            raise Refusal(code, f"{name} is still attached")

    # sts and iam

    def sts_get_caller_identity(self, _):
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/tester"}

    def iam_create_role(self, options):
        json.loads(options["--assume-role-policy-document"])
        self.add("roles", options["--role-name"], {"attached": [], "inline": []}, "EntityAlreadyExists")
        return {"Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{options['--role-name']}"}}

    def iam_get_role(self, options):
        return {"Role": self.one("roles", options["--role-name"], "NoSuchEntity")}

    def iam_attach_role_policy(self, options):
        self.one("roles", options["--role-name"], "NoSuchEntity")["attached"].append(options["--policy-arn"])

    def iam_detach_role_policy(self, options):
        attached = self.one("roles", options["--role-name"], "NoSuchEntity")["attached"]
        if options["--policy-arn"] not in attached:
            raise Refusal("NoSuchEntity")
        attached.remove(options["--policy-arn"])

    def iam_list_attached_role_policies(self, options):
        return {"AttachedPolicies": [{"PolicyArn": each} for each in self.one("roles", options["--role-name"], "NoSuchEntity")["attached"]]}

    def iam_list_role_policies(self, options):
        return {"PolicyNames": self.one("roles", options["--role-name"], "NoSuchEntity")["inline"]}

    def iam_delete_role_policy(self, options):
        self.one("roles", options["--role-name"], "NoSuchEntity")["inline"].remove(options["--policy-name"])

    def iam_delete_role(self, options):
        role = self.one("roles", options["--role-name"], "NoSuchEntity")
        if role["attached"] or role["inline"]:
            raise Refusal("DeleteConflict")
        del self.state["roles"][options["--role-name"]]

    # lambda and logs

    def lambda_create_function(self, options):
        if options["--role"].rpartition("/")[2] not in self.state["roles"]:
            raise Refusal("InvalidParameterValueException", "The role cannot be assumed by Lambda.")
        if self.slow_to_spread and options["--function-name"] not in self.state["unsettled"]:
            self.state["unsettled"].append(options["--function-name"])
            raise Refusal("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
        self.state["unsettled"] = [each for each in self.state["unsettled"] if each != options["--function-name"]]
        self.add("functions", options["--function-name"], {}, "ResourceConflictException")
        self.state["groups"][f"/aws/lambda/{options['--function-name']}"] = {}
        return {"FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{options['--function-name']}"}

    def lambda_add_permission(self, options):
        self.one("functions", options["--function-name"])

    def lambda_wait(self, _):
        return None

    def lambda_get_function(self, options):
        return self.one("functions", options["--function-name"])

    def lambda_delete_function(self, options):
        self.one("functions", options["--function-name"])
        del self.state["functions"][options["--function-name"]]

    def logs_delete_log_group(self, options):
        self.one("groups", options["--log-group-name"])
        del self.state["groups"][options["--log-group-name"]]

    # Templates and policies

    def iot_create_provisioning_template(self, options):
        body = json.loads(options["--template-body"])
        self.add("templates", options["--template-name"], {"body": body, "enabled": "--enabled" in options})

    def iot_describe_provisioning_template(self, options):
        return self.one("templates", options["--template-name"])

    def iot_delete_provisioning_template(self, options):
        self.one("templates", options["--template-name"])
        del self.state["templates"][options["--template-name"]]

    def iot_create_policy(self, options):
        self.add("policies", options["--policy-name"], {"document": json.loads(options["--policy-document"])})

    def iot_get_policy(self, options):
        return self.one("policies", options["--policy-name"])

    def targets(self, policy):
        return [f"{ARN}cert/{name}" for name, each in self.state["certificates"].items() if policy in each["policies"]]

    def iot_list_targets_for_policy(self, options):
        self.one("policies", options["--policy-name"])
        return {"targets": self.targets(options["--policy-name"])}

    def iot_delete_policy(self, options):
        name = options["--policy-name"]
        self.one("policies", name)
        if self.targets(name):
            raise Refusal("DeleteConflictException")
        self.settle(name, "DeleteConflictException")
        del self.state["policies"][name]

    # Certificates and things

    def new_certificate(self, pem, status):
        name = hashlib.sha256(f"{self.state['calls']}{len(self.state['certificates'])}".encode()).hexdigest()
        self.state["certificates"][name] = {"pem": pem, "status": status, "policies": [], "things": []}
        return name

    def certificate(self, options):
        name = options.get("--certificate-id") or (options.get("--target") or options["--principal"]).rpartition("/")[2]
        return self.one("certificates", name)

    def iot_create_certificate_from_csr(self, options):
        pem = options["--certificate-signing-request"].decode()
        name = self.new_certificate(pem, "ACTIVE" if "--set-as-active" in options else "INACTIVE")
        return {"certificateId": name, "certificateArn": f"{ARN}cert/{name}", "certificatePem": pem}

    def iot_list_certificates(self, _):
        return {"certificates": [{"certificateId": name, "status": each["status"]} for name, each in self.state["certificates"].items()]}

    def iot_describe_certificate(self, options):
        each = self.certificate(options)
        return {"certificateDescription": {"certificateArn": f"{ARN}cert/{options['--certificate-id']}", "status": each["status"],
                                           "certificatePem": each["pem"]}}

    def iot_attach_policy(self, options):
        self.one("policies", options["--policy-name"])
        self.certificate(options)["policies"].append(options["--policy-name"])

    def iot_detach_policy(self, options):
        policies = self.certificate(options)["policies"]
        if options["--policy-name"] in policies:
            policies.remove(options["--policy-name"])
            if options["--policy-name"] not in self.state["unsettled"]:
                self.state["unsettled"].append(options["--policy-name"])

    def iot_list_attached_policies(self, options):
        return {"policies": [{"policyName": each} for each in self.certificate(options)["policies"]]}

    def iot_update_certificate(self, options):
        self.certificate(options)["status"] = options["--new-status"]

    def iot_delete_certificate(self, options):
        each = self.certificate(options)
        if each["status"] == "ACTIVE" or each["policies"] or each["things"]:
            raise Refusal("DeleteConflictException" if each["policies"] or each["things"] else "CertificateStateException")
        del self.state["certificates"][options["--certificate-id"]]

    def iot_list_things(self, options):
        return {"things": [{"thingName": name} for name, each in self.state["things"].items()
                           if each["attributes"].get(options["--attribute-name"]) == options["--attribute-value"]]}

    def iot_list_thing_principals(self, options):
        self.one("things", options["--thing-name"])
        return {"principals": [f"{ARN}cert/{name}" for name, each in self.state["certificates"].items()
                               if options["--thing-name"] in each["things"]]}

    def iot_detach_thing_principal(self, options):
        self.certificate(options)["things"].remove(options["--thing-name"])
        self.state["unsettled"].append(options["--thing-name"])

    def iot_delete_thing(self, options):
        name = options["--thing-name"]
        if any(name in each["things"] for each in self.state["certificates"].values()):
            raise Refusal("InvalidRequestException")
        self.settle(name, "InvalidRequestException")
        self.state["things"].pop(name, None)

    def iot_describe_endpoint(self, _):
        return {"endpointAddress": "localhost:1"}

    def iot_create_provisioning_claim(self, options):
        self.one("templates", options["--template-name"])
        return {"certificatePem": "", "keyPair": {"PrivateKey": ""}, "expiration": 0}

    # What a device does over MQTT.

    def mqtt_create(self, _):
        return {"certificateId": self.new_certificate("", "PENDING_ACTIVATION")}

    def mqtt_register(self, options):
        prefix = options["--prefix"]
        self.state["things"].setdefault(options["--thing-name"], {"attributes": {"conformance": prefix}})
        each = self.certificate(options)
        each |= {"status": "ACTIVE", "policies": [f"{prefix}-device"], "things": [options["--thing-name"]]}
