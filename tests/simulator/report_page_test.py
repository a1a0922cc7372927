#!/usr/bin/env python3
"""The page of a log in Chromium: nothing on the console, all rows shown, hostile text stays text, the script works.

    report_page_test.py SIMULATOR

Exit code 77 without Chromium.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chromium import Browser, Checks, title_of

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


# Chooses connections as a person would, and puts what is then shown into the title.
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


def main():
    check = Checks()
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        browser = Browser(scratch)
        steps, log = hostile_log()
        (scratch / "log").write_bytes(log)
        page = scratch / "page.html"
        made = subprocess.run([sys.argv[1], "report", "--log", scratch / "log", "--report", page], capture_output=True, check=True)
        check("lines that are not events", b"2 lines of" in made.stderr, True)
        count = len(HOSTILE) + GOOD
        last_hostile, folded = len(HOSTILE), count

        dom, console = browser.dump(page, f"#c1-{folded}")
        check("messages on the console", console, [])
        check("steps", dom.count(" data-step="), steps)
        check("connections", dom.count("<details "), count)
        check("scripts", dom.count("<script"), 1)
        check("images", dom.count("<img"), 0)
        check("title", title_of(dom), f"{len(HOSTILE)} of {count} connections failed – fleet-provision-simulator")
        check("the first hostile client ID as text", "<code>&lt;script&gt;document.title = 'hacked'&lt;/script&gt;</code>" in dom, True)
        # The page's own script has run, so its hash is right: the filter is there, and the target of the link is open.
        check("the filter is shown", re.search('<div class="filter"[^>]*hidden', dom), None)
        opened = re.findall(r'<details[^>]* open(?:="")?>', dom)
        check("open connections", len(opened), last_hostile + 1)

        dom, console = browser.dump_with(PROBE, page)
        check("messages on the console of the probe", console, [])
        shown = sum(f"gateway-{number}".startswith("gateway-2") for number in range(len(HOSTILE) + 1, count + 1))
        check("what the filter shows", title_of(dom),
              f"probe {shown} {len(HOSTILE)} 0 {count} fits")
    check.end()


main()
