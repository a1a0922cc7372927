"""How scripts/fuzz runs and counts its fuzzers, with programs in their place that are done at once."""
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LIB = os.path.join(ROOT, "scripts", "lib")
FUZZER = """#!/bin/sh
echo "$*" >> "$0.calls"
echo 'stat::number_of_executed_units: 1500000'
"""
# Runs until it is interrupted, as libFuzzer does; the name of its process is in started.
ENDLESS = """#!/bin/sh
trap 'echo "stat::number_of_executed_units: 7"; kill "$child"; exit 72' INT
echo $$ >> "$(dirname "$0")/started"
sleep 300 &
child=$!
wait
"""
FAILING = """#!/bin/sh
printf '#12345\tREDUCE cov: 1\\n'
echo "Test unit written to $(dirname "$0")/failures/broken-crash-1"
exit 77
"""


class Campaign(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.directory = os.path.join(self.scratch.name, "a place", "fuzz")
        self.tally = os.path.join(self.scratch.name, "tally")
        for build in ("", "-optimised"):
            os.makedirs(f"{self.directory}{build}/tests")
            self.program(f"{self.directory}{build}/tests/fuzz_text", FUZZER)

    def program(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def run_fuzzers(self, *arguments):
        return subprocess.run([sys.executable, "-B", f"{LIB}/fuzz-run", ROOT, self.directory, "--tally", self.tally, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    def interrupted_run(self, number):
        """Starts two endless fuzzers, sends a signal once both run, and gives the exit code."""
        started = f"{self.directory}/tests/started"
        for target in ("text", "identity"):
            self.program(f"{self.directory}/tests/fuzz_{target}", ENDLESS)
        command = [sys.executable, "-B", f"{LIB}/fuzz-run", ROOT, self.directory, "--tally", self.tally, "--jobs", "2",
                   "text", "identity", "journal"]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True) as run:
            try:
                while not os.path.exists(started) or len(self.lines(started)) < 2:
                    self.assertIsNone(run.poll())
                    time.sleep(0.01)
                run.send_signal(number)
                run.wait(30)
            finally:
                left = [each for each in self.lines(started) if os.path.exists(f"/proc/{each}")]
                if run.poll() is None or left:
                    os.killpg(run.pid, signal.SIGKILL)
        self.assertEqual(left, [])
        return run.returncode

    def lines(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read().split()

    def report(self, *options):
        return subprocess.run([sys.executable, "-B", f"{LIB}/fuzz-report", ROOT, self.directory, self.tally, *options],
                              stdout=subprocess.PIPE, text=True, check=False).stdout

    def test_runs_are_added_up(self):
        self.assertEqual(self.run_fuzzers("--seconds", "9", "text").returncode, 0)
        self.assertEqual(self.run_fuzzers("--seconds", "9", "--build", "optimised", "text").returncode, 0)
        self.assertIn("| `text` | 1,500,000 | 1,500,000 | 3,000,000 |", self.report())
        self.assertIn("| all | 1,500,000 | 1,500,000 | 3,000,000 |", self.report())

    def test_a_failure_is_counted_named_and_ends_with_1(self):
        self.program(f"{self.directory}/tests/fuzz_identity", FAILING)
        ran = self.run_fuzzers("--jobs", "2", "identity", "text")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("identity (sanitized): 12,345 runs", ran.stdout)
        self.assertIn("failed: broken-crash-1", ran.stdout)
        self.assertIn("text (sanitized): 1,500,000 runs", ran.stdout)

    def test_a_campaign_is_bounded_and_gives_quick_targets_the_rest(self):
        self.assertEqual(self.run_fuzzers("--campaign", "0.5", "--jobs", "2", "text").returncode, 0)
        self.assertIn("| `text` | 1,500,000 | 3,000,000 | 4,500,000 |", self.report())
        with open(f"{self.directory}-optimised/tests/fuzz_text.calls", encoding="utf-8") as file:
            calls = file.read().splitlines()
        self.assertIn("-runs=1000000", calls[0])
        seconds = int(calls[1].split("-max_total_time=")[1].split()[0])
        self.assertLessEqual(seconds, 30)
        self.assertIn("-entropic=0", calls[1])

    def test_a_signal_ends_the_fuzzers_which_are_counted(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.assertEqual(self.interrupted_run(number), 130)
                self.assertIn("| `text` | 7 | 0 | 7 |", self.report())
                self.assertNotIn("`journal`", self.report())
                os.remove(self.tally)
                os.remove(f"{self.directory}/tests/started")

    def test_a_reader_that_has_gone_ends_the_run(self):
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-B", f"{LIB}/fuzz-run", ROOT, self.directory, "--tally", self.tally, "text", "text", "text"]
        with os.fdopen(writing, "w") as output:
            ran = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (130, ""))
        self.assertIn("| `text` | 1,500,000 | 0 | 1,500,000 |", self.report())

    def test_the_tables_have_a_place_in_the_page(self):
        with open(f"{ROOT}/docs/reports/fuzzing.md", encoding="utf-8") as file:
            page = file.read()
        copy = os.path.join(self.scratch.name, "page.md")
        with open(copy, "w", encoding="utf-8") as file:
            file.write(page)
        report = runpy.run_path(f"{LIB}/fuzz-report", run_name="fuzz_report")
        with open(f"{self.directory}/coverage.json", "w", encoding="utf-8") as file:
            json.dump({"text": {"inputs": 3, "lines": 10, "reached": 9, "functions": ["f"]}}, file)
        report["write"](copy, {"executions": ["| a |"], "coverage": report["coverage"](f"{self.directory}/coverage.json"),
                            "compare": ["| c |"]})
        with open(copy, encoding="utf-8") as file:
            written = file.read()
        self.assertIn("| `text` | 3 | 10 | 90.0 % | `f` |", written)
        self.assertIn("\n\n| a |\n\n[//]: # (end)", written)


if __name__ == "__main__":
    unittest.main()
