"""CHANGELOG.md has the form of Keep a Changelog, which CMakeLists.txt and scripts/lib/debian-changelog read."""
import re

SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def changelog(pages, _):
    """[Unreleased] comes first, then releases as [X.Y.Z] - DATE; each bullet stands in one of the six sections, in their order."""
    page = next(page for page in pages if page.path == "CHANGELOG.md")
    releases, sections = [], []
    for number, line in page.prose:
        if line.startswith("## "):
            if not releases and line != "## [Unreleased]":
                yield f"CHANGELOG.md:{number}: the first heading must be ## [Unreleased]"
            elif releases and not re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", line):
                yield f"CHANGELOG.md:{number}: no heading of a release: {line}"
            releases.append(line)
            sections = []
        elif line.startswith("### "):
            name = line.removeprefix("### ")
            if name not in SECTIONS:
                yield f"CHANGELOG.md:{number}: there is no section {name}"
            elif sections and SECTIONS.index(name) <= SECTIONS.index(sections[-1]):
                yield f"CHANGELOG.md:{number}: the section {name} is out of order or stands twice"
            else:
                sections.append(name)
        elif line.startswith("- ") and not sections:
            yield f"CHANGELOG.md:{number}: a bullet outside of a section"
