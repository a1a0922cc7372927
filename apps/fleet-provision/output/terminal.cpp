#include "output/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kColumnsDefault = 80;

struct Glyph {
  std::size_t bytes;
  std::size_t columns;
};

/// The first character of well-formed UTF-8. East Asian and emoji blocks count two columns, combining marks none.
Glyph first_glyph(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t bytes = lead < 0x80 ? 1U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U;
  bytes = std::min(bytes, text.size());
  std::uint32_t code = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  const auto between = [code](std::uint32_t low, std::uint32_t high) { return code >= low && code <= high; };
  if (between(0x300, 0x36F) || code == 0x200B || code == 0x200D || between(0xFE00, 0xFE0F)) return {bytes, 0};
  const bool wide = between(0x1100, 0x115F) || between(0x2E80, 0xA4CF) || between(0xAC00, 0xD7A3) ||
                    between(0xF900, 0xFAFF) || between(0xFE30, 0xFE6F) || between(0xFF00, 0xFF60) ||
                    between(0xFFE0, 0xFFE6) || between(0x1F300, 0x1FAFF) || between(0x20000, 0x3FFFD);
  return {bytes, wide ? 2U : 1U};
}

std::string_view variable(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      // Another process that shares the descriptor made it non-blocking: wait for room.
      pollfd room{descriptor, POLLOUT, 0};
      ::poll(&room, 1, -1);
      continue;
    }
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

bool can_redraw(int descriptor, const Environment& environment) {
  const std::string_view term = variable(environment, "TERM");
  return !term.empty() && term != "dumb" && ::isatty(descriptor) == 1;
}

bool speaks_utf8(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = in_capitals(variable(environment, name));
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string::npos || value.find("UTF8") != std::string::npos;
  }
  return false;
}

std::size_t columns_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsDefault;
  return size.ws_col;
}

std::string_view fit_columns(std::string_view text, std::size_t columns) {
  std::size_t taken = 0;
  for (std::size_t used = 0; taken < text.size();) {
    const Glyph glyph = first_glyph(text.substr(taken));
    used += glyph.columns;
    if (used > columns) break;
    taken += glyph.bytes;
  }
  return text.substr(0, taken);
}

}  // namespace fleet_provision
