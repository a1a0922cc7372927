"""scripts/conformance against the simulator, and what it writes.

    kit_test.py BINARIES [unittest's arguments]
"""
import io
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stdout

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
KIT = ROOT / "scripts/lib/conformance"
sys.path[:0] = [str(KIT), str(ROOT / "scripts/lib")]
import anonymous  # noqa: E402
import aws  # noqa: E402
import cbor  # noqa: E402
import checks  # noqa: E402
import experiments  # noqa: E402
import runner  # noqa: E402

BINARIES = sys.argv.pop(1)
# Those that wait for seconds, or for keys of RSA; scripts/conformance --simulator runs them too.
LONG = "hook-slow,token-expired,temporary-claim,keys-requests,keys-nonempty,keys-cbor-map,csr-rsa-pss"


def kit(*arguments):
    return subprocess.run([sys.executable, "-B", KIT / "main.py", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=100, check=False)


class Simulator(unittest.TestCase):
    def test_the_simulator_does_what_the_page_says(self):
        with tempfile.TemporaryDirectory() as directory:
            output = pathlib.Path(directory) / "observations.json"
            done = kit("--simulator", "--bin", BINARIES, "--except", LONG, "--output", output)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            text = output.read_text(encoding="utf-8")
        document = json.loads(text)
        self.assertEqual(checks.problems(document), [])
        valid_by_schema(self, document)
        self.assertNotIn("fpc-simulator", text)
        self.assertNotRegex(text, r"[0-9a-f]{64}|BEGIN|/tmp/")
        self.assertGreater(len(document["observations"]), 90)

    def test_another_behaviour_is_noticed(self):
        rows = [("token-reuse=accept", "token-twice", "token-twice"), ("cbor-maps=indefinite", "cbor-responses", "cbor-accepted"),
                ("subscribe-denied=suback", "subscribe-denied", "subscribe-denied-3"),
                ("claim-inactive=connack", "claim-inactive", "claim-inactive-3"),
                ("unsubscribed=drop", "unsubscribed-response", "unsubscribed-response-3")]
        asked = {each["id"]: each.get("behaviour") for each in runner.questions().values() if each.get("behaviour")}
        self.assertEqual({question: behaviour.split("=")[0] for behaviour, _, question in rows}, asked)
        behaviours = [word for behaviour, _, _ in rows for word in ("--behaviour", behaviour)]
        done = kit("--simulator", "--bin", BINARIES, "--only", ",".join(name for _, name, _ in rows), *behaviours)
        self.assertEqual(done.returncode, 1, done.stderr)
        for _, _, question in rows:
            self.assertRegex(done.stdout, rf"differs +{question} ")


class Options(unittest.TestCase):
    def test_what_cannot_be_run_is_refused_before_anything_is_started(self):
        rows = [(("--simulator", "--bin", "/no/such/directory"), 1, "no fleet-provision-simulator in /no/such/directory"),
                (("--simulator", "--bin", BINARIES, "--behaviour", "x=y"), 1, "the simulator does not start"),
                (("--simulator", "--bin", BINARIES, "--output", "/"), 1, "/ cannot be written"),
                (("--region", "eu-central-1", "--output", "/no/such/directory/x"), 1, "cannot be written"),
                (("--region", "eu-central-1", "--ca-file", "/no/such/file"), 1, "/no/such/file cannot be read as certificates"),
                (("--region", "eu-central-1", "--ca-file", __file__), 1, "cannot be read as certificates")]
        for words, code, text in rows:
            with self.subTest(" ".join(words)):
                done = kit(*words)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertIn(text, done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_observations_survive_a_full_disk(self):
        done = kit("--simulator", "--bin", BINARIES, "--only", "csr-garbage", "--output", "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dev/full cannot be written: No space left on device", done.stderr)
        document = json.loads(done.stdout[done.stdout.index("{"):])
        self.assertEqual([each["question"] for each in document["observations"]], ["csr-garbage"])

    def test_the_reader_of_a_list_may_go(self):
        process = subprocess.Popen([sys.executable, "-B", KIT / "main.py", "--list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.close()
        self.assertEqual(process.stderr.read(), "")
        process.stderr.close()
        self.assertEqual(process.wait(20), 0)

    def test_a_signal_while_the_simulator_starts_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            top = pathlib.Path(directory)
            (top / "temporary").mkdir()
            os.mkfifo(top / "started")
            program = top / "fleet-provision-simulator"
            program.write_text("#!/bin/sh\nif [ \"$1\" = --version ]; then echo simulator 0.1.0; exit; fi\n"
                               f"echo $$ > {top}/started; exec sleep 1000\n")
            program.chmod(0o700)
            process = subprocess.Popen([sys.executable, "-B", KIT / "main.py", "--simulator", "--bin", top], stdin=subprocess.DEVNULL,
                                       env=os.environ | {"TMPDIR": str(top / "temporary")}, start_new_session=True)
            simulator = int((top / "started").read_text())
            process.terminate()
            try:
                self.assertEqual(process.wait(20), 128 + signal.SIGTERM)
                with self.assertRaises(ProcessLookupError):
                    os.kill(simulator, 0)
            finally:
                if process.poll() is None or pathlib.Path(f"/proc/{simulator}").exists():
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            self.assertEqual(list((top / "temporary").iterdir()), [])


def valid_by_schema(test, document):
    try:
        import jsonschema
    except ImportError:
        print("not tried: jsonschema is missing")
        return
    schema = json.loads((KIT / "observations.schema.json").read_text(encoding="utf-8"))
    errors = [each.message for each in jsonschema.Draft7Validator(schema).iter_errors(document)]
    test.assertEqual(errors, [])


class Questions(unittest.TestCase):
    def test_each_has_one_experiment_or_a_reason(self):
        answered = [name for each in experiments.load() for name in each.answers]
        self.assertEqual(len(answered), len(set(answered)))
        known = runner.questions()
        for name, each in known.items():
            with self.subTest(name):
                self.assertNotEqual(name in answered, "none" in each)
                self.assertIn(each["mark"], ("D", "O", "I"))
        self.assertLessEqual(set(answered), set(known))

    def test_a_measured_statement_has_the_mark_m(self):
        question = {"id": "a", "text": "b|c", "expected": ["x", "y"], "mark": "I"}
        measured = question | {"measured": [{"date": "2026-12-01", "region": "eu-central-1", "outcome": "x"}]}
        self.assertEqual([checks.table({"a": each}).splitlines()[2] for each in (question, measured)],
                         ["| `a` | b\\|c | x or y | I |", "| `a` | b\\|c | x or y | M 2026-12-01 eu-central-1: x |"])

    def test_verdicts(self):
        self.assertEqual(runner.verdict({"expected": ["a", "b"]}, "b"), "as-stated")
        self.assertEqual(runner.verdict({"expected": ["a"]}, "b"), "differs")
        self.assertEqual(runner.verdict({"expected": None}, "b"), "new")

    def test_an_experiment_that_does_not_get_far_fails_alone(self):
        class World:
            trace = []

            def __init__(self, error):
                self.error = error

            def begin(self, _):
                raise self.error
        experiment = next(each for each in experiments.load() if each.name == "filters")
        rows = [(ConnectionRefusedError("no route to 123456789012 at abc-ats.iot.eu-central-1.amazonaws.com"),
                 "ConnectionRefusedError: no route to ACCOUNT at ENDPOINT"),
                (aws.AwsError("iot describe-certificate", "ThrottlingException", "Rate exceeded"),
                 "AwsError: aws iot describe-certificate failed: Rate exceeded"),
                (struct.error("unpack requires a buffer of 2 bytes"), "error: unpack requires a buffer of 2 bytes"),
                (subprocess.TimeoutExpired("openssl", 60), "TimeoutExpired: Command 'openssl' timed out after 60 seconds")]
        for error, problem in rows:
            with self.subTest(problem):
                found = runner.run_one(experiment, World(error), runner.questions())
                self.assertEqual([each["verdict"] for each in found], ["failed", "failed"])
                self.assertEqual(found[0]["problem"], problem)


class Published(unittest.TestCase):
    SECRETS = [
        "arn:aws:iot:eu-central-1:123456789012:cert/x", "in account 123456789012", "abcdefg-ats.iot.eu-central-1.amazonaws.com", "a1" * 32,
        "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----", "fpc-3f9a1c-t4", "0d3c1b52-6d2f-4b1f-9a5c-8e7f6a5b4c3d",
        "eyJ" + "a" * 90, "AKIA" + "A" * 16, "/home/someone/key"]

    def test_secrets_are_replaced_and_found(self):
        for secret in self.SECRETS:
            with self.subTest(secret):
                self.assertTrue(anonymous.leaks(f'"{secret}"'))
                clean = anonymous.scrubbed({"a": [f"see {secret}."]})["a"][0]
                self.assertEqual(anonymous.leaks(clean), [])
                self.assertNotEqual(clean, f"see {secret}.")
        for plain in ("rejected 400 InvalidParameters: Cannot resolve reference value: SerialNumber", "$aws/certificates/create/json/accepted",
                      "Dec 31 23:59:59 2049 GMT", "CONNACK 135"):
            self.assertEqual(anonymous.scrubbed(plain), plain)

    def document(self, **changed):
        return {"schema": 1, "kit": 1, "service": "aws", "version": None, "region": "eu-central-1", "date": "2026-11-27",
                "observations": [{"question": "token-twice", "experiment": "token-twice", "mark": "I", "expected": ["a"], "outcome": "b",
                                  "verdict": "differs"} | changed]}

    def test_what_is_not_fit_to_be_published_is_found(self):
        self.assertEqual(checks.problems(self.document()), [])
        rows = [({"verdict": "as-stated"}, "does not follow"), ({"question": "token-thrice"}, "there is no question"),
                ({"verdict": "good"}, "there is no verdict"), ({"packets": [{"clientId": "a1" * 32}]}, "CERTIFICATE")]
        for changed, expected in rows:
            with self.subTest(expected):
                self.assertIn(expected, " ".join(checks.problems(self.document(**changed))))
        observation = self.document()["observations"][0]
        malformed = [3, None, [], {}, observation | {"question": ["token-twice"]}, observation | {"expected": "a"},
                     {name: value for name, value in observation.items() if name != "outcome"}]
        for broken in ([], {}, self.document() | {"schema": 2}, self.document() | {"date": 7},
                       *[self.document() | {"observations": [each]} for each in malformed]):
            self.assertTrue(checks.problems(broken))

    def test_every_contributed_run_is_fit(self):
        for path in (ROOT / "docs/reports/conformance").glob("*.json"):
            with self.subTest(path.name), redirect_stdout(io.StringIO()) as said:
                self.assertEqual(checks.check_file(path), 0, said.getvalue())
                valid_by_schema(self, json.loads(path.read_text(encoding="utf-8")))


class Cbor(unittest.TestCase):
    def test_what_is_encoded_is_decoded(self):
        value = {"a": "b", "n": {"x": 300, "y": -7, "z": [True, None, b"\0" * 70000]}, "long": "é" * 300}
        self.assertEqual(cbor.decode(cbor.encode(value)), (value, False))

    def test_indefinite_lengths_are_noticed(self):
        self.assertEqual(cbor.decode(bytes.fromhex("bf6161 7f6162 6163ff ff")), ({"a": "bc"}, True))
        self.assertEqual(cbor.decode(bytes.fromhex("9f01ff")), ([1], True))

    def test_what_is_cut_or_foreign_is_malformed(self):
        whole = cbor.encode({"statusCode": 400, "errorCode": "x"})
        cut = [whole[:end] for end in range(len(whole))]
        for data in cut + [whole + b"\0", b"\xc0\x00", b"\xfb" + b"\0" * 8, b"\xbf", b"\x81" * 99, b"\x61\xff"]:
            with self.subTest(data.hex()), self.assertRaises(cbor.Malformed):
                cbor.decode(data)


if __name__ == "__main__":
    unittest.main()
