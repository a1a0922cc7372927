"""What the pages say, held against the programs. Each comparison takes pages and a Program and yields complaints.

A complaint is one line, `FILE:LINE: what does not agree`. `ALL` lists the comparisons; test_compare.py breaks a copy of
the tree once for each kind of complaint.
"""
import json
import re

import page as pages_of
import questions

# Words in backticks that look like words of ours and are names of others.
FOREIGN_WORDS = {
    "aws-iot-device-sdk-v2", "ca-certificates", "fleet-provision", "fleet-provision-simulator", "libfleet-provision-dev",
    "tl-expected", "x-amzn-mqtt-ca", "not-authorized", "create-keys-and-certificate", "create-provisioning-claim",
}
# Programs of others whose options stand in our pages in backticks or in blocks.
FOREIGN_OPTIONS = {"--version", "--help"}
HYPHENATED = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
# What may stand before the program in a simple command.
BEFORE_A_PROGRAM = re.compile(r"[A-Za-z_]+=.*|sudo|exec|env|if|!|\{|\$|ExecStart=.*")


def basename(word):
    return word.rsplit("/", 1)[-1]


def calls_of(words):
    """The calls of our programs in one simple command: (program, command, words behind). env and the like may precede."""
    for index, word in enumerate(words):
        name = word if "/" not in word or word.endswith(f"/bin/{basename(word)}") else ""
        name = basename(name)
        if name == "fleet-provision":
            rest = words[index + 1:]
            command = rest[0] if rest and re.fullmatch(r"[a-z]+", rest[0]) else ""
            yield "fleet-provision", command, rest[1:] if command else rest
            return
        if name == "fleet-provision-simulator":
            rest = words[index + 1:]
            end = rest.index("--") if "--" in rest else len(rest)
            yield "fleet-provision-simulator", "", rest[:end]
            yield from calls_of(rest[end + 1:])
            return
        if not BEFORE_A_PROGRAM.fullmatch(word):
            return


def commands_of(page):
    """Every simple command that a page shows: (line number, words). Reading shell is slow: a page is read once."""
    if page.commands is None:
        page.commands = list(read_commands(page))
    return page.commands


def read_commands(page):
    for block in page.blocks:
        for index, text in pages_of.joined(block.lines):
            if block.language == "console" or any(line.startswith("$ ") for line in block.lines):
                if not text.startswith("$ "):
                    continue
                text = text[2:]
            elif not block.language:
                text = text.split("   ")[0]         # what follows in a column of its own is prose
            for words in pages_of.commands_in(text):
                yield block.line + 1 + index, words
    for number, word in page.words():
        if " " in word:
            for words in pages_of.commands_in(word):
                yield number, words


def options_taken(pages, program):
    """An option that is shown with a command is one that this command has."""
    for page in pages:
        for number, words in commands_of(page):
            for name, command, rest in calls_of(words):
                if name == "fleet-provision" and command not in program.commands:
                    yield f"{page.path}:{number}: fleet-provision has no command {command}"
                    continue
                known = program.commands[command] if name == "fleet-provision" else program.simulator_options
                for word in rest:
                    option = word.split("=")[0]
                    if word.startswith("--") and option[2:] not in known:
                        yield f"{page.path}:{number}: {name} {command} does not take {option}"
                    letter = re.fullmatch(r"-([A-Za-z])\1*", word)
                    if letter and letter.group(1) not in [each.letter for each in known.values()]:
                        yield f"{page.path}:{number}: {name} {command} does not take {word}"
            if basename(words[0]) in program.scripts and words[0].startswith(("./scripts/", "scripts/")):
                text = program.sources_of_script(basename(words[0]))
                for word in words[1:]:
                    if word.startswith("--") and word not in text:
                        yield f"{page.path}:{number}: {words[0]} does not take {word}"


def options_exist(pages, program):
    """An option that is only named exists somewhere: in a program or script of ours, or among the names that it answers."""
    scripts = " ".join(program.sources_of_script(name) for name in program.scripts)
    for page in pages:
        for number, word in page.words():
            option = word.split(" ")[0].split("=")[0].split("[")[0]
            if not re.fullmatch(r"--[a-z][a-z0-9-]*", option) or option in FOREIGN_OPTIONS:
                continue
            name = option[2:]
            known = {*program.options, *program.simulator_options}
            if name not in known and name.replace("-", "") not in program.synonyms and option not in scripts:
                yield f"{page.path}:{number}: no program has the option {option}"


def variables_exist(pages, program):
    """A variable FLEET_PROVISION_… stands for an option, or is read where the tree is built."""
    known = {"FLEET_PROVISION_" + name.upper().replace("-", "_") for name in program.options}
    for page in pages:
        for number, line in enumerate(page.text.split("\n"), 1):
            for name in re.findall(r"FLEET_PROVISION_[A-Z][A-Z_]*[A-Z]", line):
                synonym = name.removeprefix("FLEET_PROVISION_").replace("_", "").lower()
                if name not in known and synonym not in program.synonyms and not re.search(rf"\b{name}\b", program.build_text):
                    yield f"{page.path}:{number}: nothing reads {name}"
            for name in re.findall(r"FLEET_PROVISIONED_([A-Z][A-Z_]*)", line):
                if f'"{name}"' not in program.source_text:
                    yield f"{page.path}:{number}: no program is given FLEET_PROVISIONED_{name}"


