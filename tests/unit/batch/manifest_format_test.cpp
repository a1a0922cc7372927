// What a manifest must look like, in both formats.
#include "tests/support/catch.hpp"
#include "tests/unit/batch/manifest_fixture.hpp"

// Texts longer than a line are several literals, and rows of JSON stand beside rows of CSV.
// NOLINTBEGIN(bugprone-suspicious-missing-comma,modernize-raw-string-literal)
using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;

TEST_CASE("errors of a CSV file name line and column, and say what to do") {
  struct Row {
    std::string csv;
    Texts errors;
  };
  const Row rows[] = {
      // The header.
      {"", {"@/units.csv holds no units [write one row for each unit below the header]"}},
      {"S\n", {"@/units.csv holds no units [write one row for each unit below the header]"}},
      {"\xEF\xBB\xBF\r\n \r\n", {"@/units.csv holds no units [write one row for each unit below the header]"}},
      {"S,,S\n1,2,3\n",
       {"@/units.csv: line 1, column 2: the column has no name [name it after a template parameter or an option]",
        "@/units.csv: line 1, column 3 (S): column 1 has this name already [remove or rename one of the two]"}},
      {"S, Model,-x,a=b\n1,2,3,4\n",
       {"@/units.csv: line 1, column 2 ( Model): the name \" Model\" begins or ends with a blank [remove the blank: "
        "blanks beside a comma are part of the field]",
        "@/units.csv: line 1, column 3 (-x): the name \"-x\" begins with a single - [name it after a template "
        "parameter, or after an option with --]",
        "@/units.csv: line 1, column 4 (a=b): the name \"a=b\" holds a = [name the column after a template parameter "
        "or an option]"}},
      {"S,--crs,--cert,--xyzzy\n1,2,3,4\n",
       {"@/units.csv: line 1, column 2 (--crs): unknown option --crs [did you mean --csr?]",
        "@/units.csv: line 1, column 3 (--cert): unknown option --cert [use --claim-cert; --claim-key is its key; "
        "--key is an existing key of this device]",
        "@/units.csv: line 1, column 4 (--xyzzy): unknown option --xyzzy [see `fleet-provision --help` for the names "
        "of options]"}},
      {"S,--output-dir,--jobs,--json,--config,--region,--no-probe,--parameter,--remove-claim\n1,2,3,4,5,6,7,8,9\n",
       {"@/units.csv: line 1, column 2 (--output-dir): a unit cannot have the option --output-dir [give it on the "
        "command line of the batch]",
        "@/units.csv: line 1, column 3 (--jobs): a unit cannot have the option --jobs [give it on the command line of "
        "the batch]",
        "@/units.csv: line 1, column 4 (--json): a unit cannot have the option --json [give it on the command line of "
        "the batch]",
        "@/units.csv: line 1, column 5 (--config): a unit cannot have the option --config [give it on the command line "
        "of the batch]",
        "@/units.csv: line 1, column 6 (--region): a unit cannot have the option --region [omit the column]",
        "@/units.csv: line 1, column 7 (--no-probe): a unit cannot have the option --no-probe [omit the column]",
        "@/units.csv: line 1, column 8 (--parameter): a unit cannot have the option --parameter [name the column after "
        "the template parameter, without --]",
        "@/units.csv: line 1, column 9 (--remove-claim): a unit cannot have the option --remove-claim [all units share "
        "the claim; delete it once the batch is done]"}},
      {"\"S\n1\n",
       {"@/units.csv: line 1, column 1: the quotation mark that begins this field is never closed [put the whole field "
        "in quotation marks, and double each mark inside it]"}},
      {"S\",--crs\n--x,--y,--z\n4\n",
       {"@/units.csv: line 1, column 1: a quotation mark stands inside a field that does not begin with one [put the "
        "whole field in quotation marks, and double each mark inside it]"}},
      {"S;Model\n1;2\n",
       {"@/units.csv: line 1: the columns are separated by semicolons, not by commas [set the list separator of the "
        "system to a comma and save the file again, or in LibreOffice choose the comma as field delimiter]"}},
      {"\"S\";\"Mo,del\"\n1;2\n",
       {"@/units.csv: line 1: the columns are separated by semicolons, not by commas [set the list separator of the "
        "system to a comma and save the file again, or in LibreOffice choose the comma as field delimiter]"}},
      {"S\tModel\n1\t2\n",
       {"@/units.csv: line 1: the columns are separated by tabs, not by commas [save the file with commas, in a "
        "spreadsheet as \"CSV UTF-8 (comma delimited)\"]"}},
      {"sep=;\nS;Model\n",
       {"@/units.csv: line 1: a line with sep= is not part of CSV [remove the line, and separate the columns with "
        "commas]"}},
      {std::string("PK\x03\x04\x14\0\x06\0", 8),
       {"@/units.csv is a workbook (.xlsx, .ods, .xls) or another archive, not text [in the spreadsheet save the sheet "
        "as \"CSV UTF-8 (comma delimited)\", and give that file]"}},
      {"{\"S\": \"1\"}\n", {"@/units.csv holds JSON, not CSV [give --manifest-format jsonl, or name the file .jsonl]"}},
      {std::string("S\0,\0a\0\n\0", 8),
       {"@/units.csv is UTF-16LE text, not UTF-8 [convert it: iconv -f UTF-16LE -t UTF-8 @/units.csv > "
        "@/units.csv.utf8]"}},
      {std::string("\xFF\xFES\0\n\0", 6),
       {"@/units.csv is UTF-16 text, not UTF-8 [convert it: iconv -f UTF-16 -t UTF-8 @/units.csv > @/units.csv.utf8]"}},
      // Rows.
      {"S,Model\n1\n2,3,4\n3,\n",
       {"@/units.csv: line 2: the row has 1 field, the header has 2 [give each row one field for each column; put a "
        "field that holds a comma in quotation marks]",
        "@/units.csv: line 3: the row has 3 fields, the header has 2 [give each row one field for each column; put a "
        "field that holds a comma in quotation marks]"}},
      {"S,Model\n1,a\"b\n2,\"a\"b\n3,\"a\" \n4,\"a\n",
       {"@/units.csv: line 2, column 2 (Model): a quotation mark stands inside a field that does not begin with one "
        "[put the whole field in quotation marks, and double each mark inside it]",
        "@/units.csv: line 3, column 2 (Model): \"b\" stands behind a closing quotation mark [put the whole field in "
        "quotation marks, and double each mark inside it]",
        "@/units.csv: line 4, column 2 (Model): \" \" stands behind a closing quotation mark [put the whole field in "
        "quotation marks, and double each mark inside it]",
        "@/units.csv: line 5, column 2 (Model): the quotation mark that begins this field is never closed [put the "
        "whole field in quotation marks, and double each mark inside it]"}},
      {std::string("S,Model\n1,a\0b\n2,\xFC\n", 18),
       {"@/units.csv: line 2, column 2 (Model): the field holds a NUL byte [remove the byte]",
        "@/units.csv: line 3, column 2 (Model): the field is not UTF-8 [save the file as UTF-8, in a spreadsheet as "
        "\"CSV UTF-8\"]"}},
      {"S,Model\n1,\"a\n\nb\"c\n,x\n",
       {"@/units.csv: line 4, column 2 (Model): \"c\" stands behind a closing quotation mark [put the whole field in "
        "quotation marks, and double each mark inside it]",
        "@/units.csv: line 5, column 1 (S): the unit name is empty [give 1 to 128 of A-Z a-z 0-9 : . _ -, or another "
        "pattern with --unit]"}},
  };
  const ManifestFixture fixture;
  for (const Row& each : rows) {
    CAPTURE(each.csv);
    CHECK(fixture.errors("units.csv", each.csv) == each.errors);
  }
}

