// The state directory, written as fleet-provision writes it: the same files, and the same fsyncs and renames in the
// same order (scripts/benchmark counts both and says where they differ). What is not done: nothing is looked at first,
// nothing is read back, and an unfinished run is not continued.
#pragma once

#include <string>
#include <string_view>

#include "adapters/system/descriptor.hpp"

namespace fleet_provision::floor {

class Store {
 public:
  /// Makes the directory, which must not be there yet, takes the lock, and proves that pending/ takes bytes.
  explicit Store(const std::string& path);

  /// Durable before it returns: the key, when there is one to keep, and the journal.
  void save(std::string_view key_pem, std::string_view journal);

  struct Identity {
    std::string certificate_pem;
    std::string thing_name;
    std::string device_configuration;
    std::string identity_json;
  };

  /// Writes the rest and puts pending/ in place as identity/.
  void install(const Identity& identity);

 private:
  void write_private(const char* name, std::string_view bytes);
  void write_public(const char* name, std::string_view bytes);

  Descriptor root_;
  Descriptor lock_;
  Descriptor pending_;
  bool name_durable_ = false;
};

}  // namespace fleet_provision::floor
