"""What the programs and the tree say of themselves: options, exit codes, kinds, keys, events.

Everything is asked of the real programs where they can tell it (--help, --json, a run against the simulator); the table
of kinds is read in lib/core/error.cpp, because no program prints it.
"""
import dataclasses
import fnmatch
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile

OPTION = re.compile(r"^ {2,6}(?:-(\w), )?--([a-z][a-z0-9-]*)(?: (\S+))?(?: {2,}|$)")


@dataclasses.dataclass
class Option:
    name: str
    letter: str
    metavar: str
    help: str

    @property
    def default(self):
        """What stands in the brackets behind the help: [8883], [default: 8883] or (default: 8883)."""
        found = re.search(r" ?(?:\[(?:default: )?([^\]]*)\]|\(default: (.*)\))$", self.help)
        return next((each for each in found.groups() if each is not None), "") if found else ""

    @property
    def meaning(self):
        return re.sub(r" ?(?:\[(?:default: )?[^\]]*\]|\(default: .*\))$", "", self.help)


def options_of(help_text):
    """The options that a help text describes, by name."""
    found, current = {}, None
    for line in help_text.split("\n"):
        start = OPTION.match(line)
        if start:
            current = Option(start.group(2), start.group(1) or "", start.group(3) or "", line[start.end():].strip())
            found[current.name] = current
        elif current is not None and line.startswith(" " * 20):
            current.help = (current.help + " " + line.strip()).strip()
        else:
            current = None
    return found


