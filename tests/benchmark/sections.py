"""The parts of the benchmark. Each gives its figures and its tables; within a part the contenders take turns, so that
whatever else the machine does hits all alike."""

import json
import os
import subprocess

from cpu_quota import CpuQuota, missing as quota_missing
from counting import instructions, libraries_size, trace
from figures import summary, table, times
from key_devices import KeyDevices, missing
from processes import Failed, Workplace

# What the wall time may be, as multiples of the floor's in the same run.
BARS = {100: 1.02, 20: 1.08, 0: 1.25}
WORST_BAR = 4.0
MEMORY_BAR = 1.4
CPU_BAR = 1.3
INSTRUCTIONS_BAR = 1.1
START_BAR = 1.5
ROUND_TRIPS = 6
# Far enough that what crosses on the way is not taken for an answer, however busy the machine is.
COUNTING_DELAY = 100
SPREAD_HEADS = ["runs", "median", "p5", "p95", "p98", "max"]


class Run:
    def __init__(self, given, contenders, service, workplace):
        self.given = given
        self.contenders = contenders
        self.service = service
        self.workplace = workplace

    def repeats(self, usual, quick):
        return self.given.repeat or (quick if self.given.quick else usual)

    def take_turns(self, commands, repeats, delay=None, seldom=(), more=None):
        """Runs each of `commands`, name: argv or a function that gives it, in turn; those in `seldom` every fifth time.
        Each turn begins with another, so that nobody always runs behind the same one, and those that stand side by side
        run apart: two of method keys in a row would share the one key that the simulator has ready."""
        environment = self.service.environment(delay) | (more or {})
        results = {name: [] for name in commands}
        names = [*list(commands)[::2], *list(commands)[1::2]]
        # The first round fills caches and does not count.
        for turn in range(repeats + 1):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                if name in seldom and turn > 1 and turn % 5 != 0:
                    continue
                argv = commands[name]() if callable(commands[name]) else commands[name]
                measured = self.workplace.measured(argv, environment)
                if turn > 0:
                    results[name].append(measured)
        return results

    def whole_runs(self, more=()):
        """A command for each contender that has nothing yet."""
        def whole(argv):
            return lambda: [*argv, *self.workplace.fresh(), *more]
        return {name: whole(argv) for name, argv in self.contenders.named().items()}

    def on_the_wire(self, command):
        """Round trips and bytes of one run of `command()`."""
        self.workplace.measured(command(), self.service.environment(COUNTING_DELAY))
        return self.service.counts(COUNTING_DELAY)


def spread(results, what="wallMs"):
    return {name: summary([each[what] for each in runs]) for name, runs in results.items()}


def spread_row(figures):
    return [figures["runs"], figures["median"], figures["p5"], figures["p95"], figures["p98"], figures["max"]]


def verdict(value, bar):
    if bar is None:
        return ""
    return f"≤ {bar:g} ×" + (" holds" if value <= bar else " MISSED")


def wall(run):
    """Process start to exit of a whole run, at each round trip."""
    figures = {}
    rows = []
    for delay in run.given.delays:
        repeats = run.repeats({0: 300, 20: 100, 100: 40}.get(delay, 15), 3)
        seldom = ["AWS's client"] if delay < 100 else []
        results = run.take_turns(run.whole_runs(), repeats, delay or None, seldom)
        found = spread(results)
        floor = found["floor"]["median"]
        for name, each in found.items():
            each["timesFloor"] = each["median"] / floor
            bar = verdict(each["timesFloor"], BARS.get(delay)) if name == "fleet-provision" else ""
            rows.append([f"{delay} ms", name, *spread_row(each), times(each["timesFloor"]), bar])
        if delay == 0:
            tool = found["fleet-provision"]
            tool["p98TimesFloor"] = tool["p98"] / floor
            rows.append(["0 ms", "fleet-provision, 98 of 100 runs", "", "", "", "", tool["p98"], "",
                         times(tool["p98TimesFloor"]), verdict(tool["p98TimesFloor"], WORST_BAR)])
        figures[str(delay)] = found
    heads = ["round trip", "client", *SPREAD_HEADS, "median to floor's", "bar"]
    return figures, [table("Wall time of a whole run, process start to exit, ms", heads, rows)]


