"""Runs experiments one after the other and compares what each observes with what docs/service.md says."""
import json
import pathlib
import struct
import subprocess

import anonymous
from aws import AwsError
from experiments import Inconclusive

QUESTIONS = pathlib.Path(__file__).with_name("questions.json")
KIT_VERSION = 1
SCHEMA_VERSION = 1
# What ends an experiment, but not the run: the service, the network or a program did not do what the experiment needs.
PROBLEMS = (Inconclusive, AwsError, OSError, RuntimeError, ValueError, LookupError, struct.error, subprocess.SubprocessError)


def questions():
    """Each question by its ID; questions.json holds them in the order of docs/service.md."""
    return {each["id"]: each for each in json.loads(QUESTIONS.read_text(encoding="utf-8"))}


def verdict(question, outcome):
    """What the outcome says of the page: as-stated, differs, or new where the page states nothing."""
    if not question["expected"]:
        return "new"
    return "as-stated" if outcome in question["expected"] else "differs"


def known_difference(question, outcome):
    """Whether docs/simulator.md names this as a difference of the simulator from the service."""
    return outcome in question.get("simulator", [])


def run_one(experiment, world, known):
    """The observations of one experiment, one for each question that it answers."""
    try:
        world.begin(experiment)
        result = experiment.run(world)
        outcomes = result if isinstance(result, dict) else {experiment.answers[0]: result}
        problem = None
    except PROBLEMS as error:
        outcomes, problem = {name: None for name in experiment.answers}, f"{type(error).__name__}: {error}"
    missing = set(experiment.answers) ^ set(outcomes)
    if missing:
        raise AssertionError(f"{experiment.name} answers {missing}, or should")
    observations = []
    for name in experiment.answers:
        question = known[name]
        entry = {"question": name, "experiment": experiment.name, "mark": question["mark"], "expected": question["expected"]}
        outcome = anonymous.scrubbed(outcomes[name])
        entry |= {"outcome": outcome, "verdict": "failed" if problem else verdict(question, outcome)}
        if problem:
            entry["problem"] = problem
        observations.append(entry)
    observations[0]["packets"] = world.trace
    return [anonymous.scrubbed(each) for each in observations]


def document(world, observations, date):
    """What is written of a run."""
    return {"schema": SCHEMA_VERSION, "kit": KIT_VERSION, "service": world.service, "version": getattr(world, "version", None),
            "region": world.region, "date": date, "observations": observations}
