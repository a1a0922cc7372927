"""What a document of observations must be to be published, and the table of docs/service.md."""
import json
import pathlib
import sys

import anonymous
import runner

VERDICTS = ("as-stated", "differs", "new", "failed")
HEAD = {"schema": int, "kit": int, "service": str, "version": (str, type(None)), "region": (str, type(None)), "date": str, "observations": list}


def problems(document):
    """What is wrong with a document, as lines; observations.schema.json says the same of its form."""
    if not isinstance(document, dict) or set(document) != set(HEAD):
        return [f"the members must be {', '.join(HEAD)}"]
    found = [f"{name} has the wrong type" for name, kind in HEAD.items() if not isinstance(document[name], kind)]
    if document["schema"] != runner.SCHEMA_VERSION:
        found.append(f"the schema must be {runner.SCHEMA_VERSION}")
    if found:
        return found
    known = runner.questions()
    for number, each in enumerate(document["observations"]):
        question = known.get(each.get("question"))
        if question is None:
            found.append(f"observation {number}: there is no question {each.get('question')}")
        elif each.get("verdict") not in VERDICTS:
            found.append(f"observation {number}: there is no verdict {each.get('verdict')}")
        elif each["verdict"] != "failed" and each["verdict"] != runner.verdict({"expected": each["expected"]}, each["outcome"]):
            found.append(f"observation {number}: the verdict does not follow from the outcome")
    text = json.dumps(document)
    return found + [f"it holds what must not be published: {word}" for word in anonymous.leaks(text)]


def check_file(path):
    """Prints what is wrong with a file; gives the exit code."""
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"scripts/conformance: error: {path}: {error}", file=sys.stderr)
        return 1
    found = problems(document)
    for each in found:
        print(f"{path}: {each}")
    if not found:
        print(f"{path}: {len(document['observations'])} observations of {document['service']}, {document['date']}, fit to be published")
    return 1 if found else 0


def cell(text):
    return text.replace("|", "\\|")


def expected(question):
    if question.get("none"):
        return f"no experiment: {question['none']}"
    if not question["expected"]:
        return "not known"
    return " or ".join(question["expected"])


def table(known):
    """The rows of docs/service.md, one for each question."""
    rows = ["| ID | question | what is stated | mark |", "|---|---|---|---|"]
    for each in known.values():
        measured = "; ".join(f"M {run['date']} {run['region']}: {run['outcome']}" for run in each.get("measured", []))
        rows.append(f"| `{each['id']}` | {cell(each['text'])} | {cell(expected(each))} | {measured or each['mark']} |")
    return "\n".join(rows)
