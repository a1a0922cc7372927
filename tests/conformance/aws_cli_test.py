"""Every command line that scripts/conformance gives to the AWS CLI is one that the AWS CLI accepts; skipped where it is not installed.

The AWS CLI checks names, types and required options of each call by its own models; what it would send is dropped here.
"""
import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
try:
    from awscli.clidriver import create_clidriver
    try:
        from awscli.botocore.awsrequest import AWSResponse      # version 2
    except ImportError:
        from botocore.awsrequest import AWSResponse
except ImportError:
    print("not tried: the AWS CLI (awscli) is missing")
    sys.exit(77)
import clean_up_test  # noqa: E402

# Calls that the run below does not make.
OTHERS = [["iam", "delete-role-policy", "--role-name", f"{clean_up_test.PREFIX}-lambda", "--policy-name", "inline"],
          ["iot", "create-provisioning-claim", "--template-name", f"{clean_up_test.PREFIX}-plain"]]


class Body(io.BytesIO):
    """What botocore reads of an HTTP response."""

    def stream(self, **_):
        yield self.read()


class Cli:
    def __init__(self):
        self.driver, self.sent = create_clidriver(), []
        self.driver.session.register("before-send", self.answer)

    def answer(self, request, event_name, **_):
        """An empty response in the place of the network."""
        self.sent.append(request.url)
        _, service, operation = event_name.split(".")
        body = f"<r><{operation}Result/></r>" if service in ("iam", "sts") else "{}"
        return AWSResponse(request.url, 200, {}, Body(body.encode()))

    def complaint(self, words):
        """What the AWS CLI says against a call; empty if it would send it."""
        if "wait" in words:         # a waiter does not end with an empty response: the call that it repeats is checked
            words = [words[0], "get-function-configuration", *words[3:]]
        out, err = io.StringIO(), io.StringIO()
        self.sent.clear()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = self.driver.main([*words, "--output", "json", "--region", "eu-central-1"])
            except SystemExit as left:
                code = left.code
        return "" if code == 0 and len(self.sent) == 1 else f"{code}: {' '.join(err.getvalue().split())[-300:]}"


class CommandLines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
        os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_PAGER": ""}
        cls.cli = Cli()
        clean_up_test.without_openssl()

    def test_the_aws_cli_accepts_every_call_of_a_run(self):
        tried, complaints = set(), []

        def checked(aws, command):
            words = command[1:command.index("--output")]
            if words[0] != "mqtt" and (words[0], words[1], *filter(is_option, words)) not in tried:
                tried.add((words[0], words[1], *filter(is_option, words)))
                problem = self.cli.complaint(words)
                complaints.extend([f"{' '.join(words)}: {problem}"] if problem else [])
            return original(aws, command)
        original = clean_up_test.FakeAws.execute
        clean_up_test.FakeAws.execute = checked
        self.addCleanup(setattr, clean_up_test.FakeAws, "execute", original)
        with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stderr(io.StringIO()):
            run = clean_up_test.Run(directory)
            self.assertEqual(run.account().run(clean_up_test.PREFIX, [], {}, lambda *_: None, None), 0)
        self.assertEqual(complaints, [])
        self.assertGreaterEqual(len(tried), 34, "the run has too few calls to show anything")

    def test_the_aws_cli_accepts_the_other_calls(self):
        for words in OTHERS:
            self.assertEqual(self.cli.complaint(words), "")

    def test_a_wrong_call_is_noticed(self):
        for words in (["iot", "delete-polizy"], ["iot", "delete-policy"], ["iot", "delete-policy", "--policy", "x", "--name", "y"],
                      ["iot", "create-provisioning-template", "--template-name", "x" * 40, "--template-body", "{}", "--no-enabled"]):
            self.assertNotEqual(self.cli.complaint(words), "", json.dumps(words))


def is_option(word):
    return word.startswith("--")


if __name__ == "__main__":
    unittest.main()
