"""Experiments on the message broker: denials, limits, and how responses arrive."""
import json
import time

import raw_mqtt as mqtt
from connection import REJECTED, Connection, topic_of
from experiments import experiment, for_versions, needed

CSR = topic_of("create-from-csr")
WRONG = {"certificateSigningRequest": "this is no CSR"}


def connected(world, version=4, **more):
    connection = Connection(world, version)
    connection.connect(**more)
    return connection


@for_versions()
def connect_denied(world, version):
    with Connection(world, version) as connection:
        return connection.connect(world.name("denied"))


@for_versions()
def subscribe_denied(world, version):
    with connected(world, version) as connection:
        return connection.subscribe(f"{world.prefix}/denied")


@for_versions()
def publish_denied(world, version):
    with connected(world, version) as connection:
        return connection.publishes(f"{world.prefix}/denied", b"x")


@for_versions()
def receive_denied(world, version):
    topic = f"{world.prefix}/muted"
    with connected(world, version) as connection:
        connection.subscribe(topic)
        connection.publish(topic, b"x")
        said = connection.quiet()
    return "delivered" if "PUBLISH" in said else next((each for each in said if each in ("closed", "DISCONNECT")), "not delivered")


@for_versions()
def claim_inactive(world, version):
    with world.inactive_claim() as credentials, Connection(world, version, credentials) as connection:
        return connection.connect()


@for_versions()
def unsubscribed_response(world, version):
    with connected(world, version) as connection:
        connection.publish(CSR, b"not JSON", shown="bytes(8)")
        return "delivered" if "PUBLISH" in connection.quiet() else "not delivered"


@experiment()
def subscribe_wildcard(world):
    with connected(world) as connection:
        return connection.subscribe(f"{CSR}/+")


@experiment()
def shared_subscription(world):
    with connected(world, 5) as connection:
        return connection.subscribe(f"$share/group/{world.prefix}/open")


@experiment(answers=["filters-eight", "filters-nine"])
def filters(world):
    def codes(count):
        with connected(world) as connection:
            said = connection.subscribe(*[f"$aws/certificates/create-from-csr/json/accepted/{each}" for each in range(count)])
        return f"SUBACK, {len(said.split()) - 1} codes" if said.startswith("SUBACK") else said
    return {"filters-eight": codes(8), "filters-nine": codes(9)}


@for_versions()
def publish_retained(world, version):
    with connected(world, version) as connection:
        return connection.publishes(CSR, b"x", flags=1)


@for_versions()
def publish_qos_2(world, version):
    with connected(world, version) as connection:
        connection.publish(f"{world.prefix}/open", b"x", qos=2)
        return connection.named(*connection.until(["packet 5"]))


@for_versions()
def payload_too_long(world, version):
    with connected(world, version) as connection:
        return connection.publishes(f"{world.prefix}/open", b"x" * (128 * 1024 + 1), shown="bytes(131073)")


@for_versions()
def client_id_129(world, version):
    with Connection(world, version) as connection:
        return connection.connect(world.name("l").ljust(129, "l"))


@for_versions()
def client_id_dollar(world, version):
    with Connection(world, version) as connection:
        return connection.connect(f"${world.prefix}-a")


@for_versions()
def client_id_taken(world, version):
    name = world.client_id()
    with connected(world, version, client_id=name) as first, connected(world, version, client_id=name):
        return first.named(*first.until([]))


@experiment(costly=True)
def connects_per_second(world):
    name, accepted, began = world.client_id(), 0, time.monotonic()
    for _ in range(5):
        with Connection(world) as connection:
            accepted += connection.connect(name) == "CONNACK 0"
        if time.monotonic() - began > 5:
            break
    return f"{accepted} of 5 in {'one second' if time.monotonic() - began <= 1 else 'more than one second'}"


@experiment()
def mqtt_3_1(world):
    connection = Connection(world, 3)
    with connection:
        return connection.connect(name="MQIsdp")


@experiment(answers=["response-order-3", "response-order-5", "request-puback-5"])
def response_order(world):
    found = {}
    for version in (4, 5):
        with connected(world, version) as connection:
            connection.listen(CSR)
            connection.request(CSR, WRONG)
            found[version] = connection.events
            if not any(name == "PUBACK" for name, _ in connection.events):
                connection.until(["PUBACK"])
                found[version] = [("response", {}), *connection.events]
            puback = next((entry for entry in world.trace if entry.get("observed") == "PUBACK" and
                           entry["connection"] == connection.number), {"codes": []})
    orders = {version: "the PUBACK first" if events and events[0][0] == "PUBACK" else "the response first" for version, events in found.items()}
    return {"response-order-3": orders[4], "response-order-5": orders[5], "request-puback-5": " ".join(["PUBACK", *map(str, puback["codes"])])}


@experiment(answers=["response-qos", "response-properties", "response-copies"])
def response_form(world):
    with connected(world, 5) as connection:
        connection.listen(CSR)
        more = b"\x09" + mqtt.text("correlation") + b"\x26" + mqtt.text("a") + mqtt.text("b")
        answer = connection.request(CSR, WRONG, properties=more)
        again = [name for name in connection.quiet() if name == "PUBLISH"]
    if answer.event is None:
        return {name: answer.outcome for name in ("response-qos", "response-properties", "response-copies")}
    properties = answer.event["properties"]
    return {"response-qos": f"QoS {answer.event['qos']}", "response-copies": f"{1 + len(again)}",
            "response-properties": "echoed" if b"correlation" in properties else "others" if properties else "none"}


@experiment()
def response_other_connection(world):
    with connected(world) as other, connected(world) as connection:
        other.listen(CSR)
        connection.listen(CSR)
        if not connection.request(CSR, WRONG).outcome.startswith(REJECTED):
            return "no response"
        return "delivered" if "PUBLISH" in other.quiet() else "not delivered"


@experiment(setup="throttle", costly=True, answers=["throttled", "throttled-retry"])
def throttled(world):
    """60 requests without a pause, then one after the other on the same connection until one is not throttled."""
    with connected(world) as connection:
        connection.listen(CSR)
        needed(connection.create(), "create")
        for _ in range(60):
            connection.publish(CSR, json.dumps(WRONG).encode(), shown="text")
        answers = [connection.answer(CSR) for _ in range(60) if connection.client]
        refused = next((each for each in answers if not usual(each)), None)
        if refused is None:
            return {"throttled": "60 requests were served", "throttled-retry": "60 requests were served"}
        words = refused.fields.get("errorMessage")
        return {"throttled": f"{refused.outcome}: {words}" if words else refused.outcome, "throttled-retry": retried(world, connection)}


def usual(answer):
    """A rejection of a request that is wrong on purpose."""
    return answer.outcome.startswith("rejected 400 ") and "Throttl" not in answer.outcome


def retried(world, connection):
    end = time.monotonic() + world.patience
    while time.monotonic() < end:
        answer = connection.request(CSR, WRONG)
        if usual(answer):
            return "work again"
        if connection.client is None:
            return answer.outcome
        time.sleep(0.2)
    return "fail again"
