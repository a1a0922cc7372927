"""The faults of one token that scripts/mutate makes in a C++ source.

Each fault replaces one stretch of the text. Which ones there are depends on the text alone, so the same source has the same
faults in the same order. Nothing is changed in comments, preprocessor directives, strings, characters, static_asserts,
attributes, parameters of templates, enumerations, or using declarations, nor in calls that only write a log line.
A fault that does not compile is possible, and costs a compilation.
"""
import re
from dataclasses import dataclass

import cpp_tokens

_SWAPS = {
    "<": ("<=",), "<=": ("<",), ">": (">=",), ">=": (">",), "==": ("!=",), "!=": ("==",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*",), "<<": (">>",), ">>": ("<<",),
    "&": ("|",), "|": ("&",), "^": ("|",), "&&": ("||",), "||": ("&&",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("/=",), "/=": ("*=",), "|=": ("&=",), "&=": ("|=",), "<<=": (">>=",), ">>=": ("<<=",),
}  # fmt: skip
_RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
_LOGIC = ("&&", "||")
_WORDS = {"true": "false", "false": "true"}
_EXTREMES = {"min": "max", "max": "min"}
_ENDS_EARLY = ("return", "throw", "break", "continue")
_NO_STATEMENT = frozenset(
    "return if for while do switch case default else try catch throw goto using namespace const constexpr static auto "
    "class struct enum union template typedef public private protected delete operator friend inline virtual explicit "
    "co_return co_await co_yield break continue static_assert extern thread_local mutable".split())
# What writes a line of the log or of `-v -v`, and nothing that the program or its caller reads.
_LOG_CALLS = ("detail", "mosquitto_log_printf")
_DECLARING_MACROS = ("FP_TRY_ASSIGN", "FP_ACCEPT_ASSIGN")
_INTEGER = re.compile(r"(0[xX][0-9a-fA-F']+|0[bB][01']+|[0-9']+)([uUlLzZ]*|_?[a-z]+)")


@dataclass(frozen=True)
class Fault:
    """A change of `file`: `new` takes the place of text[start:end]. `line` is its line's text and `before` the line of
    code above, both without outer blanks. `shown` names the change; a second equal change in a line ends in "#2"."""

    file: str
    start: int
    end: int
    new: str
    kind: str
    shown: str
    number: int
    line: str
    before: str

    def applied(self, text):
        return text[: self.start] + self.new + text[self.end :]

    @property
    def key(self):
        return (self.file, self.line, self.before, self.shown)


def enumerations_of(texts):
    """Name of an enum class → its lists of enumerators, from the texts of headers and sources."""
    found = {}
    for text in texts:
        for name, body in re.findall(r"\benum class (\w+)[^;{]*\{(.*?)\}", text, re.DOTALL):
            body = re.sub(r"//[^\n]*|/\*.*?\*/", "", body, flags=re.DOTALL)
            names = [part.split("=")[0].strip() for part in body.split(",")]
            found.setdefault(name, []).append([each for each in names if re.fullmatch(r"\w+", each)])
    return found


def faults_of(file, text, enumerations):
    """All faults of a source in the order of their places. Raises cpp_tokens.NotCpp."""
    source = _Source(text)
    changes = []
    for index in range(len(source.code)):
        if index not in source.left_alone:
            changes += _changes_at(source, index, enumerations)
    return _numbered(file, text, changes)


def _numbered(file, text, changes):
    lines = text.split("\n")
    seen = {}
    found = []
    for start, end, new, kind, shown in changes:
        number = text.count("\n", 0, start)
        line = lines[number].strip()
        times = seen[number, shown] = seen.get((number, shown), 0) + 1
        above = (each.strip() for each in reversed(lines[:number]))
        before = next((each for each in above if each and not each.startswith("//")), "")
        name = shown if times == 1 else f"{shown} #{times}"
        found.append(Fault(file, start, end, new, kind, name, number + 1, line, before))
    return found


class _Source:
    """A text with its tokens, its pairs of brackets, and the indices of tokens that are not to be changed."""

    def __init__(self, text):
        self.text = text
        self.code = cpp_tokens.code_of(text)
        self.partner = cpp_tokens.partners(self.code)
        self.left_alone = set()
        for index in range(len(self.code)):
            self._leave_alone_from(index)

    def at(self, index):
        return self.code[index].text if 0 <= index < len(self.code) else ""

    def has_blanks_around(self, index):
        token = self.code[index]
        return self.text[token.start - 1].isspace() and self.text[token.end : token.end + 1].isspace()

    def is_word(self, index):
        return 0 <= index < len(self.code) and self.code[index].kind == "word"

    def end_of_statement(self, index):
        """The index of the `;` that ends what begins at `index`, or None where a bracket ends first."""
        while index < len(self.code):
            if self.at(index) == ";":
                return index
            if self.code[index].kind == "operator" and self.at(index) in ("(", "[", "{"):
                index = self.partner[index]
            elif self.code[index].kind == "operator" and self.at(index) in (")", "]", "}"):
                return None
            index += 1
        return None

    def _leave_alone_from(self, index):
        last = index
        word = self.at(index) if self.is_word(index) else ""
        if word in ("static_assert", "alignas", "decltype", "noexcept") and self.at(index + 1) == "(":
            last = self.partner[index + 1]
        elif word in ("using", "typedef"):
            last = self.end_of_statement(index) or index
        elif word == "template" and self.at(index + 1) == "<":
            last = self._end_of_template(index + 1)
        elif word == "enum":
            last = self._end_of_body(index)
        elif self.at(index) == "[" and self.at(index + 1) == "[" and index in self.partner:
            last = self.partner[index]
        elif word in _LOG_CALLS and self.at(index + 1) == "(" and self.at(index - 1) != "::":
            last = self.partner[index + 1]
        if last > index or word in ("operator",):
            self.left_alone.update(range(index, last + 2 if word == "operator" else last + 1))

    def _end_of_template(self, index):
        depth = 0
        while index < len(self.code):
            depth += {"<": 1, ">": -1, ">>": -2}.get(self.at(index), 0)
            if depth <= 0:
                return index
            index += 1
        return index - 1

    def _end_of_body(self, index):
        while index < len(self.code) and self.at(index) not in ("{", ";", ")"):
            index += 1
        return self.partner[index] if self.at(index) == "{" else index - 1


def _changes_at(source, index, enumerations):
    token = source.code[index]
    if token.kind == "operator":
        return _of_operator(source, index) + _of_statement(source, index + 1)
    if token.kind == "number":
        return _of_number(source, index)
    if token.kind != "word":
        return []
    found = []
    if token.text in _WORDS:
        found.append(_replaced(token, _WORDS[token.text], "truth"))
    if token.text in _EXTREMES and source.at(index - 1) == "::" and source.at(index - 2) == "std":
        found.append(_replaced(token, _EXTREMES[token.text], "extreme"))
    if token.text in ("if", "while") and source.at(index + 1) == "(":
        found += _of_condition(source, index)
    return found + _of_enumerator(source, index, enumerations) + _of_statement(source, index + 1, only_after=("else", "do"))


def _replaced(token, new, kind):
    return (token.start, token.end, new, kind, f"{token.text} → {new}")


def _of_operator(source, index):
    token = source.code[index]
    if token.text in ("++", "--"):
        return [_replaced(token, "--" if token.text == "++" else "++", "arithmetic")]
    if token.text == "!":
        return [(token.start, token.end, "", "negation", f"! removed from !{source.at(index + 1)}")]
    if token.text not in _SWAPS or not source.has_blanks_around(index) or _joins_texts(source, index):
        return []
    kind = "relation" if token.text in _RELATIONS else "logic" if token.text in _LOGIC else "arithmetic"
    return [_replaced(token, new, kind) for new in _SWAPS[token.text]]


def _joins_texts(source, index):
    """Whether a + or += has a string beside it: texts cannot be subtracted."""
    around = source.code[max(0, index - 2) : index + 3]
    return source.at(index) in ("+", "+=") and any(each.kind == "string" for each in around)


def _of_number(source, index):
    token = source.code[index]
    match = _INTEGER.fullmatch(token.text)
    if not match:
        return []
    digits, suffix = match.group(1).replace("'", ""), match.group(2)
    if digits[:2].lower() in ("0x", "0b"):
        value = int(digits, 0)
        words = [f"{change:#x}" for change in (value + 1, value - 1) if change >= 0]
    else:
        value = int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10)
        octal = len(digits) > 1 and digits[0] == "0"
        words = [f"0{change:o}" if octal else str(change) for change in (value + 1, value - 1) if change >= 0]
    return [_replaced(token, word + suffix, "constant") for word in words]


def _of_condition(source, index):
    """if (A) → if (!(A)), and where only an early end follows, if (A) → if (false && (A))."""
    begin, end = index + 1, source.partner[index + 1]
    parts = [each for each in range(begin + 1, end) if source.at(each) == ";" and _is_outermost(source, begin, each)]
    first = (parts[-1] if parts else begin) + 1
    if any(source.at(each) == "=" and _is_outermost(source, begin, each) for each in range(first, end)):
        return []
    if source.at(first) == "!" and first + 2 == end:
        return []  # its "!" is removed by itself
    begin_text, end_text = source.code[first].start, source.code[end - 1].end
    condition = source.text[begin_text:end_text]
    found = [(begin_text, end_text, f"!({condition})", "negation", f"{source.at(index)} negated")]
    body = end + 2 if source.at(end + 1) == "{" else end + 1
    if source.at(index) == "if" and source.at(body) in _ENDS_EARLY:
        found.append((begin_text, end_text, f"false && ({condition})", "early end", f"{source.at(body)} never reached"))
    return found


def _is_outermost(source, begin, index):
    place = begin + 1
    while place < index:
        if source.code[place].kind == "operator" and source.at(place) in ("(", "[", "{"):
            place = source.partner[place]
        place += 1
    return place == index


def _of_enumerator(source, index, enumerations):
    token = source.code[index]
    if source.at(index - 1) != "::" or source.at(index - 3) == "case" or source.at(index + 1) in ("::", "("):
        return []
    for names in enumerations.get(source.at(index - 2), []):
        if token.text in names and len(names) > 1:
            return [_replaced(token, names[(names.index(token.text) + 1) % len(names)], "enumerator")]
    return []


def _of_statement(source, index, only_after=(";", "{", "}", ")", ":")):
    """The removal of the statement that begins at `index`, if it is a call, an assignment, break, continue or return;"""
    if source.at(index - 1) not in only_after or not source.is_word(index) or index in source.left_alone:
        return []
    end = source.end_of_statement(index)
    if end is None or not _is_removable(source, index, end):
        return []
    start_text, end_text = source.code[index].start, source.code[end].start
    words = " ".join(source.text[start_text:end_text].split())
    return [(start_text, end_text, "", "statement", f"removed {words[:60]}")]


def _is_removable(source, index, end):
    if source.at(index - 1) == ":" and not _is_label(source, index - 1):
        return False
    if source.at(index) in ("break", "continue", "return") and end == index + 1:
        return True
    if source.at(index) in _NO_STATEMENT or any(name in _LOG_CALLS + _DECLARING_MACROS for name in _names(source, index, end)):
        return False
    place = index
    while place < end:
        if source.is_word(place) and source.is_word(place + 1):
            return False  # a type and a name: a declaration
        if source.at(place) in ("&", "*", ">", "{") and source.is_word(place + 1) and source.at(place - 1) != "=":
            return False
        if source.at(place) in ("=", "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>="):
            return True
        if source.at(place) in ("(", "["):
            place = source.partner[place]
        place += 1
    return source.at(end - 1) == ")"


def _is_label(source, colon):
    """Whether a colon ends `case A:` or `default:`; else it belongs to `a ? b : c`, or to a list of members."""
    index = colon - 1
    while source.at(index) == "::" or source.code[index].kind in ("word", "number", "character"):
        if source.at(index) in ("case", "default"):
            return True
        index -= 1
    return False


def _names(source, index, end):
    return [source.at(each) for each in range(index, end) if source.at(each + 1) == "("]
