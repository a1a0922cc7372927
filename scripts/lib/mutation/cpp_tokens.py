"""Tokens of a C++ source, with their places, as far as scripts/mutate needs them.

The whole text is divided into tokens and blanks: joining both gives the text again. A preprocessor directive is one token,
so that nothing in it is changed. Macros are not expanded and templates are not understood: `<` is an operator where it has a
blank on both sides, as clang-format writes it.
"""
import re
from dataclasses import dataclass

_RAW_STRING = r'(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'
_PATTERNS = (
    ("comment", r"//(?:\\\n|[^\n])*|/\*.*?\*/"),
    ("string", _RAW_STRING + r'\w*|(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"\w*'),
    ("character", r"(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'"),
    ("number", r"\.?\d(?:'?[0-9a-zA-Z_.]|(?<=[eEpP])[+-])*"),
    ("word", r"[A-Za-z_]\w*"),
    ("operator", r"<=>|<<=|>>=|\.\.\.|->\*?|::|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\w\s]"),
)
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS), re.DOTALL)
_DIRECTIVE = re.compile(r"#(?:\\\n|[^\n])*")
_OPENING = {"(": ")", "[": "]", "{": "}"}


class NotCpp(Exception):
    """A text in which brackets do not match, or a character begins no token."""


@dataclass(frozen=True)
class Token:
    """`kind` is comment, directive, string, character, number, word or operator; `start` and `end` are offsets."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text):
    """All tokens in order. Raises NotCpp where a character begins none."""
    found = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        at_line_start = text[place] == "#" and not text[:place].rpartition("\n")[2].strip()
        match = _DIRECTIVE.match(text, place) if at_line_start else _TOKEN.match(text, place)
        if not match:
            raise NotCpp(f"no token begins with {text[place]!r}")
        kind = "directive" if at_line_start else match.lastgroup
        found.append(Token(kind, match.group(), place, match.end()))
        place = match.end()
    return found


def code_of(text):
    """The tokens without comments and directives."""
    return [each for each in tokens_of(text) if each.kind not in ("comment", "directive")]


def partners(code):
    """Index of a bracket → index of its partner, both ways. Raises NotCpp where one has none."""
    found = {}
    open_brackets = []
    for index, each in enumerate(code):
        token = each.text if each.kind == "operator" else ""
        if token in _OPENING:
            open_brackets.append((index, _OPENING[token]))
        elif token in _OPENING.values():
            if not open_brackets or open_brackets[-1][1] != token:
                raise NotCpp(f"a {token} closes nothing")
            begin, _ = open_brackets.pop()
            found[begin], found[index] = index, begin
    if open_brackets:
        raise NotCpp("a bracket is not closed")
    return found