def known_words(pages, program):
    known = set(program.codes_by_kind) | set(program.options) | set(program.simulator_options) | program.simulator_words
    known |= FOREIGN_WORDS | {"create-from-csr", "create-keys"} | {each["id"] for each in questions.known_questions(program)}
    for key in ("run", "check", "status"):
        known |= {each["phase"] for each in program.trial[key]["timeline"]} | {program.trial[key]["outcome"]}
    known |= {each for name in ("check", "connectivity_check") for each in re.findall(r'"([a-z-]+)"', program.sources[f"lib/workflow/commands/{name}.cpp"])}
    known |= {basename(path).split(".")[0] for path in program.tree}
    known |= set(re.findall(r'["/]([a-z]+(?:-[a-z0-9]+)+)"', program.source_text))
    return known


def words_exist(pages, program):
    """A hyphenated word in backticks is a kind, an option, a fault, a file …; `kind X` is a kind."""
    known = known_words(pages, program)
    for page in pages:
        for number, word in page.words():
            if HYPHENATED.fullmatch(word) and word not in known:
                yield f"{page.path}:{number}: `{word}` is no kind, option, fault, behaviour or file"
        for number, line in enumerate(page.text.split("\n"), 1):
            for word in re.findall(r"\bkind:? [`\"]?([a-z]+(?:-[a-z]+)+)", line) + re.findall(r'"kind": "([a-z-]+)"', line):
                if word not in program.codes_by_kind:
                    yield f"{page.path}:{number}: there is no kind {word}"


def codes_of_kinds(pages, program):
    """Where a page gives an exit code with a kind, it is the kind's."""
    for page in pages:
        for number, line in enumerate(page.text.split("\n"), 1):
            found = re.findall(r"`([a-z-]+)`,? (?:is |\()?(?:exit )?(?:code )?(\d{2,3})\b", line)
            found += [(kind, code) for code, kind in re.findall(r"\b(\d{2,3}),? (?:kind )?`([a-z-]+)`(?!,? \d)", line) +
                      re.findall(r"exit (\d+), kind ([a-z-]+)", line)]
            for kind, code in found:
                if kind in program.codes_by_kind and program.codes_by_kind[kind] != int(code):
                    yield f"{page.path}:{number}: {kind} is exit {program.codes_by_kind[kind]}, not {code}"


def kinds_produced(_, program):
    """Every kind is made somewhere besides the tables of kinds and verdicts."""
    text = "\n".join(text for path, text in program.sources.items()
                     if not re.match(r"lib/core/(error|verdict)\.", path))
    # To compare with a kind is not to make it.
    text = re.sub(r"(?:case|[!=]=) (?:ErrorKind::)?k[A-Z]\w+", "", text)
    named = set(re.findall(r"\bk[A-Z]\w+", text))
    for name, word, _code in program.kinds:
        if name not in named:
            yield f"lib/core/error.cpp: nothing ever fails with the kind {word}"


def exit_code_tables(pages, program):
    """docs/output.md, the manual and --help give every exit code, and say rightly whether to run again."""
    codes = set(program.exit_codes.values())
    again = {74: "yes", 75: "yes", 130: "yes", 0: "", 70: ""}
    page = next(page for page in pages if page.path == "docs/output.md")
    listed = {}
    for number, cells in page.rows_below("| exit code |"):
        for code in re.findall(r"\d+", cells[0]):
            listed[int(code)] = (number, cells[-1])
    for code in codes ^ set(listed):
        yield f"docs/output.md: the table of exit codes has to have {code} if and only if a run can end with it"
    for code, (number, cell) in listed.items():
        expected = again.get(code if code != 143 else 130, "no")
        if cell.split(",")[0] != expected:
            yield f"docs/output.md:{number}: exit {code} is to be run again: {expected or '(both)'}, not {cell}"
    below = program.help[program.help.index("\nExit codes:"):program.help.index("\nExamples:")]
    helped = {int(code) for code in re.findall(r"(?:^|  |, )(\d+)(?=,? )", below, re.M)}
    for code in codes ^ helped:
        yield f"fleet-provision --help: exit code {code} is in the help or in lib/core/error.hpp, not in both"
    manual = (program.documents / "man1/fleet-provision.1").read_text(encoding="utf-8")
    section = re.search(r"^\.SH EXIT STATUS$(.*?)^\.SH", manual, re.M | re.S).group(1)
    described = {int(code) for line in re.findall(r"^\.BR? .*$", section, re.M) for code in re.findall(r"\b(\d{1,3})\b", line)}
    for code in codes ^ described:
        yield f"docs/manual/fleet-provision.1.in: exit code {code} is on the page or in lib/core/error.hpp, not in both"


