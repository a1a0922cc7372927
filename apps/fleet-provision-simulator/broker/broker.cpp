#include "broker/broker.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "service/configuration_file.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

// A publish of 128 KiB, its topic and its header (docs/service.md, "Limits").
constexpr int kPacketBytesMax = 131072 + 1024;
constexpr rlim_t kDescriptors = 65536;
constexpr int kWarningBytes = 262144;  // more than 100 lines of about 1000 bytes
constexpr const char* kConfigurationFile = "/mosquitto.conf";
constexpr const char* kOpensslFile = "/openssl.cnf";

std::string reason() {
  return std::strerror(errno);
}

// mosquitto is often in /usr/sbin, which is not in the PATH of ordinary users.
Result<std::string> find_mosquitto() {
  const char* path = std::getenv("PATH");
  std::string places = std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin";
  for (std::size_t begin = 0; begin <= places.size();) {
    const std::size_t end = std::min(places.find(':', begin), places.size());
    const std::string candidate = places.substr(begin, end - begin) + "/mosquitto";
    if (end != begin && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return fail(ErrorKind::kFileNotFound, "mosquitto is not installed",
              "install mosquitto 2.0 or later, e.g. apt-get install mosquitto");
}

// As root, mosquitto would otherwise change its user before it reads its plugin and keys.
std::string user_line() {
  if (::geteuid() != 0) return {};
  const passwd* entry = ::getpwuid(::geteuid());
  return std::string("user ") + (entry == nullptr ? "root" : entry->pw_name) + "\n";
}

std::string configuration_text(const BrokerSettings& settings, const Pki& pki, const std::string& plugin_file) {
  return user_line() + "per_listener_settings false\n" + "listener " + std::to_string(settings.port) + " " +
         settings.listen + "\n" + "cafile " + pki.client_trust + "\n" + "certfile " + pki.server_certificate + "\n" +
         "keyfile " + pki.server_key + "\n" +
         "require_certificate true\n"
         "allow_anonymous false\n"
         "set_tcp_nodelay true\n"
         "persistence false\n"
         "retain_available false\n"
         "max_qos 1\n"
         "max_inflight_messages 100\n"
         "max_packet_size " +
         std::to_string(kPacketBytesMax) + "\n" +
         "sys_interval 0\n"
         "log_dest stderr\n"
         "log_type error\nlog_type warning\nlog_type notice\n" +
         "plugin " + settings.plugin + "\n" + "plugin_opt_configuration " + plugin_file + "\n";
}

// No session tickets: a gateway connects once, and the two tickets of TLS 1.3 take OpenSSL 3.0 a tenth of the time of a
// provisioning. The other settings are those of Debian's openssl.cnf.
constexpr std::string_view kOpensslConfiguration =
    "openssl_conf = openssl\n"
    "[openssl]\nssl_conf = tls\n"
    "[tls]\nsystem_default = everywhere\n"
    "[everywhere]\nMinProtocol = TLSv1.2\nCipherString = DEFAULT:@SECLEVEL=2\nNumTickets = 0\n";

// Each connection needs a descriptor, and a whole fleet may connect at once.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kDescriptors));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

[[noreturn]] void become_mosquitto(const std::string& program, const std::string& run_dir, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) _exit(125);
  // In a process group of its own, so that Ctrl-C at the terminal reaches COMMAND and not the broker.
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  raise_descriptor_limit();
  ::setenv("OPENSSL_CONF", (run_dir + kOpensslFile).c_str(), 1);
#ifdef SANITIZER_RUNTIME
  ::setenv("LD_PRELOAD", SANITIZER_RUNTIME, 1);
  // mosquitto leaks memory at exit.
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 0);
#endif
  std::string option = "-c";
  std::string name = "mosquitto";
  std::string file = run_dir + kConfigurationFile;
  std::array<char*, 4> arguments{name.data(), option.data(), file.data(), nullptr};
  ::execv(program.c_str(), arguments.data());
  _exit(127);
}

std::string last_lines(const std::string& file) {
  std::string text = read_file(file).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t begin = text.size();
  for (int lines = 0; lines < 3 && begin != std::string::npos && begin != 0; ++lines)
    begin = text.rfind('\n', begin - 1);
  return begin == std::string::npos || begin == 0 ? text : text.substr(begin + 1);
}

