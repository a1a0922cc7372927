"""A TPM and a PKCS#11 token in software for the benchmark; ended by process id."""

import os
import shutil
import subprocess
import time

from processes import Failed, uninterrupted

SECONDS = 10
PIN = "4711"


def missing():
    """The first program that is not installed, or nothing."""
    return next((program for program in ("swtpm", "softhsm2-util") if not shutil.which(program)), None)


class KeyDevices:
    """swtpm behind a socket, and SoftHSM's token `fleet`. `environment` names both to a client."""

    def __init__(self, path):
        self.path = path
        os.makedirs(f"{path}/tpm")
        os.makedirs(f"{path}/tokens")
        socket = f"{path}/tpm/socket"
        self.tpm = None
        with open(f"{path}/softhsm2.conf", "w", encoding="utf-8") as file:
            file.write(f"directories.tokendir = {path}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        with open(f"{path}/pin", "w", encoding="utf-8") as file:
            file.write(PIN)
        self.environment = {"TCTI": f"swtpm:path={socket}", "TPM2OPENSSL_TCTI": f"swtpm:path={socket}",
                            "SOFTHSM2_CONF": f"{path}/softhsm2.conf"}
        self.module = self.find_module()

    def __enter__(self):
        try:
            self._start_tpm()
            self._make_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_tpm(self):
        socket = f"{self.path}/tpm/socket"
        with uninterrupted():
            self.tpm = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.path}/tpm", "--server", f"type=unixio,path={socket}",
                 "--ctrl", f"type=unixio,path={socket}.ctrl", "--flags", "not-need-init,startup-clear"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _make_ready(self):
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "fleet", "--so-pin", "12345678", "--pin", PIN],
                       env=os.environ | self.environment, check=True, stdout=subprocess.DEVNULL)
        end = time.monotonic() + SECONDS
        while not os.path.exists(f"{self.path}/tpm/socket"):
            if time.monotonic() > end:
                raise Failed("swtpm did not start")
            time.sleep(0.01)

    def __exit__(self, *_):
        if self.tpm:
            self.tpm.terminate()
            self.tpm.wait()

    @staticmethod
    def find_module():
        places = ["/usr/lib/softhsm/libsofthsm2.so"]
        return next((place for place in places if os.path.exists(place)), places[0])

    def stores(self, number):
        """The options of each store of a new key; `number` makes the label one that no other run has."""
        token = ["--pin-file", f"{self.path}/pin", "--pkcs11-module", self.module]
        return {"file": [], "TPM": ["--key-store", "tpm2"],
                "token": ["--key-store", f"pkcs11:token=fleet;object=gateway-{number}", *token]}
