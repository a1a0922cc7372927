"""An `aws` for account_test.py: FakeService with the simulator as its message broker, which is started for the first claim.

The program itself only hands its arguments to this process over a socket: it is started a hundred times.
"""
import json
import shutil
import socketserver
import subprocess
import sys
import threading
import time
import zipfile

from fake_service import FakeService

PROGRAM = """#!{python} -ISB
import _socket
import sys
connection = _socket.socket(_socket.AF_UNIX)
connection.connect("{socket}")
connection.send("\\0".join(sys.argv[1:]).encode() + b"\\n")
answer = b""
while True:
    more = connection.recv(65536)
    if not more:
        break
    answer += more
code, out, err = answer.decode().split("\\0")
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(int(code))
"""


class Service(FakeService):
    slow_to_spread = False          # the kit would really wait; clean_up_test.py has this without waiting

    def __init__(self, path, simulator):
        super().__init__(path)
        self.simulator, self.directory, self.process = simulator, self.path.parent / "simulator", None

    def run(self, argv):
        if self.directory.exists() and not self.state.get("cleaning"):
            self.take_over()
        return super().run(argv)

    def take_over(self):
        """What devices have made at the simulator since the last call, until the clean-up begins."""
        for path in (self.directory / "state/certificates").glob("*.json"):
            read = json.loads(path.read_text())
            self.state["certificates"][read["certificateId"]] = {
                "pem": "", "status": read["status"], "policies": [each["name"] for each in read["policies"]],
                "things": [read["thingName"]] if read["thingName"] else []}
        for path in (self.directory / "state/things").glob("*.json"):
            read = json.loads(path.read_text())
            self.state["things"][read["thingName"]] = {"attributes": read["attributes"]}

    def lambda_create_function(self, options):
        answer = super().lambda_create_function(options)
        with zipfile.ZipFile(options["--zip-file"]) as archive:
            self.state["hook"] = archive.read("lambda_function.py").decode()
        return answer

    def options(self, words):
        found = super().options(words)
        if "--zip-file" in found:
            found["--zip-file"] = words[words.index("--zip-file") + 1].removeprefix("fileb://")
        return found

    def iot_list_targets_for_policy(self, options):
        self.state["cleaning"] = True
        return super().iot_list_targets_for_policy(options)

    def iot_create_certificate_from_csr(self, options):
        csr = options["--certificate-signing-request"]
        if self.directory.exists():
            return self.issued(self.signed(csr), None)
        self.start(csr)
        claim = json.loads((self.directory / "state/pki/claim.json").read_text())
        return self.issued(claim["certificatePem"], claim["certificateId"])

    def issued(self, pem, name):
        made = self.new_certificate(pem, "INACTIVE")
        if name:
            self.state["certificates"][name] = self.state["certificates"].pop(made)
        name = name or made
        return {"certificateId": name, "certificateArn": f"arn:aws:iot:eu-central-1:123456789012:cert/{name}", "certificatePem": pem}

    def signed(self, csr):
        """By the CA of the claim, for a certificate that the simulator does not know."""
        pki = self.directory / "state/pki"
        return subprocess.run(["openssl", "x509", "-req", "-CA", pki / "ca.pem", "-CAkey", pki / "ca.key", "-set_serial", "7"], input=csr,
                              capture_output=True, check=True).stdout.decode()

    def start(self, csr):
        self.directory.mkdir()

        def file(name, text):
            (self.directory / name).write_text(text)
            return self.directory / name
        command = [self.simulator, "--state-dir", self.directory / "state", "--claim-csr", file("claim.csr", csr.decode())]
        for name, policy in self.state["policies"].items():
            path = file(f"{name}.json", json.dumps(policy["document"]))
            command += ["--claim-policy", path] if name.endswith("-claim") else ["--policy", f"{name}={path}"]
        for name, each in self.state["templates"].items():
            document = {"templateBody": json.dumps(each["body"]), "enabled": each["enabled"]}
            command += ["--template", file(f"{name}.json", json.dumps(document))]
        hook = file("hook", f"#!{sys.executable} -ISB\n{self.state['hook']}")
        hook.chmod(0o700)
        with open(self.directory / "ready", "w", encoding="utf-8") as ready:
            self.process = process = subprocess.Popen([*command, "--hook", hook], stdin=subprocess.DEVNULL, stdout=ready,
                                       stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 20
        while not (self.directory / "ready").read_text().endswith("\n") and time.monotonic() < end and process.poll() is None:
            time.sleep(0.02)
        shutil.copy(self.directory / "state/pki/ca.pem", self.directory.parent / "ca.pem")

    def iot_describe_endpoint(self, _):
        return {"endpointAddress": f"localhost:{json.loads((self.directory / 'ready').read_text())['port']}"}


class Account:
    """`program` is an aws in a directory of its own, `service` the account behind it. TOP/ca.pem is the CA of the broker, and
    another one until the broker has started."""

    def __init__(self, top, simulator):
        self.service = service = Service(top / "state", simulator)

        class Call(socketserver.StreamRequestHandler):
            def handle(self):
                words = self.rfile.readline().decode().rstrip("\n").split("\0")
                self.wfile.write("\0".join(map(str, service.run(words[:words.index("--output")]))).encode())
        self.server = socketserver.UnixStreamServer(str(top / "socket"), Call)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=none",
                        "-keyout", top / "ca.key", "-out", top / "ca.pem"], capture_output=True, check=True)
        self.program = top / "bin/aws"
        self.program.parent.mkdir()
        self.program.write_text(PROGRAM.format(python=sys.executable, socket=top / "socket"), encoding="utf-8")
        self.program.chmod(0o700)

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        if self.service.process:
            self.service.process.terminate()
            self.service.process.wait(20)
