// nlohmann's event parser reports a position only with an error, so this iterator counts the characters.
#pragma once

#include <cstddef>
#include <iterator>

namespace fleet_provision {

/// Iterates over characters; `read` is the number of characters passed so far.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* position, std::size_t* read) : position_(position), read_(read) {}
  reference operator*() const { return *position_; }
  CountingIterator& operator++() {
    ++*read_;
    ++position_;
    return *this;
  }
  // The clang-tidy check wants a const result, which could not be moved from; standard iterators return a non-const
  // value.
  CountingIterator operator++(int) {  // NOLINT(cert-dcl21-cpp)
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.position_ == b.position_; }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) { return !(a == b); }

 private:
  const char* position_;
  std::size_t* read_;
};

}  // namespace fleet_provision
