#include "report/event.hpp"

#include <array>
#include <utility>

#include "service/decode.hpp"

namespace fleet_provision::simulator {

namespace {

struct KindWord {
  const char* word;
  EventKind kind;
};
constexpr auto kKindWords = std::to_array<KindWord>({{"start", EventKind::kStart},
                                                     {"connect", EventKind::kConnect},
                                                     {"subscribe", EventKind::kSubscribe},
                                                     {"unsubscribe", EventKind::kUnsubscribe},
                                                     {"publish", EventKind::kPublish},
                                                     {"answer", EventKind::kAnswer},
                                                     {"receive", EventKind::kReceive},
                                                     {"hook", EventKind::kHook},
                                                     {"expire", EventKind::kExpire},
                                                     {"disconnect", EventKind::kDisconnect},
                                                     {"warning", EventKind::kWarning}});

EventKind kind_of(std::string_view word) {
  for (const auto& each : kKindWords) {
    if (word == each.word) return each.kind;
  }
  return EventKind::kOther;
}

// Digits at fixed places of a time.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + (c - '0');
  }
  return number;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_log_time(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() < kForm.size() + 1 || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != '0' && text[i] != kForm[i]) return std::nullopt;
  }
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  int fraction = 0;
  if (text.size() != kForm.size() + 1) {
    const auto thousandths = digits(text, 20, 3);
    if (text[19] != '.' || text.size() != 24 || !thousandths) return std::nullopt;
    fraction = *thousandths;
  }
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute) + seconds(*second) +
         milliseconds(fraction);
}

std::string Event::text(std::string_view field) const {
  const std::string* found = line.find_text(field);
  return found == nullptr ? std::string() : found->substr(0, kTextBytesMax);
}

std::optional<std::uint64_t> Event::number(std::string_view field) const {
  const Value* found = line.find(field);
  const std::int64_t* number = found == nullptr ? nullptr : found->integer();
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::vector<std::string> Event::texts(std::string_view field) const {
  std::vector<std::string> all;
  const Value* found = line.find(field);
  const std::vector<Value>* list = found == nullptr ? nullptr : found->list();
  if (list == nullptr) return all;
  for (const auto& each : *list) {
    if (all.size() == kTextsMax) break;
    if (each.text() != nullptr) all.push_back(each.text()->substr(0, kTextBytesMax));
  }
  return all;
}

bool Event::is_true(std::string_view field) const {
  const Value* found = line.find(field);
  return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

std::optional<Event> parse_event(std::string_view line) {
  auto value = decode(line, Encoding::kJson);
  if (!value || value->find_text("time") == nullptr || value->find_text("event") == nullptr) return std::nullopt;
  Event event;
  event.line = std::move(*value);
  event.name = event.text("event");
  event.kind = kind_of(event.name);
  event.time = event.text("time");
  event.at = parse_log_time(event.time);
  event.connection = event.number("connection").value_or(0);
  return event;
}

}  // namespace fleet_provision::simulator
