// Secret bytes: private keys, ownership tokens, passphrases, and payloads that may hold them.
//
// Move-only, wiped when destroyed or moved from, and without operator<< or implicit conversion, so that code that logs
// a secret does not compile. Code that needs the bytes calls `reveal()`, which a text search finds.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace fleet_provision {

class Secret {
 public:
  Secret() = default;
  /// Copies `bytes`; the caller wipes its own copy (see `wipe`).
  explicit Secret(std::string_view bytes);
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// A view of the bytes, valid until this object is moved from, assigned to or destroyed.
  [[nodiscard]] std::string_view reveal() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// A copy, for the rare case of two owners.
  [[nodiscard]] Secret duplicate() const { return Secret(reveal()); }

 private:
  void clear() noexcept;

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

/// Overwrites memory; the compiler cannot remove the write.
void wipe(void* memory, std::size_t size) noexcept;

/// A container (std::string, std::vector<char>) that is wiped when the scope ends, its spare capacity included.
template <class Container>
class WipedAtEnd {
 public:
  explicit WipedAtEnd(Container& container) : container_(container) {}
  WipedAtEnd(const WipedAtEnd&) = delete;
  WipedAtEnd& operator=(const WipedAtEnd&) = delete;
  ~WipedAtEnd() { wipe(container_.data(), container_.capacity() * sizeof(typename Container::value_type)); }

 private:
  Container& container_;
};

}  // namespace fleet_provision
