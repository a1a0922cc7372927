"""Whatever happens to a run of scripts/conformance in an AWS account, everything with its prefix can be deleted, and nothing else is touched.

    clean_up_test.py [--all] [unittest's arguments]

The run talks to the service of fake_service.py, in a forked child. For each call to the AWS CLI there is a run that is killed before it, one
that is killed behind it, one whose call fails, one whose answer is lost, and one that gets SIGTERM; then the clean-up is run. Without --all,
the first call of each kind that makes something, and every sixteenth of the others.
"""
import argparse
import contextlib
import fcntl
import io
import itertools
import json
import os
import pathlib
import re
import signal
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts/lib/conformance"), str(ROOT / "scripts/lib"), str(ROOT / "tests/conformance")]
import account_run  # noqa: E402
import aws as aws_cli  # noqa: E402
import keys  # noqa: E402
from fake_service import FakeService, Refusal, empty  # noqa: E402

STEP = 1 if "--all" in sys.argv else 16
sys.argv = [each for each in sys.argv if each != "--all"]
PREFIX = "fpc-abc"
CAUSES = ("kill-before", "kill-behind", "fail", "answer-lost", "signal")


class FakeAws(aws_cli.Aws):
    """Calls the fake service in this process; does something at call number `at`."""

    service, at, cause = None, None, None

    def execute(self, command):
        arguments = command[1:command.index("--output")]
        here = self.service.state["calls"] == self.at
        if here and self.cause == "kill-before":
            self.die()
        if here and self.cause == "fail":
            self.service.state["calls"] += 1
            return 255, "", "Could not connect to the endpoint URL"
        if here and self.cause == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
        done = self.service.run(arguments)
        if here and self.cause == "kill-behind":
            self.die()
        return (255, "", "Connection was closed") if here and self.cause == "answer-lost" else done

    def die(self):
        """As by SIGKILL: nothing of the kit runs any more."""
        self.service.save()
        os._exit(137)


class FakeWorld:
    """Registers things as experiments do."""

    def __init__(self, aws, journal, *_):
        self.aws, self.journal = aws, journal

    def warm_up(self):
        for serial in ("t1", "t2", "t1"):
            certificate = self.aws.call("mqtt", "create")["certificateId"]
            self.journal.add(kind="certificate", name=certificate)
            thing = f"{PREFIX}-{serial}"
            self.journal.add(kind="thing", name=thing)
            if serial != "t2":
                self.aws.call("mqtt", "register", "--thing-name", thing, "--certificate-id", certificate, "--prefix", PREFIX)


def others():
    """What is in the account besides, with names as close as they get."""
    state = empty()
    state["roles"] = {"fpc-abcd-provisioning": {"attached": ["x"], "inline": []}, "fleet": {"attached": [], "inline": ["y"]}}
    state["policies"] = {"fpc-abcd-claim": {"document": {}}, "fpc-abc": {"document": {}}, "gateway": {"document": {}}}
    state["functions"] = {"fpc-abc-other": {}, "hook": {}}
    state["groups"] = {"/aws/lambda/hook": {}}
    state["templates"] = {"fpc-abcd-plain": {}, "plain": {}}
    state["things"] = {"gateway-1": {"attributes": {"conformance": PREFIX}}, "fpc-abcd-t1": {"attributes": {"conformance": "fpc-abcd"}}}
    state["certificates"] = {"a" * 64: {"pem": "", "status": "ACTIVE", "policies": ["gateway"], "things": ["gateway-1"]},
                             "b" * 64: {"pem": "", "status": "INACTIVE", "policies": [], "things": []}}
    return state


KINDS = ("roles", "policies", "functions", "groups", "templates", "things", "certificates")


