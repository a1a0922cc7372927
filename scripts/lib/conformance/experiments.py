"""The list of experiments. Each is a function of a World and a serial number of its own; it gives the outcome, or a map of question to
outcome if it answers several questions. Its name is that of its question."""
import dataclasses


@dataclasses.dataclass
class Experiment:
    name: str
    run: object
    setup: str              # the simulator's, see simulator.SETUPS
    slow: bool              # minutes or more on the service
    costly: bool            # many requests at once: may use up the account's rate for others
    only: str               # "aws" if the simulator has nothing of the kind
    answers: tuple


ALL = []


def experiment(setup="", slow=False, costly=False, only="", answers=()):
    def added(function):
        name = function.__name__.replace("_", "-")
        ALL.append(Experiment(name, function, setup, slow, costly, only, tuple(answers) or (name,)))
        return function
    return added


def for_versions(setup="", slow=False, costly=False):
    """The function also takes the version of MQTT; its questions are NAME-3 and NAME-5."""
    def added(function):
        name = function.__name__.replace("_", "-")

        def both(world):
            return {f"{name}-{'5' if version == 5 else '3'}": function(world, version) for version in (4, 5)}
        ALL.append(Experiment(name, both, setup, slow, costly, "", (f"{name}-3", f"{name}-5")))
        return function
    return added


class Inconclusive(Exception):
    """The experiment did not get as far as its question; the text says what stopped it."""


def needed(answer, what):
    """An Answer that must be accepted for the experiment to go on."""
    if not answer.accepted:
        raise Inconclusive(f"{what}: {answer.outcome}")
    return answer


def load():
    """Reads the modules, which fill the list in this order."""
    import experiments_create  # noqa: F401
    import experiments_token  # noqa: F401
    import experiments_register  # noqa: F401
    import experiments_broker  # noqa: F401
    return ALL
