#include "service/claim_policy.hpp"

#include <utility>

#include "service/encode.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kArn = "arn:aws:iot:*:*:";

std::vector<std::string> request_topics(const std::vector<std::string>& template_names) {
  std::vector<std::string> topics;
  for (const std::string encoding : {"json", "cbor"}) {
    topics.push_back("$aws/certificates/create-from-csr/" + encoding);
    topics.push_back("$aws/certificates/create/" + encoding);
    for (const auto& name : template_names) {
      topics.push_back("$aws/provisioning-templates/" + name + "/provision/" + encoding);
    }
  }
  return topics;
}

Value allow(const char* action, const std::vector<std::string>& resources) {
  return Value{
      Members{{"Effect", text_value("Allow")}, {"Action", text_value(action)}, {"Resource", list_value(resources)}}};
}

}  // namespace

std::string least_privilege_claim_policy(const std::vector<std::string>& template_names) {
  std::vector<std::string> publish;
  std::vector<std::string> receive;
  std::vector<std::string> subscribe;
  for (const auto& topic : request_topics(template_names)) {
    publish.push_back(std::string(kArn) + "topic/" + topic);
    for (const char* outcome : {"/accepted", "/rejected"}) {
      receive.push_back(std::string(kArn) + "topic/" + topic + outcome);
      subscribe.push_back(std::string(kArn) + "topicfilter/" + topic + outcome);
    }
  }
  std::vector<Value> statements;
  statements.push_back(allow("iot:Connect", {std::string(kArn) + "client/*"}));
  statements.push_back(allow("iot:Publish", publish));
  statements.push_back(allow("iot:Receive", receive));
  statements.push_back(allow("iot:Subscribe", subscribe));
  return indented_json_text(
      Value{Members{{"Version", text_value("2012-10-17")}, {"Statement", Value{std::move(statements)}}}});
}

}  // namespace fleet_provision::simulator
