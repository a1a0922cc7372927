// Bytes of MQTT packets, as numbers and characters.
#pragma once

#include <initializer_list>
#include <string>

namespace fleet_provision::test {

inline std::string bytes(std::initializer_list<int> list) {
  std::string text;
  for (const int each : list) text += static_cast<char>(each);
  return text;
}

}  // namespace fleet_provision::test
