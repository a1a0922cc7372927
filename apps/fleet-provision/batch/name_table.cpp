#include "batch/name_table.hpp"

#include <limits>
#include <stdexcept>

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kSlotsAtStart = 64;

}  // namespace

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char each : bytes) {
    hash ^= static_cast<unsigned char>(each);
    hash *= 0x100000001b3U;
  }
  return hash;
}

std::pair<NameTable::Number, bool> NameTable::add(std::string_view name) {
  // At most two thirds of the slots are taken.
  if (slots_.size() * 2 <= (ends_.size() + 1) * 3) grow();
  const std::size_t slot = slot_of(name);
  if (slots_[slot] != 0) return {slots_[slot] - 1, false};
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (text_.size() + name.size() > kMost || ends_.size() + 1 >= kMost) throw std::length_error("too many names");
  text_ += name;
  ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  slots_[slot] = static_cast<std::uint32_t>(ends_.size());
  return {static_cast<Number>(ends_.size() - 1), true};
}

std::optional<NameTable::Number> NameTable::find(std::string_view name) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t found = slots_[slot_of(name)];
  return found == 0 ? std::nullopt : std::optional<Number>(found - 1);
}

std::string_view NameTable::name(Number number) const {
  const std::size_t begin = number == 0 ? 0 : ends_[number - 1];
  return std::string_view(text_).substr(begin, ends_[number] - begin);
}

/// The slot that holds the name, or the empty one where it belongs.
std::size_t NameTable::slot_of(std::string_view name) const {
  std::size_t slot = fnv1a(name) & (slots_.size() - 1);
  while (slots_[slot] != 0 && this->name(slots_[slot] - 1) != name) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

void NameTable::grow() {
  slots_.assign(slots_.empty() ? kSlotsAtStart : slots_.size() * 2, 0);
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    slots_[slot_of(name(static_cast<Number>(i)))] = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace fleet_provision::batch
