// One pass: each piece of the manifest is written to the copy and goes through the reader of rows, whose rows are
// checked at once. What is left at the end are the places of rows, names, and a list of errors. Tables of what may be
// used once only exist while this object does.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/reading_limit.hpp"
#include "adapters/system/resources.hpp"
#include "batch/manifest/error_list.hpp"
#include "batch/manifest/first_look.hpp"
#include "batch/manifest/manifest.hpp"
#include "batch/manifest/row_check.hpp"
#include "batch/manifest/rows.hpp"
#include "batch/manifest/state_directories.hpp"
#include "batch/manifest/unit_cells.hpp"
#include "config/file_name.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kUnitsMax = 10'000'000;

std::string name_in_messages(const std::string& manifest) {
  return manifest == "-" ? "stdin" : printable(manifest, 300);
}

}  // namespace

class ManifestReader final : public RowSink {
 public:
  ManifestReader(const Options& options, const BatchSettings& settings, const Environment& environment,
                 const Interrupt& interrupt)
      : options_(options),
        settings_(settings),
        environment_(environment),
        interrupt_(interrupt),
        name_(name_in_messages(settings.manifest)),
        errors_(name_),
        state_dirs_(absolute_path_of(settings.output_dir)) {
    manifest_.format_ = settings.manifest_format;
    manifest_.output_dir_ = absolute_path_of(settings.output_dir);
  }

  std::variant<Manifest, std::vector<Error>> read(int output_dir) {
    if (auto all = read_all(output_dir); !all) errors_.add(std::move(all).error());
    if (errors_.empty() && units_ == 0) {
      errors_.add_at(0, 0, name_ + " holds no units",
                     is_csv() ? "write one row for each unit below the header" : "write one line for each unit");
    }
    if (!errors_.empty()) return errors_.take(units_);
    manifest_.rows_.shrink_to_fit();
    return std::move(manifest_);
  }

