// Reading, writing and the end of a TLS session, as the bridge sees them.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "tests/adapters/tls_session.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

BrokerOptions of_version(int version) {
  BrokerOptions options = broker_options();
  options.tls_version = version;
  return options;
}

/// Shakes hands, then does this.
ScriptedBroker::Script then(const std::function<void(BrokerConnection&)>& act) {
  return [act](BrokerConnection& connection) {
    if (connection.shake_hands()) act(connection);
  };
}

/// The first result of reading that is not a wait.
IoResult read_to_end(TlsSession& session, std::string* bytes = nullptr) {
  while (true) {
    char part[1024];
    // Left by somebody else; it must not change the result.
    ERR_raise(ERR_LIB_USER, 1);
    const IoResult result = session.opened->read(part, sizeof part);
    if (result.status == IoStatus::kMoved && bytes != nullptr) {
      bytes->append(part, result.count);
    } else if (result.status == IoStatus::kWantsRead) {
      REQUIRE(session.readable());
    } else {
      return result;
    }
  }
}

}  // namespace

TEST_CASE("a session names its version, cipher, protocol and server") {
  struct Row {
    int version;
    std::string name;
    std::string alpn;
    std::string begin;
  };
  for (const Row& row :
       {Row{TLS1_2_VERSION, "TLSv1.2", "", "TLSv1.2 ECDHE-"},
        Row{TLS1_3_VERSION, "TLSv1.3", "", "TLSv1.3 TLS_AES_256_GCM_SHA384, server "},
        Row{TLS1_3_VERSION, "TLSv1.3", "x", "TLSv1.3 TLS_AES_256_GCM_SHA384, ALPN x, server "},
        Row{TLS1_3_VERSION, "TLSv1.3", "mqtt", "TLSv1.3 TLS_AES_256_GCM_SHA384, ALPN mqtt, server "}}) {
    BrokerOptions options = of_version(row.version);
    options.alpn = row.alpn;
    TlsSession session(then([](BrokerConnection& connection) { connection.wait_for_close(); }), options,
                       {"localhost", row.alpn, "the broker", ""});
    REQUIRE(session.opened);
    CHECK(session.opened->version() == row.name);
    const std::string text = session.opened->description();
    INFO(text);
    CHECK(text.starts_with(row.begin));
    CHECK(text.find(", server CN=") != std::string::npos);
    CHECK(text.ends_with(" by CN=test root"));
    CHECK((text.find("ALPN") == std::string::npos) == row.alpn.empty());
  }
}

TEST_CASE("each end of a session is a close, and only an alert or broken TLS is a failure") {
  struct Row {
    std::string name;
    std::function<void(BrokerConnection&)> end;
    IoStatus status;
    std::optional<ErrorKind> failure;
  };
  const auto nothing = [](BrokerConnection&) {};
  const Row rows[] = {
      {"close_notify", nothing, IoStatus::kClosed, std::nullopt},
      {"end of TCP", [](BrokerConnection& connection) { connection.cut(); }, IoStatus::kClosed, std::nullopt},
      {"reset", [](BrokerConnection& connection) { connection.cut(true); }, IoStatus::kClosed, std::nullopt},
      {"not TLS", [](BrokerConnection& connection) { connection.send_plain("HTTP/1.1 400 Bad Request\r\n\r\n"); },
       IoStatus::kFailed, kTlsFailed},
      {"no data",
       [](BrokerConnection& connection) {
         for (int i = 0; i < 2600; ++i) {
           if (SSL_key_update(connection.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
               SSL_do_handshake(connection.ssl()) != 1)
             return;
         }
         connection.wait_for_close();
       },
       IoStatus::kFailed, kTlsFailed},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    TlsSession session(then(row.end), of_version(TLS1_3_VERSION));
    REQUIRE(session.opened);
    CHECK(read_to_end(session).status == row.status);
    CHECK(ERR_peek_error() == 0);
    const auto failure = session.opened->failure();
    CHECK(failure.has_value() == row.failure.has_value());
    if (failure) CHECK(failure->kind == *row.failure);
    if (row.name == "no data") CHECK(failure->message.ends_with("bytes of TLS without any data in them"));
    if (row.name == "not TLS") CHECK(failure->message.starts_with("TLS with the broker failed: "));
  }
}

TEST_CASE("a session delivers what was sent before its end, and what does not fit stays buffered") {
  const std::string sent(10'000, 'x');
  TlsSession session(then([&](BrokerConnection& connection) { connection.send(sent); }));
  REQUIRE(session.opened);
  CHECK_FALSE(session.opened->has_buffered());
  char byte = 0;
  while (session.opened->read(&byte, 1).status == IoStatus::kWantsRead) REQUIRE(session.readable());
  CHECK(session.opened->has_buffered());
  std::string bytes(1, byte);
  CHECK(read_to_end(session, &bytes).status == IoStatus::kClosed);
  CHECK(bytes == sent);
}

TEST_CASE("nothing is read after the deadline of a session") {
  TlsSession session(then([](BrokerConnection& connection) {
    connection.send("late");
    connection.wait_for_close();
  }));
  REQUIRE(session.opened);
  REQUIRE(session.readable());
  session.opened->end_at(Instant{});
  char part[16];
  CHECK(session.opened->read(part, sizeof part).status == IoStatus::kWantsRead);
  session.opened->end_at(Instant::max());
  IoResult result;
  while ((result = session.opened->read(part, sizeof part)).status == IoStatus::kWantsRead) REQUIRE(session.readable());
  CHECK(result.status == IoStatus::kMoved);
  CHECK(result.count == 4);
}

TEST_CASE("a server that reads nothing makes the writer wait, and one that has gone is noticed") {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  TlsSession session(then([&](BrokerConnection& connection) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
    connection.cut(true);
  }));
  REQUIRE(session.opened);
  const std::string much(16 * 1024, 'x');
  IoResult result;
  for (int i = 0; i < 1000; ++i) {
    ERR_raise(ERR_LIB_USER, 1);
    result = session.opened->write(much.data(), much.size());
    if (result.status != IoStatus::kMoved) break;
    CHECK(result.count == much.size());
  }
  CHECK(result.status == IoStatus::kWantsWrite);
  {
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_all();
  }
  pollfd polled{session.opened->descriptor(), POLLERR, 0};
  REQUIRE(::poll(&polled, 1, 60'000) == 1);
  CHECK(session.opened->write(much.data(), much.size()).status == IoStatus::kClosed);
  session.opened->shut_down();
  CHECK(ERR_peek_error() == 0);
}
