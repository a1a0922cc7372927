"""Deletes what a run has made, by its journal and by its prefix. It may be killed and run again at any point.

The order: things (detached from certificates first), certificates (detached from policies first), templates, policies, the function and
its log group, roles. What is gone already counts as deleted.
"""
import documents
import keys
from aws import AwsError

LOG_GROUP = "/aws/lambda/"


class CleanUp:
    """`problems` has a line for each thing that could not be deleted. Certificates have no name: what is found is written to the journal
    before it is detached from what it was found by, so that a clean-up that is killed loses none."""

    def __init__(self, aws, prefix, journal):
        self.aws, self.prefix, self.journal = aws, prefix, journal
        self.problems, self.deleted = [], []
        self.certificates = set()

    def name(self, name):
        return f"{self.prefix}-{name}"

    def all(self):
        self.step("certificates", self.find_certificates)
        for thing in sorted(self.step("things", self.find_things) or ()):
            self.step(f"thing {thing}", self.delete_thing, thing)
        for certificate in sorted(self.certificates):
            self.step(f"certificate {certificate}", self.delete_certificate, certificate)
        for template in documents.TEMPLATES:
            self.step(f"template {self.name(template)}", self.delete, self.name(template), "iot", "delete-provisioning-template",
                      "--template-name", self.name(template))
        for policy in documents.POLICIES:
            self.step(f"policy {self.name(policy)}", self.delete_policy, self.name(policy))
        function = self.name(documents.FUNCTION)
        self.step(f"function {function}", self.delete, function, "lambda", "delete-function", "--function-name", function)
        self.step(f"log group of {function}", self.delete, function, "logs", "delete-log-group", "--log-group-name", LOG_GROUP + function)
        for role in documents.ROLES:
            self.step(f"role {self.name(role)}", self.delete_role, self.name(role))
        return not self.problems

    def step(self, what, function, *arguments):
        """A step that fails, for whatever reason, does not keep the others from being done."""
        try:
            return function(*arguments)
        except AwsError as error:
            self.problems.append(f"{what}: {error}")
        except Exception as error:  # noqa: BLE001
            self.problems.append(f"{what}: {type(error).__name__}: {error}")
        return None

    def read(self, *arguments):
        return self.aws.gone_is_done(lambda: self.aws.read(*arguments)) or {}

    def delete(self, about, *arguments):
        """A deletion, repeated while the service still sees what was just detached: for a policy up to five minutes, says AWS."""
        conflicts = ("DeleteConflictException", "DeleteConflict", "InvalidRequestException", "ConflictingResourceUpdateException",
                     "CertificateStateException")
        call = lambda: self.aws.gone_is_done(lambda: self.aws.change(about, *arguments) or True)  # noqa: E731
        if self.aws.until_accepted(call, 330, *conflicts):
            self.deleted.append(about)

    # What there is.

    def find_certificates(self):
        """Those of the journal, those that the run's policies are attached to, and a claim that was made just before a kill."""
        self.remember(self.journal.names("certificate"))
        for policy in documents.POLICIES:
            targets = self.read("iot", "list-targets-for-policy", "--policy-name", self.name(policy)).get("targets", [])
            self.remember(each.rpartition("/")[2] for each in targets if ":cert/" in each)
        self.find_lost_claims()

    def remember(self, certificates):
        known = set(self.journal.names("certificate"))
        for each in sorted(set(certificates)):
            if each not in known:
                self.journal.add(kind="certificate", name=each)
            self.certificates.add(each)
            self.aws.certificates.add(each)

    def find_lost_claims(self):
        """A claim of the journal without a certificate: the call may have been carried out all the same."""
        known = {each.get("claim") for each in self.journal.entries if each.get("kind") == "certificate"}
        lost = {each["publicKey"] for each in self.journal.entries if each.get("kind") == "claim" and each["name"] not in known}
        if not lost:
            return
        # The newest come first.
        for each in self.read("iot", "list-certificates", "--max-items", "1000").get("certificates", []):
            if each.get("status") == "INACTIVE":
                described = self.read("iot", "describe-certificate", "--certificate-id", each["certificateId"])
                if keys.public_key(described.get("certificateDescription", {}).get("certificatePem", "")) in lost:
                    self.remember([each["certificateId"]])

    def find_things(self):
        """Those of the journal and those with the run's attribute; only with the prefix."""
        things = set(self.journal.names("thing"))
        listed = self.read("iot", "list-things", "--attribute-name", documents.ATTRIBUTE, "--attribute-value", self.prefix)
        things |= {each["thingName"] for each in listed.get("things", [])}
        return {each for each in things if each.startswith(f"{self.prefix}-")}

    # How it is deleted.

    def delete_thing(self, thing):
        for principal in self.read("iot", "list-thing-principals", "--thing-name", thing).get("principals", []):
            if ":cert/" in principal:
                self.remember([principal.rpartition("/")[2]])
            self.aws.gone_is_done(lambda principal=principal: self.aws.change(
                thing, "iot", "detach-thing-principal", "--thing-name", thing, "--principal", principal))
        self.delete(thing, "iot", "delete-thing", "--thing-name", thing)

    def delete_certificate(self, certificate):
        described = self.read("iot", "describe-certificate", "--certificate-id", certificate).get("certificateDescription")
        if described is None:
            return
        arn = described["certificateArn"]
        for policy in self.read("iot", "list-attached-policies", "--target", arn).get("policies", []):
            self.aws.gone_is_done(lambda policy=policy: self.aws.change(
                certificate, "iot", "detach-policy", "--policy-name", policy["policyName"], "--target", arn))
        if described.get("status") != "INACTIVE":
            self.aws.gone_is_done(lambda: self.aws.change(
                certificate, "iot", "update-certificate", "--certificate-id", certificate, "--new-status", "INACTIVE"))
        self.delete(certificate, "iot", "delete-certificate", "--certificate-id", certificate)

    def delete_policy(self, policy):
        """With the certificates that find_certificates did not find, because a call failed or the service had not told yet."""
        for target in self.read("iot", "list-targets-for-policy", "--policy-name", policy).get("targets", []):
            if ":cert/" in target:
                self.remember([target.rpartition("/")[2]])
                self.delete_certificate(target.rpartition("/")[2])
            else:
                self.aws.gone_is_done(lambda target=target: self.aws.change(
                    policy, "iot", "detach-policy", "--policy-name", policy, "--target", target))
        self.delete(policy, "iot", "delete-policy", "--policy-name", policy)

    def delete_role(self, role):
        for attached in self.read("iam", "list-attached-role-policies", "--role-name", role).get("AttachedPolicies", []):
            self.aws.gone_is_done(lambda attached=attached: self.aws.change(
                role, "iam", "detach-role-policy", "--role-name", role, "--policy-arn", attached["PolicyArn"]))
        for inline in self.read("iam", "list-role-policies", "--role-name", role).get("PolicyNames", []):
            self.aws.gone_is_done(lambda inline=inline: self.aws.change(
                role, "iam", "delete-role-policy", "--role-name", role, "--policy-name", inline))
        self.delete(role, "iam", "delete-role", "--role-name", role)