def resources(run):
    """What a whole run takes besides time."""
    results = run.take_turns(run.whole_runs(), run.repeats(40, 3), None, ["AWS's client"])
    figures = {}
    for name, runs in results.items():
        cpu = [each["userMs"] + each["systemMs"] for each in runs]
        figures[name] = {"peakKiB": summary([each["peakKiB"] for each in runs]), "cpuMs": summary(cpu),
                         "userMs": sum(each["userMs"] for each in runs) / len(runs),
                         "systemMs": sum(each["systemMs"] for each in runs) / len(runs),
                         "switches": summary([each["switches"] for each in runs])}
    environment = run.service.environment()
    for name, command in run.whole_runs().items():
        figures[name]["trace"] = trace(command, environment, run.repeats(5, 1))
        if name != "AWS's client":
            figures[name]["instructions"] = instructions(command, environment, run.repeats(3, 1))
        figures[name]["wire"] = run.on_the_wire(command)
    for name, argv in run.contenders.named().items():
        figures[name]["installedBytes"] = libraries_size(argv)
    return figures, [resources_table(figures), objects_table(figures)]


def millions(counted):
    return sum(counted.values()) / 1e6 if counted else None


def objects_table(figures):
    """Where the instructions of a run are spent: in which shared object."""
    counted = {name: each["instructions"] for name, each in figures.items() if each.get("instructions")}
    objects = sorted({name for each in counted.values() for name in each},
                     key=lambda name: -max(each.get(name, 0) for each in counted.values()))
    # A program is an object that bears its client's name.
    rows = [["the program itself", *[each.get(client, 0) / 1e6 for client, each in counted.items()]]]
    rows += [[name, *[each.get(name, 0) / 1e6 for each in counted.values()]] for name in objects
             if name not in counted and max(each.get(name, 0) for each in counted.values()) > 5000]
    return table("Instructions of a whole run by shared object, millions", ["", *counted], rows)


def resources_table(figures):
    tool, floor = figures["fleet-provision"], figures["floor"]

    def row(what, get, bar=None, ratio=True):
        values = [get(each) for each in figures.values()]
        comparable = ratio and get(floor) and not isinstance(get(floor), str)
        of_floor = get(tool) / get(floor) if comparable else None
        return [what, *values, times(of_floor), verdict(of_floor, bar) if bar and of_floor else ""]

    wire = lambda key: lambda each: each["wire"][key]
    calls = lambda key: lambda each: each["trace"][key]
    trips = row("round trips, SYN to thingName", wire("roundTrips"), ratio=False)
    trips[-1] = f"{ROUND_TRIPS}" + (" holds" if wire("roundTrips")(tool) <= ROUND_TRIPS else " MISSED")
    rows = [
        row("peak memory, KiB", lambda each: each["peakKiB"]["median"], MEMORY_BAR),
        row("CPU, ms", lambda each: each["cpuMs"]["median"], CPU_BAR),
        row("of it user (mean)", lambda each: each["userMs"]),
        row("of it system (mean)", lambda each: each["systemMs"]),
        row("context switches", lambda each: each["switches"]["median"]),
        row("instructions, millions", lambda each: millions(each.get("instructions")) or "–", INSTRUCTIONS_BAR),
        row("system calls", calls("calls")),
        row("fsync", calls("fsync"), ratio=False),
        row("rename", calls("rename"), ratio=False),
        row("files created", calls("created"), ratio=False),
        row("shared objects opened", calls("sharedObjects"), ratio=False),
        trips,
        row("bytes to the service", wire("bytesToServer")),
        row("bytes from the service", wire("bytesToClient")),
        row("installed, stripped, KiB", lambda each: each["installedBytes"] / 1024),
    ]
    return table("A whole run at 0 ms (csr, ec-p256, json, MQTT 5)", ["", *figures, "to floor's", "bar"], rows)


