// The model of tests/model and the code do the same: traces of the model are replayed on the real workflow over fakes,
// and what the workflow does is followed by the model. See docs/model.md.
#include <algorithm>

#include "tests/model/scripts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::model;
using crash::Mutation;

namespace {

constexpr const char* kNoSpin = "not tested: spin is missing (Debian: spin)";

bool has_spin() {
  return test::is_installed("spin");
}

/// spin in a directory of its own, because it writes files into the current one.
test::Finished spin(const test::TemporaryDirectory& directory, const std::string& arguments) {
  const std::string model = MODEL_DIRECTORY "/provisioning.pml";
  const std::string command = "cd '" + directory.path().string() + "' && exec spin -T -B -DREPLAY " + arguments;
  return test::run_process({"/bin/sh", "-c", command + " '" + model + "'"});
}

std::string trace(unsigned seed, unsigned worlds, const std::string& more = "") {
  const test::TemporaryDirectory directory;
  const auto ended = spin(directory, "-n" + std::to_string(seed) + " -DWORLDS=" + std::to_string(worlds) + " " + more);
  return ended.out;
}

/// What spin says of recorded tokens: "accepted N worlds", or where the model does something else.
std::string judged(const std::string& tokens, const std::string& more = "") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "tokens", tokens + "Z\n");
  return spin(directory, "-DLISTEN " + more + " < tokens").out;
}

/// Where the code differs from the trace; empty if it does not.
std::string difference(Replay& replay) {
  try {
    replay.run();
  } catch (const Differs& differs) {
    return differs.what;
  }
  return "";
}

struct Case {
  World world;
  RunOptions options;
  std::string reactions = {};
};

const std::vector<Case> kCases{
    {{}, {'p'}},
    {{}, {'p'}, "awaat"},
    {{.keys = 1}, {'p'}, "at"},
    {{.keys = 2}, {'p'}, "at"},
    {{.identities = 1}, {'f'}},
    {{.exchanges = false, .identities = 2}, {'f'}},
    {{.identities = 2}, {'r'}},
    {{.keys = 1, .identities = 2}, {'r'}},
};

std::string record(const Case& each, const Mishap& mishap, bool& interrupted, Mutation mutation = Mutation::kNone,
                   unsigned nth = 0) {
  Record recorded(each.world, each.options, mishap, mutation, nth);
  interrupted = recorded.interrupted;
  return std::move(recorded.tokens);
}

/// A power cut before each `step`th operation of a case, with one survival after the other, or a kill; the last world
/// has neither.
std::string ends_of(const Case& each, bool cuts_power, unsigned step, std::size_t& survival) {
  const auto survivals = fakes::all_survivals();
  std::string tokens;
  bool interrupted = true;
  for (unsigned at = 1 + static_cast<unsigned>(survival) % step; interrupted; at += step) {
    Mishap mishap{at, cuts_power, survivals[survival++ % survivals.size()], each.reactions};
    tokens += record(each, mishap, interrupted);
  }
  return tokens;
}

/// The model follows every case, ended before each `step`th operation.
void check_ends(unsigned step, std::ptrdiff_t worlds_min) {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  std::string tokens;
  std::size_t survival = 0;
  for (const Case& each : kCases) tokens += ends_of(each, true, step, survival);
  for (const Case& each : {kCases[0], kCases[4], kCases[5]}) tokens += ends_of(each, false, step, survival);
  const auto worlds = std::count(tokens.begin(), tokens.end(), 'N');
  CHECK(worlds > worlds_min);
  CHECK_THAT(judged(tokens), Catch::Contains("accepted " + std::to_string(worlds) + " worlds"));
}

/// The code follows the traces of a seed.
void check_traces(unsigned seed, unsigned worlds) {
  Replay replay(trace(seed, worlds));
  INFO("spin -n" << seed);
  CHECK_THAT(difference(replay), Catch::Equals(""));
  CHECK(replay.worlds == worlds);
  // Guards against traces in which nothing happens.
  CHECK(replay.runs > 2 * worlds);
  CHECK(replay.cuts > worlds / 3);
  CHECK(replay.second_processes > 0);
}

}  // namespace

TEST_CASE("the code does what the traces of the model say") {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  check_traces(1, 60);
  check_traces(2, 30);
}

TEST_CASE("the model accepts every operation of the code") {
  check_ends(5, 120);
}

// For scripts/check-model, which has the time; hidden.
TEST_CASE("the code and the model do the same in more worlds", "[.more]") {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  for (unsigned seed = 3; seed <= 22; ++seed) check_traces(seed, 100);
  check_ends(1, 600);
}

TEST_CASE("code that is broken on purpose differs from the model") {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  const std::string same = trace(1, 12);
  for (const Mutation mutation :
       {Mutation::kJournalNamedBeforeSynced, Mutation::kJournalStays, Mutation::kModeForgotten}) {
    INFO("mutation " << static_cast<int>(mutation));
    Replay replay(same, mutation);
    CHECK_FALSE(difference(replay).empty());
  }
  bool interrupted = false;
  const Case& first = kCases[0];
  for (unsigned nth = 1; nth <= 3; ++nth) {
    INFO("without sync " << nth);
    Replay replay(same, Mutation::kSyncLeftOut, nth);
    CHECK_FALSE(difference(replay).empty());
    CHECK_THAT(judged(record(first, {}, interrupted, Mutation::kSyncLeftOut, nth)), Catch::Contains("the code says"));
  }
  CHECK_THROWS_AS(token_of("write_new pending/another-file"), Differs);
}

TEST_CASE("a model that is broken on purpose differs from the code") {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  // journal_unsynced, request_uncounted and commit_unsynced of provisioning.pml.
  for (const char* mutant : {"-DMUTATE=1", "-DMUTATE=8", "-DMUTATE=17"}) {
    INFO(mutant);
    Replay replay(trace(1, 12, mutant));
    CHECK_FALSE(difference(replay).empty());
  }
}
