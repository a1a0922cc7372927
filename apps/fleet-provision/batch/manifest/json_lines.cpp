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
    const bool is_first = std::exchange(is_first_, false);
    if (is_first && refuse_other_layout(content, sink)) return;
    // Columns count from the beginning of the line.
    const std::string_view to_end = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    auto members = read_json_object(to_end, "", ErrorKind::kManifestUnusable);
    if (!members) {
      refuse_json(members.error(), sink);
      // What does not begin like an object is another kind of file.
      if (is_first && !content.starts_with('{')) stop();
      return;
    }
    if (members->empty()) return refuse(sink, 0, "", "the object is empty", kObjectHint);
    std::vector<Field> fields;
    for (JsonMember& each : *members) {
      if (is_text_without_nul(each, sink)) fields.push_back({std::move(each.key), std::move(each.value.text)});
    }
    if (fields.size() < members->size()) return;
    sink.row({offset_of_line(), static_cast<std::uint32_t>(text.size()), line_number()}, fields);
  }
  void end(RowSink&) override {}

 private:
  void refuse(RowSink& sink, std::size_t column, std::string name, std::string what, std::string hint) {
    sink.fault({line_number(), column, std::move(name), std::move(what), std::move(hint)});
  }

  bool is_text_without_nul(const JsonMember& member, RowSink& sink) {
    if (member.value.type != JsonType::kText) {
      refuse(sink, 0, member.key, "the value is " + std::string(describe(member.value.type)) + ", not text",
             "write the value in quotation marks");
      return false;
    }
    if (member.key.find('\0') == std::string::npos && member.value.text.find('\0') == std::string::npos) return true;
    refuse(sink, 0, member.key, "the name or value holds a NUL character", "remove the character");
    return false;
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
    refuse(sink, column, "", std::string(what), error.hint.empty() ? kObjectHint : error.hint);
  }

  /// One JSON text over several lines would be a fault on each of them.
  bool refuse_other_layout(std::string_view content, RowSink& sink) {
    const bool array = content.starts_with('[');
    if (!array && content != "{") return false;
    sink.fault({0, 0, "",
                array ? "holds a JSON array, not JSON Lines" : "holds a JSON object over several lines, not JSON Lines",
                array ? "write one object on each line, e.g. with jq -c '.[]' FILE"
                      : "write one object on each line, e.g. with jq -c . FILE"});
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
