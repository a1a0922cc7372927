"""docs/service.md, docs/simulator.md and the questions of scripts/conformance."""
import json
import re
import subprocess
import sys

MARK = re.compile(r"[(|][^(|]*\b[OI]\b[,:;)| ]")


def known_questions(program):
    return json.loads((program.root / "scripts/lib/conformance/questions.json").read_text(encoding="utf-8"))


def page_named(pages, path):
    return next(page for page in pages if page.path == path)


def statements(text):
    """Line number and text of each item, paragraph and row above the table of questions."""
    text = text.split("\n## Questions\n")[0]
    number = 1
    for part in re.split(r"(\n(?=\n|\* |\||#))", text):
        if part.strip():
            yield number, part
        number += part.count("\n")


def marks_have_questions(pages, program):
    """What is observed or inferred names a question."""
    names = {each["id"] for each in known_questions(program)}
    for number, text in statements(page_named(pages, "docs/service.md").text):
        if MARK.search(text) and not text.lstrip().startswith(("* **", "| ---")) and not names & set(re.findall(r"`([\w-]+)`", text)):
            yield f"docs/service.md:{number}: a statement with the mark O or I names no question: {' '.join(text.split())[:60]}"


def table_of_questions(pages, program):
    """docs/service.md has the table that the kit prints."""
    printed = subprocess.run([sys.executable, "-B", program.root / "scripts/lib/conformance/main.py", "--questions"],
                             capture_output=True, text=True, check=True).stdout
    rows = [line for line in page_named(pages, "docs/service.md").text.split("\n## Questions\n")[1].split("\n") if line.startswith("|")]
    for line in sorted(set(rows) ^ set(printed.splitlines())):
        yield f"docs/service.md: the row is on the page or in what scripts/conformance --questions prints, not in both: {line}"


def marks_agree(pages, program):
    """A mark beside a question, as in (I, `token-twice`), is that of the question."""
    marks = {each["id"]: "M" if each.get("measured") else each["mark"] for each in known_questions(program)}
    for number, text in statements(page_named(pages, "docs/service.md").text):
        for mark, names in re.findall(r"([DOMI]),\s+(`[\w-]+`(?:,\s+`[\w-]+`)*)\)", text):
            for name in re.findall(r"[\w-]+", names):
                if marks.get(name, mark) != mark:
                    yield f"docs/service.md:{number}: {name} has the mark {mark} here and {marks[name]} in the table"


def behaviours_have_questions(pages, program):
    """Each behaviour of the simulator is what a question asks for."""
    asked = {each.get("behaviour") for each in known_questions(program)}
    for number, cells in page_named(pages, "docs/simulator.md").rows_below("| behaviour |"):
        if cells[0].strip("`") not in asked:
            yield f"docs/simulator.md:{number}: no question asks for the behaviour {cells[0].strip('`')}"


ALL = [marks_have_questions, marks_agree, table_of_questions, behaviours_have_questions]
