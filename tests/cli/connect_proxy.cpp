// An HTTP CONNECT proxy for the tests: `connect_proxy LOG [USER:PASSWORD-IN-BASE64]`. It prints its port, appends each
// request's head to LOG, requires the credentials if they are given (407), and connects to 127.0.0.1 for every host
// name, so that names need not exist.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/support/loopback.hpp"

namespace {

constexpr std::size_t kHeadBytesMax = 8192;

/// A socket on 127.0.0.1, bound or (with `port`) connected; -1 when that failed.
int loopback_socket(std::uint16_t port) {
  const sockaddr_in address = fleet_provision::test::loopback(port);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* const general = reinterpret_cast<const sockaddr*>(&address);
  const int done = port == 0 ? ::bind(socket, general, sizeof address) : ::connect(socket, general, sizeof address);
  return done == 0 ? socket : -1;
}

/// Up to the blank line, byte by byte: what follows belongs to the bridge.
std::string read_head(int client) {
  std::string head;
  char byte = 0;
  while (head.size() < kHeadBytesMax && ::read(client, &byte, 1) == 1) {
    head += byte;
    if (head.ends_with("\r\n\r\n")) return head;
  }
  return {};
}

void send_text(int socket, const std::string& text) {
  if (::write(socket, text.data(), text.size()) < 0) ::_exit(1);
}

bool pass_on(int from, int to) {
  std::array<char, 16384> bytes{};
  const ssize_t got = ::read(from, bytes.data(), bytes.size());
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t now = ::write(to, bytes.data() + sent, static_cast<std::size_t>(got - sent));
    if (now <= 0) return false;
    sent += now;
  }
  return got > 0;
}

void splice(int client, int server) {
  std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
  while (::poll(ends.data(), ends.size(), -1) > 0) {
    if (ends[0].revents != 0 && !pass_on(client, server)) return;
    if (ends[1].revents != 0 && !pass_on(server, client)) return;
  }
}

void serve(int client, const char* log, const std::string& credentials) {
  const std::string head = read_head(client);
  std::ofstream(log, std::ios::app) << head << std::flush;
  const std::string authority = head.substr(0, head.find(" HTTP/1."));
  const bool known =
      credentials.empty() || head.find("\r\nProxy-Authorization: Basic " + credentials + "\r\n") != std::string::npos;
  if (!authority.starts_with("CONNECT ")) return send_text(client, "HTTP/1.1 405 Method Not Allowed\r\n\r\n");
  if (!known) return send_text(client, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  const int port = std::stoi("0" + authority.substr(authority.rfind(':') + 1));
  const int server = loopback_socket(static_cast<std::uint16_t>(port));
  if (server < 0) return send_text(client, "HTTP/1.1 502 Bad Gateway\r\n\r\n");
  send_text(client, "HTTP/1.1 200 Connection established\r\n\r\n");
  splice(client, server);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::signal(SIGCHLD, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  const int listener = loopback_socket(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (listener < 0 || ::listen(listener, 8) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 1;
  }
  std::cout << ntohs(address.sin_port) << std::endl;
  while (true) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return 1;
    if (::fork() == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(client, argv[1], argc > 2 ? argv[2] : "");
      ::_exit(0);
    }
    ::close(client);
  }
}
