"""tests/mutation/equivalent: faults that change nothing that a test could notice, each with its reason.

Entries are separated by empty lines; `#` begins a comment line. An entry names the file, its line without outer blanks, and the fault
as scripts/mutate shows it; `before` is the line of code above, for a line that the file has more than once:

    file: lib/core/text.cpp
    line: while (at < size) {
    before: std::size_t at = 0;
    fault: < → <=
    why: the string ends in NUL, which ends the loop too

Several faults of one line may stand in one entry, each in a line of its own.
"""

_FIELDS = ("file", "line", "before", "fault", "why")


class Mistake(Exception):
    """An entry that cannot be read; the text names its line."""


def parse(text):
    """The entries, each a dict from field to its texts and "number" to its first line. Raises Mistake."""
    entries = []
    entry = {}
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if not line.strip():
            if entry:
                entries.append(_complete(entry))
            entry = {}
            continue
        if line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon or name not in _FIELDS:
            raise Mistake(f"line {number} begins with none of {', '.join(_FIELDS)}: {line}")
        entry.setdefault("number", number)
        entry.setdefault(name, []).append(value.strip())
    return entries


def _complete(entry):
    for name in ("file", "line", "fault", "why"):
        if not entry.get(name):
            raise Mistake(f"the entry of line {entry['number']} has no {name}")
    return entry


def excused(entries, faults):
    """The keys of `faults` that entries excuse, and a sentence for each entry that fits none or several lines."""
    by_place = {}
    for fault in faults:
        by_place.setdefault((fault.file, fault.line, fault.shown), []).append(fault)
    keys, complaints = set(), []
    for entry in entries:
        for shown in entry["fault"]:
            place = (entry["file"][0], entry["line"][0], shown)
            found = [each for each in by_place.get(place, []) if each.before in entry.get("before", [each.before])]
            if not found:
                complaints.append(f"the entry of line {entry['number']} fits no fault: {place[0]}: {place[1]}: {shown}")
            elif len(found) > 1:
                complaints.append(f"the entry of line {entry['number']} fits {len(found)} places and needs `before`: {place[0]}: {place[1]}")
            else:
                keys.add(found[0].key)
    return keys, complaints
