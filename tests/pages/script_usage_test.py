"""Scripts that take long say how they are used, and refuse wrong arguments, before they install or build anything.

script_usage_test.py ROOT. In the place of programs that build, install or change the machine stand some that only note that
they were called.
"""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(sys.argv[1])
HEAVY = ("cmake", "ninja", "make", "npm", "apt-get", "sudo", "mmdebstrap", "unshare", "lintian", "clang-format", "shellcheck",
         "clang-tidy", "ctest", "dpkg-buildpackage", "spin")  # fmt: skip
HELP, REFUSED = 0, 64
ROWS = [
    (".ci/run", ["--help"], HELP, "must pass before a change is merged"),
    (".ci/run", ["--quick"], REFUSED, "unknown argument --quick"),
    ("scripts/fuzz", ["--help"], HELP, "--campaign MINUTES"),
    ("scripts/fuzz", ["--no-such-option"], REFUSED, "unknown option --no-such-option"),
    ("scripts/fuzz", ["no_such_target"], REFUSED, "no target no_such_target"),
    ("scripts/fuzz", ["--cluster-build", "no_such_target"], REFUSED, "no target no_such_target"),
    ("scripts/fuzz", ["--seconds"], REFUSED, "--seconds takes a value"),
    ("scripts/fuzz", ["--seconds", "ten"], REFUSED, "--seconds takes a number above 0, not 'ten'"),
    ("scripts/fuzz", ["--runs", "-1"], REFUSED, "--runs takes a number above 0"),
    ("scripts/fuzz", ["--jobs", "0"], REFUSED, "--jobs takes a number above 0"),
    ("scripts/fuzz", ["--seconds", "1.5"], REFUSED, "--seconds takes a number above 0"),
    ("scripts/fuzz", ["--campaign", "0.0"], REFUSED, "--campaign takes a number above 0"),
    ("scripts/fuzz", ["--campaign", "1.5.2"], REFUSED, "--campaign takes a number above 0"),
    ("scripts/mutate", ["--help"], HELP, "--faults N"),
    ("scripts/mutate", ["--no-such-option"], REFUSED, "--no-such-option"),
    ("scripts/benchmark", ["--help"], HELP, "--without-aws"),
    ("scripts/benchmark", ["--no-such-option"], REFUSED, "--no-such-option"),
    ("scripts/benchmark", ["--only", "speed"], REFUSED, "speed"),
    ("scripts/benchmark", ["--repeat", "0"], REFUSED, "--repeat"),
    ("scripts/benchmark", ["--delays", "0,fast"], REFUSED, "0,fast"),
    ("scripts/benchmark", ["--delays", "-1"], REFUSED, "--delays"),
    ("scripts/benchmark-batch", ["--help"], HELP, "--parent-units"),
    ("scripts/benchmark-batch", ["--units", "many"], REFUSED, "many"),
    ("scripts/benchmark-batch", ["--rates", "10"], REFUSED, "--rates"),
    ("scripts/check-packages", ["--help"], HELP, "--without-chroot"),
    ("scripts/check-packages", ["--no-such-option"], REFUSED, "unknown argument --no-such-option"),
    ("scripts/check-packages", ["--packages"], REFUSED, "--packages takes a directory"),
    ("scripts/check-packages", ["--packages", "/no/such/directory"], 66, "there is no directory /no/such/directory"),
    ("scripts/test-in-chroot", ["--help"], HELP, "SUITE"),
    ("scripts/test-in-chroot", [], REFUSED, "name a release"),
    ("scripts/test-in-chroot", ["--no-such-option"], REFUSED, "--no-such-option"),
    ("scripts/test-in-chroot", ["bookworm", "scripts/test", "-R"], REFUSED, "unexpected: -R"),
    ("scripts/conformance", ["--help"], HELP, "do not ask"),
    ("scripts/conformance", ["--simulator", "--no-such-option"], REFUSED, "--no-such-option"),
    ("scripts/conformance", ["--simulator", "--only", "no-such-experiment"], REFUSED, "there is no experiment no-such-experiment"),
    ("scripts/conformance", ["--simulator", "--only", "role-powerless"], REFUSED, "no experiment to run"),
    ("scripts/conformance", ["--simulator", "--clean-up"], REFUSED, "not allowed with argument --simulator"),
    ("scripts/conformance", ["--simulator", "--output", "/no/such/directory/file"], 1, "/no/such/directory/file cannot be written"),
    ("scripts/conformance", ["--clean-up", "--prefix", ""], REFUSED, "the prefix '' is not fpc-"),
    ("scripts/demo", ["--serial"], REFUSED, "unknown option --serial"),
    ("scripts/build-clang", ["release"], REFUSED, "unknown argument release"),
    ("scripts/test-image", ["--name"], REFUSED, "unknown argument --name"),
    ("scripts/test-packages", ["--chroot"], REFUSED, "unknown option --chroot"),
    ("scripts/check-hardening", [], REFUSED, "name one directory"),
    ("scripts/check-model", ["--help"], HELP, "or when a mistake has none."),
    ("scripts/check-model", ["--seconds", "ten"], REFUSED, "take a number above 0"),
    ("scripts/check-model", ["--memory", "0"], REFUSED, "take a number above 0"),
    ("scripts/check-model", ["--only", ""], REFUSED, "--only takes a value"),
    ("scripts/check-model", ["--only", ".*"], REFUSED, "there is no .*"),
    ("scripts/check-model", ["--quick", "--only", "force"], REFUSED, "--quick goes with neither"),
]


