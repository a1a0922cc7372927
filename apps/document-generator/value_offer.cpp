#include <algorithm>

#include "documents.hpp"

namespace fleet_provision::documents {
namespace {

/// `csr|keys` in its parts; a part in capitals (`HOST[:PORT]`, `FILE`) names a kind of value and is left out.
std::vector<std::string> alternatives(std::string_view metavar) {
  std::vector<std::string> words;
  if (metavar.find('|') == std::string_view::npos) return words;
  while (!metavar.empty()) {
    const std::string_view word = metavar.substr(0, metavar.find('|'));
    metavar.remove_prefix(std::min(word.size() + 1, metavar.size()));
    const bool literal =
        std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 127 && (c < 'A' || c > 'Z'); });
    if (literal && word != "-") words.emplace_back(word);
  }
  return words;
}

}  // namespace

ValueOffer value_offer(std::string_view metavar) {
  ValueOffer found{Offer::kNothing, alternatives(metavar)};
  if (metavar == "DIR") {
    found.offer = Offer::kDirectories;
  } else if (metavar == "FILE" || metavar.starts_with("FILE|") || metavar.ends_with("|FILE")) {
    found.offer = Offer::kFiles;
  } else if (!found.words.empty()) {
    found.offer = Offer::kWords;
  }
  return found;
}

ValueOffer value_offer(const OptionRow& option) {
  if (!takes_value(option.value)) return {};
  if (option.id == OptionId::kKeyType) {
    return {Offer::kWords, {"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"}};
  }
  if (option.id == OptionId::kKeyStore) return {Offer::kWords, {"file", "tpm2", "pkcs11:token="}, false};
  ValueOffer found = value_offer(option.metavar);
  if (option.id == OptionId::kPartition) found = {Offer::kWords, {"aws", "aws-cn", "aws-us-gov"}, false};
  return found;
}

std::string_view short_help(std::string_view help) {
  return help.substr(0, help.find(';'));
}

}  // namespace fleet_provision::documents