def where_options_go(pages, program):
    """docs/options.md and the manual say which options belong to one command alone, and which cannot be a key of a file."""
    schema = json.loads((program.documents / "config.schema.json").read_text(encoding="utf-8"))
    no_keys = set(program.options) - set(schema["properties"])
    alone = {name for name in program.options if name not in program.commands[""] and
             sum(name in each for each in program.commands.values()) == 1}
    options = next(page for page in pages if page.path == "docs/options.md").text
    manual = next(page for page in pages if page.path == "docs/manual/fleet-provision.1.in").text
    parts = {"docs/options.md": (options[options.index("All commands share"):options.index("\n## Options")],
                                 options[options.index("Each option but"):options.index("\n| option |")]),
             "docs/manual/fleet-provision.1.in": (manual[manual.index("All commands share"):manual.index("lists the options")],
                                                  manual[manual.index("Every option can"):manual.index("The command line overrides")])}
    for path, (of_commands, of_files) in parts.items():
        for names, text, what in ((alone, of_commands, "belongs to one command alone"), (no_keys, of_files, "cannot be in a file")):
            listed = set(re.findall(r"--([a-z][a-z0-9-]*[a-z])", text)) - {"claim-cert", "help" if what.startswith("belongs") else ""}
            for name in sorted(names ^ listed):
                yield f"{path}: the page does not say rightly that --{name} {what}"


def manual_options(_, program):
    """An option that a manual page names exists. That each option is there is held by tests/packaging/manual."""
    known = set(program.options) | set(program.simulator_options)
    foreign = {"policy-name", "policy-document"}
    for path in sorted(program.documents.glob("man?/*")):
        text = re.sub(r"\\f.|\\:", "", path.read_text(encoding="utf-8")).replace("\\-", "-")
        for name in set(re.findall(r"--([a-z][a-z0-9-]*[a-z])", text)) - known - foreign:
            yield f"docs/manual/{path.name}.in: no program has the option --{name}"


def completion_options(_, program):
    """The completions offer exactly the options that there are."""
    known = set(program.options) | set(program.simulator_options)
    for path in sorted(program.documents.rglob("*")):
        if not path.is_file() or path.parent.name.startswith("man") or path.suffix == ".json":
            continue
        text = path.read_text(encoding="utf-8")
        mine = set(program.simulator_options if "simulator" in path.name else program.options)
        offered = set(re.findall(r"(?:--| -l )([a-z][a-z0-9-]*)", text))
        for name in mine - offered:
            yield f"completion {path.name}: --{name} is not offered"
        for name in {each for each in offered if f"--{each}" in text} - known - {"description", "old-name"}:
            yield f"completion {path.name}: there is no option --{name}"


def simulator_table(pages, program):
    """The table of docs/simulator.md has the rows of --help, default and all."""
    page = next(page for page in pages if page.path == "docs/simulator.md")
    listed = {}
    for number, cells in page.rows_below("| option |"):
        listed[re.search(r"--([a-z0-9-]+)", cells[0]).group(1)] = (number, cells)
    for name, option in program.simulator_options.items():
        letter = f"`-{option.letter}`, " if option.letter else ""
        cells = [f"{letter}`--{name}{' ' + option.metavar if option.metavar else ''}`", option.meaning, option.default]
        number, found = listed.pop(name, (0, []))
        if found != cells:
            row = " | ".join(cell.replace("|", "\\|") for cell in cells).strip()
            yield f"docs/simulator.md:{number}: the row of --{name} must be: | {row} |"
    for name, (number, _) in listed.items():
        yield f"docs/simulator.md:{number}: the simulator has no option --{name}"


def configuration_keys(pages, program):
    """A JSON block that has an endpoint or a claim is a configuration: its keys are options."""
    found = [(page.path, block.line, "\n".join(block.lines)) for page in pages for block in page.blocks if block.language == "json"]
    found += [("config/config.json", 1, (program.root / "config/config.json").read_text(encoding="utf-8"))]
    for path, number, text in found:
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict) and {"template", "claim-cert", "timeout"} & set(document) and "caFile" not in document:
            for key in set(document) - set(program.options) - {"$schema"}:
                yield f"{path}:{number}: {key} is no key of the configuration"


from changelog import changelog  # noqa: E402
from code_names import build_options, error_examples, folders, fuzz_targets, milestones, names_exist, public_headers  # noqa: E402
from decisions import decisions  # noqa: E402
from keys_and_files import events, files_exist, json_keys, result_example, service_words, summary_example  # noqa: E402

ALL = [options_taken, options_exist, variables_exist, words_exist, codes_of_kinds, kinds_produced, exit_code_tables,
       where_options_go, manual_options, completion_options, simulator_table, configuration_keys, result_example, summary_example, json_keys, events,
       files_exist, names_exist, milestones, public_headers, build_options, fuzz_targets,
       error_examples, folders, service_words, decisions, changelog, *questions.ALL]
