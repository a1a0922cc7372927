#!/usr/bin/env python3
"""Measures fleet-provision beside the least that a provisioning can cost and beside AWS's own client; scripts/benchmark
builds what this needs and starts it."""

import argparse
import datetime
import json
import os
import platform
import re
import sys

from arguments import Parser, positive
from contenders import Contenders
from processes import Failed, Service, Workplace, exit_on_signals
import sections

SECTIONS = {"wall": sections.wall, "resources": sections.resources, "start": sections.start,
            "throttled": sections.throttled, "variants": sections.variants, "devices": sections.devices}


def options():
    parser = Parser("scripts/benchmark", __doc__)
    parser.add_argument("--quick", action="store_true", help="few repetitions: shows that all runs, not how fast")
    parser.add_argument("--repeat", type=positive, metavar="N", help="runs of each contender at each delay")
    parser.add_argument("--delays", default="0,20,100,300", metavar="MS,…", help="round trips (default %(default)s)")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section alone; repeatable")
    parser.add_argument("--without-aws", action="store_true", help="leave AWS's client out, which npm installs otherwise")
    parser.add_argument("--output", metavar="FILE", help="the figures, every run's included, as JSON")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/reports/performance.md")
    parser.add_argument("--state-dirs", metavar="DIR", help="where the runs keep their state (default: in build/)")
    parser.add_argument("--aws", help=argparse.SUPPRESS)
    return parser.read(read_delays)


def read_delays(given):
    """Makes numbers of --delays."""
    try:
        given.delays = [float(delay) if "." in delay else int(delay) for delay in given.delays.split(",")]
    except ValueError as error:
        raise ValueError(f"--delays takes milliseconds separated by commas, not {given.delays}") from error
    if min(given.delays) < 0:
        raise ValueError("--delays takes no negative round trip")


def machine(workplace):
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    system = "unknown system"
    with open("/etc/os-release", encoding="utf-8") as lines:
        system = next((line.split("=", 1)[1].strip().strip('"') for line in lines if line.startswith("PRETTY_NAME")), system)
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "processor": model,
            "processors": os.cpu_count(), "system": system, "kernel": platform.release(),
            "fileSystem": workplace.filesystem(), "loadAtStart": os.getloadavg()[0]}


def words(facts):
    return (f"{facts['date']}; {facts['processors']} × {facts['processor']}; {facts['system']}, Linux "
            f"{facts['kernel']}; state on {facts['fileSystem']}; load at the start {facts['loadAtStart']:.1f}.\n")


def write_page(path, text, script):
    """Puts the text between the marks of the script."""
    begin, end = f"<!-- made by {script} -->", f"<!-- end of what {script} made -->"
    with open(path, encoding="utf-8") as page:
        old = page.read()
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    new, found = re.subn(pattern, lambda _: f"{begin}\n\n{text}\n{end}", old, flags=re.DOTALL)
    if found != 1:
        raise Failed(f"{path} has no marks to write between")
    with open(path, "w", encoding="utf-8") as page:
        page.write(new)


def report_page(name):
    return os.path.join(os.path.dirname(__file__), "../../docs/reports", name)


def finish(given, result, text, show):
    """Says whether the bars hold, and puts the figures where they were asked for."""
    missed = sum(part.count("MISSED") for part in text)
    show("Every bar measured here holds.\n" if missed == 0 else f"Bars missed: {missed}.\n")
    if given.output:
        with open(given.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")


def main():
    exit_on_signals()
    given = options()
    state_dirs = given.state_dirs or os.path.join(given.build, "benchmark")
    result = {"schema": 1}
    text = []

    def show(part):
        print(part, flush=True)
        text.append(part)

    with Workplace(given.build, state_dirs) as workplace:
        result["machine"] = machine(workplace)
        show(words(result["machine"]))
        contenders = Contenders(given.build, given.aws)
        for name in given.only or SECTIONS:
            with Service(given.build) as service:
                run = sections.Run(given, contenders, service, workplace)
                result[name], tables = SECTIONS[name](run)
            for each in tables:
                show(each)
            if given.write:
                # Each section has a place of its own on the page, so that it can be measured alone.
                lines = [words(result["machine"]), *tables]
                write_page(report_page("performance.md"), "\n".join(lines), f"scripts/benchmark --only {name}")
    finish(given, result, text, show)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"benchmark: {failed}")
