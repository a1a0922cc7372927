// The tree keeps the include rules, and the rules can be broken: one row for each, with what the judge must say.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/architecture/include_rules.hpp"
#include "tests/support/catch.hpp"

namespace {

using fleet_provision::architecture::Violation;
using fleet_provision::architecture::violations;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Row {
  std::string path;
  std::string text;
  /// Part of the only rule that is broken; empty: none is.
  std::string broken;
};

}  // namespace

TEST_CASE("every file of lib and apps keeps the include rules") {
  const std::filesystem::path root = FLEET_PROVISION_SOURCE_DIR;
  std::string report;
  int files = 0;
  for (const char* folder : {"lib", "apps"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string ending = entry.path().extension().string();
      if (ending != ".cpp" && ending != ".hpp" && ending != ".h") continue;
      ++files;
      const std::string path = entry.path().lexically_relative(root).generic_string();
      for (const Violation& each : violations(path, read_file(entry.path()))) {
        report += path + ":" + std::to_string(each.line) + ": " + each.rule + "\n";
      }
    }
  }
  CHECK(files > 100);
  INFO(report);
  CHECK(report.empty());
}

TEST_CASE("each include rule can be broken, and only by what it forbids") {
  const std::vector<Row> rows{
      {"lib/core/plan.cpp", "#include \"core/plan.hpp\"\n#include <string>\n", ""},
      {"lib/core/plan.cpp", "#include \"ports/disk.hpp\"\n", "lib/core/ may include only core/"},
      {"lib/ports/disk.hpp", "#pragma once\n#include \"codec/payload.hpp\"\n", "lib/ports/ may include only"},
      {"lib/codec/json.cpp", "#include \"ports/disk.hpp\"\n", "lib/codec/ may include only"},
      {"lib/core/plan.cpp", "#include \"aws/endpoint.hpp\"\n", "lib/core/ may include only core/"},
      {"lib/aws/topics.cpp", "#include \"mqtt/guard.hpp\"\n", "lib/aws/ may include only"},
      {"lib/mqtt/guard.cpp", "#include \"ports/transport.hpp\"\n", "lib/mqtt/ may include only"},
      {"lib/workflow/outcome.hpp", "#pragma once\n#include \"adapters/system/posix_disk.hpp\"\n",
       "lib/workflow/ may include only"},
      {"lib/workflow/state/vault.cpp", "#include \"workflow/run/steps.hpp\"\n", "lib/workflow/state/ may include only"},
      {"lib/workflow/run/steps.cpp", "#include \"workflow/commands/verify.hpp\"\n",
       "lib/workflow/run/ may include only"},
      {"lib/workflow/commands/verify.cpp", "#include \"workflow/run/steps.hpp\"\n", ""},
      {"lib/adapters/mqtt/paho_transport.cpp", "#include \"workflow/state/vault.hpp\"\n",
       "lib/adapters/ may include only"},
      {"lib/adapters/system/posix_disk.cpp", "#include \"codec/payload.hpp\"\n",
       "lib/adapters/system/ may include only"},
      {"lib/adapters/keys/key.cpp", "#include \"adapters/network/tcp.hpp\"\n", "lib/adapters/keys/ may include only"},
      {"lib/adapters/network/tcp.cpp", "#include \"adapters/mqtt/tls_bridge.hpp\"\n",
       "lib/adapters/network/ may include only"},
      {"apps/fleet-provision/cli/help.cpp", "#include \"config/options.hpp\"\n", "cli/ may include only"},
      {"apps/fleet-provision/config/options.cpp", "#include \"output/report.hpp\"\n", "config/ may include only"},
      {"apps/fleet-provision/output/report.cpp", "#include \"commands/status_command.hpp\"\n",
       "output/ may include only"},
      {"apps/fleet-provision/batch/batch_command.cpp", "#include \"commands/status_command.hpp\"\n",
       "batch/ may include only"},
      {"apps/fleet-provision/batch/manifest/manifest.cpp", "#include \"batch/record/ledger.hpp\"\n",
       "manifest/ may include only"},
      {"apps/fleet-provision/batch/record/ledger.cpp", "#include \"batch/run/run.hpp\"\n", "record/ may include only"},
      {"apps/fleet-provision/batch/report/reports.cpp", "#include \"batch/manifest/manifest.hpp\"\n",
       "report/ may include only"},
      {"apps/fleet-provision/batch/run/run.cpp", "#include \"batch/report/reports.hpp\"\n", "run/ may include only"},
      {"apps/fleet-provision/batch/manifest/csv_rows.cpp", "#include <csv.h>\n", ""},
      {"apps/fleet-provision/batch/manifest/manifest.cpp", "#include <csv.h>\n", "libcsv"},
      {"apps/fleet-provision/process/process.cpp", "#include \"workflow/outcome.hpp\"\n", "process/ may include only"},
      {"apps/fleet-provision-simulator/system/files.cpp", "#include \"service/value.hpp\"\n",
       "system/ may include only"},
      {"apps/fleet-provision-simulator/report/page.cpp", "#include \"pki/pki.hpp\"\n", "report/ may include only"},
      {"apps/fleet-provision-simulator/records/state_store.cpp", "#include \"pki/pki.hpp\"\n",
       "records/ may include only"},
      {"apps/fleet-provision-simulator/pki/pki.cpp", "#include \"broker/broker.hpp\"\n", "pki/ may include only"},
      {"apps/fleet-provision-simulator/broker/broker.cpp", "#include \"simulator/options.hpp\"\n",
       "broker/ may include only"},
      {"lib/core/plan.cpp", "#include \"../ports/disk.hpp\"\n", "never relative"},
      {"apps/fleet-provision/main.cpp",
       "#include \"workflow/commands/provision.hpp\"\n#include \"adapters/system/posix_disk.hpp\"\n", ""},
      {"apps/fleet-provision-simulator/service/token.cpp", "#include \"workflow/state/vault.hpp\"\n", "service/"},

      {"lib/adapters/mqtt/paho_transport.cpp", "#include <mqtt/async_client.h>\n", ""},
      {"lib/adapters/mqtt/tls_bridge.cpp", "#include <mqtt/async_client.h>\n", "Paho's headers"},
      {"lib/workflow/run/exchange.cpp", "#include <MQTTAsync.h>\n", "Paho's headers"},
      {"lib/adapters/keys/device/der.cpp", "#include \"adapters/keys/key.hpp\"\n",
       "lib/adapters/keys/device/ may include only"},
      {"lib/adapters/keys/tpm2/tpm2.cpp", "#include \"adapters/keys/pkcs11/pkcs11.hpp\"\n",
       "lib/adapters/keys/tpm2/ may include only"},
      {"lib/adapters/keys/pkcs11/pkcs11.cpp", "#include \"adapters/keys/tpm2/tpm2.hpp\"\n",
       "lib/adapters/keys/pkcs11/ may include only"},
      {"lib/adapters/keys/key_devices.cpp", "#include \"adapters/keys/tpm2/tpm2.hpp\"\n", ""},
      {"lib/adapters/keys/pkcs11/pkcs11_module.hpp", "#pragma once\n#include <p11-kit/pkcs11.h>\n", ""},
      {"lib/adapters/keys/key_devices.cpp", "#include <p11-kit/p11-kit.h>\n", "p11-kit's headers"},
      {"lib/adapters/keys/tpm2/tss2_library.hpp", "#pragma once\n#include <tss2/tss2_esys.h>\n", ""},
      {"lib/adapters/keys/key.cpp", "#include <tss2/tss2_esys.h>\n", "tpm2-tss"},
      {"lib/adapters/keys/openssl_keysmith.cpp", "#include <openssl/evp.h>\n", ""},
      {"lib/adapters/keys/openssl_keysmith.hpp", "#pragma once\n#include <openssl/evp.h>\n", "OpenSSL's headers"},
      {"lib/core/secret.cpp", "#include <openssl/crypto.h>\n", "OpenSSL's headers"},
      {"apps/fleet-provision-simulator/pki/pki.cpp", "#include <openssl/x509.h>\n", ""},
      {"apps/fleet-provision/main.cpp", "  #  include <openssl/x509.h>\n", "OpenSSL's headers"},
      {"apps/fleet-provision/config/options.cpp", "#include <CLI/CLI.hpp>\n", ""},
      {"lib/core/plan.cpp", "#include <CLI/CLI.hpp>\n", "CLI11"},
      {"lib/codec/json.cpp", "#include <nlohmann/json.hpp>\n", ""},
      {"lib/codec/payload.hpp", "#pragma once\n#include <nlohmann/json_fwd.hpp>\n", "nlohmann"},
      {"lib/workflow/state/vault.cpp", "#include <cbor.h>\n", "libcbor"},
      {"lib/core/text.hpp", "#pragma once\n#include <tl/expected.hpp>\n", "core/result.hpp"},
      {"apps/fleet-provision-simulator/broker/plugin.cpp", "#include <mosquitto_plugin.h>\n", ""},
      {"apps/fleet-provision-simulator/broker/broker.cpp", "#include <mosquitto_plugin.h>\n", "mosquitto's headers"},

      {"lib/adapters/system/posix_disk.cpp", "#include <fcntl.h>\n#include <sys/stat.h>\n", ""},
      {"lib/workflow/state/vault.cpp", "#include <unistd.h>\n", "POSIX headers"},
      {"lib/core/plan.cpp", "#include <sys/stat.h>\n", "POSIX headers"},
      {"lib/codec/json.cpp", "#include <iostream>\n", "streams"},
      {"apps/fleet-provision-simulator/broker/broker.cpp", "#include <sys/wait.h>\n#include <fstream>\n", ""},
      {"apps/fleet-provision-simulator/service/token.cpp", "#include <time.h>\n#include <unistd.h>\n", "POSIX headers"},

      {"apps/fleet-provision/output/report.cpp", "int f() { std::cout << 1; exit(0); }\n", ""},
      {"lib/workflow/commands/provision.cpp", "void f() { std::cout << 1; }\n", "stdout"},
      {"lib/adapters/mqtt/tls_bridge.cpp", "void f() { fprintf(file, \"x\"); }\n", "stdout"},
      {"lib/adapters/mqtt/tls_bridge.cpp", "void f() { std::exit(1); }\n", "end the process"},
      {"lib/adapters/mqtt/tls_bridge.cpp", "auto x = std::getenv(\"https_proxy\");\n", "environment"},
      {"lib/adapters/mqtt/tls_bridge.cpp", "void f() { snprintf(b, 1, \"\"); exits(); my_exit(); }\n", ""},
      {"lib/core/plan.cpp",
       "// exit codes\n/* std::cout\n printf( */ int limit = 15'000; auto s = \"exit\\\" \"; char c = '\"';\n", ""},

      {"lib/core/plan.hpp", "#pragma once\nusing namespace std;\n", "using namespace"},
      {"lib/core/plan.hpp", "struct Plan {};\n", "#pragma once"},
      {"lib/core/plan.cpp", "#include \"core/error.hpp\"\n#include \"core/plan.hpp\"\n", "own header first"},
      {"tests/unit/plan_test.cpp", "#include <openssl/evp.h>\n", ""},
  };
  for (const Row& row : rows) {
    const std::vector<Violation> found = violations(row.path, row.text);
    INFO(row.path << ": " << row.text);
    if (row.broken.empty()) {
      CHECK(found.empty());
    } else {
      REQUIRE(found.size() == 1);
      CHECK(found.front().rule.find(row.broken) != std::string::npos);
    }
  }
}

TEST_CASE("a violation names its line") {
  const auto found = violations("lib/core/plan.cpp", "#include \"core/plan.hpp\"\n\n#include <fcntl.h>\n");
  REQUIRE(found.size() == 1);
  CHECK(found.front().line == 3);
}
