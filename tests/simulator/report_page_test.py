#!/usr/bin/env python3
"""The page of a log in Chromium: nothing on the console, all rows shown, hostile text stays text, the script works.

    report_page_test.py SIMULATOR

Exit code 77 without Chromium.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HOSTILE = [
    "<script>document.title = 'hacked'</script>",
    "\"><img src=x onerror=\"document.title='hacked'\">",
    "' onmouseover='document.title=1",
    "</code></summary></details></style><style>*{display:none}</style>",
    "<!--", "&lt;b&gt;", "x" * 3000, "\u202egnp.exe\u202c", "שלום", "\x1b[31m", "]]>",
]
GOOD = 30


def hostile_log():
    """Connections whose every text is hostile, then ordinary ones; and lines that are not events."""
    events = []

    def write(event, **fields):
        time = f"2026-11-23T06:12:{len(events) // 1000:02d}.{len(events) % 1000:03d}Z"
        events.append({"time": time, "event": event, **fields})

    write("start", version=HOSTILE[0], templates=HOSTILE, policies=HOSTILE, faults=HOSTILE, behaviours=HOSTILE)
    for number, text in enumerate(HOSTILE, 1):
        who = {"connection": number, "clientId": text}
        write("connect", **who, mqttVersion=text, principal="device", certificateId=text, thingName=text, result="accepted")
        write("subscribe", **who, filter=text, qos=1, result="closed", reason="policy: iot:Subscribe", policies=[text],
              missing={"Effect": "Allow", "Action": text, "Resource": text}, nearest=text)
        write("publish", **who, topic=text, operation=text, bytes=1, qos=0, result="denied", reason=text)
        write("hook", connection=number, result="denied", reason=text, overrides=[text])
        write("answer", **who, topic=text, operation="RegisterThing", thingName=text, certificateId=text, fault=text,
              errorMessage=text, bytes=1, result="not sent: " + text)
        write("warning", **who, text=text)
        write(text, **who, result=text)
        write("disconnect", **who, reason=text)
    for number in range(len(HOSTILE) + 1, len(HOSTILE) + 1 + GOOD):
        who = {"connection": number, "clientId": f"gateway-{number}"}
        write("connect", **who, mqttVersion="5", principal="claim", certificateId="c", result="accepted")
        write("disconnect", **who, reason="closed")
    lines = [json.dumps(each, ensure_ascii=index % 2 == 0) for index, each in enumerate(events)]
    return len(events) - 1, ("\n".join(lines) + "\n").encode() + b"\xff\xfe\n{}\n{\"time\":\"2026"


# Only in a copy of the page without its Content-Security-Policy.
PROBE = """
<script>
  var shown = function () { return document.querySelectorAll("details.connection:not([hidden])").length; };
  var said = [];
  var words = document.getElementById("filter-text");
  var result = document.getElementById("filter-result");
  words.value = "GATEWAY-2";
  words.dispatchEvent(new Event("input"));
  said.push(shown());
  words.value = "";
  result.value = "failure";
  result.dispatchEvent(new Event("change"));
  said.push(shown());
  result.value = "";
  result.dispatchEvent(new Event("change"));
  document.getElementById("close-all").click();
  said.push(document.querySelectorAll("details.connection[open]").length);
  document.getElementById("open-all").click();
  said.push(document.querySelectorAll("details.connection[open]").length);
  said.push(document.documentElement.scrollWidth <= window.innerWidth ? "fits" : "overflows");
  document.title = "probe " + said.join(" ");
</script>
"""


def dump(chromium, scratch, page, fragment="", size="1200,900"):
    """The DOM after the page's script has run, and what the console said."""
    profile = tempfile.mkdtemp(dir=scratch)
    finished = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
         f"--window-size={size}", "--enable-logging=stderr", "--dump-dom", page.as_uri() + fragment],
        capture_output=True, timeout=60, check=False)
    said = finished.stderr.decode(errors="replace")
    if finished.returncode != 0:
        sys.exit(f"chromium failed: {said}")
    return finished.stdout.decode(), [each for each in said.split("\n") if "CONSOLE" in each]


def main():
    chromium = shutil.which("chromium")
    if chromium is None:
        print("not tested: there is no chromium")
        sys.exit(77)
    failures = []

    def check(what, got, wanted):
        if got != wanted:
            failures.append(f"{what}: {got!r}, expected {wanted!r}")

    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        steps, log = hostile_log()
        (scratch / "log").write_bytes(log)
        page = scratch / "page.html"
        made = subprocess.run([sys.argv[1], "report", "--log", scratch / "log", "--report", page], capture_output=True, check=True)
        check("lines that are not events", b"2 lines of" in made.stderr, True)
        count = len(HOSTILE) + GOOD
        last_hostile, folded = len(HOSTILE), count

        dom, console = dump(chromium, scratch, page, f"#c1-{folded}")
        check("messages on the console", console, [])
        check("steps", dom.count(" data-step="), steps)
        check("connections", dom.count("<details "), count)
        check("scripts", dom.count("<script"), 1)
        check("images", dom.count("<img"), 0)
        check("title", re.search("<title>(.*?)</title>", dom).group(1), f"{len(HOSTILE)} of {count} connections failed – fleet-provision-simulator")
        check("the first hostile client ID as text", "<code>&lt;script&gt;document.title = 'hacked'&lt;/script&gt;</code>" in dom, True)
        # The page's own script has run, so its hash is right: the filter is there, and the target of the link is open.
        check("the filter is shown", re.search('<div class="filter"[^>]*hidden', dom), None)
        opened = re.findall(r'<details[^>]* open(?:="")?>', dom)
        check("open connections", len(opened), last_hostile + 1)

        probe = scratch / "probe.html"
        text = page.read_text()
        text = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        probe.write_text(text.replace("</body>", PROBE + "</body>"))
        dom, console = dump(chromium, scratch, probe, size="500,900")
        check("messages on the console of the probe", console, [])
        shown = sum(f"gateway-{number}".startswith("gateway-2") for number in range(len(HOSTILE) + 1, count + 1))
        check("what the filter shows", re.search("<title>(.*?)</title>", dom).group(1),
              f"probe {shown} {len(HOSTILE)} 0 {count} fits")
    print("\n".join(failures) or "ok")
    sys.exit(1 if failures else 0)


main()
