"""Keys of JSON documents, events of the simulator's log, and files that the pages refer to."""
import json
import re

CAMEL_CASE = re.compile(r"(?!k[A-Z])[a-z]+(?:[A-Z][a-z]+)+")
# Directories of an installation, not of the tree.
INSTALLED = {"lib/systemd/system"}
OWN_DIRECTORIES = ("apps/", "config/", "docs/", "lib/", "scripts/", "tests/", ".ci/")


def page_named(pages, path):
    return next(page for page in pages if page.path == path)


def keys_in(value):
    """Every key of a JSON value, at any depth; those of a device configuration are the user's own."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            if key != "deviceConfiguration":
                yield from keys_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from keys_in(each)


def shape(value):
    """The keys of a result in their order, without what differs from run to run."""
    return list(value) + [f"files.{key}" for key in value["files"]] + [f"timeline.{key}" for key in value["timeline"][0]]


def keys_of_table(page, heading):
    """The words in backticks in the first column of a table."""
    return [word for _, cells in page.rows_below(heading) for word in re.findall(r"`(\w+)`", cells[0])]


def result_example(pages, program):
    """The result in docs/output.md has the keys of a real one, in their order; so has what it says of errors."""
    page = page_named(pages, "docs/output.md")
    block = next(each for each in page.blocks if '  "schema": 1,' in each.lines)
    try:
        shown = json.loads(re.sub(r",?\s*…", "", "\n".join(block.lines)))
    except ValueError as error:
        yield f"docs/output.md:{block.line}: the result is not JSON: {error}"
        return
    if shape(shown) != shape(program.trial["run"]):
        yield f"docs/output.md:{block.line}: the keys of the result are {shape(program.trial['run'])}"
    for key in sorted(set(program.result["error"]) ^ set(keys_of_table(page, "| key of `error` |"))):
        yield f"docs/output.md: the key {key} of an error is on the page or in the result, not in both"


def summary_example(pages, program):
    """The summary of a batch in docs/output.md has the keys of a real one, in their order; so has the table of its keys."""
    page = page_named(pages, "docs/output.md")
    block = next(each for each in page.blocks if '  "units": 1000,' in each.lines)
    shown, real = json.loads("\n".join(block.lines)), program.trial["batch"]
    for shown_keys, keys in ((list(shown), list(real)), (list(shown["error"]), list(real["error"]))):
        if shown_keys != keys:
            yield f"docs/output.md:{block.line}: the keys of the summary are {keys}"
    for key in sorted(set(real) - {"schema", "warnings"} ^ set(keys_of_table(page, "| key of the summary |"))):
        yield f"docs/output.md: the key {key} of a summary is on the page or in the summary, not in both"


def json_keys(pages, program):
    """A word in backticks that looks likeThis is a key of something that the programs read or write."""
    known = set(keys_in(program.trial))
    known |= set(re.findall(r'"([a-z]+(?:[A-Z][a-z]+)+)"', program.source_text))
    for page in pages:
        for number, word in page.words():
            if CAMEL_CASE.fullmatch(word) and word not in known:
                yield f"{page.path}:{number}: {word} is no key of a result, an identity, an event or an answer"
    yield from identity_keys(pages, program)


def identity_keys(pages, program):
    """docs/output.md lists the keys of identity.json, the files of the state directory likewise."""
    page = page_named(pages, "docs/output.md")
    listed = keys_of_table(page, "| key of identity.json |")
    if listed != list(program.trial["identity"]):
        yield f"docs/output.md: the keys of identity.json are {list(program.trial['identity'])}, not {listed}"
    variables = {word for _, word in page.words() if word.startswith("FLEET_PROVISIONED_")}
    for name in sorted(variables ^ set(program.trial["variables"])):
        yield f"docs/output.md: the variable {name} is on the page or given to the program of --on-success, not both"
    block = next(each for each in page.blocks if each.lines and each.lines[0].startswith("DIR/"))
    shown = {line.split()[0].rstrip("/").rsplit("/", 1)[-1] for line in block.lines}
    for path in sorted(program.trial["files"]):
        if path.rsplit("/", 1)[-1] not in shown:
            yield f"docs/output.md:{block.line}: the state directory also holds {path}"


def events(pages, program):
    """The table of docs/simulator.md has every event and field that a log holds, and none that nothing writes."""
    page = page_named(pages, "docs/simulator.md")
    rows = {cells[0].strip("`"): (number, set(re.findall(r"`([A-Za-z]+)`", cells[1]))) for number, cells in page.rows_below("| event |")}
    common = {"time", "event", "connection", "clientId"}
    service = "\n".join(text for path, text in program.sources.items() if "simulator/" in path and "/report/" not in path)
    results = {name: re.search(r"`result` \(([^)]*)\)", " ".join(cells[1:])) for name, cells in
               ((cells[0].strip("`"), cells) for _, cells in page.rows_below("| event |"))}
    for name, found in results.items():
        for word in re.findall(r"`([^`]*?)(?:…)?`", found.group(1)) if found else []:
            if f'"{word}' not in service:
                yield f"docs/simulator.md:{rows[name][0]}: no event has the result {word}"
    delivered = re.search(r"Service::deliver\(.*?\n\}", service, re.DOTALL).group(0)
    for word in re.findall(r'"result", text_value\("([a-z :]+)"', service) + re.findall(r'"([a-z :]+)"', delivered):
        if not any(found and f"`{word}" in found.group(1) for found in results.values()):
            yield f"docs/simulator.md: the result {word.strip()} of an event is missing"
    for event in program.trial["events"]:
        number, fields = rows.get(event["event"], (0, set()))
        for field in set(event) - common - fields:
            yield f"docs/simulator.md:{number}: the event {event['event']} also has the field {field}"
    for name, (number, fields) in rows.items():
        for word in {name, *fields}:
            if not re.search(rf'"{word}["(]', service):
                yield f"docs/simulator.md:{number}: nothing writes the event or field {word}"
    for name in re.findall(r'(?:log_connection\([^,]*, |log_\.write\([^,]*, )"([a-z]+)"', service):
        if name not in rows:
            yield f"docs/simulator.md: the event {name} is missing"
    yield from check_lines(pages, program)


def check_lines(pages, program):
    """The lines of `check` stand in docs/errors.md."""
    page = page_named(pages, "docs/errors.md")
    listed = {word.strip(): number for number, cells in page.rows_below("| line |") for word in cells[0].split(",")}
    sources = "\n".join(program.sources[f"lib/workflow/commands/{name}.cpp"] for name in ("check", "connectivity_check"))
    written = set(re.findall(r'(?:findings_\.\w+\(|Phase::k\w+, )"([a-z-]*[a-z])"', sources))
    written |= {verb + what for verb in ("publish-", "receive-", "answer-") for what in ("create", "register") if f'"{verb}' in sources}
    written |= {each["name"] for each in program.trial["check"]["checks"]}
    # What the keysmith finds in a key store in hardware, which the trial has not.
    written |= {name for path, text in program.sources.items() if path.startswith("lib/adapters/keys/")
                for name in re.findall(r'findings\.add\("([a-z-]+)"', text)}
    for name in sorted(written ^ set(listed)):
        where = f":{listed[name]}" if name in listed else ""
        yield f"docs/errors.md{where}: the line {name} of check is on the page or in lib/workflow/commands/check*.cpp, not in both"


def heading_anchors(text):
    return {re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            for line in text.split("\n") if line.startswith("#")}


def links(pages, program):
    text_of = {page.path: page.text for page in pages}
    for page in pages:
        directory = page.path.rsplit("/", 1)[0] + "/" if "/" in page.path else ""
        for number, text in page.prose:
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                parts = []
                for part in (directory + path).split("/") if path else page.path.split("/"):
                    if part == "..":
                        parts = parts[:-1]
                    elif part:
                        parts.append(part)
                path = "/".join(parts)
                if path not in program.tree:
                    yield f"{page.path}:{number}: there is no {target}"
                elif anchor and anchor not in heading_anchors(text_of.get(path, "")):
                    yield f"{page.path}:{number}: {path} has no heading #{anchor}"


def files_exist(pages, program):
    """A file that a page names exists: from the top, below a directory of lib/ or tests/, or by its name alone."""
    yield from links(pages, program)
    # The simulator's own folder pki/ has the name of the directory that the simulator writes.
    layers = sorted({path.split("/")[-1] for path in program.tree
                     if re.fullmatch(r"(lib|tests|apps/[a-z-]+)/[a-z_]+", path) and "." not in path} - {"pki"})
    for page in pages:
        named = [(number, word.split(" ")[0]) for number, word in page.words()]
        named += [(block.line + 1 + index, word) for block in page.blocks for index, line in enumerate(block.lines)
                  for word in re.findall(r"(?<![\w/.])(?:\./)?((?:apps|config|docs|lib|scripts|tests)/[\w./*-]*\w)", line)
                  if block.language not in ("", "indented") or word.startswith("scripts/")]
        for number, word in named:
            word = re.sub(r"\b[A-Z]{2,}$", "*", word.removeprefix("./").rstrip("/:"))
            if not re.fullmatch(r"[\w.][\w./*-]*", word) or word in INSTALLED:
                continue
            if word.startswith(OWN_DIRECTORIES):
                if not program.in_tree(word):
                    yield f"{page.path}:{number}: there is no {word}"
            elif "/" in word and word.split("/")[0] in layers:
                if not any(program.in_tree(pattern) for pattern in (f"*/{word}", f"*/{word}.*", f"*/{word.split('/')[-1]}.in")):
                    yield f"{page.path}:{number}: there is no {word}"
            elif re.fullmatch(r"[a-z_]+\.(\*|cpp|hpp)", word):
                if not program.in_tree(f"*/{word}"):
                    yield f"{page.path}:{number}: there is no {word}"


def service_words(pages, program):
    """docs/simulator.md has each error document of the service, each function of templates, each condition of policies."""
    page = page_named(pages, "docs/simulator.md")
    service = "\n".join(text for path, text in program.sources.items() if path.startswith("apps/fleet-provision-simulator/"))
    constants = dict(re.findall(r'kCode = "(\w+)"()', service))
    made = set(re.findall(r'reject\((\d{3}), "(\w+)"', service))
    made |= {(status, code) for status in re.findall(r"reject\((\d{3}), kCode", service) for code in constants}
    rows = page.rows_below("| status, code |")
    listed = {(cells[0].split(" ")[0], cells[0].split("`")[1]) for _, cells in rows}
    for status, code in sorted(made ^ listed):
        yield f"docs/simulator.md: the error document {status} {code} is on the page or in the service, not in both"
    for table in ("kFunctions", "kOperators", "kVariables"):
        for word in re.findall(r'"([^"]+)"', re.search(rf"{table}\b[^{{]*\{{([^}}]*)\}}", service).group(1)):
            if f"`{word}`" not in page.text and not word.startswith("iot:Certificate.Subject."):
                yield f"docs/simulator.md: {word} is missing"
