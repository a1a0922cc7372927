#include "service/corruption.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "service/topics.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kNestingLevels = 1000;

bool has(const Members& document, std::string_view name) {
  return std::any_of(document.begin(), document.end(), [&](const auto& member) { return member.first == name; });
}

void set(Members& document, std::string_view name, const std::string& text) {
  for (auto& [key, value] : document) {
    if (key == name) value.content = text;
  }
}

void leave_out(Members& document, const std::string& wanted) {
  std::string name = wanted;
  if (name.empty()) name = has(document, "certificateOwnershipToken") ? "certificateOwnershipToken" : "thingName";
  document.erase(std::remove_if(document.begin(), document.end(), [&](const auto& m) { return m.first == name; }),
                 document.end());
}

void change_types(Members& document) {
  for (auto& [key, value] : document) {
    if (std::holds_alternative<std::string>(value.content)) {
      value.content = std::int64_t{42};
    } else if (std::holds_alternative<Members>(value.content)) {
      value.content = std::vector<Value>{};
    } else {
      value.content = std::string("text");
    }
  }
}

void repeat_keys(Members& document) {
  Members twice;
  for (const auto& [key, value] : document) {
    const bool text = std::holds_alternative<std::string>(value.content);
    twice.emplace_back(key, text ? Value{std::string("another value")} : value);
    twice.emplace_back(key, value);
  }
  document = std::move(twice);
}

void break_utf8(Members& document) {
  for (auto& [key, value] : document) {
    if (auto* text = std::get_if<std::string>(&value.content)) *text += "\xc3\x28\xff";
  }
}

void nest(Members& document, std::uint64_t levels) {
  Value inner;
  for (std::uint64_t i = 0; i < (levels == 0 ? kNestingLevels : levels); ++i) {
    std::vector<Value> list;
    list.push_back(std::exchange(inner, {}));
    inner.content = std::move(list);
  }
  document.emplace_back("nested", std::move(inner));
}

void pad(Members& document, Encoding encoding, const EncodeOptions& options, std::uint64_t bytes) {
  const std::size_t wanted = bytes == 0 ? kPayloadBytesMax + 1 : static_cast<std::size_t>(bytes);
  document.emplace_back("padding", Value{std::string()});
  const std::size_t now = encode(document, encoding, options).size();
  if (wanted > now) document.back().second.content = std::string(wanted - now, 'x');
}

// Order matters: fields are changed before they are left out, repeated or nested.
void corrupt_document(Members& document, const std::vector<Fault>& faults) {
  const auto find = [&](FaultAction action) { return find_fault(faults, action); };
  if (find(FaultAction::kNotPem) != nullptr) set(document, "certificatePem", "this is not a certificate\n");
  if (const auto* fault = find(FaultAction::kWrongId)) {
    set(document, "certificateId", fault->text.empty() ? std::string(64, '0') : fault->text);
  }
  if (const auto* fault = find(FaultAction::kThingName)) {
    if (!has(document, "thingName")) document.emplace_back("thingName", Value{});
    set(document, "thingName", unescape(fault->text));
  }
  if (const auto* fault = find(FaultAction::kMissingField)) leave_out(document, fault->text);
  if (find(FaultAction::kWrongTypes) != nullptr) change_types(document);
  if (find(FaultAction::kBadUtf8) != nullptr) break_utf8(document);
  if (find(FaultAction::kDuplicateKeys) != nullptr) repeat_keys(document);
  if (const auto* fault = find(FaultAction::kDeepNesting)) nest(document, fault->number);
}

void corrupt_bytes(std::string& bytes, const std::vector<Fault>& faults) {
  if (const auto* fault = find_fault(faults, FaultAction::kTruncated)) {
    const std::uint64_t whole = bytes.size();
    bytes.resize(static_cast<std::size_t>(std::min(whole, fault->number == 0 ? whole / 2 : fault->number)));
  }
  if (has_fault(faults, FaultAction::kTrailingBytes)) bytes += "{}";
  if (has_fault(faults, FaultAction::kEmpty)) bytes.clear();
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' &&
                        std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0 &&
                        std::isxdigit(static_cast<unsigned char>(text[i + 3])) != 0;
    if (!escape) {
      bytes += text[i];
      continue;
    }
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
    i += 3;
  }
  return bytes;
}

std::string encode_corrupted(Members document, Encoding encoding, EncodeOptions options,
                             const std::vector<Fault>& faults) {
  corrupt_document(document, faults);
  if (has_fault(faults, FaultAction::kIndefinite)) options = {.indefinite_maps = true, .indefinite_strings = true};
  if (has_fault(faults, FaultAction::kWrongEncoding)) {
    encoding = encoding == Encoding::kJson ? Encoding::kCbor : Encoding::kJson;
  }
  if (const auto* fault = find_fault(faults, FaultAction::kOversize)) pad(document, encoding, options, fault->number);
  std::string bytes = encode(document, encoding, options);
  corrupt_bytes(bytes, faults);
  return bytes;
}

}  // namespace fleet_provision::simulator
