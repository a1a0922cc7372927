#include "batch/manifest/manifest.hpp"

#include <algorithm>
#include <array>

#include "batch/manifest/rows.hpp"
#include "batch/manifest/unit_cells.hpp"

namespace fleet_provision::batch {
namespace {

/// The one row of a text that was checked before.
class OneRow final : public RowSink {
 public:
  void row(const RowPlace&, std::vector<Field>& fields) override { fields_ = std::move(fields); }
  void fault(RowFault) override {}
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// Over names and values in the order of names, so that the order of columns does not count.
std::uint64_t digest_of(const Columns& columns, const std::vector<Cell>& cells) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  pairs.reserve(cells.size());
  for (const Cell& each : cells) pairs.emplace_back(columns[each.column].name, each.value);
  std::sort(pairs.begin(), pairs.end());
  std::string bytes;
  for (const auto& [name, value] : pairs) {
    // No name or value holds a NUL.
    bytes.append(name).append(1, '\0').append(value).append(1, '\0');
  }
  return fnv1a(bytes);
}

std::string hexadecimal(std::uint64_t number) {
  std::string digits(16, '0');
  for (std::size_t i = digits.size(); i > 0; --i, number >>= 4U) digits[i - 1] = "0123456789abcdef"[number & 15U];
  return digits;
}

/// Without reading a file, which may have gone since the row was checked.
Milliseconds time_limit_of(const Options& options) {
  constexpr Range<Milliseconds> kAny{Milliseconds{0}, Milliseconds::max()};
  const auto splay = options.seconds(OptionId::kSplay, kAny);
  return timeout_of(options) + (splay ? splay->value_or(Milliseconds{0}) : Milliseconds{0});
}

}  // namespace

Result<std::vector<Cell>> Manifest::cells(Number unit) const {
  const Row& row = rows_[unit];
  FP_TRY_ASSIGN(const std::string bytes, copy_->read(row.offset, row.length));
  const auto reader = make_row_reader(format_);
  OneRow found;
  reader->feed(bytes, found);
  reader->finish(found);
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < found.fields().size(); ++i) {
    const Field& field = found.fields()[i];
    const auto column = format_ == ManifestFormat::kCsv ? header_[i] : columns_.find(field.name);
    if (column && !field.value.empty()) cells.push_back({*column, field.value});
  }
  return cells;
}

Result<Unit> Manifest::unit(Number number) const {
  FP_TRY_ASSIGN(const auto row, cells(number));
  Unit unit;
  unit.name = std::string(name(number));
  unit.line = rows_[number].line;
  unit.state_dir = state_directory_of(columns_, row, output_dir_, unit.name);
  unit.arguments = options_->arguments(columns_, row, unit.state_dir);
  unit.digest = hexadecimal(digest_of(columns_, row));
  unit.time_limit = time_limit_of(options_->with(columns_, row, CellOrigins(row.size()), unit.state_dir));
  return unit;
}

Result<std::uint64_t> Manifest::digest(Number unit) const {
  FP_TRY_ASSIGN(const auto row, cells(unit));
  return digest_of(columns_, row);
}

}  // namespace fleet_provision::batch
