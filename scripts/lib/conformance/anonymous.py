"""What may be published of a run: nothing that names an account, an endpoint, a thing or a certificate, and no secret."""
import re

PATTERNS = [
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|$)", re.S), "PEM"),
    (re.compile(r"arn:aws[\w-]*:[^\s\"',)]*"), "ARN"),
    (re.compile(r"\b[\w.-]+\.amazonaws\.com(\.cn)?\b"), "ENDPOINT"),
    (re.compile(r"\b[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "UUID"),
    (re.compile(r"\b[0-9a-fA-F]{64}\b"), "CERTIFICATE"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}\b"), "ACCESS-KEY"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "ACCOUNT"),
    (re.compile(r"[A-Za-z0-9+/=_-]{80,}"), "TEXT"),
    (re.compile(r"\bfpc-[0-9a-z]{1,12}\b"), "PREFIX"),
    (re.compile(r"(?<![\w./-])(/home|/root|/tmp|/Users|/work)/[^\s\"']*"), "PATH"),
]


def scrubbed(value):
    """The value with every text in it made anonymous; keys are names of the kit's own."""
    if isinstance(value, dict):
        return {key: scrubbed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [scrubbed(each) for each in value]
    if not isinstance(value, str):
        return value
    for pattern, word in PATTERNS:
        value = pattern.sub(word, value)
    return value


def leaks(text):
    """What `scrubbed` would still replace in a text, as the words that it puts in its place."""
    return sorted({word for pattern, word in PATTERNS if pattern.search(text)})
