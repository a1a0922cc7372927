#!/usr/bin/env python3
"""scripts/mutate: its tokens, its faults and its list of equivalent ones, without building anything.   mutate_test.py ROOT"""
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(ROOT / "scripts/lib"), str(ROOT / "scripts/lib/mutation")]
import cpp_tokens  # noqa: E402
import equivalents  # noqa: E402
import faults  # noqa: E402
import mutant_build  # noqa: E402
import summary  # noqa: E402

SAMPLE = (ROOT / "tests/mutation/sample.cpp").read_text(encoding="utf-8")


def kinds_and_texts(text):
    return [(each.kind, each.text) for each in cpp_tokens.tokens_of(text)]


def shown(text):
    enumerations = {"Colour": [["kRed", "kGreen"]]}
    return [each.shown for each in faults.faults_of("x.cpp", text, enumerations)]


class Tokens(unittest.TestCase):
    ROWS = (
        ("a<=b", [("word", "a"), ("operator", "<="), ("word", "b")]),
        ("1'000u+.5e-3", [("number", "1'000u"), ("operator", "+"), ("number", ".5e-3")]),
        (r'"a\"b" "c"sv', [("string", r'"a\"b"'), ("string", '"c"sv')]),
        ('R"x(a)" )x" b', [("string", 'R"x(a)" )x"'), ("word", "b")]),
        (r"'\'' '\"'", [("character", r"'\''"), ("character", r"'\"'")]),
        ("a // b\nc /* d\n */ e", [("word", "a"), ("comment", "// b"), ("word", "c"), ("comment", "/* d\n */"), ("word", "e")]),
        ("#define A \\\n 1 < 2\nb", [("directive", "#define A \\\n 1 < 2"), ("word", "b")]),
        ("a->b::c", [("word", "a"), ("operator", "->"), ("word", "b"), ("operator", "::"), ("word", "c")]),
    )

    def test_each_text_is_divided_into_its_tokens(self):
        for text, tokens in self.ROWS:
            with self.subTest(text):
                self.assertEqual(kinds_and_texts(text), tokens)

    def test_no_byte_of_a_source_is_lost(self):
        for file in sorted((ROOT / "lib/codec").glob("*.cpp")):
            text = file.read_text(encoding="utf-8")
            kept = "".join(each.text for each in cpp_tokens.tokens_of(text))
            self.assertEqual("".join(kept.split()), "".join(text.split()), file)

    def test_brackets_that_do_not_match_are_refused(self):
        for text in ("(", ")", "(]", "a[b[0]"):
            with self.subTest(text), self.assertRaises(cpp_tokens.NotCpp):
                cpp_tokens.partners(cpp_tokens.code_of(text))


class Faults(unittest.TestCase):
    ROWS = (
        ("; x = a < b;", ["removed x = a < b", "< → <="]),
        ("std::vector<int> x;", []),
        ("if (a) return;", ["if negated", "return never reached", "removed return"]),
        ("if (!a) b();", ["! removed from !a", "removed b()"]),
        ("if (auto x = f(); x > 1) {}", ["if negated", "> → >=", "1 → 2", "1 → 0"]),
        ("{ y(Colour::kGreen); }", ["removed y(Colour::kGreen)", "kGreen → kRed"]),
        ("case Colour::kGreen: break;", ["removed break"]),
        ("case 'a': f(); default: g();", ["removed f()", "removed g()"]),
        ("return a ? b() : c();", []),
        ("return 0;", ["0 → 1"]),
        ('; a += "b";', ['removed a += "b"']),
        ("int a = 0b11;", ["0b11 → 0x4", "0b11 → 0x2"]),
        ("a % b && c", ["% → *", "&& → ||"]),
        ("T&& x = std::max(a, b);", ["max → min"]),
        ("while (at) ++at;", ["while negated", "++ → --"]),
        ("using A = B<1>;", []),
        ("a < b || c < d", ["< → <=", "|| → &&", "< → <= #2"]),
    )

    def test_each_text_has_its_faults(self):
        for text, expected in self.ROWS:
            with self.subTest(text):
                self.assertEqual(shown(text), expected)

    def test_a_source_has_the_same_faults_each_time(self):
        self.assertEqual(shown(SAMPLE), [
            "if negated", "return never reached", "<= → <", "3 → 4", "3 → 2", "&& → ||", "== → !=", "kRed → kGreen",
            "0x10 → 0x11", "0x10 → 0xf", "1'000 → 1001", "1'000 → 999", "removed use(std::min<std::size_t>(length, 2))", "min → max",
            "2 → 3", "2 → 1", "! removed from !values", "- → +", "1 → 2", "1 → 0", "true → false"])  # fmt: skip

    def test_a_fault_changes_its_place_only(self):
        enumerations = faults.enumerations_of([SAMPLE])
        self.assertEqual(enumerations, {"Colour": [["kRed", "kGreen"]]})
        for each in faults.faults_of("x.cpp", SAMPLE, enumerations):
            changed = each.applied(SAMPLE)
            self.assertNotEqual(changed, SAMPLE)
            self.assertEqual(changed[: each.start] + changed[each.start + len(each.new) :], SAMPLE[: each.start] + SAMPLE[each.end :])
            self.assertEqual(each.line, SAMPLE.split("\n")[each.number - 1].strip())


