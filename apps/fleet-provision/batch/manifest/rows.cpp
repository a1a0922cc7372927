#include "batch/manifest/rows.hpp"

#include "core/file_format.hpp"

namespace fleet_provision::batch {

void RowReader::feed(std::string_view bytes, RowSink& sink) {
  while (!bytes.empty() && !stopped_) {
    const std::size_t found = bytes.find_first_of(ends_at_return() ? "\r\n" : "\n");
    const std::size_t size = found == std::string_view::npos ? bytes.size() : found + 1;
    const std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (partial_.size() + size > kRowBytesMax) {
      sink.fault({line_, 0, "", "the line has more than " + std::to_string(kRowBytesMax) + " bytes",
                  "check that this is the right file"});
      return stop();
    }
    if (found == std::string_view::npos) {
      partial_ += piece;
    } else if (partial_.empty()) {
      take_line(piece, sink);
    } else {
      partial_ += piece;
      const std::string whole = std::exchange(partial_, {});
      take_line(whole, sink);
    }
  }
}

void RowReader::finish(RowSink& sink) {
  if (!stopped_ && !partial_.empty()) take_line(std::exchange(partial_, {}), sink);
  if (!stopped_) end(sink);
}

void RowReader::take_line(std::string_view text, RowSink& sink) {
  if (std::exchange(at_start_, false)) {
    const std::size_t whole = text.size();
    text = without_byte_order_mark(text);
    offset_ += whole - text.size();
  }
  // The LF of a CRLF belongs to the line that the CR ended.
  const bool rest_of_line_end = after_return_ && text == "\n";
  if (rest_of_line_end) --line_;
  line(text, sink);
  offset_ += text.size();
  ++line_;
  after_return_ = ends_at_return() && text.ends_with('\r');
}

std::unique_ptr<RowReader> make_row_reader(ManifestFormat format) {
  return format == ManifestFormat::kCsv ? make_csv_reader() : make_json_lines_reader();
}

}  // namespace fleet_provision::batch
