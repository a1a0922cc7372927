"""The tests that may notice a fault: which there are, which come first, and whether one fails.

A failed test is run a second time, and counts only if it fails again: a test that the load of the machine disturbs is no proof.
A test that runs longer than its limit, or uses more memory, has noticed the fault.
"""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ending import uninterrupted

_WORDS = re.compile(r"[a-z0-9]+")


@dataclass
class Test:
    """One CTest. `libraries` are the file names of the shared objects of this tree that its program loads; `sources` the names
    of its test sources without _test.cpp; `seconds` how long it takes without a fault."""

    name: str
    command: list
    directory: str
    environment: dict
    skip_code: int | None
    libraries: frozenset = frozenset()
    sources: frozenset = frozenset()
    seconds: float = 0.0
    noticed: dict = field(default_factory=dict)  # file → how many of its faults


def tests_of(build, label=None, pattern=None, without=None):
    """The CTests with `label` whose names match `pattern` and are not in `without`."""
    arguments = ["ctest", "--show-only=json-v1"] + (["-L", f"^{label}$"] if label else []) + (["-R", pattern] if pattern else [])
    shown = subprocess.run(arguments, cwd=build, capture_output=True, text=True, check=True)
    sources = _sources_by_program(build)
    found = []
    for each in json.loads(shown.stdout)["tests"]:
        if "command" not in each or each["name"] in (without or ()):
            continue
        of = {one["name"]: one["value"] for one in each.get("properties", [])}
        program = Path(each["command"][0]).name
        environment = dict(one.split("=", 1) for one in of.get("ENVIRONMENT", []))
        test = Test(each["name"], each["command"], of.get("WORKING_DIRECTORY", str(build)), environment, of.get("SKIP_RETURN_CODE"))
        test.libraries = _libraries(each["command"][0])
        test.sources = frozenset(sources.get(program, ()))
        if "--warn" in test.command:  # a Catch2 program
            test.command = [*test.command, "--abort"]
        found.append(test)
    return found


def _sources_by_program(build):
    with open(Path(build) / "compile_commands.json", encoding="utf-8") as file:
        entries = json.load(file)
    found = {}
    for each in entries:
        match = re.search(r"-o \S*CMakeFiles/(\w[\w-]*)\.dir/(\S+)\.cpp\.o", each["command"])
        if match:
            found.setdefault(match[1], set()).add(Path(match[2]).name.removesuffix("_test"))
    return found


def _libraries(program):
    shown = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return frozenset(re.findall(r"^\s*(\S+\.so)\b", shown.stdout, re.MULTILINE))


def in_order(tests, file, library):
    """The tests whose program loads `library` (a script may start any program), the most related to `file` first."""
    folder, subject = os.path.split(file)
    subject = subject.removesuffix(".cpp")
    words = set(_WORDS.findall(file.lower()))

    def rank(test):
        of_folder = sum(count for other, count in test.noticed.items() if os.path.dirname(other) == folder)
        related = len(words & set(_WORDS.findall(test.name.lower())))
        return (-test.noticed.get(file, 0), subject not in test.sources, -of_folder, -related, test.seconds, test.name)

    return sorted((each for each in tests if not each.libraries or library in each.libraries), key=rank)


class Runner:
    """Runs tests with limits. `memory` is in bytes; `slack` seconds are added to ten times what a test takes without a
    fault."""

    def __init__(self, memory, slack):
        self._memory = memory
        self._slack = slack

    def measure(self, test):
        """Runs a test without a fault; False if it fails twice or exceeds a minute."""
        for _ in range(2):
            began = time.monotonic()
            if self._result(test, 600) == "passed":
                test.seconds = time.monotonic() - began
                return True
        return False

    def notices(self, test):
        """'failed', 'hung', or None where the test passes."""
        limit = 10 * test.seconds + self._slack
        result = self._result(test, limit)
        if result == "failed":
            result = self._result(test, limit)
        return None if result == "passed" else result

    def _result(self, test, limit):
        directory = tempfile.mkdtemp(prefix="fp-mutant-")
        os.chmod(directory, 0o1777)  # as /tmp: some tests act as another user
        process = None
        with open(os.devnull, "r+b") as nothing:
            try:
                with uninterrupted():
                    process = subprocess.Popen(test.command, cwd=test.directory, stdin=nothing, stdout=nothing, stderr=nothing,
                                               env={**os.environ, **test.environment, "TMPDIR": directory},
                                               preexec_fn=self._limit_memory, start_new_session=True)  # fmt: skip
                code = process.wait(limit)
                return "passed" if code in (0, test.skip_code) else "failed"
            except subprocess.TimeoutExpired:
                return "hung"
            finally:
                if process:
                    _end_group(process)
                shutil.rmtree(directory, ignore_errors=True)

    def _limit_memory(self):
        # The soft limit alone: a test may set limits of its own.
        resource.setrlimit(resource.RLIMIT_AS, (self._memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
