"""Experiments on CreateCertificateFromCsr and CreateKeysAndCertificate."""
import datetime

import cbor
import keys
from connection import Connection, topic_of
from experiments import experiment, needed

CSR, KEYS = topic_of("create-from-csr"), topic_of("create")
CSR_CBOR, KEYS_CBOR = topic_of("create-from-csr", "cbor"), topic_of("create", "cbor")


def asked(world, *topics):
    """A connection that listens for the responses on some topics."""
    connection = Connection(world)
    connection.connect()
    return connection.listen(*topics)


def outcome(world, topic, value):
    with asked(world, topic) as connection:
        return connection.request(topic, value).outcome


def csr_outcome(world, csr):
    return outcome(world, CSR, {"certificateSigningRequest": csr})


@experiment()
def csr_twice(world):
    with asked(world, CSR) as connection:
        first, second = needed(connection.create(), "create"), needed(connection.create(), "create")
    same = [name for name in ("certificateId", "certificateOwnershipToken") if first.fields[name] == second.fields[name]]
    return f"the same {', '.join(same)}" if same else "another certificate and token"


@experiment(answers=["certificate-subject", "certificate-issuer", "certificate-end", "certificate-start", "certificate-id",
                     "certificate-signature", "certificate-before-register"])
def certificate(world):
    with asked(world, CSR) as connection:
        fields = needed(connection.create(csr=world.keys.csr(subject="/O=Example/CN=mine")), "create").fields
    read = keys.certificate(fields["certificatePem"])
    start = datetime.datetime.strptime(read["notBefore"], "%b %d %H:%M:%S %Y GMT")
    age = (datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - start).total_seconds()
    signature = keys.signature_of(fields["certificatePem"])
    with world.device_credentials(fields["certificatePem"]) as credentials:
        with Connection(world, 4, credentials) as pending:
            before = pending.connect()
    return {"certificate-subject": "copied from the CSR" if "mine" in read["subject"] else read["subject"],
            "certificate-issuer": "one OU" if read["issuer"].startswith("OU=Amazon Web Services") else "another",
            "certificate-end": read["notAfter"],
            "certificate-start": "up to 10 minutes before" if 0 <= age <= 600 else f"{round(age)} s before",
            "certificate-id": "SHA-256 of the DER, lower case" if read["sha256"] == fields["certificateId"] else "another",
            "certificate-signature": signature,
            "certificate-before-register": before}


@experiment()
def csr_garbage(world):
    return csr_outcome(world, "this is no CSR")


@experiment()
def csr_p384(world):
    return csr_outcome(world, world.keys.csr("p384"))


@experiment()
def csr_p521(world):
    return csr_outcome(world, world.keys.csr("p521"))


@experiment()
def csr_explicit_curve(world):
    return csr_outcome(world, world.keys.csr("explicit"))


@experiment()
def csr_ed25519(world):
    return csr_outcome(world, world.keys.csr("ed25519"))


@experiment()
def csr_rsa_1024(world):
    return csr_outcome(world, world.keys.csr("rsa1024"))


@experiment()
def csr_sha1(world):
    return csr_outcome(world, world.keys.csr("p256", "-sha1"))


@experiment()
def csr_rsa_pss(world):
    return csr_outcome(world, world.keys.csr("rsa2048", "-sigopt", "rsa_padding_mode:pss"))


@experiment()
def csr_other_label(world):
    return csr_outcome(world, world.keys.csr().replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"))


@experiment()
def csr_crlf(world):
    return csr_outcome(world, world.keys.csr().replace("\n", "\r\n"))


@experiment()
def create_unknown_field(world):
    return outcome(world, CSR, {"certificateSigningRequest": world.keys.csr(), "unknown": "field"})


@experiment()
def create_without_csr(world):
    return outcome(world, CSR, {})


@experiment()
def create_not_json(world):
    return outcome(world, CSR, b"not JSON")


@experiment()
def create_array(world):
    return outcome(world, CSR, b"[]")


@experiment()
def cbor_on_json_topic(world):
    return outcome(world, CSR, cbor.encode({"certificateSigningRequest": world.keys.csr()}))


@experiment()
def json_on_cbor_topic(world):
    return outcome(world, CSR_CBOR, b'{"certificateSigningRequest":"x"}')


@experiment()
def topic_without_format(world):
    topic = topic_of("create-from-csr", "")
    with asked(world, CSR) as connection:
        connection.publish(topic, b"{}", shown={})
        said = [name for name in connection.quiet() if name != "PUBACK"]
    return said[-1] if said else "silence"


@experiment(answers=["keys-empty", "keys-object", "keys-form"])
def keys_requests(world):
    with asked(world, KEYS) as connection:
        answer = connection.request(KEYS, b"")
        form = answer.fields.get("privateKey", "").partition("\n")[0].strip("-")
        return {"keys-empty": answer.outcome, "keys-form": form.removeprefix("BEGIN "), "keys-object": connection.request(KEYS, {}).outcome}


@experiment()
def keys_nonempty(world):
    return outcome(world, KEYS, {"unknown": "field"})


@experiment()
def keys_cbor_map(world):
    return outcome(world, KEYS_CBOR, b"\xa0")


@experiment(answers=["cbor-accepted", "cbor-rejected"])
def cbor_responses(world):
    def form(answer):
        return answer.outcome if answer.indefinite is None else "indefinite maps" if answer.indefinite else "definite maps"
    with asked(world, CSR_CBOR) as connection:
        return {"cbor-accepted": form(connection.create(encoding="cbor")),
                "cbor-rejected": form(connection.request(CSR_CBOR, {"certificateSigningRequest": "this is no CSR"}))}
