// The tree keeps the include rules, and the rules can be broken: one row for each, with what the judge must say.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/architecture/include_rules.hpp"
#include "tests/catch.hpp"

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
  CHECK(files > 20);
  INFO(report);
  CHECK(report.empty());
}

TEST_CASE("each include rule can be broken, and only by what it forbids") {
  const std::vector<Row> rows{
      {"lib/core/plan.cpp", "#include \"core/plan.hpp\"\n#include <string>\n", ""},
      {"lib/core/plan.cpp", "#include \"ports/disk.hpp\"\n", "lib/core/ may include only core/"},
      {"lib/ports/disk.hpp", "#pragma once\n#include \"codec/payload.hpp\"\n", "lib/ports/ may include only"},
      {"lib/codec/json.cpp", "#include \"ports/disk.hpp\"\n", "lib/codec/ may include only"},
      {"lib/workflow/vault.cpp", "#include \"adapters/posix_disk.hpp\"\n", "lib/workflow/ may include only"},
      {"lib/adapters/posix_disk.cpp", "#include \"workflow/vault.hpp\"\n", "lib/adapters/ may include only"},
      {"lib/adapters/posix_disk.cpp", "#include \"codec/payload.hpp\"\n", "lib/adapters/ may include only"},
      {"lib/core/plan.cpp", "#include \"../ports/disk.hpp\"\n", "never relative"},
      {"apps/fleet-provision/main.cpp", "#include \"workflow/provision.hpp\"\n#include \"adapters/posix_disk.hpp\"\n",
       ""},
      {"apps/fleet-provision-simulator/service/token.cpp", "#include \"workflow/vault.hpp\"\n", "service/"},

      {"lib/adapters/paho_transport.cpp", "#include <mqtt/async_client.h>\n", ""},
      {"lib/adapters/tunnel.cpp", "#include <mqtt/async_client.h>\n", "Paho's headers"},
      {"lib/workflow/exchange.cpp", "#include <MQTTAsync.h>\n", "Paho's headers"},
      {"lib/adapters/openssl_keysmith.cpp", "#include <openssl/evp.h>\n", ""},
      {"lib/adapters/openssl_keysmith.hpp", "#pragma once\n#include <openssl/evp.h>\n", "OpenSSL's headers"},
      {"lib/core/secret.cpp", "#include <openssl/crypto.h>\n", "OpenSSL's headers"},
      {"apps/fleet-provision-simulator/pki.cpp", "#include <openssl/x509.h>\n", ""},
      {"apps/fleet-provision/main.cpp", "  #  include <openssl/x509.h>\n", "OpenSSL's headers"},
      {"apps/fleet-provision/options.cpp", "#include <CLI/CLI.hpp>\n", ""},
      {"lib/core/plan.cpp", "#include <CLI/CLI.hpp>\n", "CLI11"},
      {"lib/codec/json.cpp", "#include <nlohmann/json.hpp>\n", ""},
      {"lib/codec/payload.hpp", "#pragma once\n#include <nlohmann/json_fwd.hpp>\n", "nlohmann"},
      {"lib/workflow/vault.cpp", "#include <cbor.h>\n", "libcbor"},
      {"lib/core/text.hpp", "#pragma once\n#include <tl/expected.hpp>\n", "core/result.hpp"},
      {"apps/fleet-provision-simulator/plugin.cpp", "#include <mosquitto_plugin.h>\n", ""},
      {"apps/fleet-provision-simulator/broker.cpp", "#include <mosquitto_plugin.h>\n", "mosquitto's headers"},

      {"lib/adapters/posix_disk.cpp", "#include <fcntl.h>\n#include <sys/stat.h>\n", ""},
      {"lib/workflow/vault.cpp", "#include <unistd.h>\n", "POSIX headers"},
      {"lib/core/plan.cpp", "#include <sys/stat.h>\n", "POSIX headers"},
      {"lib/codec/json.cpp", "#include <iostream>\n", "streams"},
      {"apps/fleet-provision-simulator/broker.cpp", "#include <sys/wait.h>\n#include <fstream>\n", ""},
      {"apps/fleet-provision-simulator/service/token.cpp", "#include <time.h>\n#include <unistd.h>\n", "POSIX headers"},

      {"apps/fleet-provision/report.cpp", "int f() { std::cout << 1; exit(0); }\n", ""},
      {"lib/workflow/provision.cpp", "void f() { std::cout << 1; }\n", "stdout"},
      {"lib/adapters/tunnel.cpp", "void f() { fprintf(file, \"x\"); }\n", "stdout"},
      {"lib/adapters/tunnel.cpp", "void f() { std::exit(1); }\n", "end the process"},
      {"lib/adapters/tunnel.cpp", "auto x = std::getenv(\"https_proxy\");\n", "environment"},
      {"lib/adapters/tunnel.cpp", "void f() { snprintf(b, 1, \"\"); exits(); my_exit(); }\n", ""},
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
