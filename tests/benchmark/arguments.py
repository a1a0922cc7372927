"""The command line of a benchmark: scripts/benchmark and scripts/benchmark-batch have it read before they build."""

import argparse
import sys


class Parser(argparse.ArgumentParser):
    """Ends with 64 where arguments are wrong. Knows --build, and --parse-only, which ends once they are read."""

    def __init__(self, prog, description):
        super().__init__(prog=prog, description=description)
        self.add_argument("--build", help=argparse.SUPPRESS)
        self.add_argument("--parse-only", action="store_true", help=argparse.SUPPRESS)

    def error(self, message):
        self.exit(64, f"{self.prog}: {message}; see --help\n")

    def read(self, complete=lambda given: None):
        """The options; `complete` computes values from others, and raises ValueError where that is impossible."""
        given = self.parse_args()
        try:
            complete(given)
        except ValueError as wrong:
            self.error(str(wrong))
        if given.parse_only:
            sys.exit(0)
        if not given.build:
            self.error("--build is missing")
        return given


def positive(text):
    """A whole number above 0."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


positive.__name__ = "number"
