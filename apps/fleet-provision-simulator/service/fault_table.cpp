#include "service/fault_table.hpp"

#include <algorithm>

namespace fleet_provision::simulator {

namespace {

constexpr std::uint8_t bit(FaultPoint point) {
  return static_cast<std::uint8_t>(point);
}
constexpr std::uint8_t kCreate = bit(FaultPoint::kCreateFromCsr) | bit(FaultPoint::kCreateKeys);
constexpr std::uint8_t kRegister = bit(FaultPoint::kRegister);
constexpr std::uint8_t kRequests = kCreate | kRegister;
constexpr std::uint8_t kLink = bit(FaultPoint::kConnect) | bit(FaultPoint::kSubscribe);

}  // namespace

const std::vector<FaultOperation>& fault_operations() {
  static const std::vector<FaultOperation> kOperations{
      {"connect", bit(FaultPoint::kConnect)},
      {"subscribe", bit(FaultPoint::kSubscribe)},
      {"create", kCreate},
      {"create-from-csr", bit(FaultPoint::kCreateFromCsr)},
      {"create-keys", bit(FaultPoint::kCreateKeys)},
      {"register", kRegister},
  };
  return kOperations;
}

const std::vector<FaultDescription>& fault_table() {
  using A = FaultAction;
  using V = FaultValue;
  static const std::vector<FaultDescription> kTable{
      {A::kDrop, "drop", V::kNone, "", kRequests, "carry out the request, but send no response"},
      {A::kIgnore, "ignore", V::kNone, "", kRequests, "neither carry out the request nor send a response"},
      {A::kDelay, "delay", V::kNumber, "MILLISECONDS", kRequests, "send the response MILLISECONDS later"},
      {A::kDuplicate, "duplicate", V::kOptionalNumber, "TIMES", kRequests,
       "send the response TIMES times [default: 2]"},
      {A::kDisconnectBefore, "disconnect-before", V::kNone, "", kLink | kRequests,
       "close the connection without carrying out the request (connect: without a CONNACK)"},
      {A::kDisconnectUnanswered, "disconnect-unanswered", V::kNone, "", kRequests,
       "carry out the request, then close the connection instead of sending a response"},
      {A::kDisconnectAfter, "disconnect-after", V::kNone, "", kRequests,
       "send the response, then close the connection"},
      {A::kDeny, "deny", V::kNone, "", kLink | kRequests, "deny the request as if the policy did not allow it"},
      {A::kReject, "reject", V::kReject, "STATUS[,CODE[,MESSAGE]]", kRequests,
       "send an error document on the rejected topic without carrying out the request"},
      {A::kWrongKey, "wrong-key", V::kNone, "", kCreate, "issue the certificate for another key, which is thrown away"},
      {A::kExpired, "expired", V::kNone, "", kCreate, "issue a certificate that expired yesterday"},
      {A::kNotYetValid, "not-yet-valid", V::kNone, "", kCreate, "issue a certificate that is valid from tomorrow"},
      {A::kNotPem, "not-pem", V::kNone, "", kCreate, "send a certificatePem that is not PEM"},
      {A::kWrongId, "wrong-id", V::kOptionalText, "TEXT", kCreate,
       "send TEXT as certificateId instead of the certificate's fingerprint [default: zeros]"},
      {A::kThingName, "thing-name", V::kText, "TEXT", kRegister,
       "send TEXT as thingName; \\xNN in it stands for a byte"},
      {A::kMissingField, "missing-field", V::kOptionalText, "NAME", kRequests,
       "leave out the field NAME [default: the ownership token (create), thingName (register)]"},
      {A::kWrongTypes, "wrong-types", V::kNone, "", kRequests, "send a number for every text and a list for every map"},
      {A::kTruncated, "truncated", V::kOptionalNumber, "BYTES", kRequests,
       "cut the response after BYTES [default: in its middle]"},
      {A::kTrailingBytes, "trailing-bytes", V::kNone, "", kRequests, "send further bytes after the document"},
      {A::kEmpty, "empty", V::kNone, "", kRequests, "send a response of zero bytes"},
      {A::kOversize, "oversize", V::kOptionalNumber, "BYTES", kRequests,
       "add an unknown field, so that the response has BYTES [default: just over 128 KiB]"},
      {A::kDeepNesting, "deep-nesting", V::kOptionalNumber, "LEVELS", kRequests,
       "add an unknown field with lists nested LEVELS deep [default: 1000]"},
      {A::kDuplicateKeys, "duplicate-keys", V::kNone, "", kRequests, "send every field twice, with two values"},
      {A::kBadUtf8, "bad-utf8", V::kNone, "", kRequests, "end every text with bytes that are not UTF-8"},
      {A::kIndefinite, "indefinite", V::kNone, "", kRequests, "send CBOR maps and texts of indefinite length"},
      {A::kWrongEncoding, "wrong-encoding", V::kNone, "", kRequests,
       "send CBOR on a json topic and JSON on a cbor topic"},
      {A::kStale, "stale", V::kNone, "", kRequests, "first send a response that was meant for another device"},
      {A::kBoth, "both", V::kNone, "", kRequests,
       "also send a response on the topic of the opposite outcome: an error document, or {}"},
      {A::kOtherTopic, "other-topic", V::kOptionalText, "TOPIC", kRequests,
       "send the response on TOPIC [default: the response topic of the other encoding]"},
  };
  return kTable;
}

const FaultDescription& describe(FaultAction action) {
  const auto& table = fault_table();
  return *std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.action == action; });
}

std::string form_of(const FaultDescription& row) {
  if (row.value_name.empty()) return std::string(row.name);
  const bool optional = row.value == FaultValue::kOptionalNumber || row.value == FaultValue::kOptionalText;
  const std::string value = "=" + std::string(row.value_name);
  return std::string(row.name) + (optional ? "[" + value + "]" : value);
}

std::string operations_of(const FaultDescription& row) {
  std::string words;
  for (const auto& operation : fault_operations()) {
    const bool part_of_create = operation.points != kCreate && (operation.points & kCreate) != 0;
    if (part_of_create || (row.points & operation.points) != operation.points) continue;
    words += (words.empty() ? "" : ", ") + std::string(operation.name);
  }
  return words;
}

}  // namespace fleet_provision::simulator
