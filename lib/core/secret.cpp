#include "core/secret.hpp"

#include <string.h>

#include <cstring>
#include <utility>

namespace fleet_provision {

Secret::Secret(std::string_view bytes) : bytes_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
  if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, std::size_t{0})) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    clear();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, std::size_t{0});
  }
  return *this;
}

Secret::~Secret() {
  clear();
}

void Secret::clear() noexcept {
  if (bytes_) wipe(bytes_.get(), size_);
  bytes_.reset();
  size_ = 0;
}

void wipe(void* memory, std::size_t size) noexcept {
  // Not memset: optimised for size, GCC writes `rep stos` in its place, which takes 30 cycles even for a few bytes, and
  // the program's free comes here for each block.
  if (size != 0) ::explicit_bzero(memory, size);
}

}  // namespace fleet_provision
