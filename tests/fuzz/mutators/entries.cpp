// The entries of libFuzzer of a target whose inputs are changed as trees. CMake defines for each
// target FUZZ_FORMAT, one of the functions of formats.hpp, and FUZZ_PREFIX, its argument.
#include <cstdlib>

#include "tests/fuzz/mutators/formats.hpp"

using namespace fleet_provision::mutators;

extern "C" {
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed);
std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size, const std::uint8_t* second,
                                      std::size_t second_size, std::uint8_t* out, std::size_t out_max, unsigned seed);
}

namespace {

/// For scripts/fuzz --compare: inputs are changed as bytes after all.
bool as_bytes() {
  static const bool wanted = std::getenv("FUZZ_AS_BYTES") != nullptr;
  return wanted;
}

const Format& format() {
  static const Format made = FUZZ_FORMAT(FUZZ_PREFIX);
  return made;
}

}  // namespace

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed) {
  if (as_bytes()) return LLVMFuzzerMutate(data, size, size_max);
  return mutate(format(), data, size, size_max, seed);
}

std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size, const std::uint8_t* second,
                                      std::size_t second_size, std::uint8_t* out, std::size_t out_max, unsigned seed) {
  if (as_bytes()) return 0;
  const auto text = [](const std::uint8_t* data, std::size_t size) {
    return std::string_view(reinterpret_cast<const char*>(data), size);
  };
  return cross(format(), text(first, first_size), text(second, second_size), out, out_max, seed);
}
