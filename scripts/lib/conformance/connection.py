"""One MQTT connection of an experiment. It records what is sent and what comes back, and names it in a word or two.

Outcomes are texts: `accepted`, `rejected STATUS CODE`, `CONNACK N`, `SUBACK N`, `PUBACK N`, `DISCONNECT N`, `closed` (the
connection ends without a packet that says why), `silence` (nothing comes), `delivered`.
"""
import json
import ssl
import struct
import time

import cbor
import raw_mqtt as mqtt

ACCEPTED, REJECTED = "accepted", "rejected"
CREATE = {"create-from-csr": "$aws/certificates/create-from-csr", "create": "$aws/certificates/create"}


def topic_of(operation, encoding="json"):
    """The request topic of create-from-csr, of create, or of a template's name."""
    return CREATE.get(operation, f"$aws/provisioning-templates/{operation}/provision") + (f"/{encoding}" if encoding else "")


def encoded(value, encoding):
    if isinstance(value, bytes):
        return value
    return cbor.encode(value) if encoding == "cbor" else json.dumps(value).encode()


def described(value):
    """A payload without its values."""
    if isinstance(value, dict):
        return {key[:64]: described(each) for key, each in value.items()}
    if isinstance(value, list):
        return [described(each) for each in value]
    if isinstance(value, (str, bytes)):
        return f"{'text' if isinstance(value, str) else 'bytes'}({len(value)})"
    return value


class Answer:
    """A response, or what came instead of one."""

    def __init__(self, outcome, fields=None, event=None, indefinite=None):
        self.outcome, self.fields, self.event, self.indefinite = outcome, fields or {}, event, indefinite

    @property
    def accepted(self):
        return self.outcome == ACCEPTED


