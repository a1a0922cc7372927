"""Names of the code that the pages use: identifiers, milestones, options of the build, targets of the fuzzer."""
import os
import re

# Names of other people's code, and words that only show how a name looks.
FOREIGN_NAMES = {"PascalCase", "snake_case", "and_then", "shared_ptr", "remove_token", "on_message_arrived", "_M_release",
                 "load_cert_chain"}
IDENTIFIER = re.compile(r"[A-Z]\w*[a-z]\w*(::\w+)*(\(\))?|[a-z]+(_[a-z]+)+(\(\))?|[a-z_]+(::\w+)+")


def page_named(pages, path):
    return next(page for page in pages if page.path == path)


def names_exist(pages, program):
    """A type, function or variable in backticks is somewhere in the code; `A → B` likewise."""
    for page in pages:
        for number, word in page.words():
            for part in re.split(r" (?:\(?→|/) ", word.replace(")", "")) if "→" in word else [word]:
                name = part.removesuffix("()").split("::")[-1]
                if not IDENTIFIER.fullmatch(part) or name in FOREIGN_NAMES or name in program.names:
                    continue
                yield f"{page.path}:{number}: the code has no {part}"


def milestones(pages, program):
    """docs/architecture.md has the milestones of lib/core/milestones.hpp, in their order."""
    header = program.sources["lib/core/milestones.hpp"]
    expected = re.findall(r"k(\w+)", re.search(r"enum class Milestone[^{]*\{(.*?)\}", header, re.S).group(1))
    found = next((re.findall(r"[A-Z]\w+", word) for _, word in page_named(pages, "docs/architecture.md").words() if "→" in word), [])
    if found != expected:
        yield f"docs/architecture.md: the milestones are {expected}, not {found}"


def public_headers(pages, program):
    """docs/library.md has each public header that config/cmake/install.cmake installs, by its path, and none besides."""
    text = (program.root / "config/cmake/install.cmake").read_text(encoding="utf-8")
    listed = re.search(r"set\(public_headers(.*?)# Not for use", text, re.S).group(1)
    expected = {*re.findall(r"[\w/]+\.hpp", listed), "core/version.hpp"}
    rows = page_named(pages, "docs/library.md").rows_below("| header |")
    listed = {word for _, cells in rows for word in re.findall(r"`([^`]+)`", cells[0])}
    for name in sorted(expected ^ listed):
        yield f"docs/library.md: the header {name} is on the page or public in config/cmake/install.cmake, not in both"


def build_options(pages, program):
    """docs/packaging.md has each option of the build with its default."""
    page = page_named(pages, "docs/packaging.md")
    listed = {cells[0].strip("`"): (number, cells[1]) for number, cells in page.rows_below("| option |")}
    text = (program.root / "CMakeLists.txt").read_text(encoding="utf-8")
    for name, default in re.findall(r'^option\((\w+) "[^"]*" (\w+)\)', text, re.M):
        number, shown = listed.get(name, (0, "nothing"))
        if shown != default:
            yield f"docs/packaging.md:{number}: the default of {name} is {default}, not {shown}"


def fuzz_targets(pages, program):
    """docs/fuzzing.md has each target of tests/fuzz, and none besides."""
    text = (program.root / "tests/fuzz/CMakeLists.txt").read_text(encoding="utf-8")
    expected = set(re.findall(r"^ *fp_fuzz\((\w+) ", text, re.M))
    rows = page_named(pages, "docs/fuzzing.md").rows_below("| target |")
    listed = {word for _, cells in rows for word in re.findall(r"`(\w+)`", cells[0])}
    for name in sorted(expected ^ listed):
        yield f"docs/fuzzing.md: the target {name} is on the page or in tests/fuzz/CMakeLists.txt, not in both"


# Words of the system's and of OpenSSL's own texts, and of made-up names, in the examples of docs/errors.md.
WORDS_OF_OTHERS = {"alert", "application", "chain", "ciphers", "example", "failure", "handshake", "mail", "meter", "protocol", "ready", "templat"}


def error_examples(pages, program):
    """An example of docs/errors.md is a message of the program: each plain word of it stands in a text of the code."""
    texts = set()
    for source in program.sources.values():
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', re.sub(r'"\s*\n\s*"', "", source)):
            texts.add(text.replace('\\"', '"').strip(" ,;:()"))
    texts = {text for text in texts if len(text) >= 4}
    system = {word for number in range(1, 134) for word in re.findall(r"[a-z]{4,}", os.strerror(number).lower())}
    for number, row in page_named(pages, "docs/errors.md").prose:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        if len(cells) != 5 or not re.match(r"`|the same", cells[0]):
            continue
        for example in re.findall(r"`([^`]+)`", cells[3]):
            covered = set()
            for text in texts:
                if text in example:
                    for found in re.finditer(rf"(?<![A-Za-z]){re.escape(text)}(?![A-Za-z])", example):
                        covered |= set(range(*found.span()))
            for word in re.finditer(r"(?<![\w./=-])[a-z]{4,}(?![\w./=-])", example):
                if word.start() not in covered and word.group() not in system | WORDS_OF_OTHERS:
                    yield f'docs/errors.md:{number}: no message of the program says "{word.group()}" as in: {example}'


def folders(pages, program):
    """docs/testing.md has each folder of tests/, and docs/architecture.md each layer of lib/ and apps/."""
    rows = page_named(pages, "docs/testing.md").rows_below("| folder of `tests/` |")
    tests = {word for _, cells in rows for word in re.findall(r"`(\w+)`", cells[0])}
    page = page_named(pages, "docs/architecture.md")
    layers = {word for _, cells in page.rows_below("| folder | what belongs there |") for word in re.findall(r"`([\w/-]+)`", cells[0])}
    for path in program.tree:
        if re.fullmatch(r"tests/[a-z_]+", path) and path.removeprefix("tests/") not in tests:
            yield f"docs/testing.md: the folder {path} is missing"
        if re.fullmatch(r"(lib|apps)/[a-z-]+", path) and path not in layers:
            yield f"docs/architecture.md: the folder {path} is missing"
