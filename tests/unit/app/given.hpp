// What the tests of the options share: a temporary file, and rows that say what must be refused and how.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "config/options.hpp"

namespace fleet_provision::testing {

using Arguments = std::vector<std::string>;

/// A file that lives as long as this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) {
    char name[] = "/tmp/fleet-provision-test-XXXXXX";
    const int descriptor = ::mkstemp(name);
    if (descriptor >= 0) ::close(descriptor);
    path_ = name;
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Options without any configuration file of this machine.
inline Result<Options> options_of(const Arguments& arguments, const Environment& environment = {}) {
  return Options::read(arguments, environment, "/nonexistent/fleet-provision");
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace fleet_provision::testing