class Connection:
    """Over mutual TLS; a context manager. Packets that are not asked for are kept in `events`."""

    def __init__(self, world, version=4, credentials=None, ready=None):
        self.world, self.version, self.events, self.sent_at = world, version, [], time.monotonic()
        self.number = world.next_connection()
        self.client, self.packet_id = None, 0
        certificate, key = credentials or world.claim
        try:
            self.client = mqtt.Client(ready or world.ready, certificate, key, version=version)
        except ssl.SSLCertVerificationError:
            raise
        except (ssl.SSLError, ConnectionResetError) as error:
            self.observed("closed", where="TLS handshake", error=type(error).__name__)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.client is not None:
            try:
                self.client.send(mqtt.packet(mqtt.DISCONNECT, 0, b""))
            except (mqtt.Closed, OSError):
                pass
            self.client.socket.close()

    def sent(self, packet, **details):
        self.sent_at = time.monotonic()
        self.world.trace.append({"connection": self.number, "sent": packet, **details})

    def observed(self, packet, **details):
        self.world.trace.append({"connection": self.number, "observed": packet, **details,
                                 "ms": round((time.monotonic() - self.sent_at) * 1000)})

    # What comes.

    def packet(self, seconds):
        """The next packet as (name, details), `("closed", {})` or `("silence", {})`; acknowledges a PUBLISH of QoS 1."""
        if self.client is None:
            return "closed", {}
        self.client.socket.settimeout(max(seconds, 0.01))
        try:
            kind, flags, body = self.client.receive()
        except (mqtt.Closed, ssl.SSLError, ConnectionError):
            self.observed("closed")
            self.client = None
            return "closed", {}
        except TimeoutError:
            return "silence", {}
        name, details, shown = self.read(kind, flags, body)
        self.observed(name, **shown)
        return name, details

    def read(self, kind, flags, body):
        """(name, details, what of them is recorded)"""
        if kind == mqtt.PUBLISH:
            details = self.read_publish(flags, body)
            if details["qos"]:
                try:
                    self.client.send(mqtt.packet(mqtt.PUBACK, 0, details["id"]))
                except mqtt.Closed:
                    pass            # the next packet says so
            shown = {"topic": details["topic"], "bytes": len(details["payload"]), "qos": details["qos"], "dup": bool(flags & 8),
                     "properties": len(details["properties"])}
            return "PUBLISH", details, shown
        names = {mqtt.CONNACK: "CONNACK", mqtt.SUBACK: "SUBACK", mqtt.PUBACK: "PUBACK", mqtt.DISCONNECT: "DISCONNECT",
                 mqtt.PINGRESP: "PINGRESP", mqtt.UNSUBACK: "UNSUBACK"}
        name = names.get(kind, f"packet {kind}")
        codes = {"CONNACK": list(body[1:2]), "SUBACK": list(body[3 + body[2]:] if self.version == 5 else body[2:]) if len(body) > 2 else [],
                 "PUBACK": list(body[2:3]) or [0], "DISCONNECT": list(body[:1]) or [0]}.get(name, [])
        return name, {"codes": codes}, {"codes": codes} if codes else {}

    def read_publish(self, flags, body):
        end = 2 + struct.unpack(">H", body[:2])[0]
        qos = flags >> 1 & 3
        rest = body[end + (2 if qos else 0):]
        properties = b""
        if self.version == 5:
            properties, rest = rest[1:1 + rest[0]], rest[1 + rest[0]:]
        return {"topic": body[2:end].decode(errors="replace"), "payload": rest, "qos": qos, "id": body[end:end + 2] if qos else b"",
                "properties": properties}

    def until(self, wanted, seconds=None):
        """The first packet that is of a wanted kind, ends the connection, or is an error of MQTT 5; others go to `events`."""
        end = time.monotonic() + (seconds or self.world.patience)
        while True:
            name, details = self.packet(end - time.monotonic())
            code = (details.get("codes") or [0])[0]
            if name in (*wanted, "closed", "silence", "DISCONNECT") or (name == "PUBACK" and code >= 128):
                return name, details
            self.events.append((name, details))

    def named(self, name, details):
        codes = details.get("codes") or []
        return " ".join([name, *map(str, codes)])

    # What is sent.

    def next_id(self):
        """A packet identifier that is not in use: the service would take a second request with the same one as a copy."""
        self.packet_id += 1
        return struct.pack(">H", self.packet_id)

    def wait(self, seconds):
        """Keeps the connection alive for some seconds; ends early if it is closed."""
        end = time.monotonic() + seconds
        while self.client is not None and time.monotonic() < end:
            self.try_to_send(mqtt.packet(mqtt.PINGREQ, 0, b""))
            self.until([], min(20, end - time.monotonic()))

    def try_to_send(self, data):
        if self.client is None:
            return
        try:
            self.client.send(data)
        except mqtt.Closed:
            pass                    # what the server said before it closed is still to be read

    def connect(self, client_id=None, will=None, username=None, clean=True, name="MQTT"):
        """`CONNACK N` or `closed`."""
        client_id = self.world.client_id() if client_id is None else client_id
        self.sent("CONNECT", version=self.version, clientId=client_id[:16] if isinstance(client_id, str) else "bytes")
        flags = (2 if clean else 0) | (0x80 if username is not None else 0)
        body = mqtt.text(name) + bytes([self.version, flags]) + struct.pack(">H", 60) + mqtt.properties(self.version)
        self.try_to_send(mqtt.packet(mqtt.CONNECT, 0, body + mqtt.text(client_id) + (mqtt.text(username) if username else b"")))
        return self.named(*self.until(["CONNACK"]))

    def subscribe(self, *filters):
        """`SUBACK N …`, `DISCONNECT N`, `closed` or `silence`."""
        self.sent("SUBSCRIBE", filters=list(filters))
        body = self.next_id() + mqtt.properties(self.version) + b"".join(mqtt.text(each) + b"\1" for each in filters)
        self.try_to_send(mqtt.packet(mqtt.SUBSCRIBE, 2, body))
        return self.named(*self.until(["SUBACK"]))

    def publish(self, topic, payload=b"", qos=1, flags=0, properties=b"", shown=None):
        self.sent("PUBLISH", topic=topic[:120], qos=qos, payload=described(payload) if shown is None else shown)
        body = mqtt.text(topic) + (self.next_id() if qos else b"") + mqtt.properties(self.version, properties) + payload
        self.try_to_send(mqtt.packet(mqtt.PUBLISH, qos << 1 | flags, body))

    def publishes(self, topic, payload=b"", **more):
        """The outcome of a publish that is no request: `PUBACK N`, `DISCONNECT N`, `closed` or `silence`."""
        self.publish(topic, payload, **more)
        return self.named(*self.until(["PUBACK"]))

    def listen(self, *topics):
        """Subscribes to the response topics of each request topic."""
        for topic in topics:
            self.subscribe(f"{topic}/{ACCEPTED}", f"{topic}/{REJECTED}")
        return self

    def request(self, topic, value=b"", **more):
        """Publishes a request and waits for its Answer."""
        encoding = topic.rsplit("/", 1)[-1]
        self.publish(topic, encoded(value, encoding), shown=described(value), **more)
        return self.answer(topic)

    def answer(self, topic):
        """The next response to a request on a topic."""
        while True:
            name, details = self.until(["PUBLISH"])
            if name != "PUBLISH":
                return Answer(self.named(name, details))
            if details["topic"] in (f"{topic}/{ACCEPTED}", f"{topic}/{REJECTED}"):
                return self.answered(topic, details)
            self.events.append((name, details))

    def answered(self, topic, details):
        how = details["topic"].rsplit("/", 1)[-1]
        encoding = topic.rsplit("/", 1)[-1]
        try:
            fields, indefinite = cbor.decode(details["payload"]) if encoding == "cbor" else (json.loads(details["payload"]), None)
            fields = fields if isinstance(fields, dict) else {}
        except ValueError:
            return Answer(f"{how}, not {encoding}", event=details)
        entry = self.world.trace[-1]
        if how == REJECTED:
            entry["document"] = {name: fields.get(name) for name in ("statusCode", "errorCode", "errorMessage")}
            return Answer(f"{REJECTED} {fields.get('statusCode')} {fields.get('errorCode')}", fields, details, indefinite)
        entry["document"] = described(fields)
        if "certificateId" in fields:
            self.world.note("certificate", fields["certificateId"])
        return Answer(ACCEPTED, fields, details, indefinite)

    # Whole operations.

    def create(self, csr=None, encoding="json", **more):
        value = {"certificateSigningRequest": csr or self.world.keys.csr(), **more}
        return self.request(topic_of("create-from-csr", encoding), value)

    def register(self, template, token, parameters, encoding="json", **more):
        """RegisterThing; `template` is the kit's own name of a template."""
        self.note_thing(parameters)
        value = {"certificateOwnershipToken": token, "parameters": parameters, **more}
        return self.request(topic_of(self.world.name(template), encoding), value)

    def note_thing(self, parameters):
        if isinstance(parameters, dict) and isinstance(parameters.get("SerialNumber"), str):
            self.world.note("thing", self.world.name(parameters["SerialNumber"]))

    def quiet(self):
        """Waits until the server must have said all that it has to say; what it said, as names."""
        if self.world.barrier:
            self.try_to_send(mqtt.packet(mqtt.PINGREQ, 0, b""))
            ended = self.until(["PINGRESP"])[0]
        else:
            ended = self.until([], self.world.quiet)[0]
        said = [name for name, _ in self.events] + ([ended] if ended not in ("PINGRESP", "silence") else [])
        return said
