#!/usr/bin/env python3
"""benchmark_test.py BUILD: that the benchmark compares what can be compared, and what of its bars no clock decides."""

import argparse
import json
import os
import re
import subprocess
import sys

from contenders import Contenders
from counting import trace
from figures import percentile, summary
from processes import Service, Workplace
from sections import ROUND_TRIPS, Run

HERE = os.path.dirname(os.path.abspath(__file__))
# A busy machine may hold a client up between two things that it sends in a row; then they count as two turns.
TRIES = 5


def equal(what, found, wanted):
    if found != wanted:
        sys.exit(f"FAILED: {what}: {found}, not {wanted}")
    print(f"{what}: {found}")


def percentiles():
    equal("the 98th of 100", percentile(range(1, 101), 98), 98)
    equal("the 98th of 50", percentile(range(1, 51), 98), 49)
    equal("the 5th of 3", percentile([3, 1, 2], 5), 1)
    equal("a median", summary([4, 1, 3, 2])["median"], 2.5)


def round_trips(run, name, command):
    fewest = None
    for _ in range(TRIES):
        fewest = min(fewest or 99, run.on_the_wire(command)["roundTrips"])
        if fewest <= ROUND_TRIPS:
            break
    equal(f"round trips of {name}", fewest, ROUND_TRIPS)


def same_files(run, build):
    """The floor's state directory is one that fleet-provision takes for its own."""
    for method in ("csr", "keys"):
        for version in ("5", "3.1.1"):
            fresh = run.workplace.fresh()
            floor = [*run.contenders.floor, *fresh, "--method", method, "--mqtt-version", version]
            run.workplace.measured(floor, run.service.environment())
            tool = subprocess.run([f"{build}/bin/fleet-provision", "--json", *fresh], env=run.service.environment(),
                                  capture_output=True, text=True, check=False)
            equal(f"the tool after the floor, {method}, {version}", json.loads(tool.stdout)["outcome"],
                  "already-provisioned")


def named_syncs():
    """How many fsyncs docs/performance.md gives a reason for, in a run without options."""
    with open(f"{HERE}/../../docs/performance.md", encoding="utf-8") as page:
        section = page.read().split("## Fsyncs of a first run")[1].split("\n## ")[0]
    return len(re.findall(r"^\| \d+ \| ", section, re.MULTILINE))


def same_order(run):
    counts = {name: trace(command, run.service.environment(), 1) for name, command in run.whole_runs().items()}
    tool, floor = counts["fleet-provision"], counts["floor"]
    for what in ("fsync", "rename", "created"):
        equal(f"{what}, floor as the tool", floor[what], tool[what])
    equal("fsyncs named in docs/performance.md", named_syncs(), tool["fsync"])


def whole_program(build, workplace):
    output = f"{workplace.path}/result.json"
    subprocess.run([sys.executable, f"{HERE}/benchmark.py", "--build", build, "--repeat", "1", "--delays", "0,1", "--only",
                    "wall", "--output", output, "--state-dirs", workplace.path], check=True)
    with open(output, encoding="utf-8") as file:
        wall = json.load(file)["wall"]
    equal("delays", list(wall), ["0", "1"])
    equal("clients", list(wall["0"]), ["fleet-provision", "floor"])


def main():
    build = sys.argv[1]
    percentiles()
    with Workplace(build, f"{build}/benchmark") as workplace:
        with Service(build) as service:
            run = Run(argparse.Namespace(repeat=1, quick=True), Contenders(build, None), service, workplace)
            for name, command in run.whole_runs().items():
                round_trips(run, name, command)
            same_files(run, build)
            same_order(run)
        whole_program(build, workplace)


if __name__ == "__main__":
    main()