def start(run):
    """What it costs to start, and to find that there is nothing to do."""
    tool = run.contenders.tool
    provisioned = run.workplace.fresh()
    environment = run.service.environment()
    run.workplace.measured([*tool, *provisioned], environment)
    commands = {"hello, world": run.contenders.hello, "hello, libstdc++ alone": run.contenders.plain_hello,
                "--version": [*tool, "--version"], "already provisioned": [*tool, *provisioned]}
    results = run.take_turns(commands, run.repeats(200, 5))
    found = spread(results)
    rows = []
    for name, each in found.items():
        each["timesHello"] = each["median"] / found["hello, world"]["median"]
        each["cpuMs"] = summary([one["userMs"] + one["systemMs"] for one in results[name]])["median"]
        each["peakKiB"] = summary([one["peakKiB"] for one in results[name]])["median"]
        each["instructions"] = instructions(lambda name=name: commands[name], environment, 1)
        each["trace"] = trace(lambda name=name: commands[name], environment, 1)
        rows.append([name, *spread_row(each), times(each["timesHello"]),
                     verdict(each["timesHello"], None if name.startswith("hello") else START_BAR), each["cpuMs"],
                     each["peakKiB"], millions(each["instructions"]), each["trace"]["calls"], each["trace"]["sharedObjects"]])
    heads = ["start to exit, ms", *SPREAD_HEADS, "median to hello's", "bar", "CPU, ms", "peak, KiB", "instr., millions",
             "system calls", "shared objects"]
    return found, [table("Start-up, beside a C++ hello, world linked to the same libraries", heads, rows)]


def throttled(run):
    """Start-up and whole runs with a twentieth of one processor, as on a small ARM core. The service is not slowed down."""
    lacking = quota_missing()
    if lacking:
        return {}, [f"A slow processor was not measured: {lacking} is missing.\n"]
    contenders = run.contenders
    provisioned = run.workplace.fresh()
    state_dir = provisioned[:2]
    environment = run.service.environment()
    run.workplace.measured([*contenders.tool, *provisioned], environment)
    with CpuQuota() as quota:
        def whole(argv):
            return lambda: quota.command([*argv, *run.workplace.fresh()])
        starts = {"hello, world": contenders.hello, "hello, libstdc++ alone": contenders.plain_hello,
                  "--version": [*contenders.tool, "--version"], "status": [*contenders.tool, "status", *state_dir],
                  "already provisioned": [*contenders.tool, *provisioned]}
        commands = {name: quota.command(argv) for name, argv in starts.items()}
        commands.update({name: whole(argv) for name, argv in contenders.named().items()})
        results = run.take_turns(commands, run.repeats(25, 1), None, ["AWS's client"])
    found = spread(results)
    rows = []
    for name, each in found.items():
        each["cpuMs"] = summary([one["userMs"] + one["systemMs"] for one in results[name]])["median"]
        other = "hello, world" if name in starts else "floor"
        each["times"] = each["median"] / found[other]["median"]
        label = "whole run: " + name if name in contenders.named() else name
        rows.append([label, *spread_row(each), times(each["times"]), each["cpuMs"]])
    heads = ["start to exit, ms", *SPREAD_HEADS, "median to hello's, floor's", "CPU, ms"]
    return found, [table("With a twentieth of one processor", heads, rows)]