class Equivalent(unittest.TestCase):
    ENTRY = "# a comment\nfile: x.cpp\nline: x = a < b;\nfault: < → <=\nwhy: a is never b\n"

    def excused(self, entry, text):
        found = faults.faults_of("x.cpp", text, {})
        keys, complaints = equivalents.excused(equivalents.parse(entry), found)
        return [each.shown for each in found if each.key in keys], complaints

    def test_an_entry_excuses_its_fault_wherever_its_line_is(self):
        self.assertEqual(self.excused(self.ENTRY, "y();\n\n   x = a < b;"), (["< → <="], []))

    def test_an_entry_that_fits_nothing_is_reported(self):
        keys, complaints = self.excused(self.ENTRY, "x = a > b;")
        self.assertEqual(keys, [])
        self.assertEqual(len(complaints), 1)
        self.assertIn("the entry of line 2 fits no fault", complaints[0])

    def test_an_entry_for_one_of_two_equal_lines_says_which(self):
        text = "f();\nx = a < b;\ng();\nx = a < b;\n"
        self.assertIn("needs `before`", self.excused(self.ENTRY, text)[1][0])
        self.assertEqual(self.excused(self.ENTRY + "before: g();\n", text), (["< → <="], []))

    def test_an_entry_without_a_reason_is_refused(self):
        for entry in ("file: a\nline: b\nfault: c\n", "fil: a\n"):
            with self.subTest(entry), self.assertRaises(equivalents.Mistake):
                equivalents.parse(entry)


