"""A benchmark that is interrupted while it starts a program ends that program."""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
# Starts what the second argument names, with programs below the first that never get ready.
DRIVER = """import sys
from key_devices import KeyDevices
from processes import Service, exit_on_signals
exit_on_signals()
place, what = sys.argv[1:]
if what == "simulator":
    Service(place)
else:
    KeyDevices(place + "/devices").__enter__()
"""


class Processes(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.started = os.path.join(self.scratch.name, "started")
        os.mkdir(f"{self.scratch.name}/bin")
        for name in ("fleet-provision-simulator", "swtpm", "softhsm2-util"):
            # The token is there at once; the others do not get ready.
            lines = "exit 0" if name == "softhsm2-util" else f'echo $$ > "{self.started}"\nexec sleep 300'
            with open(f"{self.scratch.name}/bin/{name}", "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{lines}\n")
            os.chmod(f"{self.scratch.name}/bin/{name}", 0o755)
        self.environment = {**os.environ, "PATH": f"{self.scratch.name}/bin:{os.environ['PATH']}", "PYTHONPATH": HERE}

    def interrupted(self, what, number):
        """Interrupts a benchmark that waits for `what`, and gives its exit code; what it started must have ended."""
        command = [sys.executable, "-B", "-c", DRIVER, self.scratch.name, what]
        pid = None
        with subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL) as run:
            try:
                while not pid:
                    self.assertIsNone(run.poll())
                    time.sleep(0.01)
                    if os.path.exists(self.started):
                        with open(self.started, encoding="utf-8") as file:
                            pid = file.read().strip()
                run.send_signal(number)
                run.wait(30)
                self.assertFalse(os.path.exists(f"/proc/{pid}"))
            finally:
                run.kill()
                if pid and os.path.exists(f"/proc/{pid}"):
                    os.kill(int(pid), signal.SIGKILL)
        return run.returncode

    def test_a_simulator_that_is_not_ready_is_ended(self):
        self.assertEqual(self.interrupted("simulator", signal.SIGTERM), 128 + signal.SIGTERM)

    def test_a_signal_that_arrives_during_a_start_is_handled_after_it(self):
        program = ("import os, signal, sys\nfrom processes import exit_on_signals, uninterrupted\nexit_on_signals()\n"
                   "with uninterrupted():\n    os.kill(os.getpid(), signal.SIGTERM)\n    print('started', flush=True)\nprint('not reached')")
        ran = subprocess.run([sys.executable, "-B", "-c", program], env=self.environment, capture_output=True, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (128 + signal.SIGTERM, "started\n", ""))

    def test_a_tpm_that_is_not_ready_is_ended(self):
        self.assertEqual(self.interrupted("tpm", signal.SIGHUP), 128 + signal.SIGHUP)


if __name__ == "__main__":
    unittest.main()