def variants(run):
    """Key types, methods, encodings and versions."""
    def of(argv, *more):
        return lambda: [*argv, *run.workplace.fresh(), *more]
    tool, floor, aws = run.contenders.tool, run.contenders.floor, run.contenders.aws
    commands = {"csr, ec-p256, json, 5": of(tool), "floor of it": of(floor), "MQTT 3.1.1": of(tool, "--mqtt-version", "3.1.1"),
                "floor of 3.1.1": of(floor, "--mqtt-version", "3.1.1"), "cbor": of(tool, "--payload-format", "cbor"),
                "keys": of(tool, "--method", "keys"), "floor of keys": of(floor, "--method", "keys")}
    for key_type in ("ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"):
        commands[f"csr, {key_type}"] = of(tool, "--key-type", key_type)
    seldom = ["csr, rsa-3072", "csr, rsa-4096"]
    if aws:
        clients = {"AWS's client, keys": of(aws, "--method", "keys"),
                   "AWS's client, MQTT 3.1.1": of(aws, "--mqtt-version", "3.1.1")}
        commands.update(clients)
        seldom += clients
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else run.workplace.path
    with Workplace(run.workplace.build, in_memory) as memory:
        if memory.filesystem() == "tmpfs":
            commands["state in memory"] = lambda: [*tool, *memory.fresh()]
            commands["floor of it, state in memory"] = lambda: [*floor, *memory.fresh()]
        results = run.take_turns(commands, run.repeats(25, 1), None, seldom)
    found = spread(results)
    rows = []
    for name, each in found.items():
        each["cpuMs"] = summary([one["userMs"] + one["systemMs"] for one in results[name]])["median"]
        if "memory" in name:
            rows.append([name, *spread_row(each), each["cpuMs"], "", "", ""])
            continue
        each["wire"] = run.on_the_wire(commands[name])
        rows.append([name, *spread_row(each), each["cpuMs"], each["wire"]["roundTrips"], each["wire"]["bytesToServer"],
                     each["wire"]["bytesToClient"]])
    heads = ["what differs", *SPREAD_HEADS, "CPU, ms", "round trips", "bytes up", "bytes down"]
    return found, [table("Choices, wall time of a whole run at 0 ms, ms", heads, rows)]


def key_phase(command, environment):
    """How long the phase `key` of one run took: making the key and signing the CSR. The connection is opened meanwhile."""
    run = subprocess.run([*command, "--json", "-q"], env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit status {run.returncode}\n{run.stderr}")
    return sum(each["durationMs"] for each in json.loads(run.stdout)["timeline"] if each["phase"] == "key")


def devices(run):
    """Device keys in a TPM and in a token, beside a file and the floor: whole runs, and what the device itself takes."""
    lacking = missing()
    if lacking:
        return {}, [f"Keys in devices were not measured: {lacking} is missing.\n"]
    with KeyDevices(f"{run.workplace.path}/devices") as kept:
        environment = run.service.environment() | kept.environment
        found, rows = {}, []
        for key_type in ("ec-p256", "rsa-2048"):
            def of(store, more=("--key-type", key_type)):
                return lambda: [*run.contenders.tool, *run.workplace.fresh(), *more, *kept.stores(run.workplace.runs)[store]]
            commands = {store: of(store) for store in kept.stores(0)}
            if key_type == "ec-p256":
                commands = {"floor": lambda: [*run.contenders.floor, *run.workplace.fresh()], **commands}
            results = run.take_turns(commands, run.repeats(30, 1), more=kept.environment)
            figures = spread(results)
            for name, each in figures.items():
                each["timesFile"] = each["median"] / figures["file"]["median"]
                each["cpuMs"] = summary([one["userMs"] + one["systemMs"] for one in results[name]])["median"]
                each["peakKiB"] = summary([one["peakKiB"] for one in results[name]])["median"]
                each["trace"] = trace(commands[name], environment, 1)
                repeats = range(run.repeats(15, 1))
                each["keyMs"] = None if name == "floor" else summary([key_phase(commands[name](), environment) for _ in repeats])["median"]
                rows.append([key_type, name, *spread_row(each), times(each["timesFile"]), each["keyMs"], each["cpuMs"],
                             each["peakKiB"], each["trace"]["sharedObjects"]])
            found[key_type] = figures
    heads = ["key", "device key in", *SPREAD_HEADS, "median to the file's", "phase key, ms", "CPU, ms", "peak, KiB", "shared objects"]
    return found, [table("Device keys in a TPM (swtpm) and a token (SoftHSM), whole runs at 0 ms, ms", heads, rows)]
