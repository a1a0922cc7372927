"""A run in an AWS account: ask, make, experiment, clean up whatever happens."""
import datetime
import os
import shutil
import subprocess
import sys

import cleanup
import documents
import resources
from aws import Aws, AwsError, Busy, Journal, Stopped
from aws_world import AwsWorld
from experiments import Inconclusive
from terminal import say

NOT_CLEAN = 2


def unused_name(day, region):
    """The file of the observations; a second run of the day does not replace those of the first."""
    name, count = f"conformance-{day.isoformat()}-{region}", 1
    while os.path.exists(file := f"{name}.json" if count == 1 else f"{name}-{count}.json"):
        count += 1
    return file


class Refused(Exception):
    def __init__(self, message, hint=None):
        super().__init__(message)
        self.hint = hint


class Account:
    def __init__(self, program, options, interrupts, directory):
        self.program, self.options, self.interrupts, self.directory = program, options, interrupts, directory

    def aws(self, prefix, region):
        made = Aws(self.program, region, self.interrupts, self.options.profile)
        made.prefix = prefix
        return made

    def identity(self, aws):
        caller = aws.read("sts", "get-caller-identity")
        return {"account": caller["Account"], "partition": caller["Arn"].split(":")[1]}

    def region(self):
        """That of --region, of the environment or of the AWS CLI's configuration."""
        if self.options.region:
            return self.options.region
        found = self.aws("", None).configured_region()
        if found is None:
            raise Refused("the region is not known", "give --region, e.g. --region eu-central-1")
        return found

    def plan(self, prefix, region, identity, selected):
        slow = [each.name for each in selected if each.slow]
        minutes = 15 + 65 * ("token-expired" in slow) + 6 * ("temporary-claim" in slow)
        say(f"""This run makes in account {identity['account']}, region {region}, with names that begin with {prefix}:
  {len(documents.ROLES)} IAM roles, {len(documents.POLICIES)} IoT policies, 1 Lambda function, {len(documents.TEMPLATES)} provisioning templates, 2 claims
  and by its {len(selected)} experiments up to 100 certificates and 50 things.
It deletes all of them at the end. Expected cost: below 0.10 USD (not verified). Expected time: {minutes} minutes (not verified).
Requests count against the account's rates: do not run it beside a fleet that is being provisioned.""")

    def confirmed(self):
        if self.options.yes:
            return
        if not sys.stdin.isatty():
            raise Refused("stdin is not a terminal to ask on", "give --yes to run without a question")
        print("Continue? [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            say("")
        if answer.strip().lower() not in ("y", "yes"):
            raise Refused("nothing was made")

    def run(self, prefix, selected, known, run_all, report):
        region = self.region()
        aws = self.aws(prefix, region)
        identity = self.identity(aws)
        self.plan(prefix, region, identity, selected)
        if self.options.prefix:
            found = resources.existing(aws, prefix)
            if found:
                raise Refused(f"{found[0]} exists already", f"choose another prefix, or run scripts/conformance --clean-up --prefix {prefix}")
        self.confirmed()
        try:
            journal = Journal.begin(self.directory, prefix, region=region, account=identity["account"])
        except FileExistsError as error:
            if not self.directory.is_dir():
                raise
            raise Refused(f"a run with the prefix {prefix} was not cleaned up",
                          f"run scripts/conformance --clean-up --prefix {prefix}") from error
        world, code, observations = None, 1, []
        try:
            made = resources.Resources(aws, journal, identity)
            endpoint = made.make_all(say)
            world = AwsWorld(aws, journal, made, endpoint, self.options.ca_file)
            say("waiting for the roles to take effect")
            world.warm_up()
            run_all(world, selected, observations)
            code = 0
        except Stopped as error:
            code = 128 + error.number
        except (AwsError, Inconclusive, OSError, RuntimeError, subprocess.SubprocessError) as error:
            say(f"scripts/conformance: error: {error}")
        finally:
            try:
                clean = self.clean_up(aws, prefix, journal)
            except Stopped:         # a signal in the instant before the clean-up; there is only one
                clean = self.clean_up(aws, prefix, journal)
        if self.interrupts.number is not None:
            say(f"scripts/conformance: stopped by signal {self.interrupts.number}")
        if observations:
            report(world, observations, self.options.output or unused_name(datetime.date.today(), region))
        return code if clean else NOT_CLEAN

    def clean_up(self, aws, prefix, journal):
        """Whether everything is gone; then the journal and the keys are deleted too."""
        self.interrupts.cleaning = True
        shutil.rmtree(journal.path.parent / "keys", ignore_errors=True)
        say("cleaning up")
        work = cleanup.CleanUp(aws, prefix, journal)
        done = work.all()
        for each in work.problems:
            say(f"scripts/conformance: not deleted: {each}")
        if done:
            shutil.rmtree(journal.path.parent)
        journal.release()
        if done:
            say(f"deleted: everything with the prefix {prefix}")
        else:
            say(f"hint: run scripts/conformance --clean-up --prefix {prefix}")
        return done

    def clean_up_all(self, prefix):
        """Finishes runs that were killed: the one of a prefix, or all that have a journal here."""
        prefixes = [prefix] if prefix else sorted(each.parent.name for each in self.directory.glob("fpc-*/journal.jsonl"))
        if not prefixes:
            say(f"nothing to clean up: there is no journal in {self.directory}")
        results = []
        for each in prefixes:
            try:
                results.append(self.clean_up_one(each))
            except Busy:
                if prefix:
                    raise Refused(f"the run {prefix} has not ended", "wait for its end, or stop it: it cleans up after itself") from None
                say(f"left alone: the run {each} has not ended")
        return 0 if all(results) else NOT_CLEAN

    def clean_up_one(self, prefix):
        path = self.directory / prefix / "journal.jsonl"
        journal = Journal.read(path).lock() if path.exists() else None
        region = self.options.region or (journal.head.get("region") if journal else None) or self.region()
        aws = self.aws(prefix, region)
        identity = self.identity(aws)
        if journal and journal.head and (journal.head.get("account"), journal.head.get("region")) != (identity["account"], region):
            raise Refused(f"the run {prefix} was in another account or region",
                          "use the credentials of that account, and leave out --region")
        if journal is None or not journal.head:
            shutil.rmtree(self.directory / prefix, ignore_errors=True)
            journal = Journal.begin(self.directory, prefix, region=region, account=identity["account"])
        return self.clean_up(aws, prefix, journal)
