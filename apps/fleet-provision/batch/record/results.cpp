#include "batch/record/results.hpp"

#include "batch/record/results_reader.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

std::string torn_warning(const std::string& path, const FileEnd& end, bool left_out) {
  return std::string(left_out ? "left out " : "removed ") + std::to_string(end.torn) + " bytes at the end of " +
         printable(path) + ", a result that was not recorded in full (line " + std::to_string(end.torn_line) + ": " +
         end.torn_text + ")";
}

}  // namespace

Result<Results> Results::open(std::unique_ptr<AppendFile> file, std::vector<std::string>& warnings) {
  Results results(std::move(file));
  AppendFile& opened = *results.file_;
  FP_TRY_ASSIGN(const FileEnd end,
                read_results(
                    opened, Damage::kRefuse, [&results](const RecordedLine& line) { results.ledger_.add(line.result); },
                    warnings));
  results.size_ = end.size;
  if (end.torn > 0) warnings.push_back(torn_warning(opened.path(), end, opened.is_read_only()));
  if (opened.is_read_only()) return results;
  FP_TRY(results.repair_end(end.size, end.lacks_line_feed, end.torn));
  if (end.lacks_line_feed) warnings.push_back("added the missing line feed at the end of " + printable(opened.path()));
  return results;
}

Result<void> Results::repair_end(std::uint64_t size, bool lacks_line_feed, std::uint64_t torn) {
  if (torn > 0) FP_TRY(file_->truncate(size));
  if (lacks_line_feed) FP_TRY(file_->append("\n"));
  size_ = size + (lacks_line_feed ? 1 : 0);
  return file_->sync();
}

Result<void> Results::append(const std::vector<UnitResult>& results) {
  if (broken_) return fail(*broken_);
  if (results.empty()) return {};
  FP_TRY(require_unchanged());
  std::string lines;
  for (const UnitResult& each : results) lines += result_line(each);
  if (auto written = file_->append(lines); !written) {
    if (!file_->truncate(size_)) return give_up(std::move(written).error());
    return fail(std::move(written).error());
  }
  if (auto synced = file_->sync(); !synced) {
    // What the kernel may have forgotten must not be found by the next run. If this fails, that run finds lines that
    // are true, but that the next power cut may remove.
    [[maybe_unused]] const auto cut_back = file_->truncate(size_);
    return give_up(std::move(synced).error());
  }
  size_ += lines.size();
  for (const UnitResult& each : results) ledger_.add(each);
  return {};
}

/// Another program that writes the file would make the places of lines wrong.
Result<void> Results::require_unchanged() {
  FP_TRY_ASSIGN(const std::uint64_t size, file_->size());
  if (size == size_) return {};
  return give_up(fail(ErrorKind::kResultsDamaged,
                      printable(file_->path()) + " has " + std::to_string(size) + " bytes instead of " +
                          std::to_string(size_) + ": another program changed it",
                      "run no other program on the file, and rerun")
                     .value());
}

tl::unexpected<Error> Results::give_up(Error why) {
  broken_ = why;
  return fail(std::move(why));
}

}  // namespace fleet_provision::batch
