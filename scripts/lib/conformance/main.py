"""scripts/conformance, behind its options: which experiments run, on which service, and what is printed and written."""
import argparse
import datetime
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import ssl
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[1:1] = [str(pathlib.Path(__file__).resolve().parents[1])]
import account_run  # noqa: E402
import checks  # noqa: E402
import experiments  # noqa: E402
import runner  # noqa: E402
import simulator  # noqa: E402
from aws import AwsError, Interrupts, Stopped  # noqa: E402
from terminal import say  # noqa: E402

USAGE, FAILED = 64, 1
PREFIX = re.compile(r"fpc-[0-9a-z]{1,12}")


def fail(message, hint=None, code=USAGE):
    print(f"scripts/conformance: error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    sys.exit(code)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        fail(message, "run scripts/conformance --help")


def arguments():
    parser = Parser(add_help=False, allow_abbrev=False)
    modes = parser.add_mutually_exclusive_group()
    for flag in ("--list", "--questions", "--simulator", "--clean-up"):
        modes.add_argument(flag, action="store_true")
    modes.add_argument("--check")
    for flag in ("--slow", "--skip-costly", "--yes", "--arguments-only"):
        parser.add_argument(flag, action="store_true")
    for option in ("--only", "--except"):
        parser.add_argument(option, action="append", default=[], metavar="NAME")
    for option in ("--output", "--prefix", "--region", "--profile", "--ca-file", "--directory", "--bin"):
        parser.add_argument(option)
    parser.add_argument("--behaviour", action="append", default=[])
    return parser.parse_args()


def chosen(options):
    """The experiments of this run, in their order."""
    known = experiments.load()
    names = {each.name for each in known}
    wanted = [name for text in options.only for name in text.split(",")]
    unwanted = [name for text in getattr(options, "except") for name in text.split(",")]
    for name in wanted + unwanted:
        if name not in names:
            fail(f"there is no experiment {name}", "scripts/conformance --list names all")
    found = [each for each in known if (each.name in wanted if wanted else options.slow or options.simulator or not each.slow)
             and each.name not in unwanted and not (options.skip_costly and each.costly)
             and not (options.simulator and each.only == "aws")]
    if not found:
        fail("the options leave no experiment to run")
    return found


def check_files(options):
    """Refuses files that cannot be used before anything is made: the observations of a run are not to be had again cheaply."""
    if options.output or not (options.simulator or options.clean_up):
        output = pathlib.Path(options.output or "conformance.json")
        if output.is_dir() or not os.access(output if output.exists() else output.parent, os.W_OK):
            fail(f"{output} cannot be written", "give another --output", FAILED)
    if options.ca_file:
        try:
            ssl.create_default_context(cafile=options.ca_file)
        except OSError as error:
            fail(f"{options.ca_file} cannot be read as certificates: {error.strerror or error}", "give another --ca-file", FAILED)


def show_list(known):
    questions = runner.questions()
    for each in experiments.load():
        flags = [word for word, set_ in (("slow", each.slow), ("costly", each.costly), ("AWS only", each.only == "aws")) if set_]
        what = questions[each.answers[0]]["text"] if len(each.answers) == 1 else ", ".join(each.answers)
        show(f"{each.name:<26}{what}{' (' + ', '.join(flags) + ')' if flags else ''}")


def show(text):
    say(text, sys.stdout)


def run_all(world, selected, known, observations):
    """Runs the experiments, adds what they observe to `observations`, and prints a line for each question."""
    for each in selected:
        for entry in runner.run_one(each, world, known):
            observations.append(entry)
            show(f"{entry['verdict']:<10}{entry['question']:<28}{entry['outcome'] or entry['problem']}")
            if entry["verdict"] == "differs":
                note = " (a known difference of the simulator)" if is_known(world, known, entry) else ""
                show(f"{'':<10}{'':<28}expected: {' or '.join(entry['expected'])}{note}")


def is_known(world, known, entry):
    return world.service == "simulator" and runner.known_difference(known[entry["question"]], entry["outcome"])


def report(world, observations, known, output):
    """Writes the document and prints the sums; gives how many observations need somebody's attention."""
    document = runner.document(world, observations, datetime.date.today().isoformat())
    problems = checks.problems(document)
    if problems:
        fail(f"the observations are not fit to be published: {problems[0]}", "report this as a fault of the kit", FAILED)
    if output:
        write(output, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    counts = {name: sum(each["verdict"] == name for each in observations) for name in ("as-stated", "differs", "new", "failed")}
    explained = sum(each["verdict"] == "differs" and is_known(world, known, each) for each in observations)
    show(f"{len(observations)} question{'s' * (len(observations) != 1)}: {counts['as-stated']} as stated, "
         f"{counts['differs']} differ{'s' * (counts['differs'] == 1)}" + (f" ({explained} known)" if explained else "") +
         f", {counts['new']} new, {counts['failed']} failed")
    return counts["differs"] - explained + counts["failed"]


def write(output, text):
    """A disk that is full must not cost the observations: they go to stdout then."""
    try:
        pathlib.Path(output).write_text(text, encoding="utf-8")
        say(f"observations: {output}")
    except OSError as error:
        show(text)
        fail(f"{output} cannot be written: {error.strerror}", "the observations are on stdout: store them from there", FAILED)


def on_simulator(options, selected, known, root, interrupts):
    program = simulator.program_in(options.bin, root)
    if program is None:
        fail(f"there is no fleet-provision-simulator in {options.bin or os.environ.get('CONFORMANCE_BIN') or 'build/release/bin'}",
             "leave out --bin and CONFORMANCE_BIN to have it built", FAILED)
    with tempfile.TemporaryDirectory(prefix="conformance-") as directory:
        world = simulator.SimulatorWorld(pathlib.Path(directory), program, options.behaviour)
        observations = []
        try:
            run_all(world, selected, known, observations)
        finally:
            try:
                interrupts.cleaning = True
            finally:                # a signal in the instant before that; there is only one
                world.end()
        return FAILED if report(world, observations, known, options.output) else 0


def install_handlers(interrupts):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupts.stop)


def state_directory(given):
    if given:
        return pathlib.Path(given).resolve()
    base = os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local/state"
    return pathlib.Path(base) / "fleet-provision-conformance"


def main():
    options = arguments()
    root = pathlib.Path(__file__).resolve().parents[3]
    known = runner.questions()
    if options.prefix is not None and not PREFIX.fullmatch(options.prefix):
        fail(f"the prefix '{options.prefix}' is not fpc- and 1 to 12 of 0-9 a-z", "give e.g. --prefix fpc-trial")
    if options.behaviour and not options.simulator:
        fail("--behaviour is for --simulator")
    if options.list:
        return show_list(known)
    if options.questions:
        return show(checks.table(known))
    if options.check:
        return checks.check_file(options.check)
    check_files(options)
    if options.arguments_only:      # scripts/conformance asks before it builds
        chosen(options)
        return 0
    interrupts = Interrupts()
    install_handlers(interrupts)
    try:
        if options.simulator:
            return on_simulator(options, chosen(options), known, root, interrupts)
        program = shutil.which("aws")
        if program is None:
            fail("the AWS CLI is not installed", "install the package awscli, or try scripts/conformance --simulator", FAILED)
        account = account_run.Account(program, options, interrupts, state_directory(options.directory))
        if options.clean_up:
            return account.clean_up_all(options.prefix)
        prefix = options.prefix or f"fpc-{secrets.token_hex(3)}"
        return account.run(prefix, chosen(options), known, lambda world, selected, found: run_all(world, selected, known, found),
                           lambda world, observations, output: report(world, observations, known, output))
    except Stopped as stopped:
        return 128 + stopped.number
    except (AwsError, account_run.Refused, simulator.StartFailed) as error:
        fail(str(error), getattr(error, "hint", None), FAILED)
    except OSError as error:
        fail(": ".join(str(each) for each in (error.filename, error.strerror or error) if each), code=FAILED)


if __name__ == "__main__":
    sys.exit(main())
