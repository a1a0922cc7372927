#include "service/topics.hpp"

#include <algorithm>

namespace fleet_provision::simulator {

namespace {

constexpr std::string_view kCreateFromCsr = "$aws/certificates/create-from-csr";
constexpr std::string_view kCreateKeys = "$aws/certificates/create";
constexpr std::string_view kTemplates = "$aws/provisioning-templates/";
constexpr std::string_view kProvision = "/provision";

}  // namespace

const char* word(ServiceOperation operation) {
  switch (operation) {
    case ServiceOperation::kCreateFromCsr: return "CreateCertificateFromCsr";
    case ServiceOperation::kCreateKeys: return "CreateKeysAndCertificate";
    case ServiceOperation::kRegister: return "RegisterThing";
  }
  return "";
}

std::optional<RequestTopic> parse_request_topic(std::string_view topic) {
  RequestTopic request;
  if (topic.ends_with("/cbor")) {
    request.encoding = Encoding::kCbor;
  } else if (!topic.ends_with("/json")) {
    return std::nullopt;
  }
  const std::string_view base = topic.substr(0, topic.size() - 5);
  if (base == kCreateFromCsr) {
    request.operation = ServiceOperation::kCreateFromCsr;
    return request;
  }
  if (base == kCreateKeys) {
    request.operation = ServiceOperation::kCreateKeys;
    return request;
  }
  if (!base.starts_with(kTemplates) || !base.ends_with(kProvision)) return std::nullopt;
  if (base.size() <= kTemplates.size() + kProvision.size()) return std::nullopt;
  const std::string_view name = base.substr(kTemplates.size(), base.size() - kTemplates.size() - kProvision.size());
  if (name.find('/') != std::string_view::npos) return std::nullopt;
  request.template_name = std::string(name);
  return request;
}

bool is_response_topic(std::string_view topic) {
  for (const std::string_view end : {"/accepted", "/rejected"}) {
    if (topic.ends_with(end)) return parse_request_topic(topic.substr(0, topic.size() - end.size())).has_value();
  }
  return false;
}

bool filter_matches(std::string_view filter, std::string_view topic) {
  if (!topic.empty() && topic.front() == '$' && !filter.empty() && (filter.front() == '+' || filter.front() == '#')) {
    return false;
  }
  while (true) {
    if (filter == "#") return true;
    const std::size_t filter_end = filter.find('/');
    const std::size_t topic_end = topic.find('/');
    const std::string_view level = filter.substr(0, filter_end);
    if (level != "+" && level != topic.substr(0, topic_end)) return false;
    if (topic_end == std::string_view::npos) {
      // "a/#" also matches "a".
      return filter_end == std::string_view::npos || filter.substr(filter_end) == "/#";
    }
    if (filter_end == std::string_view::npos) return false;
    filter.remove_prefix(filter_end + 1);
    topic.remove_prefix(topic_end + 1);
  }
}

bool is_within_topic_limits(std::string_view topic) {
  return topic.size() <= 256 && std::count(topic.begin(), topic.end(), '/') <= 7;
}

bool is_client_id(std::string_view text) {
  return text.size() <= 128 && !text.starts_with('$');
}

}  // namespace fleet_provision::simulator
