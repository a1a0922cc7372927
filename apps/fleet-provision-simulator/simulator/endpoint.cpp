#include "simulator/endpoint.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

// Whether /etc/hosts gives this address the name localhost.
bool is_localhost(std::string_view address) {
  std::istringstream hosts(read_file("/etc/hosts").value_or(""));
  for (std::string line; std::getline(hosts, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    words >> word;
    if (word != address) continue;
    while (words >> word) {
      if (word == "localhost") return true;
    }
  }
  return false;
}

}  // namespace

std::string endpoint_for(const std::string& listen) {
  if (listen == "127.0.0.1" || listen == "0.0.0.0") return is_localhost("127.0.0.1") ? "localhost" : "127.0.0.1";
  // mosquitto listens on IPv6 only for "::".
  if (listen == "::1" || listen == "::") return is_localhost("::1") ? "localhost" : "::1";
  return listen;
}

std::vector<std::string> server_names(const std::string& listen, const std::vector<std::string>& additional) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  if (listen != "0.0.0.0" && listen != "::") add(listen);
  for (const std::string& each : additional) add(each);
  return names;
}

}  // namespace fleet_provision::simulator
