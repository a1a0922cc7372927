"""The simulator in the place of the service: one process for each set-up, on 127.0.0.1 at a free port, ended by its process ID."""
import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import documents
from ending import uninterrupted
from world import World

SETUPS = {
    "": [],
    "hook": ["--hook", "hook"],
    "expiry": ["--token-lifetime", "1"],
    "throttle": ["--rate", "3"],
    "temporary": ["--claim-lifetime", "2"],
}


class StartFailed(Exception):
    """The simulator ended at once; the text has what it said."""


class SimulatorWorld(World):
    """The service of fleet-provision-simulator."""

    barrier, quiet, patience = True, 0, 15
    service = "simulator"
    region = None

    def __init__(self, directory, program, behaviours=()):
        super().__init__("fpc-simulator", directory)
        self.program, self.behaviours = program, behaviours
        self.processes, self.ready_lines = {}, {}
        files = directory / "files"
        files.mkdir()
        (files / "hook").write_text(f"#!{sys.executable}\n{documents.HOOK}", encoding="utf-8")
        (files / "hook").chmod(0o700)
        (files / "policy.json").write_text(json.dumps(documents.policy(self.prefix)), encoding="utf-8")
        for name in documents.TEMPLATES:
            body = json.dumps(documents.template(self.prefix, name))
            document = {"templateBody": body, "enabled": name != "off"}
            (files / f"{self.name(name)}.json").write_text(json.dumps(document), encoding="utf-8")
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        self.version = re.search(r"\d[\w.+~-]*", version).group(0)

    def start(self, setup):
        files, state = self.directory / "files", self.directory / f"state-{setup}"
        command = [self.program, "--state-dir", state, "--claim-policy", files / "policy.json",
                   "--policy", f"{self.name('device')}={files / 'policy.json'}"]
        for name in documents.TEMPLATES:
            if name != "norole":
                command += ["--template", files / f"{self.name(name)}.json"]
        for each in self.behaviours:
            command += ["--behaviour", each]
        command += [files / each if each == "hook" else each for each in SETUPS[setup]]
        with uninterrupted():
            process = self.processes[setup] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                               stderr=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if not line:
            raise StartFailed(f"the simulator does not start: {process.communicate()[1].strip()}")
        self.ready_lines[setup] = json.loads(line) | {"address": "127.0.0.1"}

    def use(self, setup):
        if setup not in self.ready_lines:
            self.start(setup)
        self.ready = self.ready_lines[setup]
        self.state = pathlib.Path(self.ready["stateDir"])
        self.claim = self.ready["claimCertificate"], self.ready["claimKey"]

    def end(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            if process.stdout.closed:
                continue            # it did not start
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    # What differs from the service.

    @contextlib.contextmanager
    def inactive_claim(self):
        """Credentials of a claim that is not active."""
        status = self.state / "claim-status"
        status.write_text("INACTIVE\n", encoding="ascii")
        try:
            yield self.claim
        finally:
            status.write_text("ACTIVE\n", encoding="ascii")

    def certificate_status(self, certificate_id):
        """As the control plane tells it, or "deleted"."""
        try:
            return json.loads((self.state / "certificates" / f"{certificate_id}.json").read_text())["status"]
        except FileNotFoundError:
            return "deleted"

    def certificates_of(self, thing):
        """How many certificates are attached to a thing."""
        return len(json.loads((self.state / "things" / f"{thing}.json").read_text())["principals"])

    def wait_for_expiry(self, certificate_id):
        """Until the ownership token of a certificate has expired."""
        expires = json.loads((self.state / "certificates" / f"{certificate_id}.json").read_text())["tokenExpires"] + 1
        time.sleep(max(0, expires - time.time()))

    def temporary_claim(self):
        """Credentials, and the time of their end in seconds since 1970."""
        claim = json.loads((self.state / "pki/claim.json").read_text())
        expires = claim["expiration"]
        if isinstance(expires, str):
            expires = datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp()
        return self.claim, expires


def program_in(given, root):
    """Where the simulator is, or None; the caller may have built it elsewhere."""
    program = pathlib.Path(given or os.environ.get("CONFORMANCE_BIN") or root / "build/release/bin") / "fleet-provision-simulator"
    return str(program.resolve()) if os.access(program, os.X_OK) else None
