#include <algorithm>

#include "documents.hpp"

namespace fleet_provision::documents {
namespace {

/// `csr|keys` in its parts; none for anything that names a kind of value (`FILE|-`, `HOST[:PORT]`).
std::vector<std::string_view> alternatives(std::string_view metavar) {
  std::vector<std::string_view> words;
  if (metavar.find('|') == std::string_view::npos) return words;
  while (!metavar.empty()) {
    const std::string_view word = metavar.substr(0, metavar.find('|'));
    metavar.remove_prefix(std::min(word.size() + 1, metavar.size()));
    const bool names_a_kind = std::any_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    // Only ASCII is a literal word: "pkcs11:…" stands for more.
    const bool is_literal = std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 127; });
    if (!names_a_kind && is_literal) words.push_back(word);
  }
  return words;
}

}  // namespace

ValueOffer value_offer(const OptionRow& option) {
  if (!takes_value(option.value)) return {};
  if (option.metavar == "DIR") return {Offer::kDirectories, {}};
  if (option.value == OptionValue::kFile || option.metavar.starts_with("FILE")) return {Offer::kFiles, {}};
  if (option.id == OptionId::kKeyType) {
    return {Offer::kWords, {"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"}};
  }
  ValueOffer found{Offer::kWords, alternatives(option.metavar)};
  if (found.words.empty()) found.offer = Offer::kNothing;
  return found;
}

std::string_view short_help(const OptionRow& option) { return option.help.substr(0, option.help.find(';')); }

}  // namespace fleet_provision::documents
