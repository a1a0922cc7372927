"""search_memory.py PID KEY_FILE WORD: what is left of secrets in the memory of a process.

Looks for pieces of the private key of KEY_FILE, as PEM text and as numbers in either byte order, and for ownership
tokens behind the name of their field. Prints each find; exit code 1 when there is one, 2 when not even WORD was found,
which must be there.
"""
import re
import subprocess
import sys

PIECE = 12  # bytes; shorter pieces would be found by chance


def numbers(file):
    """The secret numbers of a key, as bytes."""
    text = subprocess.run(["openssl", "pkey", "-in", file, "-noout", "-text"], check=True, capture_output=True,
                          text=True).stdout
    for name, digits in re.findall(r"^(\w+):(?: .*)?\n((?:    [0-9a-f:]+\n)+)", text, re.M):
        if name in ("priv", "privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"):
            number = bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0")
            yield number
            yield number[::-1]


def pieces(file):
    with open(file, encoding="ascii") as pem:
        lines = [line.strip() for line in pem if not line.startswith("-----")]
    # The first line says what kind of key it is, as for every key of that kind.
    secrets = [line.encode() for line in lines[1:]] + list(numbers(file))
    return {secret[at:at + PIECE] for secret in secrets for at in range(0, len(secret) - PIECE + 1, PIECE)}


def memory(process):
    with open(f"/proc/{process}/maps", encoding="ascii", errors="replace") as maps, \
            open(f"/proc/{process}/mem", "rb", buffering=0) as bytes_of_process:
        for line in maps:
            fields = line.split(maxsplit=5)
            name = fields[5].strip() if len(fields) > 5 else ""
            if not fields[1].startswith("rw") or name.startswith("[v"):
                continue
            begin, end = (int(number, 16) for number in fields[0].split("-"))
            try:
                bytes_of_process.seek(begin)
                yield name or "anonymous", bytes_of_process.read(end - begin)
            except OSError:
                continue


def main():
    process, key_file, word = sys.argv[1:]
    wanted = pieces(key_file)
    token = re.compile(rb"[oO]wnershipToken[^0-9A-Za-z]{1,4}.?.?.?[0-9A-Za-z+/=_-]{20,}")
    found = 0
    word_found = False
    assert len(wanted) > 4
    for place, content in memory(process):
        word_found = word_found or word.encode() in content
        found_here = sum(content.count(piece) for piece in wanted)
        tokens_here = len(token.findall(content))
        if found_here or tokens_here:
            print(f"{place}: {found_here} pieces of the key, {tokens_here} tokens")
        found += found_here + tokens_here
    sys.exit(1 if found else 0 if word_found else 2)


main()
