"""Clients of other projects for the examples of docs/simulator-clients.md.

What an example needs stands in the comment above its block: "with mosquitto's tools", "with Paho", "with AWS's Node SDK"
(as tests/benchmark/aws_client/install has installed it beside the programs).
"""
import functools
import shutil
import subprocess
import sys

TOOLS, PAHO, NODE = "with mosquitto's tools", "with Paho", "with AWS's Node SDK"


@functools.cache
def python_with_paho():
    """An interpreter that has paho-mqtt, or None: Debian's package is for Debian's own interpreter."""
    for python in (sys.executable, "/usr/bin/python3"):
        if shutil.which(python) and subprocess.run([python, "-c", "import paho.mqtt.client"], check=False,
                                                   stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def node_sdk(binaries):
    return binaries.parent / "aws-client"


def missing(needs, binaries):
    """What the needs of a block lack here."""
    found = []
    if TOOLS in needs:
        found += [package for program, package in (("mosquitto_rr", "mosquitto-clients"), ("jq", "jq")) if not shutil.which(program)]
    if PAHO in needs:
        found += [] if python_with_paho() else ["python3-paho-mqtt"]
        found += [] if shutil.which("openssl") else ["openssl"]
    if NODE in needs and not (shutil.which("node") and (node_sdk(binaries) / "installed").exists()):
        found.append("aws-iot-device-sdk-v2 for Node")
    return found


def prepare(need, sandbox):
    """Puts the client where the examples of a sandbox find it."""
    if need == PAHO:
        python = sandbox.directory.parent / "python/python3"
        python.unlink()
        python.symlink_to(python_with_paho())
        # Paho 2 warns about the callbacks that Paho 1 has too.
        sandbox.environment["PYTHONWARNINGS"] = "ignore::DeprecationWarning"
    elif need == NODE:
        (sandbox.directory / "node_modules").symlink_to(node_sdk(sandbox.binaries) / "node_modules")
