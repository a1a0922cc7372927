"""What a document of observations must be to be published, and the table of docs/service.md."""
import json
import pathlib
import sys

import anonymous
import runner
from terminal import say

VERDICTS = ("as-stated", "differs", "new", "failed")
HEAD = {"schema": int, "kit": int, "service": str, "version": (str, type(None)), "region": (str, type(None)), "date": str, "observations": list}
MEMBERS = {"question": str, "experiment": str, "mark": str, "expected": (list, type(None)), "outcome": (str, type(None)), "verdict": str}


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
        found += [f"observation {number}: {problem}" for problem in [problem_of(each, known)] if problem]
    text = json.dumps(document)
    return found + [f"it holds what must not be published: {word}" for word in anonymous.leaks(text)]


def problem_of(observation, known):
    """What is wrong with one observation, or None."""
    if not isinstance(observation, dict) or not set(MEMBERS) <= set(observation):
        return f"the members must be {', '.join(MEMBERS)}"
    wrong = next((name for name, kind in MEMBERS.items() if not isinstance(observation[name], kind)), None)
    if wrong:
        return f"{wrong} has the wrong type"
    if observation["question"] not in known:
        return f"there is no question {observation['question']}"
    if observation["verdict"] not in VERDICTS:
        return f"there is no verdict {observation['verdict']}"
    if observation["verdict"] not in ("failed", runner.verdict(observation, observation["outcome"])):
        return "the verdict does not follow from the outcome"
    return None


def check_file(path):
    """Prints what is wrong with a file; gives the exit code."""
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        say(f"scripts/conformance: error: {path}: {getattr(error, 'strerror', None) or error}")
        return 1
    found = problems(document)
    for each in found:
        say(f"{path}: {each}", sys.stdout)
    if not found:
        say(f"{path}: {len(document['observations'])} observations of {document['service']}, {document['date']}, fit to be published", sys.stdout)
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
