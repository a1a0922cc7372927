"""Runs the examples of the pages and compares what they print.

    examples.py TREE BINARIES [PAGE…]

An example is a line `$ COMMAND` in a block of code, with what stands below it as its output: `…` stands for anything within
a line, a line `……` for any number of lines. Each block starts in a directory of its own with the files of config/ci, as docs/ci.md
asks of its reader, and with our programs in PATH. A comment directly above a block is an order:

    <!-- not run: REASON -->                        the block is only read
    <!-- one command -->                            the whole rest of the block is the output of its first line
    <!-- against a simulator, after: COMMAND -->    a simulator is running, and COMMAND was run before
    <!-- with a TPM; against a simulator, … -->     key devices and services of devices.py; left out where packages are missing
    <!-- with Paho -->                              clients of clients.py; left out where they are missing
    <!-- file: NAME -->                             the block is a file that every example of the page finds

A command `export NAME=VALUE` also counts for the commands below it.
What differs from run to run (digests, dates, times of phases, owners of files) is compared by its form.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import clients  # noqa: E402
import devices  # noqa: E402
import page as pages_of  # noqa: E402

FORMS = [
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b[0-9A-F]{32,40}\b"), "SERIAL"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\b[A-Z][a-z]{2} +\d{1,2} [\d:]{8} \d{4} GMT"), "DATE"),
    (re.compile(r"^([d-][rwx-]{9})  \S+  "), r"\1  OWNER  "),
]
# What our scripts say on stderr of their own progress; the page leaves it out.
PROGRESS = re.compile(r"(installing .*|configuring|building) \.\.\. \d+ s")
PHASE = re.compile(r"^  ([a-z-]+) +\d+\.\d +\d+\.\d +#+$")
SECONDS = 60


def formed(lines):
    """The lines without what differs from run to run; rows of phases may come in another order."""
    out, phases = [], []
    for line in [*lines, ""]:
        row = PHASE.match(line)
        if row:
            phases.append(row.group(1))
            continue
        out += sorted(phases)
        phases = []
        if PROGRESS.fullmatch(line):
            continue
        for pattern, form in FORMS:
            line = pattern.sub(form, line)
        out.append(line)
    return out[:-1]


def line_matches(line, golden):
    return re.fullmatch(".*".join(re.escape(part) for part in golden.split("…")), line) is not None


def matches(lines, golden):
    lines, golden = formed(lines), formed(golden)
    at = 0
    for index, want in enumerate(golden):
        if want == "……":
            if index + 1 == len(golden):
                return True
            while at < len(lines) and not line_matches(lines[at], golden[index + 1]):
                at += 1
        elif at < len(lines) and line_matches(lines[at], want):
            at += 1
        else:
            return False
    return at == len(lines)


def examples_of(block):
    """(line number, command, expected lines) of each example in a block."""
    found = []
    lines = list(pages_of.joined(block.lines))
    for index, text in lines:
        if text.startswith("$ ") and not (found and block.order == "one command"):
            found.append((block.line + 1 + index, text[2:], []))
        elif found:
            found[-1][2].append(text)
    return found


class Sandbox:
    """A directory and an environment in which a reader of the page would type."""

    def __init__(self, root, binaries):
        self.root, self.binaries = pathlib.Path(root).resolve(), pathlib.Path(binaries).resolve()
        self.scratch = tempfile.TemporaryDirectory()
        top = pathlib.Path(self.scratch.name)
        self.directory = top / "work"
        shutil.copytree(self.root / "config/ci", self.directory)
        # The interpreter itself: a version manager's wrapper may take longer to start than a hook may run.
        (top / "python").mkdir()
        (top / "python/python3").symlink_to(sys.executable)
        (top / "nothing.json").write_text("{}")
        self.environment = {name: value for name, value in os.environ.items()
                            if not re.match(r"FLEET_PROVISION|SSL_CERT|MQTT_|LC_|LANG|NO_COLOR|.*_(proxy|PROXY)$", name)}
        self.environment |= {"LC_ALL": "C.UTF-8", "TERM": "dumb", "FLEET_PROVISION_CONFIG": str(top / "nothing.json"),
                             "PATH": f"{self.binaries}:{top / 'python'}:{os.environ['PATH']}"}
        self.simulator = None
        self.devices = []

    def with_scripts(self):
        """Our scripts find a tree that is built: what installs and builds does nothing."""
        top = self.directory.parent
        shutil.copytree(self.root / "scripts", self.directory / "scripts")
        (self.directory / "build/release").mkdir(parents=True)
        (self.directory / "build/release/build.ninja").touch()
        (self.directory / "build/release/bin").symlink_to(self.binaries)
        (top / "stubs").mkdir()
        for name, text in {"cmake": "", "dpkg-query": "echo installed"}.items():
            (top / "stubs" / name).write_text(f"#!/bin/sh\n{text}\n")
            (top / "stubs" / name).chmod(0o755)
        self.environment["PATH"] = f"{top / 'stubs'}:{self.environment['PATH']}"

    def start_simulator(self):
        self.simulator = subprocess.Popen(["fleet-provision-simulator"], env=self.environment, cwd=self.directory,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        ready = dict(re.findall(r'"(\w+)":"?([^",}]*)', self.simulator.stdout.readline()))
        names = {"ENDPOINT": "endpoint", "PORT": "port", "CA_FILE": "caFile", "CLAIM_CERT": "claimCertificate",
                 "CLAIM_KEY": "claimKey", "TEMPLATE": "template"}
        self.environment |= {f"FLEET_PROVISION_{name}": ready[key] for name, key in names.items()}
        self.environment |= {"ENDPOINT": ready["endpoint"], "PORT": ready["port"], "CA_FILE": ready["caFile"]}
        self.pki = pathlib.Path(ready["caFile"]).parent

    def add(self, need):
        """A key device or service, see devices.py; with its files in the directory of the reader."""
        top = self.directory.parent / f"device-{len(self.devices)}"
        if need == "with a TPM":
            self.devices.append(devices.Tpm(top))
        elif need == "with SoftHSM":
            self.devices.append(devices.SoftHsm(top))
        elif need == "with an HTTPS service":
            self.devices.append(devices.HttpsService(self.pki))
        else:
            return
        self.environment |= self.devices[-1].environment
        shutil.copy(self.root / "config/openssl/tpm2.cnf", self.directory)

    def export(self, command):
        """Sets a variable as the shell would."""
        name = command.removeprefix("export ").split("=")[0]
        (value,) = self.run(f"{command}; printenv {name}")
        self.environment[name] = value
        return []

    def run(self, command):
        process = subprocess.Popen(["sh", "-c", "{ " + command + "\n} 2>&1"], env=self.environment, cwd=self.directory,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        try:
            out = process.communicate(timeout=SECONDS)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return [f"(still running after {SECONDS} s)"]
        return out.decode("utf-8", "replace").removesuffix("\n").split("\n") if out else []

    def end(self):
        for device in reversed(self.devices):
            device.end()
        devices.end_daemons(self.directory)
        if self.simulator is not None:
            self.simulator.terminate()
            self.simulator.communicate(timeout=SECONDS)
        self.scratch.cleanup()


def needs_of(block):
    """The devices that a block needs, and the command to run before it if it needs a simulator."""
    needs = re.match(r"((?:with [^;]*(?:; )?)*)", block.order).group(1)
    before = re.fullmatch(r"against a simulator, after: (.*)", block.order[len(needs):])
    return [need for need in needs.split("; ") if need], before.group(1) if before else None


def files_of(page):
    """Name and text of each file that a page shows."""
    return [(block.order.removeprefix("file: "), "\n".join(block.lines) + "\n") for block in page.blocks
            if block.order.startswith("file: ")]


def complaints_of(root, binaries, path, block, files=()):
    """Runs the examples of a block, which find `files`, pairs of name and text; what is wrong with it, as lines."""
    examples = examples_of(block)
    if not examples or block.order.startswith("not run: "):
        return []
    needs, before = needs_of(block)
    missing = devices.missing(needs) + clients.missing(needs, pathlib.Path(binaries).resolve())
    if missing:
        print(f"not tried: {path}:{block.line}: {', '.join(missing)} is missing")
        return []
    sandbox = Sandbox(root, binaries)
    found = []
    try:
        if any(command.startswith("./scripts/") for _, command, _ in examples):
            sandbox.with_scripts()
        if before is not None:
            sandbox.start_simulator()
        for need in needs:
            sandbox.add(need)
            clients.prepare(need, sandbox)
        for name, text in files:
            (sandbox.directory / name).write_text(text, encoding="utf-8")
        if before is not None:
            sandbox.run(before)
        for number, command, golden in examples:
            lines = sandbox.export(command) if command.startswith("export ") else sandbox.run(command)
            if not matches(lines, golden):
                found.append(f"{path}:{number}: $ {command}\n  prints\n" + "\n".join(f"    {each}" for each in lines) +
                             "\n  and the page says\n" + "\n".join(f"    {each}" for each in golden))
    finally:
        sandbox.end()
    return found


def complaints(root, binaries, only=()):
    blocks = [(each.path, block, files_of(each)) for each in pages_of.pages(root) if not only or each.path in only for block in each.blocks]
    ran = [item for item in blocks if examples_of(item[1]) and not item[1].order.startswith("not run: ")]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        reported = list(pool.map(lambda item: complaints_of(root, binaries, *item), ran))
    return len(ran), [line for each in reported for line in each]


if __name__ == "__main__":
    count, wrong = complaints(sys.argv[1], sys.argv[2], sys.argv[3:])
    print("\n\n".join(wrong) if wrong else f"{count} blocks say what the programs do")
    # A page that is read wrongly has no examples: that must not look like success.
    sys.exit(1 if wrong or (len(sys.argv) == 3 and count < 12) else 0)
