"""What every experiment is given, whatever service it talks to: names, keys, a claim, and a record of packets."""
import contextlib

import keys


class World:
    """`barrier`: the server answers a ping only after everything that it had to say; otherwise `quiet` seconds are waited. `patience`: seconds
    after which a response is taken as not coming."""

    barrier, quiet, patience = False, 5, 30
    service = "aws"

    def __init__(self, prefix, directory):
        self.prefix, self.directory = prefix, directory
        self.keys = keys.Keys(directory / "keys")
        self.trace, self.connections, self.clients, self.things = [], 0, 0, 0
        self.ready, self.claim = None, None

    def begin(self, experiment):
        """Before each experiment: an empty record, and a service that is set up as it asks."""
        self.trace, self.connections = [], 0
        self.use(experiment.setup)

    def use(self, setup):
        """The simulator has one process for each set-up; the service is always the same."""

    def next_connection(self):
        self.connections += 1
        return self.connections

    def name(self, name):
        return f"{self.prefix}-{name}"

    def client_id(self):
        self.clients += 1
        return self.name(f"c{self.clients}")

    def serial(self):
        """The serial number of a thing that does not exist yet."""
        self.things += 1
        return f"t{self.things}"

    def note(self, kind, name):
        """Something with this name is about to be made, or was made just now, by an experiment."""

    @contextlib.contextmanager
    def device_credentials(self, pem):
        """Certificate and key files of a certificate that was issued for the key of `keys.csr()`."""
        path = self.directory / "keys" / "device.pem"
        path.write_text(pem, encoding="ascii")
        yield path, self.keys.path("p256")