def in_child(action):
    """Its exit status; 137 for a kill."""
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(60)
            with contextlib.redirect_stderr(io.StringIO()):
                status = action()
        except BaseException as error:  # noqa: BLE001 (the parent only sees a status)
            print(f"{type(error).__name__}: {error}", file=sys.__stderr__)
            status = 99
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Run:
    """One account and one machine."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.state = self.directory / "state.json"
        self.state.write_text(json.dumps(others()))

    def account(self, at=None, cause=None):
        options = argparse.Namespace(region="eu-central-1", profile=None, prefix=PREFIX, yes=True, ca_file=None, output=None)
        interrupts = aws_cli.Interrupts()
        signal.signal(signal.SIGTERM, interrupts.stop)
        account = account_run.Account("aws", options, interrupts, self.directory / "runs")
        service = FakeService(self.state)

        def made(prefix, region):
            found = FakeAws("aws", region, interrupts)
            found.prefix, found.pace, found.service, found.at, found.cause = prefix, 0, service, at, cause
            return found
        self.service = service
        account.aws = made
        account_run.AwsWorld = FakeWorld
        return account

    def whole(self, at=None, cause=None):
        return in_child(lambda: self.ended(lambda: self.account(at, cause).run(PREFIX, [], {}, lambda *_: None, None)))

    def clean_up(self, at=None, cause=None):
        return in_child(lambda: self.ended(lambda: self.account(at, cause).clean_up_all(PREFIX)))

    def ended(self, action):
        """As main.py ends a run."""
        try:
            return action()
        except aws_cli.Stopped as stopped:
            return 128 + stopped.number
        except aws_cli.AwsError:
            return 1
        finally:
            self.service.save()

    def forget_journal(self):
        for path in (self.directory / "runs").glob("*/*.jsonl"):
            path.unlink()

    @property
    def now(self):
        return FakeService(self.state).state

    def left(self):
        """(what is left of the run, what else has changed)"""
        now, before = self.now, others()
        left = {f"{kind} {name}: {now[kind][name]}" for kind in KINDS for name in now[kind] if name not in before[kind]}
        changed = {f"{kind} {name}" for kind in KINDS for name in before[kind] if now[kind].get(name) != before[kind][name]}
        return left, changed


def without_openssl():
    """Keys that cost nothing: the key of a certificate of the fake service is the text of its CSR."""
    keys.Keys.path = lambda self, kind: self.directory / f"{kind}.key"
    keys.Keys.csr = lambda self, kind="", *_, subject="": f"CSR {kind}"
    keys.public_key = lambda pem, kind="x509": f"key of {pem}"


class CleanUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        without_openssl()
        os.fsync = lambda _: None       # a killed process loses nothing that it has written

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = pathlib.Path(directory.name)

    def new_run(self):
        return Run(tempfile.mkdtemp(dir=self.top))

    def calls(self):
        """The operations of a run, and the number of the first call of its clean-up."""
        run = self.new_run()
        self.assertEqual(run.whole(), 0)
        names = [" ".join(words[:2]) for words in run.now["log"]]
        return names, names.index("iot list-targets-for-policy")

    def assert_nothing_left(self, run, besides=()):
        """Besides: states of certificates that hold nothing and that nothing leads to any more."""
        left, changed = run.left()
        self.assertEqual(changed, set())
        bare = {each for each in left if each.startswith("certificates") and "'policies': [], 'things': []" in each and
                any(f"'status': '{status}'" in each for status in besides)}
        self.assertEqual(left - bare, set())
        self.assertLessEqual(len(bare), 2 if besides else 0)

    def test_a_run_leaves_nothing(self):
        run = self.new_run()
        self.assertEqual(run.whole(), 0)
        self.assert_nothing_left(run)
        self.assertEqual(list((run.directory / "runs").iterdir()), [])
        made = {words[1] for words in run.now["log"]}
        self.assertLess({"create-role", "create-policy", "create-function", "create-provisioning-template", "register"}, made)

    def test_whatever_happens_at_a_call_everything_can_be_deleted(self):
        names, first = self.calls()
        making = [(names.index(name), cause) for name in sorted(set(names)) if re.search("create|register", name)
                  for cause in ("kill-behind", "answer-lost")]
        tried = {*making, *[(at, cause) for at in range(len(names)) for cause in CAUSES][::STEP]}
        for at, cause in sorted(tried):
            with self.subTest(f"{cause} at call {at}"):
                run = self.new_run()
                code = run.whole(at, cause)
                if cause.startswith("kill"):
                    self.assertEqual(code, 137)
                elif cause == "signal":
                    self.assertIn(code, (143, 0))      # 0: during the clean-up, which goes on
                itself = cause == "signal" or at < first and not cause.startswith("kill")
                if not itself:
                    self.assertEqual(run.clean_up(), 0)
                # A certificate whose ID only a lost answer had: AWS deletes it, as it is still pending.
                self.assert_nothing_left(run, ["PENDING_ACTIVATION"])

    def test_a_clean_up_may_be_killed_too(self):
        names, first = self.calls()
        tried = itertools.product(range(first, len(names), max(1, STEP // 5)), (False, True), ("kill-behind", "fail"))
        for at, lost, cause in tried:
            with self.subTest(f"{cause} at call {at}, journal {'lost' if lost else 'kept'}"):
                run = self.new_run()
                self.assertEqual(run.whole(first, "kill-before"), 137)
                if lost:
                    run.forget_journal()
                # 1: it does not know whose account it is, and does not begin.
                self.assertIn(run.clean_up(at, cause), (137, 0) if cause == "kill-behind" else (1, 2, 0))
                self.assertEqual(run.clean_up(), 0)
                self.assert_nothing_left(run, ["PENDING_ACTIVATION"] if lost else ())

    def test_the_prefix_is_enough_where_the_journal_is_lost(self):
        _, first = self.calls()
        for at in range(0, first + 1, max(1, STEP // 3)):
            with self.subTest(f"call {at}"):
                run = self.new_run()
                self.assertEqual(run.whole(at, "kill-behind"), 137)
                run.forget_journal()
                self.assertEqual(run.clean_up(), 0)
                self.assert_nothing_left(run, ["PENDING_ACTIVATION", "INACTIVE"])

    def test_a_journal_outlives_a_line_that_was_cut(self):
        journal = aws_cli.Journal.begin(self.top / "runs", PREFIX, region="r")
        journal.add(kind="thing", name="one")
        with open(journal.path, "a", encoding="utf-8") as file:
            file.write('{"kind": "thi')
        again = aws_cli.Journal.read(journal.path)
        again.add(kind="thing", name="two")
        self.assertEqual(aws_cli.Journal.read(journal.path).names("thing"), ["one", "two"])
        with self.assertRaises(FileExistsError):
            aws_cli.Journal.begin(self.top / "runs", PREFIX)

    def test_a_run_that_goes_on_is_left_alone(self):
        run = self.new_run()
        self.assertEqual(run.whole(20, "kill-before"), 137)
        path = run.directory / "runs" / PREFIX / "journal.jsonl"
        text, calls = path.read_text(), len(run.now["log"])
        with open(path, "ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with self.assertRaises(account_run.Refused):
                run.account().clean_up_all(PREFIX)
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(run.account().clean_up_all(None), 0)
        self.assertEqual(said.getvalue(), f"left alone: the run {PREFIX} has not ended\n")
        self.assertEqual((path.read_text(), len(run.now["log"])), (text, calls))
        self.assertEqual(run.clean_up(), 0)
        self.assert_nothing_left(run)

    def test_a_run_has_the_lock_of_its_journal(self):
        run = self.new_run()

        def warmed_up(_):
            with self.assertRaises(aws_cli.Busy):
                aws_cli.Journal.read(run.directory / "runs" / PREFIX / "journal.jsonl").lock()
            return 0
        account = run.account()
        with unittest.mock.patch.object(FakeWorld, "warm_up", warmed_up), contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(account.run(PREFIX, [], {}, lambda *_: None, None), 0)

    def test_a_full_disk_stops_only_what_needs_it(self):
        run = self.new_run()
        _, first = self.calls()
        self.assertEqual(run.whole(first, "kill-before"), 137)
        path = run.directory / "runs" / PREFIX / "journal.jsonl"
        path.write_text(path.read_text().splitlines()[1] + "\n")        # certificates are to be found, and written down

        def full(*_, **__):
            raise OSError(28, "No space left on device")
        with unittest.mock.patch.object(aws_cli.Journal, "add", full):
            self.assertEqual(run.clean_up(), 2)
        now = run.now
        kinds = ("roles", "templates", "functions", "groups")
        self.assertEqual([name for kind in kinds for name in now[kind] if name not in others()[kind]], [])
        self.assertEqual(run.clean_up(), 0)
        self.assert_nothing_left(run, ["PENDING_ACTIVATION"])

    def test_what_is_left_counts_more_than_a_signal(self):
        def refused(*_):
            raise Refusal("ServiceFailure")
        run = self.new_run()
        with unittest.mock.patch.object(FakeService, "iam_delete_role", refused):
            self.assertEqual(run.whole(20, "signal"), 2)

    def test_the_policy_of_the_guide_allows_what_is_called_and_no_more(self):
        run, lost = self.new_run(), self.new_run()
        self.assertEqual(run.whole(), 0)
        claim = [" ".join(words[:2]) for words in run.now["log"]].index("iot create-certificate-from-csr")
        self.assertEqual(lost.whole(claim, "kill-behind"), 137)
        self.assertEqual(lost.clean_up(), 0)
        # What a role of this kit never has, what one experiment calls, and what no call is named after.
        called = {"iam:deleterolepolicy", "iot:createprovisioningclaim", "iam:passrole"}
        for words in run.now["log"] + lost.now["log"]:
            operation = "get-function-configuration" if words[1] == "wait" else words[1]
            called |= {f"{words[0]}:{operation.replace('-', '')}"} if words[0] != "mqtt" else set()
        policy = json.loads((ROOT / "config/aws/conformance-policy.json").read_text(encoding="utf-8"))
        actions = [[each["Action"]] if isinstance(each["Action"], str) else each["Action"] for each in policy["Statement"]]
        self.assertEqual({action.lower() for each in actions for action in each}, called)
        # Whoever may attach any policy to a role, and pass the role on, may do anything.
        attaching = next(each for each in policy["Statement"] if "iam:AttachRolePolicy" in each["Action"])
        self.assertIn("iam:PolicyARN", json.dumps(attaching.get("Condition")))

    def test_a_clean_up_does_not_need_its_terminal(self):
        class Gone(io.StringIO):
            def write(self, _):
                raise OSError(5, "Input/output error")
        run = self.new_run()
        with contextlib.redirect_stderr(Gone()):
            self.assertEqual(run.account().run(PREFIX, [], {}, lambda *_: None, None), 0)
        run.service.save()
        self.assert_nothing_left(run)

    def test_a_call_about_something_else_is_refused(self):
        aws = FakeAws("aws", "eu-central-1")
        aws.prefix = PREFIX
        for name in ("gateway", "fpc-abcd-claim", PREFIX, "a" * 64):
            with self.subTest(name), self.assertRaises(AssertionError):
                aws.change(name, "iot", "delete-policy", "--policy-name", name)

    def test_another_account_or_prefix_is_refused(self):
        run = self.new_run()
        run.whole(20, "kill-before")
        path = run.directory / "runs" / PREFIX / "journal.jsonl"
        path.write_text(path.read_text().replace("123456789012", "210987654321"))
        with self.assertRaises(account_run.Refused):
            run.account().clean_up_all(PREFIX)
        with self.assertRaises(account_run.Refused), contextlib.redirect_stderr(io.StringIO()):
            run.account().run(PREFIX, [], {}, None, None)


if __name__ == "__main__":
    unittest.main()
