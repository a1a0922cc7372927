#include "service/configuration.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "service/json_file.hpp"

namespace fleet_provision::simulator {

using nlohmann::json;

Result<void> set_behaviour(Behaviours& behaviours, std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1);
  std::vector<std::string_view> names;
  for (const auto& row : behaviour_table()) {
    names.push_back(row.name);
    if (row.name != name) continue;
    if (value != row.values[0] && value != row.values[1]) {
      return fail(ErrorKind::kUsage, "behaviour " + std::string(name) + " cannot be " + printable(value),
                  std::string(row.values[0]) + " or " + std::string(row.values[1]));
    }
    behaviours.*row.member = value == row.values[1];
    return {};
  }
  const std::string_view near = nearest(name, names);
  std::string all;
  for (const auto each : names) all += (all.empty() ? "" : ", ") + std::string(each);
  return fail(ErrorKind::kUsage, "unknown behaviour " + printable(name),
              near.empty() ? "known: " + all : "did you mean " + std::string(near) + "?");
}

std::string to_json(const Configuration& configuration) {
  json templates = json::array();
  for (const auto& each : configuration.templates) templates.push_back({{"name", each.name}, {"body", each.body}});
  json behaviours = json::object();
  for (const auto& row : behaviour_table()) {
    behaviours[std::string(row.name)] = row.values[configuration.behaviours.*row.member ? 1 : 0];
  }
  json document{{"templates", templates},
                {"claimPolicy", configuration.claim_policy},
                {"claimCertificateId", configuration.claim_certificate_id},
                {"tokenLifetime", configuration.token_lifetime.count()},
                {"hook", configuration.hook},
                {"faults", configuration.faults},
                {"behaviours", behaviours},
                {"stateDir", configuration.state_dir},
                {"logFile", configuration.log_file},
                {"deviceIssuerCertificate", configuration.device_issuer_certificate},
                {"deviceIssuerKey", configuration.device_issuer_key},
                {"readyDescriptor", configuration.ready_descriptor},
                {"parent", configuration.parent}};
  if (configuration.rate) document["rate"] = *configuration.rate;
  if (configuration.openssl_configuration) document["opensslConfiguration"] = *configuration.openssl_configuration;
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

Result<Configuration> configuration_from_json(std::string_view text) {
  try {
    FP_TRY_ASSIGN(const json document, parse_json("the broker's configuration", text));
    Configuration configuration;
    for (const auto& each : document.at("templates")) {
      configuration.templates.push_back({each.at("name"), each.at("body")});
    }
    configuration.claim_policy = document.at("claimPolicy");
    configuration.claim_certificate_id = document.at("claimCertificateId");
    configuration.token_lifetime = std::chrono::seconds(document.at("tokenLifetime").get<std::int64_t>());
    if (document.contains("rate")) configuration.rate = document.at("rate").get<unsigned>();
    configuration.hook = document.at("hook");
    configuration.faults = document.at("faults").get<std::vector<std::string>>();
    for (const auto& [name, value] : document.at("behaviours").items()) {
      FP_TRY(set_behaviour(configuration.behaviours, name + "=" + value.get<std::string>()));
    }
    configuration.state_dir = document.at("stateDir");
    configuration.log_file = document.at("logFile");
    configuration.device_issuer_certificate = document.at("deviceIssuerCertificate");
    configuration.device_issuer_key = document.at("deviceIssuerKey");
    configuration.ready_descriptor = document.at("readyDescriptor");
    configuration.parent = document.at("parent");
    if (document.contains("opensslConfiguration")) {
      configuration.openssl_configuration = document.at("opensslConfiguration").get<std::string>();
    }
    return configuration;
  } catch (const json::exception& error) {
    return fail(ErrorKind::kInternal, std::string("the broker's configuration: ") + error.what());
  }
}

}  // namespace fleet_provision::simulator
