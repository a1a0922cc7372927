"""Makes what the experiments need in an AWS account; cleanup.py takes it away again."""
import json
import zipfile

import documents
import keys

REGISTRATION = "policy/service-role/AWSIoTThingsRegistration"
RUNTIME = "python3.12"


class Resources:
    """`identity`: account and partition. Files with documents go to the run's directory, because they do not fit a command line."""

    def __init__(self, aws, journal, identity):
        self.aws, self.journal, self.identity = aws, journal, identity
        self.prefix = aws.prefix
        self.directory = journal.path.parent
        self.keys = keys.Keys(self.directory / "keys")
        self.roles, self.function_arn, self.claims = {}, None, {}

    def name(self, name):
        return f"{self.prefix}-{name}"

    def file(self, name, value):
        path = self.directory / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return f"file://{path}"

    def make_all(self, say):
        for what, make in (("roles", self.make_roles), ("policies", self.make_policies), ("the hook", self.make_function),
                           ("templates", self.make_templates), ("claims", self.make_claims)):
            say(f"making {what}")
            make()
        return self.aws.read("iot", "describe-endpoint", "--endpoint-type", "iot:Data-ATS")["endpointAddress"]

    def make_roles(self):
        for role in documents.ROLES:
            name = self.name(role)
            trust = documents.LAMBDA_TRUST if role == "lambda" else documents.provisioning_trust(self.identity["account"])
            self.journal.add(kind="role", name=name)
            made = self.aws.change(name, "iam", "create-role", "--role-name", name, "--assume-role-policy-document",
                                   self.file(f"trust-{role}.json", trust))
            self.roles[role] = made["Role"]["Arn"]
        self.aws.change(self.name("provisioning"), "iam", "attach-role-policy", "--role-name", self.name("provisioning"),
                        "--policy-arn", f"arn:{self.identity['partition']}:iam::aws:{REGISTRATION}")

    def make_policies(self):
        where = f"arn:{self.identity['partition']}:iot:{self.aws.region}:{self.identity['account']}"
        document = self.file("policy.json", documents.policy(self.prefix, where))
        for each in documents.POLICIES:
            self.journal.add(kind="policy", name=self.name(each))
            self.aws.change(self.name(each), "iot", "create-policy", "--policy-name", self.name(each), "--policy-document", document)

    def make_function(self):
        name = self.name(documents.FUNCTION)
        archive = self.directory / "hook.zip"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("lambda_function.py", documents.HOOK)
        self.journal.add(kind="function", name=name)
        made = self.aws.until_accepted(
            lambda: self.aws.change(name, "lambda", "create-function", "--function-name", name, "--runtime", RUNTIME, "--role",
                                    self.roles["lambda"], "--handler", "lambda_function.lambda_handler", "--timeout", "20",
                                    "--zip-file", f"fileb://{archive}"), 90, "InvalidParameterValueException")
        self.function_arn = made["FunctionArn"]
        self.aws.change(name, "lambda", "add-permission", "--function-name", name, "--statement-id", "iot", "--action",
                        "lambda:InvokeFunction", "--principal", "iot.amazonaws.com", "--source-account", self.identity["account"])
        self.aws.read("lambda", "wait", "function-active", "--function-name", name)

    def make_templates(self):
        for each in documents.TEMPLATES:
            name = self.name(each)
            role = self.roles["powerless" if each == "norole" else "provisioning"]
            options = ["--enabled" if each != "off" else "--no-enabled"]
            if each == "hook":
                options += ["--pre-provisioning-hook", self.file("hook.json", {"targetArn": self.function_arn})]
            body = self.file(f"template-{each}.json", documents.template(self.prefix, each))
            self.journal.add(kind="template", name=name)
            self.aws.until_accepted(
                lambda name=name, role=role, options=options, body=body: self.aws.change(
                    name, "iot", "create-provisioning-template", "--template-name", name, "--template-body", body,
                    "--provisioning-role-arn", role, *options), 60, "InvalidRequestException")

    def make_claims(self):
        """An active claim and one that stays inactive. The key is made here. The certificate's ID is not known before it is made, so the
        journal first gets the public key, by which cleanup.py finds it."""
        for each in ("active", "inactive"):
            key = self.keys.path(f"p256-{each}")
            csr = self.keys.csr(f"p256-{each}", subject=f"/CN={self.name(each)}")
            self.journal.add(kind="claim", name=self.name(each), publicKey=keys.public_key(csr, "req"))
            made = self.aws.change(self.name(each), "iot", "create-certificate-from-csr", "--certificate-signing-request",
                                   self.file(f"{each}.csr", csr), "--no-set-as-active")
            self.journal.add(kind="certificate", name=made["certificateId"], claim=self.name(each))
            self.aws.certificates.add(made["certificateId"])
            self.aws.change(self.name("claim"), "iot", "attach-policy", "--policy-name", self.name("claim"), "--target",
                            made["certificateArn"])
            if each == "active":
                self.aws.change(made["certificateId"], "iot", "update-certificate", "--certificate-id", made["certificateId"],
                                "--new-status", "ACTIVE")
            path = self.directory / "keys" / f"{each}.pem"
            path.write_text(made["certificatePem"], encoding="ascii")
            self.claims[each] = path, key


def existing(aws, prefix):
    """What has a name of the kit's with this prefix already."""
    found = []
    for operation, option, names in (
            (("iam", "get-role"), "--role-name", documents.ROLES), (("iot", "get-policy"), "--policy-name", documents.POLICIES),
            (("iot", "describe-provisioning-template"), "--template-name", documents.TEMPLATES),
            (("lambda", "get-function"), "--function-name", (documents.FUNCTION,))):
        for name in names:
            name = f"{prefix}-{name}"
            if aws.gone_is_done(lambda operation=operation, option=option, name=name: aws.read(*operation, option, name)) is not None:
                found.append(name)
    return found