// Whether the broker wrote its byte; false when it ended or the time is over.
bool wait_ready(int descriptor, std::chrono::milliseconds timeout) {
  pollfd event{descriptor, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&event, 1, static_cast<int>(timeout.count()));
  } while (ready < 0 && errno == EINTR);
  char byte = 0;
  return ready > 0 && ::read(descriptor, &byte, 1) == 1;
}

}  // namespace

Result<ReservedPort> reserve_port(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return fail(ErrorKind::kUsage, "--listen: not an IP address: " + address,
                "use an IPv4 or IPv6 address, e.g. 0.0.0.0");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0) {
    return fail(ErrorKind::kInternal,
                "cannot listen on " + address + " port " + std::to_string(port) + ": " + reason());
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  const std::uint16_t number = bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port;
  return ReservedPort{std::move(socket), ntohs(number)};
}

namespace {

void complete(Configuration& configuration, const Pki& pki, int ready_descriptor, int warning_descriptor) {
  configuration.ready_descriptor = ready_descriptor;
  configuration.warning_descriptor = warning_descriptor;
  configuration.parent = ::getpid();
  if (const char* given = std::getenv("OPENSSL_CONF")) configuration.openssl_configuration = given;
  configuration.device_issuer_certificate = pki.device_issuer_certificate;
  configuration.device_issuer_key = pki.device_issuer_key;
  configuration.claim_certificate_id = pki.claim_certificate_id;
  configuration.claim_expires = pki.claim_expires;
}

Result<void> write_configuration_files(const BrokerSettings& settings, const Pki& pki,
                                       const Configuration& configuration) {
  const std::string plugin_file = settings.run_dir + "/plugin.json";
  FP_TRY(write_file(plugin_file, to_json(configuration), 0600));
  FP_TRY(write_file(settings.run_dir + kConfigurationFile, configuration_text(settings, pki, plugin_file), 0600));
  return write_file(settings.run_dir + kOpensslFile, kOpensslConfiguration, 0644);
}

struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

Result<Pipe> make_pipe(int flags) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | flags) != 0) {
    return fail(ErrorKind::kInternal, "cannot create a pipe for mosquitto: " + reason());
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<Descriptor> open_empty_log(const std::string& path) {
  FP_TRY_ASSIGN(Descriptor log, open_own_file(path, O_WRONLY | O_CREAT, 0644));
  if (::ftruncate(log.get(), 0) == 0) return log;
  return fail(ErrorKind::kStateNotWritable, "cannot write " + path + ": " + reason());
}

}  // namespace

Result<Broker> Broker::start(const BrokerSettings& settings, const Pki& pki, Configuration configuration,
                             std::chrono::milliseconds timeout) {
  FP_TRY_ASSIGN(const std::string program, find_mosquitto());
  FP_TRY_ASSIGN(Pipe ready, make_pipe(0));
  FP_TRY_ASSIGN(Pipe warnings, make_pipe(O_NONBLOCK));
  // Room for all that EventLog hands over, because the pipe is read at exit only.
  ::fcntl(warnings.writer.get(), F_SETPIPE_SZ, kWarningBytes);
  complete(configuration, pki, ready.writer.get(), warnings.writer.get());
  FP_TRY(write_configuration_files(settings, pki, configuration));
  const std::string log_file = settings.run_dir + "/mosquitto.log";
  FP_TRY_ASSIGN(const Descriptor log, open_empty_log(log_file));

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorKind::kInternal, "cannot start mosquitto: fork: " + reason());
  if (pid == 0) {
    ::fcntl(ready.writer.get(), F_SETFD, 0);
    ::fcntl(warnings.writer.get(), F_SETFD, 0);
    become_mosquitto(program, settings.run_dir, log.get(), parent);
  }
  Broker broker(pid, std::move(warnings.reader));
  ready.writer.reset();
  if (!wait_ready(ready.reader.get(), timeout)) {
    return fail(ErrorKind::kInternal, "mosquitto did not start: " + last_lines(log_file), settings.log_hint);
  }
  return broker;
}

void Broker::end() {
  if (pid_ <= 0) return;
  const pid_t pid = std::exchange(pid_, -1);
  // The plugin's SIGALRM handler interrupts the broker's wait for sockets, which lasts up to 100 ms.
  ::kill(pid, SIGTERM);
  ::kill(pid, SIGALRM);
  // It ends within one turn of its loop. After two seconds it is killed.
  for (int i = 0; i < 2000; ++i) {
    if (::waitpid(pid, nullptr, WNOHANG) != 0) return;
    ::usleep(1000);
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

std::vector<std::string> Broker::take_warnings() {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(warnings_.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace fleet_provision::simulator
