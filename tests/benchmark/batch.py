#!/usr/bin/env python3
"""Measures `fleet-provision batch` beside a shell loop over the tool and beside the load client, its parent process
alone, and how it keeps to a rate; scripts/benchmark-batch builds what this needs and starts it."""

import json
import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from arguments import Parser, positive
from benchmark import finish, machine, report_page, words, write_page
from figures import table, times
from processes import Failed, Service, Workplace, exit_on_signals, uninterrupted

JOBS = 8
# At a rate: 25 units a second that take a second each on a busy machine.
JOBS_AT_RATE = 32
# docs/factory.md: of a core, with eight jobs; and for 100 000 units.
CPU_BAR = 2
MEMORY_BAR_KIB = 32 * 1024
REFUSED_BAR = 5
USED_BAR = 95
# Of the batch / of the service.
RATES = "10/10,50/50,200/200,50/25,none/50"
# What the contract names. With fewer operations a second a service that counts by the second never admits all of them:
# the model in tests/unit/batch/pacer_test.cpp has the bounds.
RATE_WITH_BARS = 50
RATE_SECONDS = 20
OPERATIONS_OF_UNIT = 2
OUTPUT_OPTIONS = ["--json", "--log-format", "json", "--color", "never"]


def options():
    parser = Parser("scripts/benchmark-batch", __doc__)
    parser.add_argument("--units", type=positive, default=200, metavar="N", help="units of each contender (default %(default)s)")
    parser.add_argument("--repeat", type=positive, default=3, metavar="N", help="turns of each contender (default %(default)s)")
    parser.add_argument("--parent-units", type=positive, default=5000, metavar="N",
                        help="units of the parent alone (default %(default)s)")
    parser.add_argument("--rate-seconds", type=positive, default=RATE_SECONDS, metavar="N",
                        help="length of each run at a rate (default %(default)s)")
    parser.add_argument("--rates", default=RATES, metavar="BATCH/SERVICE,…",
                        help="--rate of the batch and of the simulator, in each run (default %(default)s)")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section alone; repeatable")
    parser.add_argument("--output", metavar="FILE", help="the figures as JSON")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/reports/factory.md")
    parser.add_argument("--state-dirs", metavar="DIR", help="where state is kept on a disk (default: in build/)")
    return parser.read(read_rates)


def read_rates(given):
    """Makes pairs of numbers of --rates."""
    try:
        pairs = [pair.split("/") for pair in given.rates.split(",")]
        given.rates = [(None if batch == "none" else int(batch), int(service)) for batch, service in pairs]
    except ValueError as error:
        raise ValueError(f"--rates takes pairs such as 10/10 or none/10, not {given.rates}") from error


class Place:
    """One fresh directory with its own simulator; both go."""

    def __init__(self, given, workplace, simulator_options=()):
        workplace.runs += 1
        self.path = f"{workplace.path}/{workplace.runs}"
        os.mkdir(self.path)
        self.service = Service(given.build, ["--log", f"{self.path}/events.jsonl", *simulator_options])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.service.__exit__()
        shutil.rmtree(self.path, ignore_errors=True)

    def names(self, count):
        names = [f"GW-{number:07}" for number in range(1, count + 1)]
        for name, head in (("names", []), ("units.csv", ["SerialNumber"])):
            with open(f"{self.path}/{name}", "w", encoding="utf-8") as file:
                file.write("\n".join([*head, *names]) + "\n")

    def text(self, name):
        with open(f"{self.path}/{name}", encoding="utf-8") as file:
            return file.read()


def own_cpu(pid):
    """CPU time of one process, all threads, without its children, in seconds; also of one that has ended and is not
    waited for yet. The clock is the one of clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def peak_kib(pid):
    """VmHWM; 0 for a process that has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def measured(argv, environment, stdout):
    """Runs the command; gives its wall time, and of its process alone CPU time and peak memory (looked at fifty
    times a second)."""
    # A file, which takes all that children say while nobody reads.
    errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
    start = time.monotonic()
    process = descriptor = None
    peak = 0
    try:
        with uninterrupted():
            process = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=errors)
        descriptor = os.pidfd_open(process.pid)
        while not select.select([descriptor], [], [], 0.02)[0]:
            peak = max(peak, peak_kib(process.pid))
        wall = time.monotonic() - start
        cpu = own_cpu(process.pid)
    except BaseException:
        if process:
            process.terminate()
            process.wait()
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)
    if process.wait() != 0:
        errors.seek(0)
        raise Failed(f"{' '.join(argv)}: exit status {process.returncode}\n{errors.read()[-2000:]}")
    errors.close()
    return {"wall": wall, "cpu": cpu, "peakKiB": peak}


