// Owners of what a C library hands out: `std::unique_ptr<BIO, FreedBy<BIO_free_all>>`.
#pragma once

namespace fleet_provision {

template <auto kFree>
struct FreedBy {
  template <class T>
  void operator()(T* owned) const noexcept {
    kFree(owned);
  }
};

}  // namespace fleet_provision
