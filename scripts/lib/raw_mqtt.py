"""An MQTT client of a few bytes: every field of a packet can be set, also to a wrong value.

For scripts/conformance and tests/simulator/odd_clients_test.py.
"""
import socket
import ssl
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = (
    1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14)
SECONDS = 20


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(value)) + value


def size(number):
    """A variable byte integer (MQTT 5 section 1.5.5)."""
    out = b""
    while True:
        number, digit = divmod(number, 128)
        out += bytes([digit | (0x80 if number else 0)])
        if not number:
            return out


def packet(kind, flags, body):
    return bytes([kind << 4 | flags]) + size(len(body)) + body


def properties(version, content=b""):
    return size(len(content)) + content if version == 5 else b""


class Closed(Exception):
    """The broker has closed the connection."""


class Client:
    """A connection over mutual TLS to the server of `ready`, the ready line of the simulator: `endpoint`, `port`, `caFile` (None for the
    system's CAs), `claimCertificate`, `claimKey`. `address` is the host to connect to where it is not the endpoint."""

    def __init__(self, ready, certificate=None, key=None, alpn=None, version=4):
        self.version = version
        context = ssl.create_default_context(cafile=ready["caFile"])
        context.load_cert_chain(certificate or ready["claimCertificate"], key or ready["claimKey"])
        if alpn:
            context.set_alpn_protocols(alpn)
        connection = socket.create_connection((ready.get("address", ready["endpoint"]), ready["port"]), SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(connection, server_hostname=ready["endpoint"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed from error

    def bytes(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.socket.recv(count - len(data))
            except (ConnectionError, ssl.SSLError) as error:
                raise Closed from error
            if not more:
                raise Closed
            data += more
        return data

    def receive(self):
        """The next packet: its type, its flags and its body. TimeoutError if none comes."""
        first, length, shift = self.bytes(1)[0], 0, 0
        while True:
            digit = self.bytes(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                return first >> 4, first & 15, self.bytes(length)

    def expect(self, kind):
        """The body of the next packet of this type; packets of other types are kept out of the way."""
        while True:
            got, flags, body = self.receive()
            if got == kind:
                return flags, body

    def connect(self, client_id, keep_alive=60, clean=True, will=None, username=None, more=b"", name="MQTT"):
        """Sends CONNECT; gives the code of the CONNACK. `more`: properties; `will`: (topic, QoS, retain)."""
        flags = (2 if clean else 0) | (4 | will[1] << 3 | will[2] << 5 if will else 0) | (0x80 if username is not None else 0)
        body = text(name) + bytes([self.version, flags]) + struct.pack(">H", keep_alive) + properties(self.version, more)
        body += text(client_id)
        if will:
            body += properties(self.version) + text(will[0]) + text(b"gone")
        if username is not None:
            body += text(username)
        self.send(packet(CONNECT, 0, body))
        self.connack = self.expect(CONNACK)[1]
        return self.connack[1]

    def subscribe(self, *filters, qos=1):
        """The codes of the SUBACK."""
        body = struct.pack(">H", 7) + properties(self.version) + b"".join(text(each) + bytes([qos]) for each in filters)
        self.send(packet(SUBSCRIBE, 2, body))
        codes = self.expect(SUBACK)[1][3 if self.version == 5 else 2:]
        return list(codes)

    def unsubscribe(self, *filters):
        self.send(packet(UNSUBSCRIBE, 2, struct.pack(">H", 8) + properties(self.version) + b"".join(text(each) for each in filters)))
        self.expect(UNSUBACK)

    def publish(self, topic, payload=b"", qos=1, flags=0, more=b""):
        body = text(topic) + (struct.pack(">H", 9) if qos else b"") + properties(self.version, more) + payload
        self.send(packet(PUBLISH, qos << 1 | flags, body))

    def response(self):
        """The topic and the payload of the next PUBLISH."""
        flags, body = self.expect(PUBLISH)
        end = 2 + struct.unpack(">H", body[:2])[0]
        rest = body[end + (2 if flags & 6 else 0):]
        if self.version == 5:
            rest = rest[1 + rest[0]:]
        return body[2:end].decode(), rest

    def is_closed(self):
        """Whether the broker closes the connection, with whatever it sends before."""
        try:
            while True:
                self.receive()
        except Closed:
            return True
        except TimeoutError:
            return False