class ScriptUsage(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.calls = os.path.join(self.scratch.name, "calls")
        programs = os.path.join(self.scratch.name, "programs")
        os.mkdir(programs)
        self.programs = programs
        for name in HEAVY:
            self.program(name, f'echo {name} "$@" >> "{self.calls}"\nexit 99')
        self.environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        self.environment.pop("BENCHMARK_BUILD", None)

    def program(self, name, lines):
        with open(f"{self.programs}/{name}", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{lines}\n")
        os.chmod(f"{self.programs}/{name}", 0o755)

    def run_script(self, script, words):
        process = subprocess.Popen([f"{ROOT}/{script}", *words], env=self.environment, stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.scratch.name, start_new_session=True)
        try:
            out, errors = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            self.fail("still running after 20 seconds")
        return process.returncode, out, errors

    def test_help_and_wrong_arguments(self):
        for script, words, expected, text in ROWS:
            with self.subTest(" ".join([script, *words])):
                open(self.calls, "w", encoding="utf-8").close()
                code, out, errors = self.run_script(script, words)
                self.assertEqual(code, expected, errors)
                self.assertIn(text, out if expected == HELP else errors)
                self.assertEqual(errors if expected == HELP else out, "")
                with open(self.calls, encoding="utf-8") as file:
                    self.assertEqual(file.read(), "", "called before the arguments were read")

    def test_each_script_says_how_it_is_used(self):
        for script in sorted(set(os.listdir(f"{ROOT}/scripts")) - {"lib"}):
            with self.subTest(script), open(f"{ROOT}/scripts/{script}", encoding="utf-8") as file:
                first_words = file.read().split("\n")[1].strip('# "').split()[:2]
                code, out, errors = self.run_script(f"scripts/{script}", ["--help"])
                self.assertEqual((code, errors), (HELP, ""))
                self.assertIn(" ".join(first_words), " ".join(out.split()))
                self.assertNotIn("\n#", out)
                self.assertFalse(os.path.exists(self.calls), "something was called before the arguments were read")

    def test_half_a_chroot_is_not_kept(self):
        kept = os.path.join(self.scratch.name, "chroots")
        os.mkdir(kept)
        self.environment["CHROOTS"] = kept
        self.program("id", "echo 0")
        self.program("dpkg-query", "echo installed")
        self.program("unshare", "exit 0")
        self.program("mmdebstrap", 'for last in "$@"; do :; done; mkdir -p "$last/half"; exit 9')
        code, _, errors = self.run_script("scripts/test-in-chroot", ["bookworm", "true"])
        self.assertEqual((code, os.listdir(kept)), (9, []), errors)

    def start_check_model(self, pan):
        """Runs scripts/check-model with a verification that only does `pan`."""
        self.program("dpkg-query", "echo installed")
        self.program("spin", "exit 0")
        self.program("gcc", f"printf '#!/bin/sh\\n%s\\n' '{pan}' > pan\nchmod 755 pan")
        self.temporary = os.path.join(self.scratch.name, "temporary files")
        os.makedirs(self.temporary, exist_ok=True)

        def with_signals():
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
        return subprocess.Popen([f"{ROOT}/scripts/check-model", "--only", "force"], env={**self.environment, "TMPDIR": self.temporary},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=with_signals)

    def test_a_signal_ends_a_verification_at_once(self):
        fifo = os.path.join(self.scratch.name, "started")
        os.mkfifo(fifo)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                process = self.start_check_model(f'echo $$ > "{fifo}"; exec sleep 1000')
                with open(fifo, encoding="ascii") as started:
                    verification = int(started.read())
                process.send_signal(number)
                try:
                    _, errors = process.communicate(timeout=20)
                finally:
                    process.kill()
                    try:
                        os.kill(verification, signal.SIGKILL)
                        ended = False
                    except ProcessLookupError:
                        ended = True
                self.assertEqual((process.returncode, ended, os.listdir(self.temporary)), (128 + number, True, []), errors)

    def test_a_closed_pipe_leaves_no_temporary_files(self):
        process = self.start_check_model("sleep 0.2")
        process.stdout.close()
        self.assertEqual((process.wait(20), os.listdir(self.temporary)), (141, []), process.stderr.read())
        process.stderr.close()

    def test_two_runs_do_not_use_one_directory(self):
        directory = os.path.join(self.scratch.name, "a place")
        words = ["sh", "-euc", '. "$1/scripts/lib/prepare.sh"; take_lock "$2"; echo locked; read -r _', "sh", ROOT, directory]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
            self.assertEqual(first.stdout.readline(), "locked\n")
            second = subprocess.run(words, input="\n", capture_output=True, text=True, check=False)
            self.assertEqual((second.returncode, second.stdout), (70, ""))
            self.assertIn(f"another run uses {directory}", second.stderr)
            first.kill()
        third = subprocess.run(words, input="\n", capture_output=True, text=True, check=False)
        self.assertEqual((third.returncode, third.stdout), (0, "locked\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
