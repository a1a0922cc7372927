// Bytes on their way in one direction: what is put in comes out in the same order, each part not before its time. The
// queue has no limit, as a long wire has none: a part does not wait for the one before it to have arrived.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fleet_provision::benchmark {

using Instant = std::chrono::steady_clock::time_point;

class DelayLine {
 public:
  void put(std::string bytes, Instant arrives) { parts_.push_back({std::move(bytes), later(arrives)}); }

  /// The end of what is sent travels like the bytes before it.
  void put_end(Instant arrives) { end_ = later(arrives); }

  /// When the next thing arrives; nothing when the line is empty.
  [[nodiscard]] std::optional<Instant> next() const { return parts_.empty() ? end_ : parts_.front().arrives; }

  /// The oldest part if it has arrived, else nothing.
  [[nodiscard]] std::string_view arrived(Instant now) const {
    if (parts_.empty() || parts_.front().arrives > now) return {};
    return std::string_view(parts_.front().bytes).substr(taken_);
  }

  /// So many bytes of the oldest part have been handed on.
  void take(std::size_t size) {
    taken_ += size;
    if (taken_ < parts_.front().bytes.size()) return;
    parts_.pop_front();
    taken_ = 0;
  }

  /// Whether everything has come out and the end has arrived too.
  [[nodiscard]] bool ended(Instant now) const { return parts_.empty() && end_ && *end_ <= now; }

 private:
  struct Part {
    std::string bytes;
    Instant arrives;
  };

  /// Nothing overtakes.
  [[nodiscard]] Instant later(Instant arrives) const {
    return parts_.empty() ? arrives : std::max(arrives, parts_.back().arrives);
  }

  std::deque<Part> parts_;
  std::size_t taken_ = 0;
  std::optional<Instant> end_;
};

}  // namespace fleet_provision::benchmark
