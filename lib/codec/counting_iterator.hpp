// nlohmann's event parser tells no positions while all is well; an iterator that counts does.
#pragma once

#include <cstddef>
#include <iterator>

namespace fleet_provision {

/// Over characters; `read` is how many have been passed.
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
  // The check wants a const result, which could not be moved from; no iterator has one.
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
