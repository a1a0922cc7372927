#include "tests/support/software_token.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "tests/support/process.hpp"

namespace fleet_provision::test {

namespace {

constexpr const char* kPin = "1234";
constexpr const char* kOfficerPin = "5678";

/// A file below /usr/lib, in the directory of whatever architecture this machine has.
std::optional<std::string> in_usr_lib(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::exists("/usr/lib/" + name, ignored)) return "/usr/lib/" + name;
  for (const auto& directory : fs::directory_iterator("/usr/lib", ignored)) {
    const fs::path file = directory.path() / name;
    if (fs::exists(file, ignored)) return file.string();
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> software_token_module() {
  if (!is_installed("softhsm2-util") || !in_usr_lib("libp11-kit.so.0")) return std::nullopt;
  return in_usr_lib("softhsm/libsofthsm2.so");
}

SoftwareToken::SoftwareToken(const std::string& label) : label_(label) {
  std::filesystem::create_directory(directory_.path() / "tokens");
  const std::string file = directory_.write(
      "softhsm2.conf", "directories.tokendir = " + directory_ / "tokens" +
                           "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n");
  ::setenv("SOFTHSM2_CONF", file.c_str(), 1);
  pin_file_ = directory_.write("pin", std::string(kPin) + "\n");
  add_token(label);
}

SoftwareToken::~SoftwareToken() {
  ::unsetenv("SOFTHSM2_CONF");
}

void SoftwareToken::softhsm2_util(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "/usr/bin/softhsm2-util");
  const Finished finished = run_process(arguments);
  if (finished.exit_code != 0) throw std::runtime_error("softhsm2-util: " + finished.out + finished.err);
}

void SoftwareToken::add_token(const std::string& label) const {
  softhsm2_util({"--init-token", "--free", "--label", label, "--so-pin", kOfficerPin, "--pin", kPin});
}

void SoftwareToken::import_key(const std::string& pem, const std::string& label, const std::string& id) const {
  softhsm2_util({"--import", directory_.write("import.pem", pem), "--token", label_, "--label", label, "--id", id,
                 "--pin", kPin});
}

std::string SoftwareToken::uri(const std::string& object) const {
  return "pkcs11:token=" + label_ + ";object=" + object;
}

std::size_t SoftwareToken::objects() const {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory_.path() / "tokens")) {
    if (file.path().extension() == ".object" && file.path().filename() != "token.object") ++count;
  }
  return count;
}

std::string SoftwareToken::pkcs11_tool(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{"/usr/bin/pkcs11-tool",
                                 "--module",
                                 software_token_module().value_or(""),
                                 "--token-label",
                                 label_,
                                 "--login",
                                 "--pin",
                                 kPin};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const Finished finished = run_process(words);
  if (finished.exit_code != 0) throw std::runtime_error("pkcs11-tool: " + finished.out + finished.err);
  return finished.out;
}

}  // namespace fleet_provision::test
