// Reads the fields of this program's own JSON files by name and type.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision {

/// One JSON object. Every failure has the kind given to `parse` and names the field, never a value.
class JsonFields {
 public:
  /// `text` must be one object that codec/json_text.hpp accepts.
  [[nodiscard]] static Result<JsonFields> parse(std::string_view text, ErrorKind kind);

  JsonFields(JsonFields&&) noexcept;
  JsonFields& operator=(JsonFields&&) noexcept;
  ~JsonFields();

  [[nodiscard]] bool has(const char* name) const;
  [[nodiscard]] Result<std::string> text(const char* name) const;
  [[nodiscard]] Result<std::optional<std::string>> text_or_null(const char* name) const;
  /// A Boolean; false if the field is missing.
  [[nodiscard]] Result<bool> flag_or_false(const char* name) const;
  /// A whole number from 0 to `max`.
  [[nodiscard]] Result<std::uint64_t> number(const char* name, std::uint64_t max) const;
  /// An object of strings.
  [[nodiscard]] Result<std::map<std::string, std::string>> texts(const char* name) const;
  [[nodiscard]] Result<JsonFields> object(const char* name) const;

 private:
  struct Tree;
  JsonFields(std::unique_ptr<Tree> tree, ErrorKind kind);
  [[nodiscard]] tl::unexpected<Error> wrong(const char* name, const char* wanted) const;

  std::unique_ptr<Tree> tree_;
  ErrorKind kind_;
};

}  // namespace fleet_provision
