"""Key devices and services for the examples of docs/hardware-keys.md, in software; each is ended by its process id.

What an example needs stands in the comment above its block: "with swtpm" (the program alone), "with a TPM" (swtpm behind a
resource manager, as a kernel offers a TPM), "with SoftHSM", "with an HTTPS service".
"""
import ctypes.util
import http.server
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

SECONDS = 20


def missing(needs):
    """The Debian packages that the needs of a block lack here."""
    found = []
    for need in needs:
        programs = {"with swtpm": {"swtpm": "swtpm"},
                    "with a TPM": {"swtpm": "swtpm", "tpm2-abrmd": "tpm2-abrmd", "dbus-daemon": "dbus-daemon",
                                   "tpm2_getcap": "tpm2-tools", "mosquitto_pub": "mosquitto-clients", "curl": "curl"},
                    "with SoftHSM": {"softhsm2-util": "softhsm2", "pkcs11-tool": "opensc", "mosquitto_pub": "mosquitto-clients",
                                     "curl": "curl"}}
        found += [package for program, package in programs.get(need, {}).items() if not shutil.which(program)]
        libraries = {"with swtpm": {"tss2-esys": "libtss2-esys"},
                     "with a TPM": {"tss2-esys": "libtss2-esys", "tss2-tcti-tabrmd": "libtss2-tcti-tabrmd0"},
                     "with SoftHSM": {"p11-kit": "libp11-kit0"}}
        found += [package for library, package in libraries.get(need, {}).items() if not ctypes.util.find_library(library)]
        modules = {"with a TPM": {"ossl-modules/tpm2.so": "tpm2-openssl"},
                   "with SoftHSM": {"engines-3/pkcs11.so": "libengine-pkcs11-openssl"}}
        for module, package in modules.get(need, {}).items():
            if not list(pathlib.Path("/usr/lib").glob(f"*/{module}")):
                found.append(package)
    return found


def wait_for(condition, what):
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} does not start")
        time.sleep(0.05)


def listens(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


class Tpm:
    """swtpm, and tpm2-abrmd as its resource manager on a D-Bus of its own. Gives TCTI."""

    def __init__(self, top):
        (top / "state").mkdir(parents=True)
        self.processes = []
        try:
            self.start_all(top)
        except BaseException:
            self.end()
            raise

    def start_all(self, top):
        path = top / "socket"
        self.start(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={top / 'state'}", "--server", f"type=unixio,path={path}",
                    "--ctrl", f"type=unixio,path={path}.ctrl", "--flags", "not-need-init,startup-clear"], {})
        wait_for(lambda: listens(path), "swtpm")
        bus = self.start(["dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={top / 'bus'}"], {})
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip()}
        self.start(["tpm2-abrmd", "--session", f"--tcti=swtpm:path={path}", *(["--allow-root"] if os.getuid() == 0 else [])],
                   self.environment)
        self.environment |= dict.fromkeys(("TCTI", "TPM2TOOLS_TCTI", "TPM2OPENSSL_TCTI"), "tabrmd:bus_type=session")
        wait_for(self.answers, "tpm2-abrmd")

    def start(self, command, more):
        process = subprocess.Popen(command, env=os.environ | more, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        self.processes.append(process)
        return process

    def answers(self):
        return subprocess.run(["tpm2_getcap", "properties-fixed"], env=os.environ | self.environment, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def end(self):
        for process in reversed(self.processes):
            process.terminate()
            process.communicate(timeout=SECONDS)


class SoftHsm:
    """A SoftHSM without a token, for p11-kit and for the engine pkcs11."""

    def __init__(self, top):
        (top / "tokens").mkdir(parents=True)
        configuration = top / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {top / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": str(configuration)}

    def end(self):
        pass


class Service(http.server.BaseHTTPRequestHandler):
    """The HTTPS API of the service: POST /topics/TOPIC, for clients with a certificate."""

    def do_POST(self):
        body = b'{"message":"OK"}\n'
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200 if self.path.startswith("/topics/") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class HttpsService:
    """Accepts the certificates of a simulator, whose directory pki/ is `pki`."""

    def __init__(self, pki):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pki / "client-trust.pem")
        context.load_cert_chain(pki / "server.pem", pki / "server.key")
        context.verify_mode = ssl.CERT_REQUIRED
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Service)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.environment = {"HTTPS_PORT": str(self.server.server_address[1])}

    def end(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def end_daemons(top):
    """Ends the daemons that examples left behind; each wrote its process id into a file named pid."""
    for file in top.rglob("pid"):
        number = file.read_text().strip() if file.is_file() else ""
        if re.fullmatch(r"\d+", number) and "swtpm" in pathlib.Path(f"/proc/{number}/comm").read_text():
            os.kill(int(number), signal.SIGTERM)
