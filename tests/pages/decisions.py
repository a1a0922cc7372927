"""docs/decisions: each page follows the template and is in the index."""
import datetime
import re

STATUS = re.compile(r"accepted|superseded by \d{4}")
SECTIONS = ["Context", "Decision", "Consequences"]


def parts_missing(number, page):
    """What a decision lacks of the template in docs/decisions/README.md."""
    if not re.match(rf"# {number} \S", page.text):
        yield f"the title must begin with # {number}"
    status = re.search(r"^\* Status: (.*)$", page.text, re.M)
    if not status or not STATUS.fullmatch(status.group(1)):
        yield "* Status: must be accepted or superseded by NNNN"
    try:
        datetime.date.fromisoformat(re.search(r"^\* Date: (.*)$", page.text, re.M).group(1))
    except (AttributeError, ValueError):
        yield "* Date: must be a date YYYY-MM-DD"
    sections = re.split(r"^## (.*)$", page.text, flags=re.M)
    if sections[1::2] != SECTIONS:
        yield f"the sections must be {SECTIONS}, not {sections[1::2]}"
    for name, text in zip(sections[1::2], sections[2::2]):
        if not text.strip():
            yield f"the section {name} is empty"


def decisions(pages, _):
    """Each decision has Status, Date, Context, Decision and Consequences; docs/decisions/README.md lists it by its title."""
    index = next(page for page in pages if page.path == "docs/decisions/README.md")
    listed = dict(re.findall(r"^\* \[\d{4}\]\(([^)]+)\) (.*)$", index.text, re.M))
    for page in pages:
        found = re.fullmatch(r"docs/decisions/((\d{4})-[a-z0-9-]+\.md)", page.path)
        if not found:
            continue
        for missing in parts_missing(found.group(2), page):
            yield f"{page.path}: {missing}"
        title = page.text.split("\n", 1)[0].partition(f"# {found.group(2)} ")[2]
        if listed.get(found.group(1)) != title:
            yield f"docs/decisions/README.md: the list must hold: * [{found.group(2)}]({found.group(1)}) {title}"
