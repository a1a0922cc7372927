// libcsv in its strict mode, one line at a time, so that the places of rows are known. A byte that it refuses ends the
// row: the parser begins anew at the next line.
#include <csv.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "batch/manifest/rows.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

/// Spaces are part of a field (RFC 4180 section 2, rule 4).
int no_space(unsigned char) {
  return 0;
}

constexpr const char* kQuotingHint = "put the whole field in quotation marks, and double each mark inside it";

class CsvReader final : public RowReader {
 public:
  CsvReader() { init(); }
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;
  ~CsvReader() override { ::csv_free(&parser_); }

 protected:
  [[nodiscard]] bool ends_at_return() const override { return true; }

  void line(std::string_view text, RowSink& sink) override {
    if (!in_row_) {
      if (trimmed(text).empty()) return;
      place_ = {offset_of_line(), 0, line_number()};
      fields_.clear();
      field_line_ = line_number();
    }
    in_row_ = true;
    const std::size_t before = fields_.size();
    const std::size_t taken = ::csv_parse(&parser_, text.data(), text.size(), add_field, end_row, this);
    if (taken < text.size()) return refuse(text[taken], sink);
    place_.length += static_cast<std::uint32_t>(text.size());
    if (in_row_ && fields_.size() > before) field_line_ = line_number();
    if (!in_row_) return give(sink);
    if (place_.length > kRowBytesMax) refuse_open_quote(sink);
  }

  void end(RowSink& sink) override {
    if (!in_row_) return;
    if (::csv_fini(&parser_, add_field, end_row, this) != 0) return refuse_open_quote(sink);
    if (!in_row_) give(sink);
  }

 private:
  void init() {
    // Fails only for a null pointer.
    if (::csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    ::csv_set_space_func(&parser_, no_space);
  }

  static void add_field(void* bytes, std::size_t size, void* reader) {
    static_cast<CsvReader*>(reader)->fields_.push_back({{}, std::string(static_cast<const char*>(bytes), size)});
  }
  static void end_row(int, void* reader) { static_cast<CsvReader*>(reader)->in_row_ = false; }

  void give(RowSink& sink) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const std::string& value = fields_[i].value;
      const bool has_nul = value.find('\0') != std::string::npos;
      if (!has_nul && is_utf8(value)) continue;
      sink.fault({place_.line, i + 1, "", has_nul ? "the field holds a NUL byte" : "the field is not UTF-8",
                  has_nul ? "remove the byte" : "save the file as UTF-8, in a spreadsheet as \"CSV UTF-8\""});
      return;
    }
    sink.row(place_, fields_);
  }

  /// Data behind a closing quotation mark, or a quotation mark in a field that does not begin with one.
  void refuse(char found, RowSink& sink) {
    sink.fault({line_number(), fields_.size() + 1, "",
                found == '"' ? "a quotation mark stands inside a field that does not begin with one"
                             : in_quotes(std::string_view(&found, 1)) + " stands behind a closing quotation mark",
                kQuotingHint});
    ::csv_free(&parser_);
    init();
    in_row_ = false;
  }

  void refuse_open_quote(RowSink& sink) {
    sink.fault({field_line_, fields_.size() + 1, "", "the quotation mark that begins this field is never closed",
                kQuotingHint});
    stop();
  }

  csv_parser parser_{};
  RowPlace place_;
  std::vector<Field> fields_;
  bool in_row_ = false;
  /// Where the field begins that is not at its end.
  std::size_t field_line_ = 1;
};

}  // namespace

std::unique_ptr<RowReader> make_csv_reader() {
  return std::make_unique<CsvReader>();
}

}  // namespace fleet_provision::batch
