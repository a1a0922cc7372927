#!/usr/bin/env python3
"""report.html of a batch in Chromium: nothing on the console, hostile text stays text, the filter works, no request.

    report_page_test.py FLEET_PROVISION

Exit code 77 without Chromium.
"""
import html
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chromium import Browser, Checks, title_of

GOOD = 250
RETRYABLE = 30
# A page with more units than this holds them as data (PageLimits).
MANY = 10_000


def hostile_texts(port):
    address = f"http://127.0.0.1:{port}"
    return [
        "</script><script>document.title = 'hacked'</script>",
        f"\"><img src=\"{address}/image\" onerror=\"document.title='hacked'\">",
        f"<link rel=stylesheet href={address}/style>",
        f"<iframe src={address}/frame></iframe>",
        f"<meta http-equiv=refresh content='0;url={address}/page'>",
        "' onmouseover='document.title=1",
        "</td></tr></table></style><style>*{display:none}</style>",
        "<!--", "]]>", "&lt;b&gt;", "W" * 128, "\u202egnp.exe\u202c", "שלום", "\x1b[31m",
    ]


def result(unit, **values):
    line = {
        "unit": unit, "line": 2, "startedAt": "2026-11-27T06:12:00.000Z", "finishedAt": "2026-11-27T06:12:01.250Z",
        "durationMs": 1250, "digest": "0123456789abcdef", "outcome": "provisioned", "kind": None, "message": None,
        "hint": None, "retryable": False, "exitCode": 0, "duplicateOf": None, "thingName": f"gateway-{unit}",
        "certificateId": "c" * 64, "attempts": 1, "throttled": 0, "result": None,
    }
    line.update(values)
    return json.dumps(line)


def failure(unit, **values):
    return result(unit, **{"outcome": "failed", "kind": "throttled", "message": f"throttled {unit}", "hint": "rerun",
                           "retryable": True, "exitCode": 75, "thingName": None, "certificateId": None, **values})


def results(texts):
    lines = [result(f"unit-{number}") for number in range(GOOD)]
    lines += [failure(f"late-{number}") for number in range(RETRYABLE)]
    for text in texts:
        lines.append(result(text, thingName=text, certificateId=text))
        lines.append(failure(text + "!", kind=text, message=text, hint=text, duplicateOf=text, thingName=text,
                             retryable=False))
    return "\n".join(lines) + "\n"


def listen(requests):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


# Chooses rows as a person would, and puts what is then shown into the title.
PROBE = """
<script>
  var said = [];
  function shown() {
    var rows = document.querySelectorAll("#units tbody tr").length;
    said.push(rows + "/" + (document.getElementById("filter-shown").textContent || "all"));
  }
  function set(id, value, event) {
    var control = document.getElementById(id);
    control.value = value;
    control.dispatchEvent(new Event(event));
    shown();
  }
  shown();
  set("filter-text", "UNIT-24", "input");
  set("filter-text", "", "input");
  document.getElementById("page-after").click();
  said.push(document.getElementById("page-place").textContent);
  document.getElementById("page-before").click();
  said.push(document.getElementById("page-place").textContent);
  document.getElementById("page-after").click();
  set("filter-outcome", "provisioned", "change");
  said.push(document.getElementById("page-place").textContent);
  set("filter-outcome", "failed", "change");
  set("filter-outcome", "failed, can be rerun", "change");
  set("filter-kind", "throttled", "change");
  window.dispatchEvent(new Event("beforeprint"));
  shown();
  set("filter-outcome", "", "change");
  set("filter-kind", "", "change");
  window.dispatchEvent(new Event("beforeprint"));
  shown();
  window.dispatchEvent(new Event("afterprint"));
  shown();
  said.push(document.documentElement.scrollWidth <= window.innerWidth ? "fits" : "overflows");
  document.title = "probe " + said.join(", ");
</script>
"""


def main():
    check = Checks()
    requests = []
    server = listen(requests)
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        browser = Browser(scratch)
        texts = hostile_texts(server.server_port)
        line = scratch / "line"
        line.mkdir()
        (line / "results.jsonl").write_text(results(texts))
        subprocess.run([sys.argv[1], "batch", "--report", "--output-dir", line], capture_output=True, check=True)
        page = line / "report.html"
        hostile = len(texts)
        rows = GOOD + RETRYABLE + 2 * hostile

        # The page's own script has run, so its hash is right: the fragment chose the rows.
        dom, console = browser.dump(page, "#text=hacked")
        check("messages on the console", console, [])
        check("rows that have the text", dom.count('<th scope="row">'), 4)
        check("hostile text", "<th scope=\"row\">&lt;/script&gt;&lt;script&gt;document.title = 'hacked'&lt;/script&gt;</th>" in dom, True)
        check("title", title_of(dom),
              f"{GOOD + hostile} of {rows} provisioned; {hostile} failed for good; {RETRYABLE} remain – fleet-provision batch")
        for element, number in {"script": 1, "img": 0, "link": 0, "iframe": 0, "meta": 4}.items():
            check(f"elements {element}", dom.count(f"<{element}"), number)

        dom, console = browser.dump_with(PROBE, page)
        check("messages on the console of the probe", console, [])
        failed = RETRYABLE + hostile
        check("what the filter shows", title_of(dom), "probe " + ", ".join([
            "100/all", f"11/11 of {rows} units", "100/all", f"101 to 200 of {rows}", f"1 to 100 of {rows}",
            f"100/{GOOD + hostile} of {rows} units", f"1 to 100 of {GOOD + hostile}", f"{failed}/{failed} of {rows} units",
            f"{RETRYABLE}/{RETRYABLE} of {rows} units", f"{RETRYABLE}/{RETRYABLE} of {rows} units",
            f"{RETRYABLE}/{RETRYABLE} of {rows} units", f"{RETRYABLE}/{RETRYABLE} of {rows} units", "100/all",
            f"{rows}/all", "100/all", "fits"]))

        # Two stations with so many units that the script makes the rows: a link to one station shows its units alone.
        other = scratch / "other"
        other.mkdir()
        (other / "results.jsonl").write_text("\n".join(result(f"hacked-{number}") for number in range(MANY)) + "\n")
        both = scratch / "both"
        subprocess.run([sys.argv[1], "batch", "--output-dir", both, "--report", line, other], capture_output=True, check=True)
        check("the page holds data", 'id="data"' in (both / "report.html").read_text(), True)
        dom, console = browser.dump(both / "report.html", f"#station={line}&text=hacked")
        check("messages on the console of two stations", console, [])
        shown = re.search('<section id="units".*?</section>', dom, re.DOTALL).group()
        check("units of one station", re.findall('<th scope="row">(.*?)</th>', shown),
              [html.escape(each, quote=False) for text in texts if "hacked" in text for each in (text, text + "!")])
        check("their elements", [shown.count(f"<{element}") for element in ("script", "img", "link")], [0, 0, 0])
    server.shutdown()
    check("requests", requests, [])
    check.end()


main()
