#include "tests/support/software_tpm.hpp"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <thread>

namespace fleet_provision::test {
namespace {

sockaddr_in local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool is_free(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = local(port);
  const bool bound = ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(listener);
  return bound;
}

bool answers(int port) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = local(port);
  const bool connected = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(client);
  return connected;
}

/// The first of two free ports, below those that the kernel gives to clients.
int free_pair() {
  static std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> port(10'000, 15'000);
  for (int i = 0; i < 100; ++i) {
    const int first = 2 * port(random);
    if (is_free(first) && is_free(first + 1)) return first;
  }
  throw std::runtime_error("no two free ports");
}

}  // namespace

std::string SoftwareTpm::missing() {
  for (const char* each : {"swtpm", "tpm2_getcap", "openssl"}) {
    if (!is_installed(each)) return std::string(each) + " is not installed";
  }
  for (const char* each : {"libtss2-esys.so.0", "libtss2-tctildr.so.0", "libtss2-tcti-swtpm.so.0"}) {
    void* library = ::dlopen(each, RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) return std::string(each) + " is not installed";
    ::dlclose(library);
  }
  return {};
}

SoftwareTpm::SoftwareTpm(const Setup& setup) {
  for (int i = 0; i < 5 && pid_ < 0; ++i) {
    const int port = free_pair();
    if (!start(port, setup.started)) continue;
    tcti_ = "swtpm:host=127.0.0.1,port=" + std::to_string(port);
  }
  if (pid_ < 0) throw std::runtime_error("swtpm does not start");
  if (setup.started && !setup.locks_soon) {
    shell(
        "tpm2_dictionarylockout --setup-parameters --max-tries=1000 --recovery-time=1000 --lockout-recovery-time=1000");
  }
}

SoftwareTpm::~SoftwareTpm() {
  end();
}

bool SoftwareTpm::start(int port, bool started) {
  const std::string state = directory_ / "state";
  std::filesystem::create_directories(state);
  const std::string address = "bindaddr=127.0.0.1,type=tcp,port=";
  const int log = ::open((directory_ / "swtpm.log").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  pid_ = start_process({.words = {"/usr/bin/swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--server",
                                  address + std::to_string(port), "--ctrl", address + std::to_string(port + 1),
                                  "--flags", started ? "not-need-init,startup-clear" : "not-need-init"},
                        .out = log,
                        .err = log});
  ::close(log);
  for (int i = 0; i < 2000 && is_alive(pid_); ++i) {
    if (answers(port + 1)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  end();
  return false;
}

void SoftwareTpm::end() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::vector<std::string> SoftwareTpm::environment() const {
  return {"TPM2TOOLS_TCTI=" + tcti_, "TPM2OPENSSL_TCTI=" + tcti_, "TCTI=" + tcti_, "TSS2_LOG=all+NONE"};
}

std::string SoftwareTpm::shell(const std::string& command) const {
  const Finished finished =
      run_process({"/bin/sh", "-ec", "cd " + directory_.path().string() + "\n" + command}, environment());
  if (finished.exit_code == 0) return finished.out;
  throw std::runtime_error(command + ": " + finished.out + finished.err);
}

unsigned long SoftwareTpm::property(const std::string& name) const {
  const std::string all = shell("tpm2_getcap properties-variable");
  const std::size_t at = all.find(name + ": ");
  if (at == std::string::npos) throw std::runtime_error("no property " + name);
  return std::stoul(all.substr(at + name.size() + 2), nullptr, 16);
}

std::string SoftwareTpm::handles(const std::string& kind) const {
  return shell("tpm2_getcap " + kind);
}

}  // namespace fleet_provision::test
