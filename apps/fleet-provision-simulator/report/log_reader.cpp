#include "report/log_reader.hpp"

#include <utility>

#include "core/text.hpp"

namespace fleet_provision::simulator {

void LogReader::keep(std::string_view bytes) {
  if (too_long_) return;
  if (line_.size() + bytes.size() > kLineBytesMax) {
    too_long_ = true;
    line_.clear();
    return;
  }
  line_ += bytes;
}

void LogReader::count_other() {
  if (++other_lines_ == 1) first_other_line_ = lines_;
}

void LogReader::end_line() {
  ++lines_;
  const bool is_empty = !too_long_ && trimmed(line_).empty();
  auto event = too_long_ || is_empty ? std::nullopt : parse_event(line_);
  if (event) {
    ++events_;
    sink_(std::move(*event));
  } else if (!is_empty) {
    count_other();
  }
  line_.clear();
  too_long_ = false;
}

void LogReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    keep(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    end_line();
    bytes.remove_prefix(end + 1);
  }
}

void LogReader::finish() {
  if (too_long_ || !parse_event(line_)) return;
  end_line();
}

}  // namespace fleet_provision::simulator
