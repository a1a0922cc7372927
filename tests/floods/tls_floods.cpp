#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <chrono>
#include <functional>
#include <thread>

#include "tests/floods/floods.hpp"

namespace fleet_provision::test {
namespace {

using namespace std::string_literals;

BrokerOptions speaking(int version) {
  BrokerOptions options;
  static const IssuedCertificate server = ByteService::pki().server();
  options.server = server;
  options.client_root = ByteService::pki().root();
  options.tls_version = version;
  return options;
}

/// An unencrypted TLS record (RFC 8446 section 5.1).
std::string record(char type, const std::string& body) {
  return std::string{type, '\x03', '\x03', static_cast<char>(body.size() >> 8), static_cast<char>(body.size() & 0xFF)} +
         body;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

constexpr char kChangeCipherSpec = 20;
constexpr char kAlert = 21;
constexpr char kHandshake = 22;
constexpr char kData = 23;

void pour(BrokerConnection& connection, const std::string& bytes) {
  const std::string many = repeated(bytes, 1 + 16 * 1024 / bytes.size());
  while (connection.try_send_plain(many)) {
  }
}

/// Sends `bytes` repeatedly instead of a ServerHello.
ScriptedBroker::Script instead_of_hello(const std::string& bytes) {
  return [bytes](BrokerConnection& connection) {
    if (!connection.read_plain().empty()) pour(connection, bytes);
  };
}

/// Sends the ServerHello of a real handshake, and then `bytes` repeatedly.
ScriptedBroker::Script behind_hello(const std::string& bytes) {
  return [bytes](BrokerConnection& connection) {
    const std::string hello = connection.read_plain();
    SSL* ssl = SSL_new(connection.context());
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    BIO_write(in, hello.data(), static_cast<int>(hello.size()));
    SSL_set_bio(ssl, in, out);
    SSL_accept(ssl);
    ERR_clear_error();
    char* answer = nullptr;
    const long size = BIO_get_mem_data(out, &answer);
    if (size > 5) {
      const std::size_t first =
          5U + static_cast<unsigned char>(answer[3]) * 256U + static_cast<unsigned char>(answer[4]);
      connection.send_plain({answer, first});
    }
    SSL_free(ssl);
    pour(connection, bytes);
  };
}

/// Sends one byte from time to time; each byte would restart an idle timer.
void drip(BrokerConnection& connection) {
  connection.read_plain();
  const std::string hello_request = record(kHandshake, "\0\0\0\0"s);
  for (std::size_t i = 0; connection.try_send_plain(hello_request.substr(i % hello_request.size(), 1)); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

/// A chain with more certificates than any real chain.
BrokerOptions with_huge_chain(int version) {
  BrokerOptions options = speaking(version);
  static const std::string above = repeated(TestPki("another root").root(), 2'000);
  options.server.certificate += above;
  return options;
}

/// Whether the client has closed; OpenSSL would continue to create tickets for it.
bool is_gone(int socket) {
  pollfd polled{socket, POLLRDHUP, 0};
  return ::poll(&polled, 1, 0) != 0;
}

ScriptedBroker::Script in_session(const std::function<bool(SSL*)>& once) {
  return [once](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    while (!is_gone(SSL_get_fd(connection.ssl())) && once(connection.ssl())) {
    }
    ERR_clear_error();
  };
}

bool update_key(SSL* ssl, int kind) {
  return SSL_key_update(ssl, kind) == 1 && SSL_do_handshake(ssl) == 1;
}

/// Writes one byte of data, so that the limit of the session is exceeded rather than that of bytes without data.
bool write_byte(SSL* ssl) {
  return SSL_write(ssl, "\xD0", 1) == 1;
}

}  // namespace

std::vector<Flood> handshake_floods() {
  const std::string hello_request = record(kHandshake, "\0\0\0\0"s);
  struct Messages {
    std::string name;
    std::string bytes;
  };
  const std::vector<Messages> all{
      {"HelloRequest", hello_request},
      {"HelloRequest, many in a record", record(kHandshake, repeated("\0\0\0\0"s, 4'000))},
      {"HelloRequest, in pieces", record(kHandshake, "\0"s) + record(kHandshake, "\0\0\0"s)},
      {"empty records", record(kHandshake, "")},
      {"warning alerts", record(kAlert, "\x01\x64"s)},
      {"ChangeCipherSpec", record(kChangeCipherSpec, "\x01"s)},
      {"a message of 16 MiB", record(kHandshake, "\x0B\xFF\xFF\xFF"s + std::string(16'000, '\0'))},
      {"data", record(kData, std::string(16'000, 'x'))},
      {"KeyUpdate", record(kHandshake, "\x18\0\0\x01\0"s)},
      {"NewSessionTicket", record(kHandshake, "\x04\0\0\x06\0\0\0\0\0\0"s)},
  };
  std::vector<Flood> rows;
  for (const Messages& each : all) {
    rows.push_back({"instead of ServerHello: " + each.name,
                    speaking(0),
                    instead_of_hello(each.bytes),
                    77,
                    {"tls-failed", "not-a-tls-server", "tls-version"}});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      rows.push_back({"behind ServerHello of TLS 1." + std::to_string(version - TLS1_VERSION) + ": " + each.name,
                      speaking(version),
                      behind_hello(each.bytes),
                      77,
                      {"tls-failed", "tls-version"}});
    }
  }
  rows.push_back({"HelloRequest, byte by byte", speaking(0), drip, 75, {"tls-timeout"}});
  rows.push_back({"alerts of a user who cancels",
                  speaking(0),
                  instead_of_hello(record(kAlert, "\x01\x5A"s)),
                  75,
                  {"server-unavailable"}});
  rows.push_back({"text", speaking(0), instead_of_hello("HTTP/1.1 200 OK\r\n"), 77, {"not-a-tls-server"}});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    rows.push_back({"a chain of certificates without end",
                    with_huge_chain(version),
                    [](BrokerConnection& connection) { connection.shake_hands(); },
                    77,
                    {"tls-failed"}});
  }
  return rows;
}

std::vector<Flood> session_floods() {
  return {
      {"KeyUpdate",
       speaking(TLS1_3_VERSION),
       in_session([](SSL* ssl) { return update_key(ssl, SSL_KEY_UPDATE_NOT_REQUESTED); }),
       77,
       {"tls-failed"}},
      {"KeyUpdate that wants one in return",
       speaking(TLS1_3_VERSION),
       in_session([](SSL* ssl) { return update_key(ssl, SSL_KEY_UPDATE_REQUESTED); }),
       77,
       {"tls-failed"}},
      {"NewSessionTicket",
       speaking(TLS1_3_VERSION),
       in_session([](SSL* ssl) { return SSL_new_session_ticket(ssl) == 1 && SSL_do_handshake(ssl) == 1; }),
       77,
       {"tls-failed"}},
      {"HelloRequest in a session",
       speaking(TLS1_2_VERSION),
       in_session([](SSL* ssl) { return SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1; }),
       77,
       {"tls-failed"}},
      {"bytes before any CONNECT", speaking(0), in_session(write_byte), 76, {"malformed-answer"}},
  };
}

}  // namespace fleet_provision::test
