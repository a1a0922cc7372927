"""Experiments on RegisterThing: templates, parameters, the hook and things that exist."""
from connection import Connection, topic_of
from experiments import experiment, needed

CSR = topic_of("create-from-csr")


def outcome_of(world, template, parameters, words=False, **more):
    """RegisterThing with a new certificate; `words` adds the errorMessage of a rejection."""
    answer = registered(world, template, parameters, **more)
    return f"{answer.outcome}: {answer.fields['errorMessage']}" if words and answer.fields.get("errorMessage") else answer.outcome


def registered(world, template, parameters, **more):
    with Connection(world) as connection:
        connection.connect()
        connection.listen(CSR, topic_of(world.name(template)))
        token = needed(connection.create(), "create").fields["certificateOwnershipToken"]
        return connection.register(template, token, parameters, **more)


def thing(world, **more):
    return {"SerialNumber": world.serial(), **more}


@experiment()
def template_missing(world):
    return outcome_of(world, "missing", thing(world))


@experiment()
def template_disabled(world):
    return outcome_of(world, "off", thing(world))


@experiment(only="aws")
def role_powerless(world):
    return outcome_of(world, "norole", thing(world))


@experiment(answers=["template-without-thing", "device-configuration-none"])
def template_without_thing(world):
    answer = needed(registered(world, "bare", {}), "RegisterThing")
    configuration = answer.fields.get("deviceConfiguration", "missing")
    return {"template-without-thing": "accepted with thingName" if "thingName" in answer.fields else "accepted without thingName",
            "device-configuration-none": "{}" if configuration == {} else str(configuration)}


@experiment()
def parameters_absent(world):
    with Connection(world) as connection:
        connection.connect()
        topic = topic_of(world.name("bare"))
        connection.listen(CSR, topic)
        token = needed(connection.create(), "create").fields["certificateOwnershipToken"]
        return connection.request(topic, {"certificateOwnershipToken": token}).outcome


@experiment()
def parameter_missing(world):
    return outcome_of(world, "plain", {}, words=True)


@experiment()
def parameter_extra(world):
    return outcome_of(world, "plain", thing(world, Undeclared="value"))


@experiment()
def parameter_not_text(world):
    return outcome_of(world, "plain", thing(world, Value=7))


@experiment()
def register_unknown_field(world):
    return outcome_of(world, "plain", thing(world), unknown="field")


@experiment(answers=["parameter-name-2048", "parameter-name-2049", "parameter-value-4096", "parameter-value-4097"])
def parameter_limits(world):
    return {"parameter-name-2048": outcome_of(world, "plain", thing(world, **{"n" * 2048: "v"})),
            "parameter-name-2049": outcome_of(world, "plain", thing(world, **{"n" * 2049: "v"})),
            "parameter-value-4096": outcome_of(world, "plain", thing(world, Undeclared="v" * 4096)),
            "parameter-value-4097": outcome_of(world, "plain", thing(world, Undeclared="v" * 4097))}


@experiment()
def thing_name_wrong(world):
    return outcome_of(world, "plain", {"SerialNumber": "has a blank"})


@experiment(answers=["thing-exists-identical", "thing-second-certificate", "thing-exists-different"])
def thing_exists(world):
    parameters = thing(world)
    needed(registered(world, "plain", parameters), "the first RegisterThing")
    identical = outcome_of(world, "plain", parameters)
    count = world.certificates_of(world.name(parameters["SerialNumber"]))
    return {"thing-exists-identical": identical, "thing-second-certificate": f"{count} certificates attached",
            "thing-exists-different": outcome_of(world, "plain", parameters | {"Value": "two"})}


@experiment(setup="hook")
def hook_deny(world):
    return outcome_of(world, "hook", thing(world, Mode="deny"))


@experiment(setup="hook")
def hook_fail(world):
    return outcome_of(world, "hook", thing(world, Mode="fail"))


@experiment(setup="hook")
def hook_slow(world):
    return outcome_of(world, "hook", thing(world, Mode="slow"))


@experiment(setup="hook")
def hook_empty(world):
    return outcome_of(world, "hook", thing(world, Mode="empty"))


@experiment(setup="hook")
def hook_text_true(world):
    return outcome_of(world, "hook", thing(world, Mode="text"))


@experiment(setup="hook")
def hook_override(world):
    parameters = thing(world, Mode="override")
    world.note("thing", world.name(parameters["SerialNumber"] + "-o"))
    answer = needed(registered(world, "hook", parameters), "RegisterThing")
    name = answer.fields.get("thingName", "")
    return "the override wins" if name.endswith("-o") else "the request wins"


@experiment(setup="hook")
def hook_override_number(world):
    return outcome_of(world, "hook", thing(world, Mode="number"))
