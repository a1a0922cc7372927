// Splits what a child writes to stderr into lines, and keeps the end of it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace fleet_provision::batch {

class LineReader {
 public:
  using Sink = std::function<void(std::string_view line)>;

  /// Lines longer than this are given cut.
  static constexpr std::size_t kLineMax = 16 * 1024;

  /// Takes the next bytes; `sink` gets each line that they end, without its line feed.
  void take(std::string_view bytes, const Sink& sink);
  /// Gives the sink a last line without a line feed.
  void finish(const Sink& sink);

 private:
  void add(std::string_view part);

  /// The begin of a line whose line feed has not come.
  std::string line_;
};

/// Whether a line of --log-format json says that the service throttled a request.
[[nodiscard]] bool says_throttled(std::string_view line);
/// The `message` of a line of --log-format json; the line itself if it is something else.
[[nodiscard]] std::string message_of(std::string_view line);

}  // namespace fleet_provision::batch
