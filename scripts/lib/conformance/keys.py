"""Keys and certificate signing requests, made by the openssl program, and readings of certificates."""
import pathlib
import re
import subprocess


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
    return done.stdout


KEYS = {
    "p256": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "p384": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
    "p521": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"),
    "explicit": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"),
    "ed25519": ("-algorithm", "ED25519"),
    "rsa1024": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
    "rsa2048": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
}


class Keys:
    """Private keys in a directory of mode 0700, one of each kind."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.requests = {}

    def path(self, kind):
        path = self.directory / f"{kind}.key"
        if not path.exists():
            path.touch(mode=0o600)
            openssl("genpkey", *KEYS[kind.partition("-")[0]], "-out", path)
        return path

    def csr(self, kind="p256", *options, subject="/CN=fleet-provision-conformance"):
        """A CSR in PEM; `options` go to openssl req."""
        name = (kind, options, subject)
        if name not in self.requests:
            self.requests[name] = openssl("req", "-new", "-key", self.path(kind), "-subj", subject, *options).decode()
        return self.requests[name]


def certificate(pem):
    """Subject, issuer and end of a certificate, its signature algorithm, and the SHA-256 of its DER."""
    text = openssl("x509", "-noout", "-subject", "-issuer", "-enddate", "-startdate", "-fingerprint", "-sha256", "-nameopt", "RFC2253",
                   data=pem.encode()).decode()
    found = dict(line.split("=", 1) for line in text.strip().splitlines())
    digest = next(value for name, value in found.items() if name.lower().startswith("sha256"))
    return {"subject": found["subject"].strip(), "issuer": found["issuer"].strip(), "notAfter": found["notAfter"].strip(),
            "notBefore": found["notBefore"].strip(), "sha256": digest.replace(":", "").lower()}


def public_key(pem, kind="x509"):
    """The public key of a certificate (x509) or CSR (req) in PEM; empty if the PEM cannot be read."""
    try:
        return openssl(kind, "-noout", "-pubkey", data=pem.encode()).decode()
    except RuntimeError:
        return ""


def signature_of(pem):
    found = re.search(r"Signature Algorithm: (\S+)", openssl("x509", "-noout", "-text", data=pem.encode()).decode())
    return found.group(1) if found else ""
