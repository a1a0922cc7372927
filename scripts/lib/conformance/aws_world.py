"""AWS IoT Core as the experiments see it."""
import contextlib
import datetime
import os
import time

from aws import AwsError
from connection import Connection, topic_of
from experiments import Inconclusive
from terminal import say
from world import World

TOKEN_LIFETIME = 3600


class AwsWorld(World):
    service = "aws"

    def __init__(self, aws, journal, resources, endpoint, ca_file=None):
        super().__init__(aws.prefix, journal.path.parent)
        self.aws, self.journal, self.claims = aws, journal, resources.claims
        self.region = aws.region
        host, _, port = endpoint.partition(":")
        self.ready = {"endpoint": host, "port": int(port or 8883), "caFile": ca_file}
        self.claim = self.claims["active"]

    def begin(self, experiment):
        self.aws.interrupts.check()
        super().begin(experiment)

    def note(self, kind, name):
        if kind == "certificate":
            self.aws.certificates.add(name)
        if name not in self.journal.names(kind):
            self.journal.add(kind=kind, name=name)

    def warm_up(self, seconds=120):
        """New roles and policies take a while to be known everywhere: waits until one registration succeeds."""
        end, wait = time.monotonic() + seconds, 2
        while True:
            self.aws.interrupts.check()
            outcome = self.provision()
            if outcome == "accepted":
                return
            if time.monotonic() > end:
                raise Inconclusive(f"no registration succeeds within {seconds} s: {outcome}")
            time.sleep(wait)
            wait = min(wait * 2, 15)

    def provision(self):
        csr, register = topic_of("create-from-csr"), topic_of(self.name("plain"))
        with Connection(self) as connection:
            connected = connection.connect()
            if connected != "CONNACK 0":
                return connected
            connection.listen(csr, register)
            created = connection.create()
            if not created.accepted:
                return created.outcome
            return connection.register("plain", created.fields["certificateOwnershipToken"], {"SerialNumber": self.serial()}).outcome

    @contextlib.contextmanager
    def inactive_claim(self):
        yield self.claims["inactive"]

    def certificate_status(self, certificate_id):
        described = self.aws.gone_is_done(lambda: self.aws.read("iot", "describe-certificate", "--certificate-id", certificate_id))
        return described["certificateDescription"]["status"] if described else "deleted"

    def certificates_of(self, thing):
        return len(self.aws.read("iot", "list-thing-principals", "--thing-name", thing)["principals"])

    def wait_for_expiry(self, certificate_id):
        end = time.monotonic() + TOKEN_LIFETIME + 120
        while time.monotonic() < end:
            say(f"  waiting for the token to expire: {round((end - time.monotonic()) / 60)} minutes")
            time.sleep(min(600, max(0, end - time.monotonic())))

    def temporary_claim(self):
        try:
            made = self.aws.change(self.name("plain"), "iot", "create-provisioning-claim", "--template-name", self.name("plain"))
        except AwsError as error:
            raise Inconclusive(str(error)) from error
        paths = []
        for name, text in (("temporary.pem", made["certificatePem"]), ("temporary.key", made["keyPair"]["PrivateKey"])):
            path = self.directory / "keys" / name
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.write(text)
            paths.append(path)
        expires = made["expiration"]
        if isinstance(expires, str):
            expires = datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp()
        return tuple(paths), expires
