// A line that cannot be read is damage only if a power cut cannot have left it. Of an append that was not synced, any
// prefix may be left, and blocks of zeros or of old data in its place. So a bad line is the torn end if no good line
// follows it, and it is the last line and lacks its line feed, or holds a byte that no line has. Lines are ASCII.
#include "batch/record/results_reader.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kTornShown = 60;
constexpr const char* kDamagedHint = "restore the file from a copy, or remove the line; its unit is then tried again";

bool is_text(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// Puts lines together from chunks, and keeps the first bad line of an end that may be torn.
class LineScan {
 public:
  LineScan(std::string path, Damage damage, const std::function<void(RecordedLine)>& each,
           std::vector<std::string>& warnings)
      : path_(std::move(path)), damage_(damage), each_(each), warnings_(warnings) {}

  Result<void> feed(std::string_view chunk) {
    while (!chunk.empty()) {
      const std::size_t feed = chunk.find('\n');
      const std::string_view part = chunk.substr(0, feed);
      keep(part);
      line_size_ += part.size();
      if (feed == std::string_view::npos) return {};
      FP_TRY(line_ended());
      chunk.remove_prefix(feed + 1);
    }
    return {};
  }

  Result<FileEnd> finish() {
    if (line_size_ > 0) {
      auto result = read_line();
      // A whole line is taken even if its line feed was lost or an editor removed it.
      if (result) {
        FP_TRY(good(std::move(*result)));
        end_.size = begin_ + line_size_;
        end_.lacks_line_feed = true;
      } else {
        bad(result.error(), true);
      }
    }
    if (!first_bad_) return end_;
    if (first_bad_->may_be_torn) {
      end_.torn = begin_ + line_size_ - first_bad_->offset;
      end_.torn_line = first_bad_->number;
      end_.torn_text = first_bad_->shown;
      return end_;
    }
    FP_TRY(damaged(*first_bad_));
    end_.size = begin_ + line_size_;
    return end_;
  }

 private:
  struct BadLine {
    std::uint64_t number;
    std::uint64_t offset;
    std::string why;
    std::string shown;
    bool may_be_torn;
    /// The number of the last bad line before the next good one.
    std::uint64_t last;
  };

  void keep(std::string_view part) {
    // A longer line is bad, whatever it holds; its size is counted, and its beginning is enough.
    line_.append(part.substr(0, kResultLineMax + 1 - std::min(line_.size(), kResultLineMax + 1)));
    line_is_text_ = line_is_text_ && is_text(part);
  }

  Result<UnitResult> read_line() const {
    if (line_size_ > kResultLineMax) return fail(ErrorKind::kResultsDamaged, "it is too long");
    return parse_result_line(line_);
  }

  Result<void> line_ended() {
    // An empty line says nothing.
    auto result = line_size_ > 0 ? read_line() : Result<UnitResult>();
    if (!result) bad(result.error(), false);
    if (result && line_size_ > 0) FP_TRY(good(std::move(*result)));
    if (!first_bad_) end_.size = begin_ + line_size_ + 1;
    begin_ += line_size_ + 1;
    line_size_ = 0;
    line_.clear();
    line_is_text_ = true;
    ++number_;
    return {};
  }

  Result<void> good(UnitResult result) {
    if (first_bad_) FP_TRY(damaged(*std::exchange(first_bad_, std::nullopt)));
    each_({std::move(result), number_, begin_, static_cast<std::uint32_t>(line_size_)});
    return {};
  }

  void bad(const Error& why, bool is_last) {
    const bool may_be_torn = is_last || !line_is_text_;
    if (first_bad_) {
      // All that follows the first bad line has to be left by a power cut too.
      first_bad_->may_be_torn = first_bad_->may_be_torn && may_be_torn;
      if (!may_be_torn) first_bad_->last = number_;
      return;
    }
    first_bad_ = BadLine{number_,     begin_, why.message, in_quotes(std::string_view(line_).substr(0, kTornShown)),
                         may_be_torn, number_};
  }

  Result<void> damaged(const BadLine& line) {
    std::string what = printable(path_) + ": ";
    if (line.last == line.number) {
      what += "line " + std::to_string(line.number) + " is not a result: " + line.why;
    } else {
      what += "lines " + std::to_string(line.number) + " to " + std::to_string(line.last) + " are not results (line " +
              std::to_string(line.number) + ": " + line.why + ")";
    }
    if (damage_ == Damage::kRefuse) return fail(ErrorKind::kResultsDamaged, what, kDamagedHint);
    warnings_.push_back(what);
    return {};
  }

  std::string path_;
  Damage damage_;
  const std::function<void(RecordedLine)>& each_;
  std::vector<std::string>& warnings_;

  std::uint64_t number_ = 1;
  std::uint64_t begin_ = 0;
  std::uint64_t line_size_ = 0;
  std::string line_;
  bool line_is_text_ = true;
  std::optional<BadLine> first_bad_;
  FileEnd end_;
};

}  // namespace

Result<FileEnd> read_results(AppendFile& file, Damage damage, const std::function<void(RecordedLine)>& each,
                             std::vector<std::string>& warnings) {
  LineScan scan(file.path(), damage, each, warnings);
  FP_TRY_ASSIGN(const std::uint64_t size, file.size());
  for (std::uint64_t offset = 0; offset < size;) {
    const std::size_t limit = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, size - offset));
    FP_TRY_ASSIGN(const std::string chunk, file.read(offset, limit));
    if (chunk.empty()) break;
    FP_TRY(scan.feed(chunk));
    offset += chunk.size();
  }
  return scan.finish();
}

}  // namespace fleet_provision::batch
