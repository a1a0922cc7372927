#include "tests/model/scripts.hpp"

#include <string_view>
#include <utility>

namespace fleet_provision::model {
namespace {

const std::vector<fakes::Survival> kSurvivals = fakes::all_survivals();
constexpr unsigned kDataKinds = 3;
constexpr int kRunsMax = 4;

std::string text_of(const RunOptions& options) {
  const auto bit = [](bool is) { return is ? '1' : '0'; };
  return {options.command, bit(options.other_key), bit(options.other_claim), bit(options.other_request)};
}

}  // namespace

Replay::Replay(std::string trace, crash::Mutation mutation, unsigned nth)
    : trace_(std::move(trace)), mutation_(mutation), nth_(nth) {}

void Replay::run() {
  while (peek() != 'Z') do_one();
}

/// One world, run, power cut or hour of the trace.
void Replay::do_one() {
  switch (const char token = next()) {
    case 'N': {
      World world;
      world.exchanges = next() == '1';
      world.reuses_tokens = next() == '1';
      world.keys = static_cast<unsigned>(next() - '0');
      world.identities = static_cast<unsigned>(next() - '0');
      ++worlds;
      gateway_ = std::make_unique<Gateway>(world, *this, mutation_, nth_);
      return;
    }
    case 'R': {
      ++runs;
      if (const auto outcome = gateway_->run(0, next_run())) expect({'e', *outcome});
      if (peek() == 'X') {
        expect("X");
        gateway_->cut(next_survival());
      } else if (peek() == 'K') {
        expect("K");
      }
      expect(gateway_->state());
      return;
    }
    case 'C': gateway_->cut(next_survival()); return;
    case 'H': gateway_->pass_an_hour(); return;
    default: differ(std::string("the trace has an unexpected ") + token);
  }
}

Fate Replay::operation(const std::string& token) {
  while (peek() == '<') {
    expect("<");
    ++second_processes;
    const auto outcome = gateway_->run(1, next_run());
    if (!outcome) differ("the second process was ended");
    expect({'e', *outcome});
  }
  if (peek() == 'X' || peek() == 'K') {
    ++cuts;
    return Fate::kEnds;
  }
  expect(token);
  ++operations;
  return Fate::kGoesOn;
}

char Replay::reaction(char request) {
  expect({'=', request});
  return next();
}

void Replay::expect(const std::string& token) {
  for (const char letter : token) {
    if (peek() != letter) differ("the code says " + token);
    (void)next();
  }
}

void Replay::differ(const std::string& what) {
  const std::size_t begin = trace_.rfind('\n', at_ == 0 ? 0 : at_ - 1);
  const std::size_t line = begin == std::string::npos ? 0 : begin + 1;
  const std::size_t end = std::min(trace_.find('\n', at_), trace_.size());
  throw Differs{what + " where the model says " + trace_.substr(at_, end - at_) + " (world " + std::to_string(worlds) +
                ", after " + trace_.substr(line, at_ - line) + ")"};
}

char Replay::peek() {
  while (at_ < trace_.size() && (trace_[at_] == ' ' || trace_[at_] == '\n')) ++at_;
  if (at_ == trace_.size()) throw Differs{"the trace has no end"};
  return trace_[at_];
}

char Replay::next() {
  const char letter = peek();
  ++at_;
  return letter;
}

RunOptions Replay::next_run() {
  RunOptions options;
  options.command = next();
  options.other_key = next() == '1';
  options.other_claim = next() == '1';
  options.other_request = next() == '1';
  return options;
}

fakes::Survival Replay::next_survival() {
  const auto names = static_cast<unsigned>(next() - '0');
  const auto data = static_cast<unsigned>(next() - '0');
  return kSurvivals.at(names * kDataKinds + data);
}

Record::Record(const World& world, const RunOptions& options, Mishap mishap, crash::Mutation mutation, unsigned nth)
    : mishap_(std::move(mishap)) {
  tokens = std::string("N") + (world.exchanges ? "1" : "0") + (world.reuses_tokens ? "1" : "0") +
           std::to_string(world.keys) + std::to_string(world.identities) + " ";
  Gateway gateway(world, *this, mutation, nth);
  for (int n = 0; n < kRunsMax; ++n) {
    const auto outcome = run(gateway, options);
    if (outcome && std::string_view("IAT").find(*outcome) != std::string_view::npos) return;
  }
}

std::optional<char> Record::run(Gateway& gateway, const RunOptions& options) {
  tokens += "R" + text_of(options) + " ";
  const auto outcome = gateway.run(0, options);
  if (outcome) {
    tokens += {'e', *outcome};
  } else if (mishap_.cuts_power) {
    const auto names = static_cast<unsigned>(mishap_.survival.names);
    const auto data = static_cast<unsigned>(mishap_.survival.data);
    tokens += std::to_string(names) + std::to_string(data);
    gateway.cut(mishap_.survival);
  }
  tokens += gateway.state() + "\n";
  return outcome;
}

Fate Record::operation(const std::string& token) {
  if (++operations_ == mishap_.at) {
    interrupted = true;
    tokens += mishap_.cuts_power ? "X" : "K";
    return Fate::kEnds;
  }
  tokens += token;
  return Fate::kGoesOn;
}

char Record::reaction(char request) {
  char letter = reactions_ < mishap_.reactions.size() ? mishap_.reactions[reactions_] : 'a';
  // Only RegisterThing carries a token that can be refused.
  if (letter == 't' && request == 'c') letter = 'a';
  ++reactions_;
  tokens += {'=', request, letter};
  return letter;
}

}  // namespace fleet_provision::model
