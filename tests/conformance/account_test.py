"""scripts/conformance in an AWS account, as a person runs it: with the `aws` program of fake_account.py, and the simulator as the broker.

    account_test.py BINARIES [--all] [unittest's arguments]

--all also ends runs by SIGTERM and by SIGKILL.
"""
import datetime
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts/lib/conformance"), str(ROOT / "scripts/lib"), str(ROOT / "tests/conformance")]
import account_run  # noqa: E402
import checks  # noqa: E402
import fake_account  # noqa: E402

SIMULATOR = pathlib.Path(sys.argv.pop(1)).resolve() / "fleet-provision-simulator"
ALL = "--all" in sys.argv
sys.argv = [each for each in sys.argv if each != "--all"]
KINDS = ("roles", "policies", "functions", "groups", "templates", "things", "certificates")


def with_signals():
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Account(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = pathlib.Path(directory.name)
        self.account = fake_account.Account(self.top, SIMULATOR)
        self.addCleanup(self.account.end)

    def start(self, *arguments, stdin=subprocess.DEVNULL):
        environment = os.environ | {"PATH": f"{self.top / 'bin'}:{os.environ['PATH']}", "HOME": str(self.top)}
        # Signals may be ignored where this test runs in the background.
        return subprocess.Popen([ROOT / "scripts/conformance", "--region", "eu-central-1", "--directory", self.top / "runs", *arguments],
                                stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
                                cwd=self.top, preexec_fn=with_signals)

    def begin(self, *names):
        return self.start("--yes", "--ca-file", self.top / "ca.pem", "--output", self.top / "out.json", "--only", ",".join(names))

    def assert_nothing_left(self):
        state = self.account.service.state
        self.assertEqual({kind: list(state[kind]) for kind in KINDS}, {kind: [] for kind in KINDS})
        self.assertEqual(list((self.top / "runs").iterdir()), [])

    def test_observations_of_an_earlier_run_stay(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.top)
        for expected in ("conformance-2026-11-27-eu-west-1.json", "conformance-2026-11-27-eu-west-1-2.json", "conformance-2026-11-27-eu-west-1-3.json"):
            name = account_run.unused_name(datetime.date(2026, 11, 27), "eu-west-1")
            self.assertEqual(name, expected)
            pathlib.Path(name).touch()

    def test_a_run_observes_reports_and_leaves_nothing(self):
        process = self.begin("token-twice", "claim-inactive", "hook-override", "after-rejection")
        out, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertIn("6 questions: 6 as stated, 0 differ, 0 new, 0 failed\n", out)
        for line in ("Expected cost", "account 123456789012, region eu-central-1", "cleaning up", "deleted: everything with the prefix fpc-"):
            self.assertIn(line, err)
        self.assertNotIn("BEGIN", out + err)
        self.assert_nothing_left()
        text = (self.top / "out.json").read_text()
        self.assertEqual(checks.problems(json.loads(text)), [])
        self.assertNotRegex(text, r"123456789012|localhost|fpc-|[0-9a-f]{64}")
        self.assertEqual(json.loads(text)["region"], "eu-central-1")

    def test_nobody_is_asked_nothing_is_made(self):
        process = self.start()
        _, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 1)
        self.assertIn("give --yes to run without a question", err)
        self.assertEqual([words[1] for words in self.account.service.state["log"]], ["get-caller-identity"])

    def test_only_yes_begins_a_run(self):
        for answer in (b"n\n", b"\n", b"yess\n", b"\x04"):
            with self.subTest(answer):
                terminal, stdin = pty.openpty()
                process = self.start(stdin=stdin)
                os.close(stdin)
                os.write(terminal, answer)
                out, err = process.communicate(timeout=100)
                os.close(terminal)
                self.assertEqual((process.returncode, out), (1, ""), err)
                self.assertRegex(err, r"Continue\? \[y/N\] \n?scripts/conformance: error: nothing was made\n$")
        self.assertEqual({words[1] for words in self.account.service.state["log"]}, {"get-caller-identity"})
        self.assertFalse((self.top / "runs").exists())

    @unittest.skipUnless(ALL, "only with --all")
    def test_signals(self):
        for number, expected in ((signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGKILL, -9)):
            with self.subTest(number):
                self.setUp()
                process = self.begin("parameter-limits", "thing-exists", "token-twice", "token-other-principal")
                while '"kind": "thing"' not in "".join(each.read_text() for each in (self.top / "runs").glob("*/journal.jsonl")):
                    self.assertIsNone(process.poll())
                    time.sleep(0.02)
                process.send_signal(number)
                _, err = process.communicate(timeout=100)
                self.assertEqual(process.returncode, expected, err)
                if number == signal.SIGKILL:
                    again = self.start("--clean-up")
                    _, err = again.communicate(timeout=100)
                    self.assertEqual(again.returncode, 0, err)
                self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