class Program:
    def __init__(self, root, binaries, documents):
        self.root = pathlib.Path(root)
        self.binaries = pathlib.Path(binaries).resolve()
        self.documents = pathlib.Path(documents)

    def run(self, *arguments, directory="/"):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("FLEET_PROVISION", "SSL_CERT")) and not name.lower().endswith("_proxy")}
        # An object without keys, so that nothing of this machine's /etc is read.
        environment |= {"LC_ALL": "C.UTF-8", "FLEET_PROVISION_CONFIG": pathlib.Path(__file__).with_name("nothing.json"), "TERM": "dumb"}
        if arguments[0] == "fleet-provision-simulator":
            environment["PATH"] = f"{self.binaries}:{environment['PATH']}"
        return subprocess.run([self.binaries / arguments[0], *arguments[1:]], cwd=directory, env=environment, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    @functools.cached_property
    def commands(self):
        """The options of each command of fleet-provision; "" is the run itself."""
        run = self.run("fleet-provision", "--help").stdout
        listed = run[run.index("\nCommands"):].split("\n\n")[0]
        words = re.findall(r"^ +([a-z]+)  ", listed, re.M)
        assert len(words) >= 5, words
        return {"": options_of(run)} | {word: options_of(self.run("fleet-provision", word, "--help").stdout) for word in words}

    @functools.cached_property
    def options(self):
        """Those of all commands of fleet-provision."""
        return {name: option for each in self.commands.values() for name, option in each.items()}

    @functools.cached_property
    def help(self):
        return self.run("fleet-provision", "--help").stdout

    @functools.cached_property
    def simulator_help(self):
        return self.run("fleet-provision-simulator", "--help").stdout

    @functools.cached_property
    def simulator_options(self):
        return options_of(self.simulator_help)

    @functools.cached_property
    def simulator_words(self):
        """Names and values of behaviours and faults."""
        below = self.simulator_help[self.simulator_help.index("\nBehaviours"):]
        return set(re.findall(r"[a-z][a-z0-9-]+", " ".join(re.findall(r"^  (\S+)", below, re.M))))

    @functools.cached_property
    def exit_codes(self):
        """The numbers of ExitCode by enumerator."""
        text = (self.root / "lib/core/error.hpp").read_text(encoding="utf-8")
        body = re.search(r"enum class ExitCode[^{]*\{(.*?)\}", text, re.S).group(1)
        return {name: int(number) for name, number in re.findall(r"(k\w+) = (\d+)", body)}

    @functools.cached_property
    def kinds(self):
        """(enumerator, word, exit code) of each kind."""
        text = (self.root / "lib/core/error.cpp").read_text(encoding="utf-8")
        rows = re.findall(r'KindRow\{\s*(k\w+),\s*"([a-z0-9-]+)",\s*ExitCode::(k\w+)\}', text)
        assert len(rows) == text.count("KindRow{") and len(rows) > 50, "lib/core/error.cpp is not read as it should be"
        return [(name, word, self.exit_codes[code]) for name, word, code in rows]

    @functools.cached_property
    def codes_by_kind(self):
        return {word: code for _, word, code in self.kinds}

    @functools.cached_property
    def result(self):
        """The JSON result of a run that fails at once: every key is always there."""
        return json.loads(self.run("fleet-provision", "--json", "--no-such-option").stdout)

    @functools.cached_property
    def trial(self):
        """What a run, a check and a status against the simulator print and leave."""
        with tempfile.TemporaryDirectory() as directory_name:
            program = pathlib.Path(directory_name) / "program"
            program.write_text("#!/bin/sh\nenv >variables\n")
            program.chmod(0o755)
            script = ("fleet-provision -q --json -P SerialNumber=1 --state-dir gateway --on-success ./program >run && "
                      "fleet-provision check -q --json -P SerialNumber=2 --state-dir other >check; "
                      "fleet-provision status --json --state-dir gateway >status; "
                      "fleet-provision -q --json -P SerialNumber=3 --attempts 1 --state-dir third >rejected; "
                      "printf 'SerialNumber\\n4\\n' >units.csv; "
                      "fleet-provision batch -q --json --manifest units.csv --output-dir line --attempts 1 --port 1 >batch; :")
            ran = self.run("fleet-provision-simulator", "--state-dir", "service", "--fault", "register:3:reject=400", "--",
                           "sh", "-c", script, directory=directory_name)
            assert ran.returncode == 0, ran.stderr
            here = pathlib.Path(directory_name)
            read = {name: json.loads((here / name).read_text()) for name in ("run", "check", "status", "rejected", "batch")}
            read["identity"] = json.loads((here / "gateway/identity/identity.json").read_text())
            read["events"] = [json.loads(line) for line in (here / "service/events.jsonl").read_text().splitlines()]
            read["variables"] = re.findall(r"^(FLEET_PROVISIONED_\w+)=", (here / "variables").read_text(), re.M)
            read["files"] = {str(each.relative_to(here / "gateway")) for each in (here / "gateway").rglob("*")}
            return read

    @functools.cached_property
    def synonyms(self):
        """Names of other tools' options, without dashes, which the program answers with its own."""
        rows = re.findall(r'\{((?:\s*"[^"]*")+),\s*(?:Id::|std::nullopt|\{\})', self.sources["apps/fleet-provision/cli/synonyms.cpp"])
        return {word for row in rows for word in re.findall(r"[a-z0-9]+", row)}

    @functools.cached_property
    def tree(self):
        """Every file and directory of the tree, as a path from its top."""
        listed = []
        for directory, names, files in os.walk(self.root):
            names[:] = [name for name in names if name not in (".git", ".cache", "__pycache__") and
                        not (directory == str(self.root) and name.startswith("build"))]
            here = pathlib.Path(directory).relative_to(self.root)
            listed += [str(here / name) for name in [*names, *files]]
        return listed

    @functools.cache  # noqa: B019
    def in_tree(self, pattern):
        return bool(fnmatch.filter(self.tree, pattern))

    @functools.cached_property
    def scripts(self):
        return {path.removeprefix("scripts/") for path in self.tree if re.fullmatch(r"scripts/[a-z-]+", path)} - {"lib"}

    @functools.cache  # noqa: B019 (one program for the life of the test)
    def sources_of_script(self, name):
        """The text of a script and of what it hands its arguments to."""
        text = (self.root / "scripts" / name).read_text(encoding="utf-8")
        for path in re.findall(r"tests/[a-z_]+/[a-z_]+(?:\.py)?", text):
            if (self.root / path).is_file():
                text += (self.root / path).read_text(encoding="utf-8")
        return text

    @functools.cached_property
    def sources(self):
        """Path and text of each file of lib/ and apps/."""
        return {path: (self.root / path).read_text(encoding="utf-8") for path in self.tree
                if re.match(r"(lib|apps)/.*\.(cpp|hpp)$", path)}

    @functools.cached_property
    def source_text(self):
        return "\n".join(self.sources.values())

    @functools.cached_property
    def names(self):
        """Every word of the code."""
        return set(re.findall(r"\w+", self.build_text))

    @functools.cached_property
    def build_text(self):
        """Everything a FLEET_PROVISION_… name can come from besides the options: CMake files, scripts, recipes, tests."""
        texts = []
        for path in self.tree:
            if re.search(r"(CMakeLists\.txt|\.cmake|\.bb|\.mk|\.in|\.json|\.service|\.py|rules|\.cpp|\.hpp)$", path) or path.startswith("scripts/"):
                file = self.root / path
                if file.is_file() and not path.startswith(("docs/", "tests/pages/")):
                    texts.append(file.read_text(encoding="utf-8", errors="replace"))
        return "\n".join(texts)
