"""The table of docs/fuzzing.md, "Readers": which files read bytes from outside, and which target fuzzes them."""
import glob
import os
import re


def rows(root):
    """Each row: the files as written, the targets (empty if there is none), and the text of the last cell."""
    with open(os.path.join(root, "docs/fuzzing.md"), encoding="utf-8") as file:
        text = file.read()
    table = text.split("\n## Readers\n", 1)[1].split("\n## ", 1)[0]
    result = []
    for line in table.splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 3 or cells[0] in ("reader", "---"):
            continue
        targets = [] if cells[2].startswith("none: ") else re.findall(r"`([^`]+)`", cells[2])
        result.append((re.findall(r"`([^`]+)`", cells[1]), targets, cells[2]))
    return result


def expanded(root, pattern):
    """The sources and headers that a name of the table stands for: lib/codec/cbor.cpp, lib/mqtt/*."""
    found = [each for each in glob.glob(os.path.join(root, pattern)) if each.endswith((".cpp", ".hpp"))]
    return found


def files_of_targets(root):
    """The paths of the sources that each target reaches through its readers."""
    files = {}
    for patterns, targets, _ in rows(root):
        for target in targets:
            for pattern in patterns:
                files.setdefault(target, set()).update(expanded(root, pattern))
    return files
