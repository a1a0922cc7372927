"""The table of readers in docs/fuzzing.md: each name is of a file, each target exists and stands there, and each header
that declares a reader of text is in it."""
import glob
import os
import re
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import fuzz_readers  # noqa: E402  pylint: disable=wrong-import-position

READER = re.compile(r"\b((?:parse|decode|read|detect|feed|take_line|plain|says|message_of|json_fault|der_object|inbound|"
                    r"fill_from|certificate_from|thing_from|configuration_from|matches)\w*)"
                    r"\((?:\w+& \w+, )?(?:const )?(?:std::)?(?:string_view|string&|Secret&)")


def targets_of_cmake():
    with open(f"{ROOT}/tests/fuzz/CMakeLists.txt", encoding="utf-8") as file:
        return set(re.findall(r"^ *fp_fuzz\((\w+)", file.read(), re.M))


class Readers(unittest.TestCase):
    def test_each_name_is_of_a_file(self):
        for patterns, _, _ in fuzz_readers.rows(ROOT):
            for pattern in patterns:
                self.assertTrue(fuzz_readers.expanded(ROOT, pattern), f"docs/fuzzing.md: no file is named {pattern}")

    def test_targets_exist_and_stand_in_the_table(self):
        named = set()
        for patterns, targets, text in fuzz_readers.rows(ROOT):
            self.assertTrue(text.startswith("none: ") or targets, f"docs/fuzzing.md: no target and no reason for {patterns}")
            if not text.startswith("none: "):
                named.update(targets)
        self.assertEqual(named, targets_of_cmake())

    def test_each_target_has_a_corpus_and_a_rule(self):
        with open(f"{ROOT}/docs/fuzzing.md", encoding="utf-8") as file:
            table = file.read().split("\n## Targets\n", 1)[1].split("\n## ", 1)[0]
        for target in targets_of_cmake():
            self.assertTrue(os.listdir(f"{ROOT}/tests/fuzz/corpus/{target}"), f"the corpus of {target} is empty")
            self.assertIn(f"`{target}`", table)

    def test_no_header_is_missing(self):
        listed = set()
        for patterns, _, _ in fuzz_readers.rows(ROOT):
            for pattern in patterns:
                listed.update(fuzz_readers.expanded(ROOT, pattern))
        for folder in ("lib", "apps/fleet-provision", "apps/fleet-provision-simulator"):
            for header in glob.glob(f"{ROOT}/{folder}/**/*.hpp", recursive=True):
                with open(header, encoding="utf-8") as file:
                    found = READER.search(file.read())
                if found and header not in listed:
                    self.fail(f"{os.path.relpath(header, ROOT)} declares {found.group(1)} and is not in the table of readers "
                              "in docs/fuzzing.md: write a target for it, or why there is none")


if __name__ == "__main__":
    unittest.main()
