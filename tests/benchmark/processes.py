"""The processes of a benchmark: the simulator, the delay proxy, and one measured run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/lib"))
from ending import exit_on_signals, uninterrupted  # noqa: E402,F401  pylint: disable=wrong-import-position,unused-import

SERVICE = ("ENDPOINT", "PORT", "CA_FILE", "CLAIM_CERT", "CLAIM_KEY", "TEMPLATE")


class Failed(Exception):
    """A run that did not do what it should, with what it said."""


class Service:
    """The simulator, and in front of it the delay proxies that were asked for; ended by their own ids."""

    def __init__(self, build, options=()):
        self.build = build
        command = [f"{build}/bin/fleet-provision-simulator", "--behaviour", "unsubscribed=drop", *options]
        self.simulator = None
        self.proxies = {}
        try:
            with uninterrupted():
                self.simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            line = self.simulator.stdout.readline()
            if not line:
                raise Failed("the simulator did not start")
            self.ready = json.loads(line)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for proxy in self.proxies.values():
            proxy.stdin.close()
            proxy.wait()
        if self.simulator:
            self.simulator.terminate()
            self.simulator.wait()

    def proxy(self, delay):
        if delay not in self.proxies:
            command = [f"{self.build}/benchmark/delay_proxy", "--round-trip", str(delay), "--to", str(self.ready["port"])]
            with uninterrupted():
                self.proxies[delay] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.proxies[delay].port = json.loads(self.proxies[delay].stdout.readline())["port"]
        return self.proxies[delay]

    def counts(self, delay):
        """What the proxy counted since it was last asked, once its connections have ended."""
        proxy = self.proxy(delay)
        proxy.stdin.write("\n")
        proxy.stdin.flush()
        return json.loads(proxy.stdout.readline())

    def environment(self, delay=None):
        """Where a client finds the service; without a delay it speaks to the simulator itself."""
        port = self.ready["port"] if delay is None else self.proxy(delay).port
        values = (self.ready["endpoint"], port, self.ready["caFile"], self.ready["claimCertificate"],
                  self.ready["claimKey"], self.ready["template"])
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_PROVISION_")}
        environment.update({f"FLEET_PROVISION_{name}": str(value) for name, value in zip(SERVICE, values)})
        return environment


class Workplace:
    """A directory for the state of each run, and fresh serial numbers; removed at the end."""

    def __init__(self, build, above):
        self.build = build
        os.makedirs(above, exist_ok=True)
        self.path = tempfile.mkdtemp(prefix="benchmark-", dir=above)
        self.runs = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def fresh(self):
        """The options of a run that has nothing yet."""
        self.runs += 1
        return ["--state-dir", f"{self.path}/{self.runs}", "-P", f"SerialNumber={os.getpid()}-{self.runs}"]

    def filesystem(self):
        found = subprocess.run(["stat", "-f", "-c", "%T", self.path], capture_output=True, text=True, check=False)
        return found.stdout.strip()

    def measured(self, command, environment=None, expected=0):
        """Runs `command` under the stopwatch and gives what it took."""
        run = None
        try:
            with uninterrupted():
                run = subprocess.Popen([f"{self.build}/benchmark/stopwatch", *command], env=environment, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0)
            out, errors = run.communicate()
        except BaseException:
            # Stopped meanwhile: the command goes with its stopwatch.
            if run:
                os.killpg(run.pid, signal.SIGKILL)
            raise
        result = json.loads(out) if out else {"status": run.returncode}
        if result["status"] != expected:
            raise Failed(f"{' '.join(command)}: exit status {result['status']}\n{errors}")
        return result
