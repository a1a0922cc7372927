"""The policy that `fleet-provision policy` prints is enough, and nothing in it is too much: with each statement and each
resource taken out in turn, the run names exactly the action and the resource that are missing, and the statement to add.

For both methods, both formats and both versions of MQTT; one simulator a policy. All simulators have the same keys and
certificates, because making them takes longer than a run.
"""

import concurrent.futures
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile

SIDE_BY_SIDE = 8  # most runs wait
CREATE = {"csr": "$aws/certificates/create-from-csr", "keys": "$aws/certificates/create"}
REGISTER = "$aws/provisioning-templates/gateway/provision"
ARN = "arn:aws:iot:REGION:ACCOUNT:"


def policy_of(method, payload_format):
    command = ["fleet-provision", "policy", "--template", "gateway", "-q", "--method", method,
               "--payload-format", payload_format]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def cases():
    """What is taken out: (method, format, action or None, resources), the resources without the ARN before them."""
    for method in ("keys", "csr"):  # the longest first
        for payload_format in ("json", "cbor"):
            whole = policy_of(method, payload_format)
            yield method, payload_format, whole, None, []
            for at, statement in enumerate(whole["Statement"]):
                resources = statement["Resource"]
                # All resources at once if the statement has more than one, then each alone.
                for taken in [resources] + [[each] for each in resources if len(resources) > 1]:
                    rest = copy.deepcopy(whole)
                    rest["Statement"][at]["Resource"] = [each for each in resources if each not in taken]
                    if not rest["Statement"][at]["Resource"]:
                        del rest["Statement"][at]
                    yield method, payload_format, rest, statement["Action"], [each[len(ARN):] for each in taken]


def expected(method, payload_format, version, action, taken):
    """Exit code, kind, and what has to be allowed."""
    operations = [f"{CREATE[method]}/{payload_format}", f"{REGISTER}/{payload_format}"]
    if action == "iot:Connect":
        return 77, "policy-connect", taken
    if action == "iot:Publish":
        return 77, "policy-publish", taken[:1]  # the first request does not get through
    if action == "iot:Subscribe":
        # MQTT 5 reports each denied filter; with 3.1.1 the broker closes the connection at the first.
        return 77, "policy-subscribe", taken if version == "5" else taken[:1]
    # No denial is reported: the program only knows which request had no response, and so names both of its response
    # topics.
    silent = next(each for each in operations if taken[0].startswith(f"topic/{each}/"))
    return 75, "no-answer", [f"topic/{silent}/accepted", f"topic/{silent}/rejected"]


def statement(action, resources):
    arns = [ARN + each for each in resources]
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": arns if len(arns) > 1 else arns[0]},
                      separators=(",", ":"))


def is_silent(taken):
    """Whether a response is denied: only the time limit of a request ends such a run."""
    return bool(taken) and taken[0].startswith("topic/") and taken[0].endswith(("/accepted", "/rejected"))


def patience_of(method, taken):
    """Seconds for a request. If the second request has no response, the first must have enough time, because the service
    generates an RSA key."""
    return 1 if REGISTER not in taken[0] else 3 if method == "csr" else 8


def run(prepared, method, payload_format, version, policy, taken):
    with tempfile.TemporaryDirectory() as directory:
        service = os.path.join(directory, "service")
        shutil.copytree(prepared, service)
        document = os.path.join(directory, "policy.json")
        with open(document, "w", encoding="utf-8") as file:
            json.dump(policy, file)
        simulator = ["fleet-provision-simulator", "--state-dir", service, "--behaviour", "unsubscribed=drop",
                     "--claim-policy", document]
        # The topic for rejections matters only if the service rejects a request.
        if taken and taken[0].startswith("topic/") and taken[0].endswith("/rejected"):
            operation = "register" if REGISTER in taken[0] else "create"
            simulator += ["--fault", f"{operation}:1:reject=400,InvalidParameters,no"]
        tool = ["fleet-provision", "--json", "-P", "SerialNumber=1", "--state-dir", os.path.join(directory, "state"),
                "--method", method, "--payload-format", payload_format, "--mqtt-version", version]
        if is_silent(taken):
            tool += ["--attempts", "1", "--request-timeout", str(patience_of(method, taken))]
        else:
            tool += ["--attempts", "3"]
        return subprocess.run(simulator + ["--"] + tool, capture_output=True, text=True, timeout=100)


def complaints(prepared, case, version):
    method, payload_format, policy, action, taken = case
    ended = run(prepared, method, payload_format, version, policy, taken)
    where = f"{method}, {payload_format}, MQTT {version}, without {action} on {', '.join(taken)}"
    if action is None:
        return [] if ended.returncode == 0 else [f"the whole policy, {where}: {ended.stderr}"]
    code, kind, missing = expected(method, payload_format, version, action, taken)
    error = json.loads(ended.stdout)["error"] or {"kind": None, "hint": ""}
    wanted = f"{action} on {', '.join(missing)}"
    found = []
    if ended.returncode != code or error["kind"] != kind:
        found.append(f"exit code {ended.returncode}, kind {error['kind']}")
    hint = error["hint"] or ""
    # Exactly these resources: the list ends behind the last one.
    if f"{wanted}: add " not in hint and f"{wanted} (topicfilter/, not topic/): add " not in hint:
        found.append(f"the hint does not name {wanted}")
    if f"add {statement(action, missing)}" not in hint:
        found.append("the hint lacks the statement")
    return [f"{where}: {'; '.join(found)}\n    {ended.stderr}"] if found else []


def main():
    with tempfile.TemporaryDirectory() as prepared, concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        subprocess.run(["fleet-provision-simulator", "--state-dir", prepared, "--", "true"], check=True)
        runs = [pool.submit(complaints, prepared, case, version) for case in cases() for version in ("5", "3.1.1")]
        found = [each for done in runs for each in done.result()]
    print(f"{len(runs)} runs")
    for each in found:
        print(f"--- {each}")
    return 1 if found or len(runs) != 120 else 0


sys.exit(main())
