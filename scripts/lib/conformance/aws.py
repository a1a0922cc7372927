"""The AWS CLI, and the journal of what it was told to make.

Rules: a name goes into the journal, synced to disk, before the call that makes it. Calls that change something name what they change,
and are refused here unless it has the run's prefix or is a certificate of the journal. A signal never interrupts a call, only what
is between calls, so that no request is left in flight behind a clean-up.
"""
import fcntl
import json
import os
import pathlib
import re
import subprocess
import time

READING = ("get-", "list-", "describe-", "wait")
GONE = {"ResourceNotFoundException", "NoSuchEntity", "NoSuchEntityException", "NotFoundException"}


class Stopped(Exception):
    """A signal asked the kit to end."""

    def __init__(self, number):
        super().__init__(f"stopped by signal {number}")
        self.number = number


class AwsError(Exception):
    """The AWS CLI failed; `code` is the service's name of the error, or empty if there was no answer."""

    def __init__(self, operation, code, message):
        super().__init__(f"aws {operation} failed: {message}")
        self.operation, self.code = operation, code


class Busy(Exception):
    """Another process has the lock of a journal: the run has not ended, or is being cleaned up."""


class Interrupts:
    """What signal handlers tell: the first `stop` raises Stopped at once, or at the end of the call to the AWS CLI that is running. Later
    ones change nothing, so that a clean-up that has begun is not left."""

    def __init__(self):
        self.number, self.calling, self.cleaning = None, False, False

    def stop(self, number, _frame=None):
        first = self.number is None
        self.number = self.number or number
        if first and not self.calling and not self.cleaning:
            raise Stopped(self.number)

    def check(self):
        if self.number is not None and not self.cleaning:
            raise Stopped(self.number)


class Aws:
    def __init__(self, program, region, interrupts=None, profile=None):
        self.program, self.region, self.profile = program, region, profile
        self.interrupts = interrupts or Interrupts()
        self.prefix, self.certificates, self.pace = None, set(), 1

    def read(self, *arguments):
        """The parsed output of a call that changes nothing."""
        assert arguments[1].startswith(READING), arguments[1]
        return self.call(*arguments)

    def change(self, about, *arguments):
        """A call that changes what `about` names."""
        if about not in self.certificates and not about.startswith(f"{self.prefix}-"):
            raise AssertionError(f"{about} does not belong to this run")
        return self.call(*arguments)

    def call(self, *arguments):
        done = self.run([*map(str, arguments), "--output", "json"])
        try:
            return json.loads(done) if done.strip() else {}
        except ValueError as error:
            raise AwsError(" ".join(arguments[:2]), "", "the answer is not JSON") from error

    def configured_region(self):
        """That of the environment or of the AWS CLI's configuration, or None."""
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        try:
            return region or self.run(["configure", "get", "region"]).strip() or None
        except AwsError:
            return None

    def run(self, arguments):
        """The stdout of a call, which is finished before a signal counts."""
        self.interrupts.check()
        command = [self.program, *arguments]
        command += ["--region", self.region] if self.region else []
        command += ["--profile", self.profile] if self.profile else []
        operation = " ".join(arguments[:2])
        self.interrupts.calling = True
        try:
            code, stdout, stderr = self.execute(command)
        except subprocess.TimeoutExpired as error:
            raise AwsError(operation, "", "no answer within 120 s") from error
        except OSError as error:
            raise AwsError(operation, "", f"{error.filename or self.program}: {error.strerror}") from error
        finally:
            self.interrupts.calling = False
        self.interrupts.check()
        if code != 0:
            found = re.search(r"An error occurred \((\w+)\)", stderr)
            message = " ".join(stderr.split()) or f"exit status {code}"
            raise AwsError(operation, found.group(1) if found else "", message[:400])
        return stdout

    def execute(self, command):
        """In a process group of its own, so that ^C does not reach it."""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
                              start_new_session=True, env=os.environ | {"AWS_PAGER": ""})
        return done.returncode, done.stdout, done.stderr

    def until_accepted(self, call, seconds, *codes):
        """Repeats a call that the service refuses with one of some codes while a change of a role or a policy spreads."""
        end = time.monotonic() + seconds * self.pace
        wait, attempts = 1, 0
        while True:
            try:
                return call()
            except AwsError as error:
                attempts += 1
                if error.code not in codes or (time.monotonic() > end and attempts > 3):
                    raise
            time.sleep(wait * self.pace)
            wait = min(wait * 2, 8)

    def gone_is_done(self, call):
        """Runs a call whose object may be gone; gives None then."""
        try:
            return call()
        except AwsError as error:
            if error.code not in GONE:
                raise
        return None


class Journal:
    """DIRECTORY/PREFIX/journal.jsonl: the first line says whose run it is, each other line what was about to be made. The process that
    uses it has its lock, which the kernel gives back when the process ends."""

    def __init__(self, path, entries):
        self.path, self.entries, self.locked = path, entries, None

    @classmethod
    def begin(cls, directory, prefix, **head):
        """A journal in a new directory of mode 0700. FileExistsError if a run with this prefix has not been cleaned up."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        (directory / prefix).mkdir(mode=0o700)
        journal = cls(directory / prefix / "journal.jsonl", []).lock()
        journal.add(prefix=prefix, **head)
        for place in (directory / prefix, directory):
            sync(place)
        return journal

    @classmethod
    def read(cls, path):
        """A line that was cut by a crash is left out: what it names was not made yet."""
        entries = []
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue
        return cls(pathlib.Path(path), entries)

    def lock(self):
        """Takes the lock, or raises Busy."""
        self.locked = private(self.path, os.O_WRONLY | os.O_CREAT)
        try:
            fcntl.flock(self.locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise Busy from error
        return self

    def release(self):
        os.close(self.locked)
        self.locked = None

    @property
    def head(self):
        return self.entries[0] if self.entries else {}

    def add(self, **entry):
        self.entries.append(entry)
        handle = private(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            # In one call, which no signal splits; behind a line that a crash may have cut.
            os.write(handle, f"\n{json.dumps(entry)}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def names(self, kind):
        return [each["name"] for each in self.entries if each.get("kind") == kind]


def private(path, flags):
    """Opens a file that only its owner can read."""
    return os.open(path, flags, 0o600)


def sync(directory):
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
