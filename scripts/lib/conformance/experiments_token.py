"""Experiments on the ownership token and on temporary claims."""
import datetime
import json
import time

import keys
from connection import REJECTED, Connection, topic_of
from experiments import Inconclusive, experiment, needed

CSR, KEYS = topic_of("create-from-csr"), topic_of("create")


def opened(world, credentials=None, version=4):
    """A connection that listens for the responses to both operations with the template plain."""
    connection = Connection(world, version, credentials)
    connection.connect()
    return connection.listen(CSR, topic_of(world.name("plain")))


def opened_soon(world, credentials, seconds=90):
    """The same with a certificate that was registered just now: its policy may take a while to be known everywhere."""
    end = time.monotonic() + seconds
    while True:
        with Connection(world, 4, credentials) as trial:
            outcome = trial.connect()
        if outcome == "CONNACK 0":
            return opened(world, credentials)
        if time.monotonic() > end:
            raise Inconclusive(f"the registered certificate cannot connect: {outcome}")
        time.sleep(2)


def token_of(connection):
    return needed(connection.create(), "create").fields["certificateOwnershipToken"]


def registered(world, token):
    with opened(world) as connection:
        return connection.register("plain", token, {"SerialNumber": world.serial()})


@experiment()
def token_twice(world):
    with opened(world) as connection:
        token, parameters = token_of(connection), {"SerialNumber": world.serial()}
        needed(connection.register("plain", token, parameters), "the first RegisterThing")
        return connection.register("plain", token, parameters).outcome


@experiment()
def token_twice_at_once(world):
    topic = topic_of(world.name("plain"))
    with opened(world) as connection:
        value = {"certificateOwnershipToken": token_of(connection), "parameters": {"SerialNumber": world.serial()}}
        connection.note_thing(value["parameters"])
        for _ in range(2):
            connection.publish(topic, json.dumps(value).encode(), shown={"certificateOwnershipToken": "text", "parameters": {}})
        return ", ".join(sorted(connection.answer(topic).outcome for _ in range(2)))


@experiment()
def token_other_connection(world):
    with opened(world) as connection:
        token = token_of(connection)
    return registered(world, token).outcome


@experiment()
def token_other_principal(world):
    with opened(world) as connection:
        created = needed(connection.create(), "create")
        needed(connection.register("plain", created.fields["certificateOwnershipToken"], {"SerialNumber": world.serial()}), "RegisterThing")
        token = token_of(connection)
    with world.device_credentials(created.fields["certificatePem"]) as credentials:
        with opened_soon(world, credentials) as device:
            return device.register("plain", token, {"SerialNumber": world.serial()}).outcome


@experiment(answers=["token-unknown", "token-empty", "token-missing"])
def token_wrong(world):
    with opened(world) as connection:
        topic = topic_of(world.name("plain"))
        parameters = {"SerialNumber": world.serial()}
        empty = connection.register("plain", "", parameters)
        words = empty.fields.get("errorMessage")
        return {"token-unknown": connection.register("plain", "AAAA" * 16, parameters).outcome,
                "token-empty": f"{empty.outcome}: {words}" if words else empty.outcome,
                "token-missing": connection.request(topic, {"parameters": parameters}).outcome}


@experiment(answers=["token-after-rejection", "status-after-rejection"])
def after_rejection(world):
    with opened(world) as connection:
        created = needed(connection.create(), "create")
        token = created.fields["certificateOwnershipToken"]
        refused = connection.register("plain", token, {})
        if not refused.outcome.startswith(REJECTED):
            return {"token-after-rejection": f"not tried: {refused.outcome}", "status-after-rejection": refused.outcome}
        status = world.certificate_status(created.fields["certificateId"])
        return {"token-after-rejection": connection.register("plain", token, {"SerialNumber": world.serial()}).outcome,
                "status-after-rejection": status}


@experiment(setup="expiry", slow=True, answers=["token-expired", "pending-deleted"])
def token_expired(world):
    with opened(world) as connection:
        created = needed(connection.create(), "create")
    world.wait_for_expiry(created.fields["certificateId"])
    outcome = registered(world, created.fields["certificateOwnershipToken"]).outcome
    return {"token-expired": outcome, "pending-deleted": world.certificate_status(created.fields["certificateId"])}


@experiment(setup="temporary", slow=True, answers=["temporary-claim-end", "temporary-claim-connection", "temporary-claim-expired",
                                                   "temporary-claim-policy", "temporary-claim-keys"])
def temporary_claim(world):
    claim, expires = world.temporary_claim()
    with open(claim[0], encoding="ascii") as file:
        ends = datetime.datetime.strptime(keys.certificate(file.read())["notAfter"], "%b %d %H:%M:%S %Y GMT")
    later = ends.replace(tzinfo=datetime.timezone.utc).timestamp() - expires
    with Connection(world, 4, claim) as connection:
        connection.connect()
        policy, made = connection.listen(CSR, KEYS).create().outcome, connection.request(KEYS, b"").outcome
        connection.wait(expires + world.quiet + 0.1 - time.time())
        held = "closed" if "closed" in connection.quiet() or connection.client is None else "stays open"
    with Connection(world, 4, claim) as late:
        refused = late.connect()
    return {"temporary-claim-end": "later than expiration" if later > 5 else "at expiration", "temporary-claim-connection": held,
            "temporary-claim-expired": refused, "temporary-claim-policy": policy, "temporary-claim-keys": made}
