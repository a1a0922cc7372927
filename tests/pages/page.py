"""A page of the documentation, taken apart: blocks of code, words in backticks, links and tables.

Markdown is read as this tree writes it: fences start at the first column, a block that is indented by four spaces follows
an empty line, and a comment `<!-- … -->` directly above a block is an order to the tests (examples.py lists the orders).
"""
import dataclasses
import pathlib
import re
import shlex


@dataclasses.dataclass
class Block:
    """A block of code; `order` is the comment above it, `language` the word behind the fence."""
    line: int
    language: str
    order: str
    lines: list


@dataclasses.dataclass
class Page:
    path: str          # from the top of the tree
    text: str
    blocks: list       # Block
    prose: list        # (line number, text) of everything that is no block
    commands: list = None   # what comparisons.commands_of has read

    def words(self):
        """Each text in backticks, with its line number."""
        for number, text in self.prose:
            for word in re.findall(r"`([^`]+)`", text):
                yield number, word.replace("\\|", "|")

    def rows_below(self, heading, columns=None):
        """The rows of the first table below a heading or a line that starts with `heading`: (line number, cells)."""
        rows, found = [], False
        for number, text in self.prose:
            if text.startswith(heading):
                found = True
            if not found:
                continue
            if text.startswith("|") or (text.startswith(heading) and text.startswith("|")):
                cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text)[1:-1]]
                if not set("".join(cells)) <= set("-: "):
                    rows.append((number, cells))
            elif rows:
                break
        return rows[1:]


def read_page(root, path):
    return taken_apart(path, (pathlib.Path(root) / path).read_text(encoding="utf-8"))


def taken_apart(path, text):
    blocks, prose, block, order, before = [], [], None, "", ""
    for number, line in enumerate(text.split("\n"), 1):
        if block is not None:
            indented = block.language == "indented"
            if (indented and line and not line.startswith("    ")) or (not indented and line.startswith("```")):
                blocks.append(block)
                block = None
                if not indented:
                    before = line
                    continue
            else:
                block.lines.append(line[4:] if indented else line)
                continue
        if line.startswith("```"):
            block = Block(number, line[3:].strip(), order, [])
        elif line.startswith("    ") and before == "":
            block = Block(number - 1, "indented", order, [line[4:]])
        else:
            prose.append((number, line))
        if line.strip():
            comment = re.fullmatch(r"<!-- (.*) -->", line)
            order = comment.group(1) if comment else ""
        before = line
    if block is not None:
        blocks.append(block)
    return Page(path, text, blocks, prose)


# What stands before a command in a unit, a pipeline or a script of init.
BEFORE_A_COMMAND = re.compile(r"^\s*(?:Exec\w+=[-+@!:]*|- (?:run: )?|run: )")


def example_file(path, text):
    """A unit, script or pipeline of config/, as one block of shell; its comments are prose."""
    lines = [BEFORE_A_COMMAND.sub("", line) for line in text.split("\n")]
    comments = [(number, line) for number, line in enumerate(lines, 1) if line.lstrip().startswith("#")]
    return Page(path, text, [Block(0, "sh", "", lines)], comments)


def manual_page(path, text):
    """A manual page in roff: its examples (.nf to .fi) as blocks, everything else as prose."""
    plain = text.replace("\\-", "-").replace("\\e", "\\")
    blocks, prose, block = [], [], None
    for number, line in enumerate(plain.split("\n"), 1):
        if line == ".nf":
            block = Block(number, "sh", "", [])
        elif line == ".fi" and block is not None:
            if block.lines and block.lines[1:2] == ["{"]:
                block.language = "json"
            blocks.append(block)
            block = None
        elif block is not None:
            block.lines.append("" if line.startswith(".") else line)
        else:
            prose.append((number, line))
    return Page(path, plain, blocks, prose)


def pages(root):
    """Every page of the tree, in the order of their paths, the manual, and the files of config/ that a user copies."""
    root = pathlib.Path(root)
    paths = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    files = [path for path in (root / "config").rglob("*")
             if path.suffix in (".service", ".timer", ".conf", ".sh", ".yml") or path.name.startswith("S60")]
    manual = sorted((root / "docs/manual").glob("*.in"))
    return ([read_page(root, str(path.relative_to(root))) for path in sorted(paths)] +
            [manual_page(str(path.relative_to(root)), path.read_text(encoding="utf-8")) for path in manual] +
            [example_file(str(path.relative_to(root)), path.read_text(encoding="utf-8")) for path in sorted(files)])


def joined(lines):
    """Lines of a shell, those that end with a backslash put together: (index of the first, text)."""
    whole, start = "", 0
    for index, line in enumerate(lines):
        if not whole:
            start = index
        if line.endswith("\\"):
            whole += line[:-1]
            continue
        yield start, whole + line.lstrip() if whole else line
        whole = ""
    if whole:
        yield start, whole


def commands_in(text):
    """The simple commands of a line of shell, as lists of words; commands within quotes are taken too."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    try:
        words = list(lexer)
    except ValueError:          # a quote that is closed on another line
        words = text.split()
    command = []
    for word in [*words, ";"]:
        if set(word) <= set("();|&<>"):
            if command:
                yield command
            command = []
        else:
            command.append(word)
            if " " in word and ("$(" in word or "fleet-provision" in word):
                yield from commands_in(word.replace("$(", "("))
