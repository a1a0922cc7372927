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
      {A::kDrop, "drop", V::kNone, "", kRequests, "the request is carried out, its answer never sent"},
      {A::kIgnore, "ignore", V::kNone, "", kRequests, "nothing is done and nothing is sent"},
      {A::kDelay, "delay", V::kNumber, "MILLISECONDS", kRequests, "the answer comes that much later"},
      {A::kDuplicate, "duplicate", V::kOptionalNumber, "TIMES", kRequests, "the answer comes twice, or TIMES times"},
      {A::kDisconnectBefore, "disconnect-before", V::kNone, "", kLink | kRequests,
       "the connection is closed and nothing is done (connect: closed without a CONNACK)"},
      {A::kDisconnectUnanswered, "disconnect-unanswered", V::kNone, "", kRequests,
       "the request is carried out, then the connection is closed instead of an answer"},
      {A::kDisconnectAfter, "disconnect-after", V::kNone, "", kRequests,
       "the answer is sent, then the connection is closed"},
      {A::kDeny, "deny", V::kNone, "", kLink | kRequests, "refused as if the policy did not allow it"},
      {A::kReject, "reject", V::kReject, "STATUS[,CODE[,MESSAGE]]", kRequests,
       "an error document on the rejected topic; nothing is done"},
      {A::kWrongKey, "wrong-key", V::kNone, "", kCreate, "the certificate is for a key that nobody has"},
      {A::kExpired, "expired", V::kNone, "", kCreate, "the certificate expired yesterday"},
      {A::kNotYetValid, "not-yet-valid", V::kNone, "", kCreate, "the certificate is valid from tomorrow"},
      {A::kNotPem, "not-pem", V::kNone, "", kCreate, "certificatePem is not PEM"},
      {A::kWrongId, "wrong-id", V::kOptionalText, "TEXT", kCreate,
       "certificateId is not the certificate's fingerprint, but zeros or TEXT"},
      {A::kThingName, "thing-name", V::kText, "TEXT", kRegister,
       "thingName is TEXT, in which \\xNN stands for any byte"},
      {A::kMissingField, "missing-field", V::kOptionalText, "NAME", kRequests,
       "a field is left out: NAME, or the token (create) and thingName (register)"},
      {A::kWrongTypes, "wrong-types", V::kNone, "", kRequests, "every text is a number and every map a list"},
      {A::kTruncated, "truncated", V::kOptionalNumber, "BYTES", kRequests,
       "the answer ends after BYTES, or in its middle"},
      {A::kTrailingBytes, "trailing-bytes", V::kNone, "", kRequests, "further bytes follow the document"},
      {A::kEmpty, "empty", V::kNone, "", kRequests, "the answer has no bytes at all"},
      {A::kOversize, "oversize", V::kOptionalNumber, "BYTES", kRequests,
       "an unknown field brings the answer to BYTES, or just over 128 KiB"},
      {A::kDeepNesting, "deep-nesting", V::kOptionalNumber, "LEVELS", kRequests,
       "an unknown field holds lists 1000 or LEVELS deep"},
      {A::kDuplicateKeys, "duplicate-keys", V::kNone, "", kRequests, "every field stands twice, with two values"},
      {A::kBadUtf8, "bad-utf8", V::kNone, "", kRequests, "every text ends with bytes that are not UTF-8"},
      {A::kIndefinite, "indefinite", V::kNone, "", kRequests, "CBOR maps and texts are of indefinite length"},
      {A::kWrongEncoding, "wrong-encoding", V::kNone, "", kRequests, "CBOR on a json topic, JSON on a cbor topic"},
      {A::kStale, "stale", V::kNone, "", kRequests, "before the answer comes one that was meant for another device"},
      {A::kBoth, "both", V::kNone, "", kRequests,
       "after the answer comes one on the topic of the other outcome: an error document, or {}"},
      {A::kOtherTopic, "other-topic", V::kOptionalText, "TOPIC", kRequests,
       "the answer comes on TOPIC, or on the answer topic of the other encoding"},
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