def batch(given, place, jobs=JOBS, more=()):
    """A whole batch over units.csv; what it took, and its summary."""
    with open(f"{place.path}/summary.json", "w", encoding="utf-8") as summary:
        run = measured([f"{given.build}/bin/fleet-provision", "batch", "--manifest", f"{place.path}/units.csv",
                        "--output-dir", f"{place.path}/out", "--jobs", str(jobs), "--json", "--log-format", "json", *more],
                       place.service.environment(), summary)
    run["summary"] = json.loads(place.text("summary.json"))
    return run


def batch_speed(given, place):
    run = batch(given, place)
    if run["summary"]["provisioned"] != given.units:
        raise Failed(f"the batch: {run['summary']}")
    return run | {"rate": given.units / run["wall"]}


def loop_speed(given, place):
    """The least loop that runs the tool for each unit: no shell for each, one file for all results, no sync of it."""
    with open(f"{place.path}/results", "a", encoding="utf-8") as results:
        run = measured(["xargs", "-a", f"{place.path}/names", "-P", str(JOBS), "-I", "{}",
                        f"{given.build}/bin/fleet-provision", *OUTPUT_OPTIONS, "--state-dir", f"{place.path}/units/{{}}",
                        "-P", "SerialNumber={}"], place.service.environment(), results)
    if place.text("results").count('"outcome": "provisioned"') != given.units:
        raise Failed("the loop did not provision all units")
    return run | {"rate": given.units / run["wall"]}


def load_speed(given, place):
    run = subprocess.run([f"{given.build}/tests/provision-load", "--connections", str(JOBS), "--provisionings",
                          str(given.units), "--json"], env=place.service.environment(), capture_output=True, text=True,
                         check=False)
    if run.returncode != 0:
        raise Failed(f"the load client: {run.stderr}")
    return {"rate": json.loads(run.stdout)["perSecond"]}


CONTENDERS = {"batch --jobs 8": batch_speed, "xargs -P 8": loop_speed, "load client, 8 connections": load_speed}


def middle(runs, what):
    return statistics.median(each[what] for each in runs)


def speed_rows(where, runs):
    """A row for each contender; medians, and the ratios within each turn."""
    rows = []
    loop = runs["xargs -P 8"]
    for name, each in runs.items():
        ratio = statistics.median(one["rate"] / other["rate"] for one, other in zip(each, loop))
        row = [where, name, middle(each, "rate"), times(ratio)]
        if "cpu" not in each[0]:
            rows.append([*row, "", "", "", ""])
            continue
        share = statistics.median(one["cpu"] / one["wall"] * 100 for one in each)
        unit = middle(each, "cpu") * 1e6 / each[0]["units"]
        bars = ""
        if each is not loop and name.startswith("batch"):
            bars = f"≥ 1 ×{' holds' if ratio >= 1 else ' MISSED'}, < {CPU_BAR} %{' holds' if share < CPU_BAR else ' MISSED'}"
        rows.append([*row, unit, f"{share:.2f} %", max(one["peakKiB"] for one in each), bars])
    return rows


def speed(given, workplaces):
    """Units per second, the contenders in turn."""
    figures, rows = {}, []
    for where, workplace in workplaces.items():
        runs = {name: [] for name in CONTENDERS}
        names = list(CONTENDERS)
        for turn in range(given.repeat):
            for name in names[turn % len(names):] + names[:turn % len(names)]:
                with Place(given, workplace) as place:
                    place.names(given.units)
                    runs[name].append(CONTENDERS[name](given, place) | {"units": given.units})
        figures[where] = runs
        rows += speed_rows(where, runs)
    heads = ["state", "contender", "units/s", "to xargs", "own CPU of the parent, µs a unit", "of a core",
             "own peak, KiB", "bars"]
    return figures, [table(f"{given.units} units, {given.repeat} turns, medians", heads, rows)]


def parent_row(given, what, stage, took):
    small = took["peakKiB"] <= MEMORY_BAR_KIB
    return [what, stage, took["wallMs"], took["cpuMs"], took["cpuMs"] * 1000 / given.parent_units, took["peakKiB"],
            "≤ 32 MiB" + (" holds" if small else " MISSED")]


def program_rerun(given, workplace, directory):
    """`fleet-provision batch` itself over the same directory: it skips all units, and writes the reports."""
    command = [f"{given.build}/bin/fleet-provision", "batch", "--manifest", f"{directory}/units.csv", "--output-dir",
               f"{directory}/out", "--endpoint", "localhost", "--template", "gateway", "--claim",
               f"{directory}/claim.json", "--json"]
    with open(f"{workplace.path}/summary.json", "w+", encoding="utf-8") as summary:
        run = measured(command, None, summary)
        summary.seek(0)
        skipped = json.load(summary)["alreadyProvisioned"]
    if skipped != given.parent_units:
        raise Failed(f"the rerun skipped {skipped} units of {given.parent_units}")
    return {"wallMs": run["wall"] * 1000, "cpuMs": run["cpu"] * 1000, "peakKiB": run["peakKiB"]}


