#!/usr/bin/env python3
"""scripts/mutate: its tokens, its faults and its list of equivalent ones, without building anything.   mutate_test.py ROOT"""
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(ROOT / "scripts/lib/mutation"))
import cpp_tokens  # noqa: E402
import equivalents  # noqa: E402
import faults  # noqa: E402
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
        for words, message in ((["--fault=x"], "invalid int value"), (["nowhere"], "nowhere is no C++ source")):
            run = self.run_script(*words)
            self.assertEqual(run.returncode, 64)
            self.assertIn(message, run.stderr)

    def test_the_table_counts_by_folder(self):
        results = [{"file": "lib/a/x.cpp", "result": each} for each in ("noticed", "hung", "survived", "equivalent", "does not compile")]
        self.assertIn("| `lib/a` | 3 | 2 | 1 | 1 | 66.7 |", summary.table(results))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
