// A fuzz target as a plain test: each file of the corpus, whole, cut short anywhere, and with each byte turned over.
//
//   REPLAY VARIED DIRECTORY…
//
// Of a file with more than VARIED bytes so many are cut and turned over, evenly spread.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "tests/fuzz/target.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

using fleet_provision::must_hold;

void run(const Bytes& bytes, std::size_t size) {
  // A copy of exactly this size, so that a sanitizer sees every read behind it.
  const Bytes exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void replay(const std::filesystem::path& path, std::size_t varied_max) {
  std::ifstream file(path, std::ios::binary);
  must_hold(file.is_open(), "a file of the corpus can be read");
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  run(bytes, bytes.size());
  const std::size_t varied = std::min(bytes.size(), varied_max);
  for (std::size_t number = 0; number < varied; ++number) {
    const std::size_t i = number * bytes.size() / varied;
    run(bytes, i);
    Bytes turned = bytes;
    turned[i] = static_cast<std::uint8_t>(~turned[i]);
    run(turned, turned.size());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 1;
  const std::size_t varied_max = std::strtoul(arguments[1], nullptr, 10);
  std::size_t files = 0;
  for (int i = 2; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
      replay(entry.path(), varied_max);
      ++files;
    }
  }
  std::cout << files << " files replayed\n";
  return files == 0 ? 1 : 0;
}
