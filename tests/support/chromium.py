"""HTML pages of the programs in Chromium: their DOM after their script has run, what the console said, and checks."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


class Browser:
    """Chromium without a window, in a new profile for each page. Ends the test with 77 where Chromium is missing."""

    def __init__(self, scratch):
        self.program = shutil.which("chromium")
        self.scratch = scratch
        if self.program is None:
            print("not tested: there is no chromium")
            sys.exit(77)

    def dump(self, page, fragment="", size="1200,900"):
        """The DOM after the page's script has run, and the lines of what the console said."""
        profile = tempfile.mkdtemp(dir=self.scratch)
        finished = subprocess.run(
            [self.program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={profile}", f"--window-size={size}", "--enable-logging=stderr", "--dump-dom",
             page.as_uri() + fragment],
            capture_output=True, timeout=60, check=False)
        said = finished.stderr.decode(errors="replace")
        if finished.returncode != 0:
            sys.exit(f"chromium failed: {said}")
        return finished.stdout.decode(), [each for each in said.split("\n") if "CONSOLE" in each]

    def dump_with(self, script, page, size="500,900"):
        """As dump, of a narrow copy of the page with this script of the test at its end. The copy has no
        Content-Security-Policy, which would refuse the script."""
        copy = pathlib.Path(self.scratch) / "probe.html"
        text = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
        copy.write_text(text.replace("</body>", script + "</body>"))
        return self.dump(copy, size=size)


def title_of(dom):
    """As the DOM has it: with character references."""
    return re.search("<title>(.*?)</title>", dom, re.DOTALL).group(1)


class Checks:
    """Comparisons that all are made; `end` prints those that failed and ends the test."""

    def __init__(self):
        self.failures = []

    def __call__(self, what, got, wanted):
        if got != wanted:
            self.failures.append(f"{what}: {got!r}, expected {wanted!r}")

    def end(self):
        print("\n".join(self.failures) or "ok")
        sys.exit(1 if self.failures else 0)