def runs(pid):
    """Whether a process exists that has not ended; one that nobody has waited for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Program(unittest.TestCase):
    def run_script(self, *words):
        return subprocess.run([sys.executable, "-B", ROOT / "scripts/mutate", *words], capture_output=True, text=True, check=False)

    def test_a_seed_gives_the_same_sample_and_each_entry_of_the_tree_fits_a_fault(self):
        first, second = (self.run_script("--list", "--faults", "20", "--seed", "1", "lib/aws") for _ in range(2))
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertEqual(len(first.stdout.split("\n")), 22)
        self.assertEqual(first.stdout, second.stdout)
        other = self.run_script("--list", "--faults", "20", "--seed", "2", "lib/aws")
        self.assertNotEqual(first.stdout, other.stdout)

    def test_wrong_usage_is_explained(self):
        with tempfile.TemporaryDirectory() as scratch:
            other = os.path.join(scratch, "other.json")
            Path(other).write_text('{"faults": 3}', encoding="utf-8")
            self.check_wrong_usage(scratch, other)

    def check_wrong_usage(self, scratch, other):
        rows = ((["--fault=x"], "invalid number value"), (["nowhere"], "nowhere is no C++ source"), (["tests/unit"], "tests/unit is no C++ source"),
                (["--faults", "-5"], "-5 is below 0"), (["--jobs", "0"], "--jobs takes a number above 0"),
                (["--slow-tests", "("], "--slow-tests"), (["--again", f"{scratch}/none", "lib/aws"], "there is no file"),
                (["--again", other, "lib/aws"], "is no report of --json"), (["--again", __file__, "lib/aws"], "is no report of --json"),
                (["--only", "no such text in a line", "lib/aws"], "no line with a fault contains"),
                (["--json", f"{scratch}/none/report"], "--json: the directory of"))  # fmt: skip
        for words, message in rows:
            run = self.run_script(*words)
            self.assertEqual(run.returncode, 64)
            self.assertIn(message, run.stderr)

    def test_survivors_are_found_again_in_the_paths_of_their_report(self):
        source = "lib/adapters/keys/tpm2/tss2_pem.cpp"
        found = faults.faults_of(source, (ROOT / source).read_text(encoding="utf-8"), {})[:3]
        entries = [{"file": each.file, "line": each.line, "before": each.before, "fault": each.shown, "result": result}
                   for each, result in zip(found, ("survived", "noticed", "noticed late"))]  # fmt: skip
        entries.append({**entries[0], "line": "a line that was removed"})
        with tempfile.TemporaryDirectory() as scratch:
            report = Path(scratch) / "report.json"
            report.write_text(json.dumps({"paths": ["lib/adapters/keys/tpm2"], "faults": entries}), encoding="utf-8")
            run = self.run_script("--list", "--again", str(report))
        self.assertEqual(run.returncode, 0)
        self.assertEqual(run.stdout.count(source), 2)
        self.assertIn("1 of 3 faults that survived", run.stderr)

    def test_a_reader_that_has_gone_ends_the_list_silently(self):
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as output:
            run = subprocess.run([sys.executable, "-B", ROOT / "scripts/mutate", "--list", "--faults", "0", "lib/aws"], stdout=output,
                                 stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
        self.assertEqual((run.returncode, run.stderr), (128 + signal.SIGPIPE, ""))

    def test_a_signal_ends_what_was_started_and_gives_the_lock_back(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), tempfile.TemporaryDirectory(prefix="a place ") as scratch:
                self.check_end(Path(scratch), number)

    def check_end(self, scratch, number):
        """Interrupts a run in a tree of its own while it configures; the program in the place of cmake has a child."""
        tree, programs, started = scratch / "tree", scratch / "programs", scratch / "started"
        shutil.copytree(ROOT / "scripts", tree / "scripts")
        (tree / "lib").mkdir()
        (tree / "lib/x.cpp").write_text("int f(int a) { return a + 1; }\n", encoding="utf-8")
        programs.mkdir()
        for name, text in (("cmake", f'sleep 300 &\necho $$ $! > "{started}"\nwait'), ("dpkg-query", "echo installed")):
            (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        with subprocess.Popen([sys.executable, "-B", tree / "scripts/mutate"], env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True) as run:  # fmt: skip
            pids = []
            try:
                while len(pids) < 2:
                    self.assertIsNone(run.poll())
                    time.sleep(0.01)
                    pids = started.read_text(encoding="utf-8").split() if started.exists() else []
                run.send_signal(number)
                self.assertEqual(run.wait(30), 128 + number)
                self.assertEqual([each for each in pids if runs(each)], [])
                with open(tree / "build/mutation/lock", encoding="utf-8") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                for each in pids:
                    subprocess.run(["kill", "-9", each], stderr=subprocess.DEVNULL, check=False)
                run.kill()

    def test_a_source_outside_the_build_is_named(self):
        with tempfile.TemporaryDirectory() as scratch, self.assertRaisesRegex(mutant_build.BuildFailed, "not contain lib/x.cpp"):
            mutant_build.MutantBuild(ROOT, scratch).check_sources({"lib/x.cpp"})

    def test_the_table_counts_by_folder(self):
        results = [{"file": "lib/a/x.cpp", "result": each} for each in ("noticed", "hung", "survived", "equivalent", "does not compile")]
        self.assertIn("| `lib/a` | 3 | 2 | 1 | 1 | 66.7 |", summary.table(results))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
