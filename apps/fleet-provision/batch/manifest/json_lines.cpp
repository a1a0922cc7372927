#include <algorithm>
#include <utility>

#include "batch/manifest/rows.hpp"
#include "config/json_reader.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr const char* kObjectHint = R"(write one object of strings on each line, e.g. {"SerialNumber": "4711"})";

class JsonLinesReader final : public RowReader {
 protected:
  void line(std::string_view text, RowSink& sink) override {
    const std::string_view content = trimmed(text);
    if (content.empty()) return;
    if (std::exchange(is_first_, false) && refuse_other_layout(content, sink)) return;
    if (!is_utf8(content)) return refuse(sink, 0, "is not UTF-8", "save the file as UTF-8");
    const std::string_view to_end = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    auto members = read_json_object(to_end, "", ErrorKind::kManifestUnusable);
    if (!members) return refuse_json(members.error(), sink);
    std::vector<Field> fields;
    for (JsonMember& each : *members) {
      if (each.value.type != JsonType::kText) {
        return refuse(sink, 0, in_quotes(each.key) + " is " + std::string(describe(each.value.type)) + ", not text",
                      "write the value in quotation marks");
      }
      if (each.key.find('\0') != std::string::npos || each.value.text.find('\0') != std::string::npos) {
        return refuse(sink, 0, in_quotes(each.key) + " holds a NUL character", "remove the character");
      }
      fields.push_back({std::move(each.key), std::move(each.value.text)});
    }
    if (fields.empty()) return refuse(sink, 0, "the object is empty", kObjectHint);
    sink.row({offset_of_line(), static_cast<std::uint32_t>(text.size()), line_number()}, fields);
  }
  void end(RowSink&) override {}

 private:
  void refuse(RowSink& sink, std::size_t column, std::string what, std::string hint) {
    sink.fault({line_number(), column, std::move(what), std::move(hint)});
  }

  /// Errors of the JSON reader begin with its name, here empty, and a position in its text, which is one line.
  void refuse_json(const Error& error, RowSink& sink) {
    std::string_view what = error.message;
    const auto skip = [&what](std::string_view prefix) {
      const bool there = what.starts_with(prefix);
      if (there) what.remove_prefix(prefix.size());
      return there;
    };
    skip(": ");
    std::size_t column = 0;
    if (skip("line 1, column ")) {
      const std::size_t digits = std::min(what.find(':'), what.size());
      column = parse_number<std::size_t>(what.substr(0, digits)).value_or(0);
      what.remove_prefix(digits);
      skip(": ");
    }
    refuse(sink, column, std::string(what), error.hint.empty() ? kObjectHint : error.hint);
  }

  /// One JSON text over several lines would be a fault on each of them.
  bool refuse_other_layout(std::string_view content, RowSink& sink) {
    const bool array = content.starts_with('[');
    if (!array && content != "{") return false;
    refuse(sink, 0, array ? "holds a JSON array instead of JSON Lines" : "a JSON object goes over several lines",
           array ? "write one object on each line, e.g. with jq -c '.[]' FILE"
                 : "write one object on each line, e.g. with jq -c . FILE");
    stop();
    return true;
  }

  bool is_first_ = true;
};

}  // namespace

std::unique_ptr<RowReader> make_json_lines_reader() {
  return std::make_unique<JsonLinesReader>();
}

}  // namespace fleet_provision::batch
