// Which token a URI names.
#include <algorithm>
#include <utility>

#include "adapters/keys/pkcs11/pkcs11_error.hpp"
#include "adapters/keys/pkcs11/pkcs11_token.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kTokensListedMax = 8;

bool is_named(const FoundToken& token, const Pkcs11Attributes& uri) {
  const auto same = [](const std::optional<std::string>& wanted, const std::string& has) {
    return !wanted || *wanted == has;
  };
  return same(uri.token, padded_text(token.info.label)) && same(uri.serial, padded_text(token.info.serialNumber)) &&
         same(uri.manufacturer, padded_text(token.info.manufacturerID)) &&
         same(uri.model, padded_text(token.info.model)) && (!uri.slot_id || *uri.slot_id == token.slot);
}

std::string words_for(const FoundToken& token) {
  return in_quotes(padded_text(token.info.label)) + " with serial number " +
         printable(padded_text(token.info.serialNumber));
}

std::string listed_tokens(const std::vector<FoundToken>& tokens) {
  std::string text;
  for (std::size_t at = 0; at < tokens.size() && at < kTokensListedMax; ++at) {
    text += (at == 0 ? "" : ", ") + words_for(tokens[at]);
  }
  return tokens.size() > kTokensListedMax ? text + ", …" : text;
}

/// Adds the initialised tokens of one module to `tokens`.
Result<void> add_tokens(const Pkcs11Module& module, std::vector<FoundToken>& tokens) {
  const auto failed = [&module](const char* function, CK_RV code) {
    return fail(pkcs11_error(code, module.name() + ": " + function, {module.path()}));
  };
  std::vector<CK_SLOT_ID> slots;
  CK_RV code = CKR_BUFFER_TOO_SMALL;
  // A token may be connected between the two calls.
  for (int tries = 0; code == CKR_BUFFER_TOO_SMALL && tries < 3; ++tries) {
    CK_ULONG count = 0;
    code = module.call("C_GetSlotList", &CK_FUNCTION_LIST::C_GetSlotList, CK_BBOOL{CK_TRUE}, nullptr, &count);
    if (code != CKR_OK) return failed("C_GetSlotList", code);
    slots.resize(count);
    if (count == 0) return {};
    code = module.call("C_GetSlotList", &CK_FUNCTION_LIST::C_GetSlotList, CK_BBOOL{CK_TRUE}, slots.data(), &count);
    if (code == CKR_OK) slots.resize(std::min<std::size_t>(count, slots.size()));
  }
  if (code != CKR_OK) return failed("C_GetSlotList", code);
  for (const CK_SLOT_ID slot : slots) {
    FoundToken token{&module, slot, {}};
    code = module.call("C_GetTokenInfo", &CK_FUNCTION_LIST::C_GetTokenInfo, slot, &token.info);
    // The token of a slot may be gone by now; an uninitialised one has no label yet.
    if (code == CKR_OK && (token.info.flags & CKF_TOKEN_INITIALIZED) != 0) tokens.push_back(token);
  }
  return {};
}

Failure no_such_token(const ModuleChoice& choice, const Pkcs11Attributes& uri, const std::vector<FoundToken>& tokens) {
  Pkcs11Attributes wanted = uri;
  wanted.object = wanted.id = wanted.type = wanted.pin_source = std::nullopt;
  const std::string where = choice.modules.size() == 1
                                ? choice.modules.front()->name()
                                : std::to_string(choice.modules.size()) + " registered PKCS#11 modules";
  std::string message = where + (choice.modules.size() == 1 ? " has no" : " have no") + " token that fits " +
                        printable(to_uri(wanted)) +
                        (tokens.empty() ? "; there is no initialised token" : "; tokens: " + listed_tokens(tokens));
  for (const std::string& each : choice.failures) message += "; " + each;
  return fail(ErrorKind::kTokenNotFound, std::move(message),
              tokens.empty() ? "connect the token, or initialise it; list what is there with: p11-kit list-modules"
                             : "correct token= or serial= in the URI");
}

}  // namespace

Result<FoundToken> find_pkcs11_token(const ModuleChoice& choice, const Pkcs11Attributes& uri) {
  std::vector<FoundToken> all;
  for (const Pkcs11Module* module : choice.modules) {
    auto added = add_tokens(*module, all);
    // With several modules, the failure of one matters only if the token is not found in another.
    if (!added && choice.modules.size() == 1) return fail(std::move(added).error());
  }
  std::vector<FoundToken> named;
  std::copy_if(all.begin(), all.end(), std::back_inserter(named),
               [&uri](const FoundToken& each) { return is_named(each, uri); });
  if (named.empty()) return no_such_token(choice, uri, all);
  if (named.size() == 1) return named.front();
  const bool one_token = std::all_of(named.begin(), named.end(), [&named](const FoundToken& each) {
    return words_for(each) == words_for(named.front());
  });
  std::string message = std::to_string(named.size()) + " tokens fit the key URI: " + listed_tokens(named);
  if (!one_token) {
    return fail(ErrorKind::kTokenAmbiguous, std::move(message), "add serial=NUMBER to the URI");
  }
  // The same token, seen by several modules.
  for (const FoundToken& each : named) message += "; " + each.module->name();
  return fail(ErrorKind::kTokenAmbiguous, std::move(message),
              "choose the module with ?module-name=NAME in the URI, or with --pkcs11-module");
}

}  // namespace fleet_provision
