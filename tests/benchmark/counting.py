"""What strace and valgrind count, and sizes."""

import collections
import os
import re
import shutil
import statistics
import subprocess
import tempfile

from processes import Failed

CALL = re.compile(r"^\d+ +([a-z_0-9]+)\((.*)", re.MULTILINE)


def quiet(argv, environment):
    run = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        raise Failed(f"{' '.join(argv)}: exit status {run.returncode}\n{run.stderr}")
    return run.stderr


def trace(command, environment, repeats):
    """System calls of a run of `command()`; the median of `repeats` runs of each count, and the last run's by name."""
    counts = []
    for _ in range(repeats):
        with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8", errors="replace") as log:
            quiet(["strace", "-f", "-qq", "-s", "200", "-e", "signal=none", "-o", log.name, *command()], environment)
            calls = CALL.findall(log.read())
        counts.append({
            "calls": len(calls),
            "fsync": sum(name in ("fsync", "fdatasync") for name, _ in calls),
            "rename": sum(name.startswith("rename") for name, _ in calls),
            "created": sum(name == "openat" and "O_CREAT" in rest for name, rest in calls),
            "sharedObjects": sum(name == "openat" and re.search(r'\.so[.0-9]*"', rest) is not None and " = -1" not in rest
                                 for name, rest in calls),
        })
    names = collections.Counter(name for name, _ in calls)
    return {what: round(statistics.median(each[what] for each in counts)) for what in counts[0]} | {"byName": dict(names)}


def instructions(command, environment, repeats):
    """Machine instructions of a run of `command()`, all threads, as valgrind counts them, and in which shared object;
    the run of median cost of `repeats` runs; nothing without valgrind."""
    if not shutil.which("valgrind"):
        return None
    found = []
    for _ in range(repeats):
        with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8", errors="replace") as log:
            quiet(["valgrind", "--tool=callgrind", f"--callgrind-out-file={log.name}", *command()], environment)
            found.append(by_object(log))
    return sorted(found, key=lambda each: sum(each.values()))[repeats // 2]


def by_object(lines):
    """Of a callgrind profile: the instructions that each object spent itself."""
    names = {}
    costs = collections.Counter()
    current = None
    inclusive = False
    for line in lines:
        if line.startswith("ob="):
            number, _, name = line[3:].strip().partition(" ")
            current = names.setdefault(number, os.path.basename(name))
        elif line.startswith("calls="):
            # The next line is what the callee and all below it cost.
            inclusive = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            if not inclusive:
                costs[current] += int(line.split()[1])
            inclusive = False
        elif line.startswith("cob="):
            number, _, name = line[4:].strip().partition(" ")
            if name:
                names.setdefault(number, os.path.basename(name))
    return dict(costs)


def stripped_size(program):
    with tempfile.TemporaryDirectory() as place:
        copy = os.path.join(place, "stripped")
        subprocess.run(["strip", "-o", copy, program], check=True)
        return os.path.getsize(copy)


def tree_size(path):
    return sum(os.path.getsize(os.path.join(above, name)) for above, _, names in os.walk(path) for name in names
               if not os.path.islink(os.path.join(above, name)))


def libraries_size(argv):
    """Bytes of a client without what Debian's packages bring: the stripped program, or a script's modules."""
    if len(argv) == 1:
        return stripped_size(argv[0])
    return tree_size(os.path.join(os.path.dirname(argv[1]), "node_modules"))
