// batch-stub: stands in for the run of a unit, so that batch-load measures the parent of a batch alone. It writes the
// JSON result of a successful run with the thing name `gateway-` + the parameter SerialNumber, and does nothing else.
// Linked statically: a child costs little more than fork and exec.
#include <unistd.h>

#include <array>
#include <cstring>

namespace {

constexpr const char* kBefore = R"({
  "schema": 1,
  "outcome": "provisioned",
  "thingName": "gateway-)";
// Of the size of a real result.
constexpr const char* kAfter = R"(",
  "certificateId": "245e16b7ada3b1a7eb89af4aba5c12a3b19f8b2810b21f487a7314cb1d8d9d59",
  "templateName": "gateway",
  "endpoint": "localhost",
  "port": 8883,
  "method": "csr",
  "payloadFormat": "json",
  "mqttVersion": "5",
  "tlsVersion": "TLSv1.3",
  "deviceConfiguration": {},
  "files": {
    "certificate": "/var/lib/station/out/units/GW-0000001/identity/certificate.pem",
    "privateKey": "/var/lib/station/out/units/GW-0000001/identity/private-key.pem",
    "thingName": "/var/lib/station/out/units/GW-0000001/identity/thing-name",
    "identity": "/var/lib/station/out/units/GW-0000001/identity/identity.json"
  },
  "attempts": 1,
  "certificatesRequested": 1,
  "resumed": false,
  "warnings": [],
  "timeline": [
    {"phase": "load", "attempt": 1, "startMs": 5.7, "durationMs": 1.6},
    {"phase": "key", "attempt": 1, "startMs": 8.0, "durationMs": 5.5},
    {"phase": "resolve", "attempt": 1, "startMs": 7.8, "durationMs": 2.5},
    {"phase": "tcp", "attempt": 1, "startMs": 10.3, "durationMs": 0.0},
    {"phase": "tls", "attempt": 1, "startMs": 10.4, "durationMs": 7.5},
    {"phase": "mqtt", "attempt": 1, "startMs": 17.9, "durationMs": 6.6},
    {"phase": "store", "attempt": 1, "startMs": 26.5, "durationMs": 7.2},
    {"phase": "subscribe", "attempt": 1, "startMs": 33.9, "durationMs": 2.7},
    {"phase": "create", "attempt": 1, "startMs": 39.6, "durationMs": 3.7},
    {"phase": "store", "attempt": 1, "startMs": 48.6, "durationMs": 2.8},
    {"phase": "register", "attempt": 1, "startMs": 51.7, "durationMs": 5.3},
    {"phase": "store", "attempt": 1, "startMs": 60.0, "durationMs": 8.9},
    {"phase": "store", "attempt": 1, "startMs": 69.0, "durationMs": 2.4}
  ],
  "error": null
}
)";

char* append(char* to, const char* text) {
  const std::size_t size = std::strlen(text);
  // NOLINTNEXTLINE(bugprone-not-null-terminated-result): the caller writes the length, not up to a null.
  std::memcpy(to, text, size);
  return to + size;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* kParameter = "SerialNumber=";
  constexpr std::size_t kNameMax = 128;
  const char* name = "";
  for (int i = 1; i < argc; ++i) {
    if (const char* found = std::strstr(argv[i], kParameter)) name = found + std::strlen(kParameter);
  }
  std::array<char, 4096> text;
  if (std::strlen(name) > kNameMax) return 1;
  const char* end = append(append(append(text.data(), kBefore), name), kAfter);
  const auto size = static_cast<std::size_t>(end - text.data());
  return ::write(STDOUT_FILENO, text.data(), size) == static_cast<ssize_t>(size) ? 0 : 1;
}