def parent(given, workplaces):
    """The parent alone: in the place of a run is batch-stub (tests/load/batch_stub.cpp), which prints a result and does
    nothing else. In memory, so that no disk decides."""
    workplace = list(workplaces.values())[-1]
    directory = f"{workplace.path}/parent"
    command = [f"{given.build}/tests/batch-load", directory, str(given.parent_units), f"{given.build}/tests/batch-stub"]
    figures, rows = {}, []
    for what in ("first run", "rerun"):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise Failed(f"batch-load: {run.stderr}")
        figures[what] = json.loads(run.stdout)
        for name, stage in figures[what]["stages"].items():
            rows.append(parent_row(given, what, STAGES[name], stage))
    figures["program"] = program_rerun(given, workplace, directory)
    rows.append(parent_row(given, "rerun", "the whole program", figures["program"]))
    shutil.rmtree(directory)
    heads = ["", "stage", "wall, ms", "CPU of the parent, ms", "µs a unit", "peak, KiB", "bar"]
    return figures, [table(f"The parent alone with {given.parent_units} units", heads, rows)]


STAGES = {"read": "read and check the manifest", "results": "read results.jsonl", "run": "run", "reports": "write the reports"}


def operations(log):
    """Of an event log: the number of answers, how many of them were refusals, and the seconds between the first request
    and the last answer."""
    answers = refused = 0
    moments = []
    for line in log.splitlines():
        event = json.loads(line)
        if event["event"] == "publish":
            moments.append(event["time"])
        if event["event"] == "answer":
            moments.append(event["time"])
            answers += 1
            refused += event["topic"].endswith("/rejected")
    seconds = lambda text: time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float(text[19:-1])
    return answers, refused, seconds(max(moments)) - seconds(min(moments))


def rate_row(given, workplace, wanted, allowed):
    units = allowed * given.rate_seconds // OPERATIONS_OF_UNIT
    with Place(given, workplace, ["--rate", str(allowed)]) as place:
        place.names(units)
        run = batch(given, place, JOBS_AT_RATE, ["--rate", str(wanted)] if wanted else [])
        answers, refused, seconds = operations(place.text("events.jsonl"))
    figures = {"rate": wanted, "serviceRate": allowed, "units": units, "summary": run["summary"],
               "refusedPercent": refused * 100 / answers, "seconds": seconds,
               "usedPercent": (answers - refused) * 100 / (seconds * allowed)}
    bars = ""
    if wanted == allowed == RATE_WITH_BARS:
        holds = figures["refusedPercent"] < REFUSED_BAR and figures["usedPercent"] >= USED_BAR
        bars = f"< {REFUSED_BAR} %, ≥ {USED_BAR} %" + (" holds" if holds else " MISSED")
    row = [str(wanted or "none"), str(allowed), units, seconds, answers, refused, f"{figures['refusedPercent']:.1f} %",
           f"{figures['usedPercent']:.1f} %", bars]
    return figures, row


def rates(given, workplaces):
    """How a batch keeps to a rate, in memory: the disk may be too slow for the rate."""
    workplace = list(workplaces.values())[-1]
    found = [rate_row(given, workplace, *each) for each in given.rates]
    heads = ["--rate", "service", "units", "seconds", "operations", "refused", "", "of the rate used", "bars"]
    return [each for each, _ in found], [table(f"Operations of a batch with --jobs {JOBS_AT_RATE}, as the simulator's log has them", heads,
                                               [row for _, row in found])]


SECTIONS = {"speed": speed, "parent": parent, "rates": rates}


def main():
    exit_on_signals()
    given = options()
    result, text = {"schema": 1}, []

    def show(part):
        print(part, flush=True)
        text.append(part)

    with Workplace(given.build, given.state_dirs or os.path.join(given.build, "benchmark")) as disk:
        with Workplace(given.build, "/dev/shm" if os.access("/dev/shm", os.W_OK) else disk.path) as memory:
            result["machine"] = machine(disk)
            show(words(result["machine"]))
            workplaces = {disk.filesystem(): disk, memory.filesystem(): memory}
            for name in given.only or SECTIONS:
                result[name], tables = SECTIONS[name](given, workplaces)
                for each in tables:
                    show(each)
    finish(given, result, text, show)
    if given.write:
        write_page(report_page("factory.md"), "\n".join(text), "scripts/benchmark-batch")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"benchmark-batch: {failed}")