TEST_CASE("errors of JSON Lines name the line, and column or key") {
  struct Row {
    std::string jsonl;
    Texts errors;
  };
  const Row rows[] = {
      {"", {"@/units.jsonl holds no units [write one line for each unit]"}},
      {"{}\n{\"S\": \"1\"}\n",
       {"@/units.jsonl: line 1: the object is empty [write one object of strings on each line, e.g. {\"SerialNumber\": "
        "\"4711\"}]"}},
      {"[{\"S\": \"1\"}]\n",
       {"@/units.jsonl holds a JSON array, not JSON Lines [write one object on each line, e.g. with jq -c '.[]' "
        "FILE]"}},
      {"{\n\"S\": \"1\"\n}\n",
       {"@/units.jsonl holds a JSON object over several lines, not JSON Lines [write one object on each line, e.g. "
        "with jq -c . FILE]"}},
      {"S,Model\n1,2\n3,4\n",
       {"@/units.jsonl: line 1, column 1: not JSON: S without quotes [names and texts stand in double quotes; values "
        "are also true, false, null]"}},
      {"{\"S\": \"1\"}\n{\"S\": \"2\",}\n  {\"S\" \"3\"}\n[]\n7\n",
       {"@/units.jsonl: line 2, column 10: not JSON: a comma before } [remove that comma]",
        "@/units.jsonl: line 3, column 8: not JSON: a comma or colon is missing before this text [write one object of "
        "strings on each line, e.g. {\"SerialNumber\": \"4711\"}]",
        "@/units.jsonl: line 4: holds an array instead of a JSON object [write one object of strings on each line, "
        "e.g. {\"SerialNumber\": \"4711\"}]",
        "@/units.jsonl: line 5: holds a number instead of a JSON object [write one object of strings on each line, "
        "e.g. {\"SerialNumber\": \"4711\"}]"}},
      {"{\"S\": 1, \"a\": null, \"b\": {}, \"c\": [], \"d\": true}\n",
       {"@/units.jsonl: line 1 (S): the value is a number, not text [write the value in quotation marks]",
        "@/units.jsonl: line 1 (a): the value is null, not text [write the value in quotation marks]",
        "@/units.jsonl: line 1 (b): the value is an object, not text [write the value in quotation marks]",
        "@/units.jsonl: line 1 (c): the value is an array, not text [write the value in quotation marks]",
        "@/units.jsonl: line 1 (d): the value is true or false, not text [write the value in quotation marks]"}},
      {"{\"S\": \"1\", \"S\": \"2\"}\n",
       {"@/units.jsonl: line 1, column 12: \"S\" is given twice [remove one of them]"}},
      {"{\"S\": \"1\\u0000\"}\n{\"S\": \"\\ud800\"}\n{\"S\": \"\xFC\"}\n",
       {"@/units.jsonl: line 1 (S): the name or value holds a NUL character [remove the character]",
        "@/units.jsonl: line 2, column 8: not JSON: an escape that stands for no character [write a backslash as \\\\]",
        "@/units.jsonl: line 3, column 8: not JSON: a byte that is not UTF-8 [write one object of strings on each "
        "line, e.g. {\"SerialNumber\": \"4711\"}]"}},
      {"{\"S\": \"1\", \"--crs\": \"a\", \"\": \"b\"}\n{\"S\": \"2\", \"--crs\": \"a\"}\n",
       {"@/units.jsonl: line 1 (--crs): unknown option --crs [did you mean --csr?]",
        "@/units.jsonl: line 1: the column has no name [name it after a template parameter or an option]"}},
      {"{\"S\": \"1\"}\n{\"T\": \"1\"}\n",
       {"@/units.jsonl: line 2 (S): the unit name is empty [give 1 to 128 of A-Z a-z 0-9 : . _ -, or another pattern "
        "with --unit]"}},
      {"{\"S\": \"1\"}\n{\"S\": \"2\"",
       {"@/units.jsonl: line 2, column 10: not JSON: the text ends early [check that the text is complete]"}},
      {"{\"S\": \"1\", \"a\": " + std::string(70, '[') + std::string(70, ']') + "}\n",
       {"@/units.jsonl: line 1, column 80: nested too deeply (more than 64 levels) [write one object of strings on "
        "each line, e.g. {\"SerialNumber\": \"4711\"}]"}},
  };
  const ManifestFixture fixture;
  for (const Row& each : rows) {
    CAPTURE(each.jsonl);
    CHECK(fixture.errors("units.jsonl", each.jsonl) == each.errors);
  }
}
// NOLINTEND(bugprone-suspicious-missing-comma,modernize-raw-string-literal)
