"""What scripts/mutate prints and writes at its end."""
import os

COUNTED = ("noticed", "hung", "noticed late", "survived")


def share(noticed, all_of_them):
    return f"{100 * noticed / all_of_them:.1f}" if all_of_them else "–"


def table(results):
    """A Markdown table by folder. `results` are dicts with "file" and "result"."""
    folders = {}
    for each in results:
        for name in (f"`{os.path.dirname(each['file'])}`", "all"):
            folders.setdefault(name, []).append(each["result"])
    late = any(each["result"] == "noticed late" for each in results)
    titles = ["folder", "faults", "noticed", "of these hung", "survived", "noticed of 100"]
    if late:
        titles.insert(5, "noticed by slower tests")
    lines = ["| " + " | ".join(titles) + " |", "|---" + "|---:" * (len(titles) - 1) + "|"]
    for name in sorted(folders, key=lambda each: (each == "all", each)):
        of = folders[name]
        counted = sum(of.count(result) for result in COUNTED)
        if not counted:
            continue
        hung = of.count("hung")
        noticed = of.count("noticed") + hung
        row = [name, counted, noticed, hung, counted - noticed, share(noticed, counted)]
        if late:
            row.insert(5, of.count("noticed late"))
        lines.append("| " + " | ".join(str(each) for each in row) + " |")
    return "\n".join(lines)


def closing(results):
    """One sentence each on the faults that are not counted."""
    count = [each["result"] for each in results].count
    return (f"Not counted: {count('does not compile')} that did not compile, {count('equivalent')} listed as equivalent.")
