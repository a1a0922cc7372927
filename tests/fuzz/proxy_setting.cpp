// `--proxy`, `https_proxy` and `no_proxy`: refused as a usage error, or a proxy; the password is in no message.
#include "config/proxy.hpp"

#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

void read_url(std::string_view text) {
  const auto proxy = parse_proxy(text);
  const std::string shown = without_password(text);
  if (!proxy) return refused_as(proxy.error(), ErrorKind::kUsage);
  must_hold(!proxy->host.empty() && proxy->port != 0, "a proxy has a host and a port");
  if (!proxy->password.empty()) must_hold(shown.find(":***@") != std::string::npos, "the password is not shown");
  must_hold(without_password(shown) == shown, "a URL without password stays as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  read_url(text);
  for (const char* host : {"a.example.com", "10.1.2.3", "fd00::1"}) {
    const Endpoint endpoint{host, 8883};
    const bool covered = is_covered(endpoint, text);
    must_hold(is_covered(endpoint, std::string(text) + ",*"), "a star covers each host");
    must_hold(!covered || is_covered(endpoint, "x," + std::string(text)), "an entry more covers no less");
  }
  return 0;
}
