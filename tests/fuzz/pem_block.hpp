// Inputs in DER: the bytes of an input as a PEM block, so that the fuzzer changes what is encoded and not the encoding.
#pragma once

#include <string>
#include <string_view>

namespace fleet_provision {

/// RFC 7468: a block with this label and content.
inline std::string pem_block(const std::string& label, std::string_view der) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kBytesOfLine = 48;
  std::string text = "-----BEGIN " + label + "-----\n";
  for (std::size_t i = 0; i < der.size(); i += 3) {
    const auto at = [&](std::size_t j) { return j < der.size() ? static_cast<unsigned char>(der[j]) : 0U; };
    const unsigned group = (at(i) << 16) | (at(i + 1) << 8) | at(i + 2);
    text += kAlphabet[(group >> 18) & 63];
    text += kAlphabet[(group >> 12) & 63];
    text += i + 1 < der.size() ? kAlphabet[(group >> 6) & 63] : '=';
    text += i + 2 < der.size() ? kAlphabet[group & 63] : '=';
    if (i % kBytesOfLine == kBytesOfLine - 3) text += '\n';
  }
  if (text.back() != '\n') text += '\n';
  return text + "-----END " + label + "-----\n";
}

}  // namespace fleet_provision
