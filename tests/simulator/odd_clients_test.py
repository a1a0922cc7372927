"""Clients that do what AWS's own do not: the simulator answers each as the service does, and no client stops it.

    odd_clients_test.py BINARIES

raw_mqtt.py writes each packet byte by byte, so that also those can be sent that no library sends.
"""
import json
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
import raw_mqtt as mqtt  # noqa: E402

BINARIES = pathlib.Path(sys.argv.pop(1))
CSR = "$aws/certificates/create-from-csr/json"
KEYS = "$aws/certificates/create/json"
GATEWAY = "$aws/provisioning-templates/gateway/provision/json"
REJECTED = CSR + "/rejected"
ALLOW_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}'
CLOSED = "closed"


def start(directory, *options):
    process = subprocess.Popen([BINARIES / "fleet-provision-simulator", "--state-dir", directory, *options],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, json.loads(process.stdout.readline())


def end(process):
    """Its exit status, and what it printed on stderr."""
    process.send_signal(signal.SIGTERM)
    errors = process.communicate(timeout=20)[1]
    return process.returncode, errors


def events(ready):
    return [json.loads(line) for line in pathlib.Path(ready["log"]).read_text(encoding="utf-8").splitlines()]


class OddClients(unittest.TestCase):
    """One simulator, which must outlive every client."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        policy = pathlib.Path(cls.directory.name) / "policy.json"
        policy.write_text(ALLOW_ALL, encoding="utf-8")
        cls.process, cls.ready = start(cls.directory.name + "/state", "--claim-policy", policy)

    @classmethod
    def tearDownClass(cls):
        status, _ = end(cls.process)
        cls.directory.cleanup()
        assert status == 0, status

    def tearDown(self):
        with self.client() as client:
            self.assertEqual(client.connect("after"), 0, "the simulator no longer serves")

    def client(self, version=4, **more):
        return mqtt.Client(self.ready, version=version, **more)

    def asks(self, client):
        client.publish(CSR, b"not a request")
        return client.response()[0]

    def connection(self, client_id, version, **more):
        """The code of the CONNACK, after which a response must come, or "closed"."""
        with self.client(version) as client:
            try:
                code = client.connect(client_id, **more)
            except mqtt.Closed:
                return CLOSED
            if code == 0:
                self.assertEqual(self.asks(client), REJECTED)
            return code

    def test_connections(self):
        rows = [
            ("keep-alive 0", {"keep_alive": 0}, 0, 0),
            ("the longest keep-alive", {"keep_alive": 65535}, 0, 0),
            ("an empty client ID, which the broker replaces", {"client_id": ""}, 0, 0),
            ("an empty client ID for a persistent session", {"client_id": "", "clean": False}, 2, 0),
            ("a client ID of 128 bytes", {"client_id": "i" * 128}, 0, 0),
            ("a client ID of 129 bytes", {"client_id": "i" * 129}, CLOSED, CLOSED),
            ("a client ID that begins with $", {"client_id": "$a"}, CLOSED, CLOSED),
            ("a client ID with a NUL", {"client_id": b"a\0b"}, CLOSED, CLOSED),
            ("a client ID that is not UTF-8", {"client_id": b"\xff"}, CLOSED, CLOSED),
            ("the user name of AWS's SDKs", {"username": "?SDK=CPPv2&Version=1.43.1"}, 0, 0),
            ("a will", {"will": ("gone", 1, 0)}, 0, 0),
            ("a will on a request topic", {"will": (KEYS, 1, 0)}, 0, 0),
            ("a will with QoS 2", {"will": ("gone", 2, 0)}, CLOSED, 155),
            ("a retained will", {"will": ("gone", 1, 1)}, CLOSED, 154),
            ("the name of another protocol", {"name": "HTTP"}, CLOSED, CLOSED),
        ]
        for what, given, old, new in rows:
            for version, expected in ((4, old), (5, new)):
                with self.subTest(f"{what}, MQTT {version}"):
                    given = {"client_id": "odd"} | given
                    self.assertEqual(self.connection(version=version, **given), expected)
        self.assertNotIn(KEYS, {each.get("topic") for each in events(self.ready)}, "a will is no request")
        self.assertEqual(self.connection("mqtt-3.1", 3, name="MQIsdp"), 0)
        self.assertEqual(self.connection("mqtt-6", 6), 1)

    def test_properties_of_mqtt_5(self):
        rows = [
            ("session expiry", b"\x11" + struct.pack(">I", 3600), 0),
            ("a session that never expires", b"\x11\xff\xff\xff\xff", 0),
            ("receive maximum 1", b"\x21\0\1", 0),
            ("receive maximum 0", b"\x21\0\0", CLOSED),
            ("topic alias maximum", b"\x22\0\x0a", 0),
            ("user property", b"\x26" + mqtt.text("a") + mqtt.text("b"), 0),
            ("an authentication method", b"\x15" + mqtt.text("SCRAM-SHA-1"), 140),
            ("a property twice", b"\x21\0\1\x21\0\1", CLOSED),
            ("an unknown property", b"\x7f\1", CLOSED),
        ]
        for what, more, expected in rows:
            with self.subTest(what):
                self.assertEqual(self.connection("odd", 5, more=more), expected)

    def test_alpn(self):
        for name in ("x-amzn-mqtt-ca", "mqtt", "h2"):
            with self.subTest(name), self.client(5, alpn=[name]) as client:
                self.assertEqual(client.connect("alpn"), 0)
                self.assertEqual(self.asks(client), REJECTED)

    def test_what_is_not_mqtt(self):
        websocket = b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        for what, data in (("a WebSocket", websocket), ("a PUBLISH before CONNECT", mqtt.packet(mqtt.PUBLISH, 0, mqtt.text(CSR))),
                           ("an endless length", b"\x10\xff\xff\xff\xff\xff\x01"), ("256 MiB", b"\x10\xff\xff\xff\x7f")):
            with self.subTest(what), self.client() as client:
                client.send(data)
                self.assertTrue(client.is_closed())
        with self.client() as client:
            client.connect("twice")
            with self.assertRaises(mqtt.Closed):
                client.connect("twice")

    def test_publishes(self):
        for version in (4, 5):
            for what, given in (("QoS 2", {"qos": 2}), ("QoS 3", {"qos": 3}), ("retained", {"flags": 1}),
                                ("an empty topic", {"topic": ""}), ("a wildcard", {"topic": CSR + "/+"}),
                                ("a NUL", {"topic": b"a\0b"}), ("over 128 KiB", {"payload": b"x" * (128 * 1024 + 1)}),
                                ("a megabyte", {"payload": b"x" * 1_000_000})):
                with self.subTest(f"{what}, MQTT {version}"), self.client(version) as client:
                    client.connect("publisher")
                    try:
                        client.publish(**({"topic": CSR, "payload": b"x"} | given))
                    except mqtt.Closed:
                        continue
                    self.assertTrue(client.is_closed())
            with self.subTest(f"128 KiB, MQTT {version}"), self.client(version) as client:
                client.connect("publisher")
                client.publish(CSR, b"x" * 128 * 1024)
                self.assertEqual(client.response()[0], REJECTED)

    def test_topic_aliases(self):
        with self.client(5) as client:
            client.connect("alias")
            client.publish(CSR, b"x", more=b"\x23\0\1")
            self.assertEqual(client.response()[0], REJECTED)
            client.publish("", b"x", more=b"\x23\0\1")
            self.assertEqual(client.response()[0], REJECTED)
        for number in (0, 11):
            with self.subTest(number), self.client(5) as client:
                client.connect("alias")
                client.publish(CSR, b"x", more=b"\x23" + struct.pack(">H", number))
                self.assertTrue(client.is_closed())

    def test_a_response_echoes_nothing_of_its_request(self):
        with self.client(5) as client:
            client.connect("echo")
            client.publish(CSR, b"x", more=b"\x08" + mqtt.text("mine") + b"\x09" + mqtt.text("1") + b"\x26" + mqtt.text("a") + mqtt.text("b"))
            _, body = client.expect(mqtt.PUBLISH)
            self.assertEqual(body[len(mqtt.text(REJECTED)) + 2], 0, "the response has properties")

    def test_subscriptions(self):
        for version in (4, 5):
            with self.subTest(version), self.client(version) as client:
                client.connect("subscriber")
                self.assertEqual(client.subscribe(REJECTED, qos=2), [1])
                self.assertEqual(client.subscribe("$share/group/" + REJECTED), [1])
                self.assertEqual(self.asks(client), REJECTED)
                client.unsubscribe(REJECTED, "never/subscribed")
                self.assertEqual(self.asks(client), REJECTED)
            for what, filters, qos in (("QoS 3", [REJECTED], 3), ("# in the middle", ["a/#/b"], 1), ("an empty filter", [""], 1),
                                       ("no filter", [], 1), ("300 bytes", ["a" * 300], 1)):
                with self.subTest(f"{what}, MQTT {version}"), self.client(version) as client:
                    client.connect("subscriber")
                    with self.assertRaises(mqtt.Closed):
                        client.subscribe(*filters, qos=qos)

    def test_a_second_connection_with_one_client_id_takes_over(self):
        for version in (4, 5):
            with self.subTest(version), self.client(version) as first, self.client(version) as second:
                first.connect("same")
                second.connect("same")
                self.assertTrue(first.is_closed())
                self.assertEqual(self.asks(second), REJECTED)

    def test_a_request_behind_the_connect_packet(self):
        for version in (4, 5):
            with self.subTest(version), self.client(version) as client:
                connect = mqtt.text("MQTT") + bytes([version, 2, 0, 60]) + mqtt.properties(version) + mqtt.text("hasty")
                request = mqtt.text(CSR) + mqtt.properties(version) + b"x"
                client.send(mqtt.packet(mqtt.CONNECT, 0, connect) + mqtt.packet(mqtt.PUBLISH, 0, request))
                self.assertEqual(client.response()[0], REJECTED)

    def test_as_many_unacknowledged_responses_as_the_service_allows(self):
        for version in (4, 5):
            with self.subTest(version), self.client(version) as client:
                client.connect("silent")
                for _ in range(100):
                    client.publish(CSR, b"x")
                for _ in range(100):
                    self.assertEqual(client.response()[0], REJECTED)


class WithoutSubscription(unittest.TestCase):
    """A client that never subscribes, as greengrass-lite."""

    def provision(self, client, serial, qos):
        """Both operations; the topics of the responses."""
        client.publish(KEYS, b"", qos)
        created_on, created = client.response()
        token = json.loads(created)["certificateOwnershipToken"]
        client.publish(GATEWAY, json.dumps({"certificateOwnershipToken": token, "parameters": {"SerialNumber": serial}}).encode(), qos)
        registered_on, registered = client.response()
        self.assertEqual(json.loads(registered)["thingName"], f"gateway-{serial}")
        return [created_on, registered_on]

    def test_gets_its_responses_and_a_warning_is_printed(self):
        with tempfile.TemporaryDirectory() as directory:
            process, ready = start(directory + "/state")
            expected = []
            for version in (4, 5):
                for clean in (True, False):
                    for qos in (0, 1):
                        serial = f"{version}{clean:d}{qos}"
                        with self.subTest(serial), mqtt.Client(ready, version=version) as client:
                            self.assertEqual(client.connect(serial, clean=clean), 0)
                            client.publish(CSR, b"x", qos)
                            self.assertEqual(client.response()[0], REJECTED)
                            expected += [(serial, REJECTED)]
                            if clean == bool(qos):      # a key takes its time
                                expected += [(serial, topic) for topic in self.provision(client, serial, qos)]
            self.assertEqual({topic for _, topic in expected}, {REJECTED, KEYS + "/accepted", GATEWAY + "/accepted"})
            logged = events(ready)
            status, errors = end(process)
        self.assertEqual(status, 0)
        printed = re.findall(r"^fleet-provision-simulator: warning: client ID (\S+) got the response on (\S+) without", errors, re.M)
        self.assertEqual(printed, expected)
        self.assertIn("use --behaviour unsubscribed=drop\n", errors)
        self.assertEqual([(each["clientId"], each["topic"]) for each in logged if each["event"] == "answer" and each.get("unsubscribed")],
                         expected)
        self.assertEqual(len([each for each in logged if each["event"] == "warning"]), len(expected))

    def test_gets_nothing_where_responses_are_dropped(self):
        with tempfile.TemporaryDirectory() as directory:
            process, ready = start(directory + "/state", "--behaviour", "unsubscribed=drop")
            with mqtt.Client(ready) as client:
                client.connect("strict")
                client.publish(CSR, b"x")
                # A response leaves in the turn of the broker's loop that follows the PUBACK, before any later packet is read.
                client.expect(mqtt.PUBACK)
                client.send(mqtt.packet(mqtt.PINGREQ, 0, b""))
                self.assertEqual(client.receive()[0], mqtt.PINGRESP)
            logged = events(ready)
            self.assertEqual(end(process), (0, ""))
        self.assertEqual([each["result"] for each in logged if each["event"] == "answer"], ["not sent: not subscribed"])


if __name__ == "__main__":
    unittest.main()
