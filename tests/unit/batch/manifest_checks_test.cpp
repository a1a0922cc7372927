// What the rows of a manifest must say.
#include "tests/support/catch.hpp"
#include "tests/unit/batch/manifest_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;

// Texts longer than a line are several literals.
// NOLINTBEGIN(bugprone-suspicious-missing-comma)
TEST_CASE("each cell is checked as the option of a run, each file must be there, and what is used once is used once") {
  struct Row {
    std::string csv;
    Arguments more;
    Texts errors;
  };
  const Row rows[] = {
      {"S\na/b\n.a\nä\n" + std::string(129, 'a') + "\na b\na\na\n",
       {},
       {"@/units.csv: line 2, column 1 (S): the unit name \"a/b\" holds \"/\" [give 1 to 128 of A-Z a-z 0-9 : . _ -, "
        "or another pattern with --unit]",
        "@/units.csv: line 3, column 1 (S): the unit name \".a\" begins with a dot [give 1 to 128 of A-Z a-z 0-9 : . _ "
        "-, or another pattern with --unit]",
        "@/units.csv: line 4, column 1 (S): the unit name \"ä\" holds \"ä\" [give 1 to 128 of A-Z a-z 0-9 : . _ -, or "
        "another pattern with --unit]",
        "@/units.csv: line 5, column 1 (S): the unit name "
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\" has 129 characters, "
        "more than 128 [give 1 to 128 of A-Z a-z 0-9 : . _ -, or another pattern with --unit]",
        "@/units.csv: line 6, column 1 (S): the unit name \"a b\" holds \" \" [give 1 to 128 of A-Z a-z 0-9 : . _ -, "
        "or another pattern with --unit]",
        "@/units.csv: line 8, column 1 (S): the unit name \"a\" is used on line 7 already [give each unit a name of "
        "its own, or another pattern with --unit]"}},
      {"S,Model\na,X\nb,\n",
       {"--unit", "{Model}"},
       {"@/units.csv: line 3, column 2 (Model): the unit name is empty [give 1 to 128 of A-Z a-z 0-9 : . _ -, or "
        "another pattern with --unit]"}},
      {"S,Model\na,X\nb,X\n",
       {"--unit", "{Model}-1"},
       {"@/units.csv: line 3: the unit name \"X-1\" is used on line 2 already [give each unit a name of its own, or "
        "another pattern with --unit]"}},
      {"S,Model\na,X\nb,X\n",
       {"--unit", "{Modell}"},
       {R"(--unit: "{Modell}" names the column "Modell", which @/units.csv does not have [did you mean {Model}?])"}},
      {"S,Model\na,X\n",
       {"--unit", "{S"},
       {"--unit: \"{S\" holds a { without its } [write {Name} for the column Name]"}},
      {"S,--timeout,--method,--csr\n1,0,csr,\n2,10,kyes,\n3,x,keys,@/claim.json\n",
       {},
       {"@/units.csv: line 2, column 2 (--timeout): \"0\" is not a number of seconds from 1 to 604800 []",
        "@/units.csv: line 3, column 3 (--method): \"kyes\" is not a method [give one of csr, keys; the nearest is "
        "keys]",
        "@/units.csv: line 4, column 2 (--timeout): \"x\" is not a number of seconds from 1 to 604800 []",
        "@/units.csv: line 4, column 3 (--method) keys and column 4 (--csr) cannot be combined [with --method keys "
        "there is no CSR; omit one of the two]"}},
      {"S,Model,--client-id,--csr-subject\n1," + std::string(4097, 'x') + ",{Model},CN={Sn}\n2,,{Model},\n3,,$a,X=\n",
       {},
       {"@/units.csv: line 2, column 2 (Model): parameter \"Model\" has a value of 4097 characters [give UTF-8: 1 to "
        "2048 characters for a name, at most 4096 for a value]",
        "@/units.csv: line 2, column 4 (--csr-subject): \"CN={Sn}\" names the parameter \"Sn\", which was not given "
        "[did you mean {S}?]",
        "@/units.csv: line 3, column 3 (--client-id): \"{Model}\" names the parameter \"Model\", which was not given "
        "[give it with -P Model=VALUE]",
        "@/units.csv: line 4, column 3 (--client-id): \"$a\" is not a client ID: a leading $ is reserved by the "
        "service [give 1 to 128 bytes of text that the claim policy allows]",
        "@/units.csv: line 4, column 4 (--csr-subject): the CSR subject X= has no value for X [write it like "
        "CN=gateway-1,O=Example; a comma inside a value is \\,]"}},
      {"S,--csr\n1,@/no.csr\n2,@/out\n3,~/a.csr\n4,https://a/b.csr\n",
       {},
       {"@/units.csv: line 2, column 2 (--csr): the CSR @/no.csr does not exist [correct the path, or put the file "
        "there]",
        "@/units.csv: line 3, column 2 (--csr): cannot read the CSR @/out: is a directory [give a file, not a "
        "directory]",
        "@/units.csv: line 4, column 2 (--csr): \"~/a.csr\" begins with a ~ that the shell did not expand [give an "
        "absolute path, or ./~ for a file of that name]",
        "@/units.csv: line 5, column 2 (--csr): expects a file name but got a URL (https://) [download the file and "
        "give its name]"}},
      {"S,--key,--pin-file,--on-success,--claim,--claim-cert,--claim-key\n1,pkcs11:,@/no,@/claim.json,-,,\n"
       "2,@/no.key,,@/no,,a,b\n",
       {},
       {"@/units.csv: line 2, column 3 (--pin-file): the PIN file @/no does not exist [correct the path, or put the "
        "file there]",
        "@/units.csv: line 2, column 4 (--on-success): the program @/claim.json cannot be run: permission denied [give "
        "--on-success an executable file]",
        "@/units.csv: line 2, column 5 (--claim): a unit cannot read stdin [give the name of a file]",
        "@/units.csv: line 3, column 2 (--key): the device key @/no.key does not exist [correct the path, or put the "
        "file there]",
        "@/units.csv: line 3, column 4 (--on-success): the program @/no cannot be run: no such file or directory [give "
        "--on-success an executable file]",
        "@/units.csv: line 3: --claim and column 6 (--claim-cert) cannot be combined [give certificate and key in one "
        "file with --claim, or in two with --claim-cert and --claim-key]",
        "@/units.csv: line 3: --claim and column 7 (--claim-key) cannot be combined [give certificate and key in one "
        "file with --claim, or in two with --claim-cert and --claim-key]"}},
      {"S,--parameters\n1,-\n2,@/no.json\n",
       {},
       {"@/units.csv: line 2, column 2 (--parameters): a unit cannot read stdin [give the name of a file]",
        "@/units.csv: line 3, column 2 (--parameters): the file @/no.json does not exist [correct the path, or put the "
        "file there]"}},
      {"S,--csr,--key\n1,@/a,@/b\n2,@/./a,@/c\n3,@/d,@/link\n",
       {},
       {"@/units.csv: line 3, column 2 (--csr): the CSR @/./a is used on line 2 already [give each unit a CSR of its "
        "own: a key belongs to one gateway]",
        "@/units.csv: line 4, column 3 (--key): the device key @/link is used on line 2 already [give each unit a key "
        "of its own]"}},
      // Copies of one CSR under two names, and another CSR.
      {"S,--csr\n1,@/full\n2,@/other\n3,@/copy\n",
       {},
       {"@/units.csv: line 4, column 2 (--csr): the content of the CSR @/copy is used on line 2 already [give each "
        "unit "
        "a CSR of its own: a key belongs to one gateway]"}},
      {"S,--key-store\n1,pkcs11:token=a;object=x\n2,pkcs11:token=b;object=x\n3,pkcs11:object=x;token=a\n",
       {},
       {"@/units.csv: line 4, column 2 (--key-store): the token object pkcs11:token=a;object=x is used on line 2 "
        "already "
        "[give each unit an object or a token of its own]"}},
      {"S,--client-id\n1,a\n2,b\n3,a\n4,\n5,\n",
       {},
       {"@/units.csv: line 4, column 2 (--client-id): the client ID a is used on line 2 already [give each unit one of "
        "its own: of two connections with one ID the older is closed]"}},
      {"S,--key-store\n1,tpm2:0x81000001\n2,tpm2:0x81000001\n3,tpm2\n4,tpm2\n",
       {},
       {"@/units.csv: line 3, column 2 (--key-store): the TPM handle 0x81000001 is used on line 2 already [give each "
        "unit a handle of its own]"}},
      {"S,--key-store,--key\n1,tpm2:0x81000001,\n2,,handle:0x81000001\n3,,pkcs11:token=a;object=b\n4,,pkcs11:object=b;"
       "token=a\n",
       {},
       {"@/units.csv: line 3, column 3 (--key): the TPM handle 0x81000001 is used on line 2 already [give each unit a "
        "handle of its own]",
        "@/units.csv: line 5, column 3 (--key): the device key pkcs11:object=b;token=a is used on line 4 already [give "
        "each unit a key of its own]"}},
      {"S,--state-dir\n1,@/s/1\n2,@/s/1/\n3,@/s/./1/../1\n4,@/s/1/a\n5,@/out\n6,@/\n7,@/out/units/8\n8,\n9,@/out/units/"
       "8/x/y\n10,@/out/units/10\n11,/\n",
       {},
       {"@/units.csv: line 3, column 2 (--state-dir): the state directory @/s/1/ is used on line 2 already [give each "
        "unit a state directory of its own]",
        "@/units.csv: line 4, column 2 (--state-dir): the state directory @/s/./1/../1 is used on line 2 already [give "
        "each unit a state directory of its own]",
        "@/units.csv: line 5, column 2 (--state-dir): the state directory @/s/1/a lies in that of line 2 [give each "
        "unit a state directory of its own]",
        "@/units.csv: line 6, column 2 (--state-dir): the state directory @/out holds the output directory [give each "
        "unit a state directory of its own]",
        "@/units.csv: line 7, column 2 (--state-dir): the state directory @/ holds the output directory [give each "
        "unit a state directory of its own]",
        "@/units.csv: line 8, column 2 (--state-dir): the state directory @/out/units/8 is that of line 9 [give each "
        "unit a state directory of its own]",
        "@/units.csv: line 10, column 2 (--state-dir): the state directory @/out/units/8/x/y lies in that of line 8 "
        "[give each unit a state directory of its own]",
        "@/units.csv: line 10, column 2 (--state-dir): the state directory @/out/units/8/x/y lies in that of line 9 "
        "[give each unit a state directory of its own]",
        "@/units.csv: line 12, column 2 (--state-dir): the state directory / holds the output directory [give each "
        "unit a state directory of its own]"}},
      {"S,--state-dir\n1,@/linked/1\n2,@/real/1\n",
       {},
       {"@/units.csv: line 3, column 2 (--state-dir): the state directory @/real/1 is used on line 2 already [give "
        "each unit a state directory of its own]"}},
      // Options of the batch.
      {"S\n1\n2\n3\n",
       {"--client-id", "gw"},
       {"@/units.csv: line 3 and 1 more: --client-id: the client ID gw is used on line 2 already [put a column into "
        "it, e.g. gateway-{SerialNumber}]"}},
      {"S,M\n1,a\n2,b\n3,a\n",
       {"--client-id", "gw-{M}"},
       {"@/units.csv: line 4: --client-id: the client ID gw-a is used on line 2 already [put a column into it, e.g. "
        "gateway-{SerialNumber}]"}},
      {"S,M\n1,a\n2,\n3,\n",
       {"--client-id", "gw-{S}-{M}"},
       {"@/units.csv: line 3 and 1 more: --client-id: \"gw-{S}-{M}\" names the parameter \"M\", which was not given "
        "[give it with -P M=VALUE]"}},
      {"S\n1\n2\n",
       {"--timeout", "x", "--csr", "@/no.csr", "--ca-file", "@/no.pem"},
       {"--ca-file: the CA file @/no.pem does not exist [correct the path, or put the file there]",
        "--csr: the CSR @/no.csr does not exist [correct the path, or put the file there]",
        "--timeout: \"x\" is not a number of seconds from 1 to 604800 []",
        "@/units.csv: line 3: --csr: the CSR @/no.csr is used on line 2 already [name a CSR for each unit in a column "
        "--csr of the manifest]"}},
      {"S,--csr\n1,@/a\n2,\n",
       {"--method", "keys"},
       {"@/units.csv: line 2: --method keys and column 2 (--csr) cannot be combined [with --method keys there is no "
        "CSR; omit one of the two]"}},
      {"S\n1\n2\n",
       {"-P", "a=@@/no", "-P", "b=@/no"},
       {"--parameter: parameter \"a\": the file @/no does not exist [correct the path, or put the file there]"}},
      {"S,--verify\n1,true\n2,maybe\n",
       {},
       {"@/units.csv: line 3, column 2 (--verify): \"maybe\" is not true or false []"}},
  };
  const ManifestFixture fixture;
  for (const char* name : {"a", "b", "c", "d"}) fixture.write(name, "");
  for (const char* name : {"full", "copy"}) fixture.write(name, "a CSR");
  fixture.write("other", "another CSR");
  std::filesystem::create_symlink(fixture.path("b"), fixture.path("link"));
  std::filesystem::create_directory(fixture.path("real"));
  std::filesystem::create_directory_symlink(fixture.path("real"), fixture.path("linked"));
  for (const Row& each : rows) {
    CAPTURE(each.csv, each.more);
    Arguments more;
    for (const std::string& word : each.more) more.push_back(fixture.filled(word));
    CHECK(fixture.errors("units.csv", each.csv, more) == each.errors);
  }
}
// NOLINTEND(bugprone-suspicious-missing-comma)
