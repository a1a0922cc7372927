"""Signals that end a script in Python: it ends what it has started, and exits with 128 plus the signal's number."""
import contextlib
import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def exit_on_signals():
    """From now on a signal raises SystemExit. Further signals are ignored, because clean-up has begun."""
    for each in SIGNALS:
        signal.signal(each, _exit)


def _exit(caught, _frame):
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + caught)


@contextlib.contextmanager
def uninterrupted():
    """Handles a signal at the end of the block: a process that is being started is then known to what ends it. For the
    main thread."""
    caught = []
    handlers = {each: signal.signal(each, lambda number, _: caught.append(number)) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
        if caught:
            signal.raise_signal(caught[0])
