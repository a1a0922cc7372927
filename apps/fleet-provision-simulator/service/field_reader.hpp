// Reads the members of an object that the simulator itself has written: its configuration and its records.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// Each function gives the member NAME, or kInternal `PLACE: NAME is missing or has the wrong type`.
class FieldReader {
 public:
  /// `object` outlives the reader.
  FieldReader(const Value& object, std::string place) : object_(object), place_(std::move(place)) {}

  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] Result<std::string> text(std::string_view name) const;
  [[nodiscard]] Result<std::int64_t> integer(std::string_view name) const;
  /// Whole seconds since 1970, as far as the clock of the program can hold them.
  [[nodiscard]] Result<std::chrono::system_clock::time_point> time(std::string_view name) const;
  [[nodiscard]] Result<bool> boolean(std::string_view name) const;
  [[nodiscard]] Result<std::vector<Value>> list(std::string_view name) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view name) const;
  [[nodiscard]] Result<std::map<std::string, std::string>> text_map(std::string_view name) const;

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view name) const;

  const Value& object_;
  std::string place_;
};

}  // namespace fleet_provision::simulator