  void row(const RowPlace& place, std::vector<Field>& fields) override {
    if (stopped_) return;
    const bool csv = is_csv();
    if (csv && header_names_.empty()) return read_header(place, fields);
    if (csv && fields.size() != header_names_.size()) return refuse_size(place, fields.size());
    cells_.clear();
    fields_of_cells_.clear();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto column = csv ? manifest_.header_[i] : column_of_key(place, fields[i].name);
      if (!column || fields[i].value.empty()) continue;
      cells_.push_back({*column, std::move(fields[i].value)});
      fields_of_cells_.push_back(csv ? i + 1 : 0);
    }
    if (!cells_.empty()) take_unit(place);
  }

  void fault(RowFault fault) override {
    if (fault.line == 0) return errors_.add_at(0, 0, name_ + " " + fault.what, std::move(fault.hint));
    if (fault.column > 0 && fault.column <= header_names_.size()) fault.name = header_names_[fault.column - 1];
    errors_.add_at(fault.line, fault.column, errors_.position(fault.line, fault.column, fault.name) + ": " + fault.what,
                   std::move(fault.hint));
    // Without a header the next row would be taken for one.
    if (is_csv() && header_names_.empty()) stopped_ = true;
  }

 private:
  [[nodiscard]] bool is_csv() const { return manifest_.format_ == ManifestFormat::kCsv; }

  Result<void> read_all(int output_dir) {
    FP_TRY_ASSIGN(manifest_.copy_, ManifestCopy::create(output_dir, settings_.output_dir));
    auto pattern = UnitPattern::parse(settings_.unit_pattern);
    if (pattern) {
      pattern_ = std::move(*pattern);
    } else {
      errors_.add(options_.with_origin_of(OptionId::kUnit, std::move(pattern).error()));
    }
    auto unit_options = UnitOptions::from(options_, environment_, manifest_.warnings_);
    if (unit_options) {
      manifest_.options_ = std::move(*unit_options);
      check_.emplace(*manifest_.options_, manifest_.columns_, used_, errors_);
    } else {
      errors_.add(std::move(unit_options).error());
    }
    FP_TRY(read_rows());
    state_dirs_.check(
        [this](std::string_view name) -> std::optional<std::size_t> {
          const auto number = manifest_.names_.find(name);
          if (!number || has_state_dir_[*number]) return std::nullopt;
          return lines_[*number];
        },
        errors_);
    return {};
  }

  Result<void> read_rows() {
    const bool from_stdin = settings_.manifest == "-";
    const Descriptor opened(from_stdin ? -1 : open_to_read(settings_.manifest));
    if (!from_stdin && !opened) return unreadable(errno);
    LimitedReader file(from_stdin ? STDIN_FILENO : opened.get());
    const auto rows = make_row_reader(manifest_.format_);
    std::string piece;
    FP_TRY(read_piece(file, piece));
    if (auto wrong = first_look(piece, manifest_.format_, settings_.manifest)) {
      fault(std::move(*wrong));
      return {};
    }
    while (!piece.empty() && !rows->stopped() && !stopped_) {
      FP_TRY(interrupt_.check());
      FP_TRY(manifest_.copy_->append(piece));
      rows->feed(piece, *this);
      FP_TRY(read_piece(file, piece));
    }
    if (!stopped_) rows->finish(*this);
    return {};
  }

  /// kPieceBytes, or fewer at the end.
  Result<void> read_piece(LimitedReader& file, std::string& piece) {
    piece.resize(kPieceBytes);
    std::size_t size = 0;
    while (size < kPieceBytes) {
      const ssize_t count = file.read(piece.data() + size, kPieceBytes - size);
      if (count < 0) return unreadable(errno);
      if (count == 0) break;
      size += static_cast<std::size_t>(count);
    }
    piece.resize(size);
    return {};
  }

  [[nodiscard]] Failure unreadable(int number) const {
    const std::string manifest = settings_.manifest == "-" ? name_ : "the manifest " + name_;
    if (number == ENOENT || number == ENOTDIR) {
      return fail(ErrorKind::kFileNotFound, manifest + " does not exist", "correct the path, or put the file there");
    }
    const std::string failed = "cannot read " + manifest;
    if (auto lack = out_of_resources(number, failed)) return fail(std::move(*lack));
    if (auto stopped = reading_stopped(number, manifest)) return fail(std::move(*stopped));
    return fail(ErrorKind::kFileUnreadable, failed + ": " + words(number),
                number == EISDIR ? "give a file, not a directory" : "");
  }

  void read_header(const RowPlace& place, const std::vector<Field>& fields) {
    for (const Field& each : fields) header_names_.push_back(each.value);
    if (fields.size() > kColumnsMax) return refuse_columns(place.line);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string& name = fields[i].value;
      const auto first = name.empty() ? std::nullopt : manifest_.columns_.find(name);
      std::optional<std::uint32_t> column;
      if (first) {
        const auto other = std::find(header_names_.begin(), header_names_.end(), name) - header_names_.begin() + 1;
        refuse_column(place.line, i + 1, name, "column " + std::to_string(other) + " has this name already",
                      "remove or rename one of the two");
      } else {
        column = new_column(place.line, i + 1, name);
      }
      manifest_.header_.push_back(column);
    }
  }

  std::optional<std::uint32_t> column_of_key(const RowPlace& place, const std::string& name) {
    if (const auto known = manifest_.columns_.find(name)) {
      return manifest_.columns_[*known].is_ignored ? std::nullopt : known;
    }
    if (manifest_.columns_.size() == kColumnsMax) {
      refuse_columns(place.line);
      return std::nullopt;
    }
    return new_column(place.line, 0, name);
  }

  /// nullopt for a column that is an error; it is added all the same, so that it is told once.
  std::optional<std::uint32_t> new_column(std::size_t line, std::size_t number, const std::string& name) {
    auto column = parse_column(name);
    if (column) return manifest_.columns_.add(std::move(*column));
    refuse_column(line, number, name, column.error().message, column.error().hint);
    manifest_.columns_.add({name, std::nullopt, true});
    return std::nullopt;
  }

  void refuse_column(std::size_t line, std::size_t number, const std::string& name, const std::string& what,
                     std::string hint) {
    errors_.add_at(line, number, errors_.position(line, number, name) + ": " + what, std::move(hint));
  }

  void refuse_columns(std::size_t line) {
    errors_.add_at(line, 0,
                   errors_.position(line, 0, "") + ": there are more than " + std::to_string(kColumnsMax) + " columns",
                   "check that this is the right file");
    stopped_ = true;
  }

  void refuse_size(const RowPlace& place, std::size_t fields) {
    errors_.add_at(place.line, 0,
                   errors_.position(place.line, 0, "") + ": the row has " + std::to_string(fields) +
                       (fields == 1 ? " field" : " fields") + ", the header has " +
                       std::to_string(header_names_.size()),
                   "give each row one field for each column; put a field that holds a comma in quotation marks");
  }

  void take_unit(const RowPlace& place) {
    if (++units_ > kUnitsMax || place.line > std::numeric_limits<std::uint32_t>::max()) {
      errors_.add_at(
          place.line, 0,
          errors_.position(place.line, 0, "") + ": there are more than " + std::to_string(kUnitsMax) + " units",
          "divide the manifest into several files");
      stopped_ = true;
      return;
    }
    const auto name = name_of(place);
    const Cell* state_dir = cell_with(manifest_.columns_, cells_, OptionId::kStateDir);
    if (state_dir != nullptr) note_state_dir(place, *state_dir);
    bool in_shard = true;
    if (name) {
      in_shard = belongs_to(settings_.shard, *name);
      const auto [number, is_new] = manifest_.names_.add(*name);
      if (is_new) {
        lines_.push_back(static_cast<std::uint32_t>(place.line));
        has_state_dir_.push_back(state_dir != nullptr);
      } else {
        refuse_name(
            place,
            "the unit name " + in_quotes(*name) + " is used on line " + std::to_string(lines_[number]) + " already",
            "give each unit a name of its own, or another pattern with --unit");
      }
      if (in_shard) {
        manifest_.rows_.push_back({place.offset, place.length, static_cast<std::uint32_t>(place.line), number});
      }
    }
    if (!check_) return;
    const std::string directory =
        state_directory_of(manifest_.columns_, cells_, manifest_.output_dir_, name.value_or("unit"));
    check_->check({place.line, cells_, fields_of_cells_, directory, in_shard});
  }

  /// nullopt if it is an error or its pattern is.
  std::optional<std::string> name_of(const RowPlace& place) {
    if (!pattern_) return std::nullopt;
    const auto unknown = pattern_->unknown(manifest_.columns_);
    if (!unknown.empty()) {
      Error error;
      error.kind = ErrorKind::kUsage;
      error.message = in_quotes(*settings_.unit_pattern) + " names the column " + in_quotes(unknown.front()) +
                      ", which " + name_ + " does not have";
      const std::string_view near = manifest_.columns_.nearest_to(unknown.front());
      error.hint = near.empty() ? "name a column of the manifest" : "did you mean {" + printable(near, 80) + "}?";
      errors_.add_shared(place.line, options_.with_origin_of(OptionId::kUnit, std::move(error)));
      return std::nullopt;
    }
    if (const auto only = pattern_->only_column(manifest_.columns_); only && manifest_.columns_[*only].is_ignored) {
      return std::nullopt;
    }
    std::string name = pattern_->fill(manifest_.columns_, cells_);
    if (auto fits = check_unit_name(name); !fits) {
      refuse_name(place, fits.error().message, fits.error().hint);
      return std::nullopt;
    }
    return name;
  }

  /// At the column if one alone makes the name.
  void refuse_name(const RowPlace& place, const std::string& what, std::string hint) {
    const auto only = pattern_->only_column(manifest_.columns_);
    std::size_t field = 0;
    for (std::size_t i = 0; only && i < manifest_.header_.size(); ++i) {
      if (manifest_.header_[i] == only) field = i + 1;
    }
    errors_.add_at(place.line, field,
                   errors_.position(place.line, field, only ? manifest_.columns_[*only].name : "") + ": " + what,
                   std::move(hint));
  }

  void note_state_dir(const RowPlace& place, const Cell& cell) {
    const auto index = static_cast<std::size_t>(&cell - cells_.data());
    const std::size_t field = fields_of_cells_[index];
    const std::string position = errors_.position(place.line, field, "--state-dir");
    if (auto fits = check_file_name(cell.value); !fits) {
      return errors_.add_at(place.line, field, position + ": " + fits.error().message, fits.error().hint);
    }
    state_dirs_.note(cell.value, place.line, field, position, errors_);
  }

  const Options& options_;
  const BatchSettings& settings_;
  const Environment& environment_;
  const Interrupt& interrupt_;
  std::string name_;
  ErrorList errors_;
  StateDirectories state_dirs_;
  Manifest manifest_;
  std::optional<UnitPattern> pattern_;
  UsedOnce used_;
  std::optional<RowCheck> check_;
  std::vector<std::string> header_names_;
  /// Of the current row: its cells, and in CSV the number of the field of each.
  std::vector<Cell> cells_;
  std::vector<std::size_t> fields_of_cells_;
  /// By the number of a name: its line, and whether its row has --state-dir.
  std::vector<std::uint32_t> lines_;
  std::vector<bool> has_state_dir_;
  std::size_t units_ = 0;
  bool stopped_ = false;
};

std::variant<Manifest, std::vector<Error>> read_manifest(const Options& options, const BatchSettings& settings,
                                                         const Environment& environment, int output_dir,
                                                         const Interrupt& interrupt) {
  return ManifestReader(options, settings, environment, interrupt).read(output_dir);
}

}  // namespace fleet_provision::batch
