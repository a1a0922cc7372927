// The results of a batch over one results.jsonl.
//
// results.jsonl only grows. A line counts once it was written and synced; what a power cut left of a line that did not
// count is removed when the file is opened. A damaged line elsewhere is an error: nothing is removed that may have
// counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "batch/record/append_file.hpp"
#include "batch/record/ledger.hpp"
#include "batch/record/unit_result.hpp"
#include "core/error.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

class Results {
 public:
  /// Reads the file, repairs its end, and syncs it: a killed process may have left lines that are in memory only.
  /// `warnings` names what was removed or completed. A read-only file is neither repaired nor synced.
  [[nodiscard]] static Result<Results> open(std::unique_ptr<AppendFile> file, std::vector<std::string>& warnings);

  /// Appends the lines in one write, syncs, and only then records them in the ledger. After a write that failed the
  /// file is cut back to what counted, and the caller may try again. After a sync that failed, or if the file cannot be
  /// cut back, every later call fails: the kernel may have forgotten what it did not write, so the batch has to end.
  [[nodiscard]] Result<void> append(const std::vector<UnitResult>& results);
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }

 private:
  explicit Results(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}
  [[nodiscard]] Result<void> repair_end(std::uint64_t size, bool lacks_line_feed, std::uint64_t torn);
  [[nodiscard]] Result<void> require_unchanged();
  [[nodiscard]] tl::unexpected<Error> give_up(Error why);

  std::unique_ptr<AppendFile> file_;
  /// The size up to which all lines count.
  std::uint64_t size_ = 0;
  /// Why nothing can be appended any more.
  std::optional<Error> broken_;
  Ledger ledger_;
};

}  // namespace fleet_provision::batch
