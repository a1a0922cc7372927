"""The pages agree with the programs; and each comparison finds a page that was broken on purpose.

    pages_test.py TREE BINARIES DOCUMENTS [unittest's arguments]
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import changelog  # noqa: E402
import code_names  # noqa: E402
import comparisons  # noqa: E402
import decisions  # noqa: E402
import examples  # noqa: E402
import keys_and_files  # noqa: E402
import page as pages_of  # noqa: E402
import program as programs  # noqa: E402
import questions  # noqa: E402

ROOT, BINARIES, DOCUMENTS = sys.argv[1:4]
PROGRAM = programs.Program(ROOT, BINARIES, DOCUMENTS)
PAGES = pages_of.pages(ROOT)

# comparison, page, what stands there, what is put in its place, and what must then be reported. An empty text to replace means
# that the new one is put behind the page.
BREAKS = [
    (comparisons.options_taken, "docs/rotation.md", "", "`fleet-provision status --claim-cert a.pem`", "does not take --claim-cert"),
    (comparisons.options_taken, "README.md", "--template gateway -P SerialNumber=@", "--template gateway --serial=@", "does not take --serial"),
    (comparisons.options_taken, "README.md", "--json -P SerialNumber", "--json -X SerialNumber", "does not take -X"),
    (comparisons.options_taken, "docs/images.md", "fleet-provision --config", "fleet-provision enrol --config", "no command enrol"),
    (comparisons.options_taken, "docs/simulator-examples.md", "--behaviour claim-inactive", "--behavior claim-inactive", "does not take --behavior"),
    (comparisons.options_taken, "docs/fuzzing.md", "scripts/fuzz --seconds", "scripts/fuzz --minutes", "scripts/fuzz does not take --minutes"),
    (comparisons.options_taken, "config/systemd/examples/fleet-provision-rotate.service", "fleet-provision rotate", "fleet-provision rotation", "no command rotation"),
    (comparisons.options_taken, "config/ci/provision.sh", "--claim-policy", "--claim-rules", "does not take --claim-rules"),
    (comparisons.options_taken, "docs/manual/fleet-provision.1.in", "--claim-cert claim.pem", "--claim-file claim.pem", "does not take --claim-file"),
    (comparisons.configuration_keys, "docs/manual/fleet-provision.json.5.in", '"claim-key":', '"claim-file":', "claim-file is no key"),
    (keys_and_files.service_words, "docs/simulator.md", "| 403 `AccessDenied` |", "| 401 `AccessDenied` |", "the error document 403 AccessDenied"),
    (keys_and_files.service_words, "docs/simulator.md", "`Fn::Split`, ", "", "Fn::Split is missing"),
    (changelog.changelog, "CHANGELOG.md", "## [Unreleased]", "## Unreleased", "the first heading must be ## [Unreleased]"),
    (changelog.changelog, "CHANGELOG.md", "## [0.1.0] - ", "## 0.1.0 - ", "no heading of a release"),
    (changelog.changelog, "CHANGELOG.md", "### Added", "### New", "there is no section New"),
    (changelog.changelog, "CHANGELOG.md", "### Security", "### Added", "the section Added is out of order or stands twice"),
    (changelog.changelog, "CHANGELOG.md", "### Added\n", "", "a bullet outside of a section"),
    (decisions.decisions, "docs/decisions/0001-result-is-a-class.md", "# 0001 ", "# 0002 ", "the title must begin with # 0001"),
    (decisions.decisions, "docs/decisions/0001-result-is-a-class.md", "Status: accepted", "Status: done", "must be accepted or superseded"),
    (decisions.decisions, "docs/decisions/0001-result-is-a-class.md", "* Date: 2026-", "* Date: 26-", "must be a date"),
    (decisions.decisions, "docs/decisions/0001-result-is-a-class.md", "## Context", "## Situation", "the sections must be"),
    (decisions.decisions, "docs/decisions/0001-result-is-a-class.md", "## Consequences", "## Decision", "the sections must be"),
    (decisions.decisions, "docs/decisions/0005-one-build-directory-for-both-scripts.md",
     "The tests run the optimised binaries. Developers build with `cmake --preset dev`.", "", "the section Consequences is empty"),
    (decisions.decisions, "docs/decisions/README.md", "* [0083](0083", "* [0083](0084", "the list must hold: * [0083](0083"),
    (code_names.folders, "docs/testing.md", "| `flow` |", "| `flows` |", "the folder tests/flow is missing"),
    (code_names.folders, "docs/testing.md", "| `fault_injection` |", "| `faults` |", "the folder tests/fault_injection is missing"),
    (comparisons.options_exist, "docs/errors.md", "`--proxy`", "`--via`", "no program has the option --via"),
    (comparisons.variables_exist, "docs/images.md", "FLEET_PROVISION_STATE_DIR", "FLEET_PROVISION_STATE", "nothing reads FLEET_PROVISION_STATE"),
    (comparisons.variables_exist, "docs/rotation.md", "", "FLEET_PROVISIONED_COLOUR", "no program is given FLEET_PROVISIONED_COLOUR"),
    (comparisons.words_exist, "docs/rotation.md", "`other-identity`", "`another-identity`", "`another-identity` is no kind"),
    (comparisons.words_exist, "docs/ci.md", "kind policy-connect", "kind policy-conect", "there is no kind policy-conect"),
    (comparisons.codes_of_kinds, "docs/rotation.md", "(75, `session-taken-over`)", "(77, `session-taken-over`)", "session-taken-over is exit 75, not 77"),
    (comparisons.codes_of_kinds, "docs/ci.md", "exit 77, kind policy-connect", "exit 69, kind policy-connect", "policy-connect is exit 77, not 69"),
    (comparisons.where_options_go, "docs/options.md", "`--env` to `status`, ", "", "docs/options.md: the page does not say rightly that --env belongs"),
    (comparisons.where_options_go, "docs/options.md", "`--print-config`, `--env`", "`--print-config`, `--json`", "that --json cannot be in a file"),
    (comparisons.exit_code_tables, "docs/output.md", "| 66 | a named", "| 67 | a named", "has to have 66"),
    (comparisons.exit_code_tables, "docs/output.md", "| 69 | the service rejected the request permanently (4xx) | no |",
     "| 69 | the service rejected the request permanently (4xx) | yes |", "exit 69 is to be run again: no"),
    (comparisons.simulator_table, "docs/simulator.md", "| 127.0.0.1 |", "| 127.0.0.2 |", "the row of --listen must be"),
    (comparisons.simulator_table, "docs/simulator.md", "| `--rate N` |", "| `--limit N` |", "the row of --rate must be"),
    (comparisons.simulator_table, "docs/simulator.md", "| `--rate N` |", "| `--limit N` |", "has no option --limit"),
    (comparisons.configuration_keys, "docs/first-boot.md", '"claim-key":', '"claim-file":', "claim-file is no key"),
    (keys_and_files.result_example, "docs/output.md", '  "resumed": false,\n', "", "the keys of the result"),
    (keys_and_files.result_example, "docs/output.md", "`retryable`", "`again`", "the key retryable of an error"),
    (keys_and_files.summary_example, "docs/output.md", '  "throttled": 0,\n', "", "the keys of the summary"),
    (keys_and_files.summary_example, "docs/output.md", "| `throttled` | resp", "| `slowed` | resp", "the key throttled of a summary"),
    (keys_and_files.json_keys, "docs/ci.md", "`errorMessage`", "`errorText`", "errorText is no key"),
    (keys_and_files.json_keys, "docs/output.md", "`notAfter`", "`validUntil`", "the keys of identity.json are"),
    (keys_and_files.json_keys, "docs/output.md", "`FLEET_PROVISIONED_PORT`, ", "", "the variable FLEET_PROVISIONED_PORT"),
    (keys_and_files.json_keys, "docs/output.md", "    thing-name            0644", "    name                  0644", "also holds identity/thing-name"),
    (keys_and_files.events, "docs/simulator.md", "| `mqttVersion`, `principal`", "| `principal`", "the event connect also has the field mqttVersion"),
    (keys_and_files.events, "docs/simulator.md", "`dropped`", "`lost`", "no event has the result lost"),
    (keys_and_files.events, "docs/simulator.md", "`dropped`, ", "", "the result dropped of an event is missing"),
    (keys_and_files.events, "docs/simulator.md", "| `expire` |", "| `expiry` |", "nothing writes the event or field expiry"),
    (keys_and_files.events, "docs/simulator.md", "| `unsubscribe` |", "| `subscribe` |", "the event unsubscribe is missing"),
    (keys_and_files.events, "docs/errors.md", "| publish-create, publish-register |", "| publish-create |", "the line publish-register of check"),
    (keys_and_files.files_exist, "README.md", "](docs/rotation.md)", "](docs/rotating.md)", "there is no docs/rotating.md"),
    (keys_and_files.files_exist, "docs/architecture.md", "`lib/core/backoff.*`", "`lib/core/waiting.*`", "there is no lib/core/waiting.*"),
    (keys_and_files.files_exist, "docs/architecture.md", "`retry.*`", "`retries.*`", "there is no retries.*"),
    (code_names.names_exist, "docs/performance.md", "`SendThreadWaker`", "`SendThreadGong`", "the code has no SendThreadGong"),
    (code_names.names_exist, "docs/library.md", "`Interrupt::raise`", "`Interrupt::lift`", "the code has no Interrupt::lift"),
    (code_names.milestones, "docs/architecture.md", "Enrolled (→ Verified) → Installed", "Enrolled → Installed", "the milestones are"),
    (code_names.public_headers, "docs/library.md", "`core/plan.hpp`", "`core/plans.hpp`", "the header core/plans.hpp"),
    (code_names.build_options, "docs/packaging.md", "| `FLEET_PROVISION_TESTS` | ON", "| `FLEET_PROVISION_TESTS` | OFF", "the default of FLEET_PROVISION_TESTS is ON"),
    (code_names.fuzz_targets, "docs/fuzzing.md", "| `journal` |", "| `diary` |", "the target journal"),
    (code_names.error_examples, "docs/errors.md", "does not answer the TLS handshake", "idles in the TLS handshake", 'says "idles"'),
    (questions.marks_have_questions, "docs/service.md", ", `cbor-rejected`)", ")", "names no question: `FORMAT` is"),
    (questions.marks_have_questions, "docs/service.md", "I here: `csr-sha1`", "I here", "names no question: | CSR signature"),
    (questions.marks_agree, "docs/service.md", "(I, `cbor-accepted`)", "(O, `cbor-accepted`)", "cbor-accepted has the mark O here and I in"),
    (questions.table_of_questions, "docs/service.md", "| another certificate and token |", "| the same certificate |", "| `csr-twice` |"),
    (questions.behaviours_have_questions, "docs/simulator.md", "| `token-reuse` |", "| `token-again` |", "asks for the behaviour token-again"),
    (keys_and_files.files_exist, "docs/ci.md", "`tests/cli/simulated_ci.test`", "`tests/cli/ci.test`", "there is no tests/cli/ci.test"),
]


def complaints(comparison, pages, program=PROGRAM):
    return list(comparison(pages, program))


class Agreement(unittest.TestCase):
    def test_pages_say_what_the_programs_do(self):
        for comparison in comparisons.ALL:
            with self.subTest(comparison.__name__):
                found = complaints(comparison, PAGES)
                self.assertFalse(found, "\n" + "\n".join(found))

    def test_every_comparison_finds_a_broken_page(self):
        before = {comparison: set(complaints(comparison, PAGES)) for comparison in comparisons.ALL}
        for comparison, path, old, new, expected in BREAKS:
            with self.subTest(f"{comparison.__name__}: {path}: {new or old}"):
                page = next(each for each in PAGES if each.path == path)
                self.assertTrue(old in page.text, f"{path} does not hold: {old}")
                text = page.text.replace(old, new, 1) if old else page.text + "\n" + new + "\n"
                take = {"config": pages_of.example_file, "docs/manual": pages_of.manual_page}.get(
                    "config" if path.startswith("config/") else path.rpartition("/")[0], pages_of.taken_apart)
                broken = [each if each.path != path else take(path, text) for each in PAGES]
                news = set(complaints(comparison, broken)) - before[comparison]
                self.assertTrue(any(expected in each for each in news), news)

    def test_every_release_has_an_entry_for_debian(self):
        text = (pathlib.Path(ROOT) / "CHANGELOG.md").read_text(encoding="utf-8")
        entries = subprocess.run([f"{ROOT}/scripts/lib/debian-changelog"], input=text, capture_output=True, text=True, check=True).stdout
        self.assertEqual(re.findall(r"^fleet-provision \((.*)\) unstable", entries, re.M), re.findall(r"^## \[([\d.]+)\]", text, re.M))
        self.assertNotIn("###", entries)

    def test_a_kind_that_nothing_makes_is_found(self):
        program = programs.Program(ROOT, BINARIES, DOCUMENTS)
        program.sources = {path: text.replace("kNotAProxy", "kSomething") for path, text in PROGRAM.sources.items()}
        self.assertIn("lib/core/error.cpp: nothing ever fails with the kind not-a-proxy", complaints(comparisons.kinds_produced, PAGES, program))

    def test_a_broken_manual_or_completion_is_found(self):
        with tempfile.TemporaryDirectory() as place:
            documents = pathlib.Path(place) / "documents"
            shutil.copytree(DOCUMENTS, documents)
            program = programs.Program(ROOT, BINARIES, documents)
            manual = documents / "man1/fleet-provision.1"
            manual.write_text(manual.read_text().replace("\n.B 74\n", "\n.B 79\n") + "\\-\\-no\\-such\\-option\n")
            self.assertIn("--no-such-option", " ".join(complaints(comparisons.manual_options, PAGES, program)))
            codes = " ".join(complaints(comparisons.exit_code_tables, PAGES, program))
            self.assertTrue("exit code 74" in codes and "exit code 79" in codes, codes)
            for completion in completions(documents):
                text = completion.read_text()
                completion.write_text(text.replace("splay", "delay"))
                words = " ".join(complaints(comparisons.completion_options, PAGES, program))
                self.assertIn("--splay is not offered", words)
                completion.write_text(text)

    def test_an_example_that_prints_something_else_is_found(self):
        text = "```console\n$ echo one; echo two\none\n…w…\n$ echo three\nfour\n```\n"
        (block,) = pages_of.taken_apart("x.md", text).blocks
        (found,) = examples.complaints_of(ROOT, BINARIES, "x.md", block)
        self.assertIn("x.md:5: $ echo three", found)

    def test_goldens_match_lines_wholly(self):
        rows = [(["a"], ["a"], True), (["a"], ["b"], False), (["ab"], ["a"], False), (["a", "b"], ["a"], False), (["a"], ["a", "b"], False),
                (["a", "x", "y", "b"], ["a", "……", "b"], True), (["a", "x"], ["a", "……", "b"], False), (["a", "x"], ["a", "……"], True),
                (["a" * 64], ["b" * 64], True), (["a" * 63], ["b" * 63], False), ([], [], True), ([""], [], False), ([], ["a"], False),
                (["a.c"], ["a…c"], True), (["abc"], ["a.c"], False)]
        for lines, golden, expected in rows:
            with self.subTest(f"{lines} {golden}"):
                self.assertEqual(examples.matches(lines, golden), expected)


def completions(documents):
    """The files of the tool's completions, one for each shell."""
    found = [each for each in documents.rglob("*") if each.is_file() and "splay" in each.read_text()
             and not each.parent.name.startswith("man") and each.suffix != ".json"]
    assert len(found) == 3, found
    return found


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
