"""A copy of the tree with its build, in which one source at a time has a fault.

Sources of the copy stay as they are: the faulty text is compiled from a file beside the build with the source's own command, at
-O0, and the library that is linked from it takes the place of the right one while the tests run. The right one is kept
beside it, so that an interrupted run is repaired by the next.
"""
import json
import os
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ending import uninterrupted

_KEPT = ".without-fault"


# Between the request to end and the end by force.
_GRACE_SECONDS = 5


def status_of(command, seconds=None, **options):
    """The exit status of a command that gets no input, None after so many seconds. However the wait for it ends, the processes
    that it started end too; compilers are asked first, and remove their temporary files."""
    process = None
    try:
        with uninterrupted():
            process = subprocess.Popen([str(each) for each in command], stdin=subprocess.DEVNULL, start_new_session=True, **options)
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process:
            _end_group(process)


def _end_group(process):
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(_GRACE_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            pass


class BuildFailed(Exception):
    """The copy cannot be made, configured or built; the text says which command failed and where its output is."""


@dataclass(frozen=True)
class _Recipe:
    compile: list  # the arguments, without source and output
    source: str
    object: str  # relative to the build directory
    directory: str


class MutantBuild:
    """`directory` holds the copy (`tree`), what is compiled from faults (`mutant`) and the output of commands (`log`)."""

    def __init__(self, root, directory):
        self.root = Path(root)
        self.tree = Path(directory) / "tree"
        self.build = self.tree / "build" / "release"
        self.mutant = Path(directory) / "mutant"
        self.log = Path(directory) / "log"
        self.mutant.mkdir(parents=True, exist_ok=True)
        self._recipes = {}
        self._links = {}

    def copy_tree(self, files):
        """Makes the copy the same as `files` (relative to the root); unchanged files keep their times."""
        wanted = set(files)
        if self.tree.exists():
            for path in self.tree.rglob("*"):
                name = path.relative_to(self.tree)
                if path.is_file() and name.parts[0] != "build" and str(name) not in wanted:
                    path.unlink()
        for name in files:
            source, copy = self.root / name, self.tree / name
            if copy.is_file() and copy.read_bytes() == source.read_bytes():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
            os.utime(copy)

    def configure(self):
        arguments = ["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                     "-DFLEET_PROVISION_TESTS=ON", "-DFLEET_PROVISION_BATCH=OFF", "-DFLEET_PROVISION_WERROR=ON",
                     "-DCMAKE_LINK_DEPENDS_NO_SHARED=ON", "-DCMAKE_PROJECT_fleet-provision_INCLUDE="
                     + str(self.tree / "scripts/lib/mutation/shared_libraries.cmake")]  # fmt: skip
        if shutil.which("ccache"):
            arguments.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        if shutil.which("mold"):
            arguments += [f"-DCMAKE_{kind}_LINKER_FLAGS=-fuse-ld=mold" for kind in ("SHARED", "EXE")]
        self._run(arguments, "configuring")

    def make(self, targets, jobs):
        """Puts the right libraries back and builds `targets`."""
        self.restore()
        self._run(["ninja", "-C", self.build, "-j", str(jobs), *targets], "building")
        with open(self.build / "compile_commands.json", encoding="utf-8") as file:
            commands = json.load(file)
        for each in commands:
            self._add_recipe(each)

    def library_of(self, file):
        """The CMake target of a source such as lib/core/text.cpp, or None where no library contains it."""
        recipe = self._recipes.get(file)
        return recipe.object.partition("CMakeFiles/")[2].partition(".dir/")[0] if recipe else None

    def check_sources(self, files):
        """Raises BuildFailed where one of them is in no library or program of the copy."""
        missing = sorted(each for each in files if each not in self._recipes)
        if missing:
            raise BuildFailed(f"the build of the copy does not contain {' '.join(missing)}\n  Name other sources")

    def library_file(self, target):
        return self._link_of(target)[1]

    def compile(self, file, text, seconds):
        """Compiles and links `text` in the place of `file`. False where it is no valid C++."""
        recipe = self._recipes[file]
        source, target = self.mutant / Path(file).name, self.mutant / "object.o"
        source.write_text(text, encoding="utf-8")
        command = [*recipe.compile, "-w", "-O0", "-o", target, "-c", source]
        if self._fails(command, recipe.directory, seconds):
            return False
        link, library = self._link_of(self.library_of(file))
        faulty = self.mutant / library.name
        changes = {recipe.object: str(target), str(library.relative_to(self.build)): str(faulty)}
        if self._fails([changes.get(each, each) for each in link], self.build, seconds):
            return False
        kept = library.with_name(library.name + _KEPT)
        if not kept.exists():
            shutil.copy2(library, kept)
        os.replace(faulty, library)
        return True

    def restore(self):
        """Puts libraries without a fault back."""
        for kept in self.build.glob(f"bin/*{_KEPT}"):
            os.replace(kept, kept.with_name(kept.name.removesuffix(_KEPT)))

    def _add_recipe(self, entry):
        words = shlex.split(entry["command"])
        if words[0].endswith("ccache"):
            words = words[1:]
        output, source = words.index("-o"), words.index("-c")
        name = os.path.relpath(entry["file"], self.tree)
        # A source of the documents' generator is compiled twice; the library's object is the one that counts.
        if not os.path.dirname(name).startswith(words[output + 1].partition("/CMakeFiles/")[0]) or "/" not in name:
            return
        kept = [each for at, each in enumerate(words) if at not in (output, output + 1, source, source + 1)]
        self._recipes[name] = _Recipe(kept, entry["file"], words[output + 1], entry["directory"])

    def _link_of(self, target):
        """The arguments that link a target, and the file that they write."""
        if target not in self._links:
            shown = subprocess.run(["ninja", "-C", self.build, "-t", "commands", target], capture_output=True, text=True, check=True)
            last = shown.stdout.strip().split("\n")[-1]
            words = shlex.split(last.removeprefix(": && ").removesuffix(" && :"))
            self._links[target] = (words, self.build / words[words.index("-o") + 1])
        return self._links[target]

    def _fails(self, command, directory, seconds):
        return status_of(command, seconds, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0

    def _run(self, command, what):
        with open(self.log, "w", encoding="utf-8") as log:
            status = status_of(command, stdout=log, stderr=log)
        if status != 0:
            raise BuildFailed(f"{what} the copy of the tree failed\n  Read {self.log}")
