// The rows of a manifest, from bytes that are passed in pieces of any size; pure.
//
// A reader tells its sink each row with its place, and each fault of the format with line and column. After a fault it
// goes on at the next line, so that one reading finds all faults; only where the rest of the text has lost its meaning
// (another encoding, an open quotation mark) it stops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch_settings.hpp"

namespace fleet_provision::batch {

/// No unit needs more: the service accepts requests of at most 128 KiB.
inline constexpr std::size_t kRowBytesMax = 256 * 1024;
inline constexpr std::size_t kColumnsMax = 1000;

struct RowPlace {
  /// Of the first byte; a byte order mark is not part of a row.
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  /// Where the row begins, counted from 1.
  std::size_t line = 1;
};

struct Field {
  /// The key in JSON Lines; empty in CSV.
  std::string name;
  /// UTF-8 without NUL.
  std::string value;
};

struct RowFault {
  /// 0 for the whole text, of which `what` is then said.
  std::size_t line = 0;
  /// In CSV the number of the field, in JSON Lines that of the character; 0 for the whole line.
  std::size_t column = 0;
  /// The key, where the fault is in its value.
  std::string name;
  std::string what;
  std::string hint;
};

class RowSink {
 public:
  RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;
  virtual ~RowSink() = default;

  /// A row of at least one field; in CSV also the header. The fields may be moved from.
  virtual void row(const RowPlace& place, std::vector<Field>& fields) = 0;
  virtual void fault(RowFault fault) = 0;
};

class RowReader {
 public:
  RowReader() = default;
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  virtual ~RowReader() = default;

  /// Takes the next bytes. Does nothing after `stopped`.
  void feed(std::string_view bytes, RowSink& sink);
  /// Takes the end of the text.
  void finish(RowSink& sink);
  /// Whether a fault made the rest unreadable.
  [[nodiscard]] bool stopped() const { return stopped_; }

 protected:
  /// One line with its line end, of which the last of the text may have none.
  virtual void line(std::string_view text, RowSink& sink) = 0;
  virtual void end(RowSink& sink) = 0;
  /// The line end that `line` is called for, besides `\n`: CSV files may have `\r` alone.
  [[nodiscard]] virtual bool ends_at_return() const { return false; }

  [[nodiscard]] std::uint64_t offset_of_line() const { return offset_; }
  [[nodiscard]] std::size_t line_number() const { return line_; }
  void stop() { stopped_ = true; }

 private:
  void take_line(std::string_view text, RowSink& sink);

  /// A line whose end did not come yet.
  std::string partial_;
  std::uint64_t offset_ = 0;
  std::size_t line_ = 1;
  bool after_return_ = false;
  bool at_start_ = true;
  bool stopped_ = false;
};

[[nodiscard]] std::unique_ptr<RowReader> make_row_reader(ManifestFormat format);
/// RFC 4180, by libcsv; lines may also end in LF or CR alone. Blank lines are skipped.
[[nodiscard]] std::unique_ptr<RowReader> make_csv_reader();
/// Each line one JSON object of strings. Blank lines are skipped.
[[nodiscard]] std::unique_ptr<RowReader> make_json_lines_reader();

}  // namespace fleet_provision::batch
