"""What strace and valgrind count, and sizes."""

import os
import re
import shutil
import statistics
import subprocess
import tempfile

from processes import Failed

CALL = re.compile(r"^\d+ +([a-z_0-9]+)\((.*)", re.MULTILINE)
COLLECTED = re.compile(r"Collected : (\d+)")


def quiet(argv, environment):
    run = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        raise Failed(f"{' '.join(argv)}: exit status {run.returncode}\n{run.stderr}")
    return run.stderr


def trace(command, environment, repeats):
    """System calls of a run of `command()`; the median of `repeats` runs of each count."""
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
    return {what: round(statistics.median(each[what] for each in counts)) for what in counts[0]}


def instructions(command, environment, repeats):
    """Machine instructions of a run of `command()`, all threads, as valgrind counts them; 0 without valgrind."""
    if not shutil.which("valgrind"):
        return 0
    found = []
    for _ in range(repeats):
        told = quiet(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command()], environment)
        found.append(int(COLLECTED.search(told)[1]))
    return statistics.median(found)


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
