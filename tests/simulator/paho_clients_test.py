"""Paho for Python provisions by both methods, in JSON and CBOR, over MQTT 3.1.1 and 5, and connects as the device.

    paho_clients_test.py BINARIES

Exits with 77 where paho-mqtt is not installed (Debian: python3-paho-mqtt, for Debian's interpreter).
"""
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import unittest

try:
    import paho.mqtt.client as mqtt
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.access("/usr/bin/python3", os.X_OK):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B", *sys.argv])
    print("skipped: python3-paho-mqtt is not installed")
    sys.exit(77)

BINARIES = pathlib.Path(sys.argv.pop(1))
SECONDS = 20
# Paho 2 has two kinds of callbacks; Paho 1 has those that are here.
VERSION_1 = [mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []


def cbor(value):
    """Text and maps with fewer than 24 members (RFC 8949 section 3)."""
    if isinstance(value, dict):
        return bytes([0xA0 | len(value)]) + b"".join(cbor(each) for pair in value.items() for each in pair)
    data = value.encode()
    return (bytes([0x60 | len(data)]) if len(data) < 24 else b"\x79" + len(data).to_bytes(2, "big")) + data


def from_cbor(data):
    """A text, number or map of definite length, and what stands behind it."""
    major, size, data = data[0] >> 5, data[0] & 31, data[1:]
    if size >= 24:
        width = 1 << (size - 24)
        size, data = int.from_bytes(data[:width], "big"), data[width:]
    if major == 0:
        return size, data
    if major == 3:
        return data[:size].decode(), data[size:]
    assert major == 5, major
    members = {}
    for _ in range(size):
        name, data = from_cbor(data)
        members[name], data = from_cbor(data)
    return members, data


def encoded(value, encoding):
    return json.dumps(value).encode() if encoding == "json" else cbor(value)


def decoded(payload, encoding):
    if encoding == "json":
        return json.loads(payload)
    value, rest = from_cbor(payload)
    assert rest == b"", rest
    return value


class Connection:
    """A client whose loop is run by whoever waits for something."""

    def __init__(self, ready, client_id, protocol, certificate, key):
        self.arrived, self.codes = queue.SimpleQueue(), queue.SimpleQueue()
        self.client = mqtt.Client(*VERSION_1, client_id=client_id, protocol=protocol)
        self.client.tls_set(ready["caFile"], str(certificate), str(key))
        self.client.on_connect = lambda client, userdata, flags, code, properties=None: self.codes.put(code)
        self.client.on_subscribe = lambda client, userdata, mid, granted, properties=None: self.codes.put(granted)
        self.client.on_message = lambda client, userdata, message: self.arrived.put(message)
        self.client.connect("localhost", ready["port"])
        self.client.loop_start()
        self.code = self.codes.get(timeout=SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.disconnect()
        self.client.loop_stop()

    def ask(self, topic, payload):
        """The response, which must come on the accepted topic."""
        self.client.subscribe([(topic + "/accepted", 1), (topic + "/rejected", 1)])
        self.codes.get(timeout=SECONDS)
        self.client.publish(topic, payload, qos=1)
        message = self.arrived.get(timeout=SECONDS)
        assert message.topic == topic + "/accepted", message.payload
        return message.payload


def key_and_request(directory):
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=device",
                    "-keyout", directory / "device.key", "-out", directory / "device.csr"], stderr=subprocess.DEVNULL, check=True)
    return (directory / "device.csr").read_text(encoding="ascii")


class Paho(unittest.TestCase):
    def provision(self, ready, directory, method, encoding, protocol):
        serial = f"{method}-{encoding}-{protocol}"
        with Connection(ready, f"claim-{serial}", protocol, ready["claimCertificate"], ready["claimKey"]) as claim:
            if method == "csr":
                request = encoded({"certificateSigningRequest": key_and_request(directory)}, encoding)
                created = decoded(claim.ask(f"$aws/certificates/create-from-csr/{encoding}", request), encoding)
            else:
                created = decoded(claim.ask(f"$aws/certificates/create/{encoding}", b""), encoding)
                (directory / "device.key").write_text(created["privateKey"], encoding="ascii")
            (directory / "device.pem").write_text(created["certificatePem"], encoding="ascii")
            request = encoded({"certificateOwnershipToken": created["certificateOwnershipToken"], "parameters": {"SerialNumber": serial}}, encoding)
            registered = decoded(claim.ask(f"$aws/provisioning-templates/gateway/provision/{encoding}", request), encoding)
        self.assertEqual(registered, {"deviceConfiguration": {}, "thingName": f"gateway-{serial}"})
        with Connection(ready, registered["thingName"], protocol, directory / "device.pem", directory / "device.key") as device:
            self.assertEqual(device.code, 0)

    def test_both_methods_in_both_encodings_on_both_versions(self):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            simulator = subprocess.Popen([BINARIES / "fleet-provision-simulator", "--behaviour", "unsubscribed=drop",
                                          "--state-dir", directory / "state"], stdout=subprocess.PIPE, text=True)
            try:
                ready = json.loads(simulator.stdout.readline())
                for method in ("csr", "keys"):
                    for encoding in ("json", "cbor"):
                        for protocol in (mqtt.MQTTv311, mqtt.MQTTv5):
                            with self.subTest(f"{method}, {encoding}, MQTT {protocol}"):
                                self.provision(ready, directory, method, encoding, protocol)
            finally:
                simulator.terminate()
                simulator.communicate(timeout=20)
            self.assertEqual(simulator.returncode, 0)


if __name__ == "__main__":
    unittest.main()
