// What an HTTP proxy answers to CONNECT. The first byte of the input says into how large pieces the answer is cut, and
// whether the proxy needs credentials. The pieces make no difference; after success the first byte behind the header is
// still there; no error shows the password.
#include <optional>

#include "adapters/network/http_proxy.hpp"
#include "tests/fuzz/memory_network.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

constexpr const char* kPassword = "correct horse";

struct Judged {
  std::optional<Error> error;
  std::string_view left;
};

Judged ask(std::string_view bytes, std::size_t piece, bool credentials) {
  static const Interrupt interrupt;
  static const Wait wait(interrupt, -1);
  Proxy proxy{"proxy.example", 3128, {}, {}};
  if (credentials) proxy = {"proxy.example", 3128, "user", Secret(kPassword)};
  memory_network::set_peer(bytes, piece);
  const auto asked = ask_proxy(-1, proxy, {"a.example", 8883}, Instant::max(), wait);
  must_hold(memory_network::sent().starts_with("CONNECT a.example:8883 HTTP/1.1\r\n"), "a request was sent");
  if (asked) return {std::nullopt, memory_network::left()};
  return {asked.error(), memory_network::left()};
}

void judge(const Judged& judged, std::string_view bytes) {
  if (judged.error) {
    const ErrorKind kind = judged.error->kind;
    const bool known = kind == ErrorKind::kProxyAuthentication || kind == ErrorKind::kProxyRefused;
    refused_as(*judged.error, known ? kind : ErrorKind::kNotAProxy);
    if (bytes.find(kPassword) == std::string_view::npos) {
      must_hold(judged.error->message.find(kPassword) == std::string::npos, "no error shows the password");
    }
    return;
  }
  const std::string_view header = bytes.substr(0, bytes.size() - judged.left.size());
  must_hold(header.starts_with("HTTP/1.") && header.ends_with('\n'), "the header was read whole and nothing else");
  must_hold(header.ends_with("\n\n") || header.ends_with("\n\r\n"), "the header ends with an empty line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool credentials = (data[0] & 1) != 0;
  const std::string_view bytes = as_text(data + 1, size - 1);
  const Judged whole = ask(bytes, bytes.size(), credentials);
  judge(whole, bytes);
  const Judged pieces = ask(bytes, 1U + (data[0] >> 1U), credentials);
  judge(pieces, bytes);
  must_hold(pieces.error.has_value() == whole.error.has_value(), "the pieces make no difference");
  if (!whole.error) must_hold(pieces.left == whole.left, "the pieces move no end");
  return 0;
}
