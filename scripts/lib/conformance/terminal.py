"""What the kit says to a person, or to the program that reads its output."""
import sys


def say(text, file=None):
    """Prints a line, by default to stderr. A terminal that has gone must not end a clean-up."""
    try:
        print(text, file=file or sys.stderr, flush=True)
    except OSError:
        pass
