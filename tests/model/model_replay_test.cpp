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
  const auto ended =
      spin(directory, "-n" + std::to_string(seed) + " -DWORLDS=" + std::to_string(worlds) + " " + more);
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

/// A power cut before each operation of a case, with one survival after the other, or a kill before each.
std::string all_ends_of(const Case& each, bool cuts_power, std::size_t& survival) {
  const auto survivals = fakes::all_survivals();
  std::string tokens;
  bool interrupted = true;
  for (unsigned at = 1; interrupted; ++at) {
    Mishap mishap{at, cuts_power, survivals[survival++ % survivals.size()], each.reactions};
    tokens += record(each, mishap, interrupted);
  }
  return tokens;
}

}  // namespace

TEST_CASE("the code does what the traces of the model say") {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  for (const unsigned seed : {1U, 2U}) {
    Replay replay(trace(seed, 60));
    INFO("spin -n" << seed);
    CHECK(difference(replay) == "");
    CHECK(replay.worlds == 60);
    CHECK(replay.runs > 120);
    CHECK(replay.cuts > 20);
    CHECK(replay.second_processes > 0);
  }
}

TEST_CASE("the model accepts every operation of the code") {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  std::string tokens;
  std::size_t survival = 0;
  for (const Case& each : kCases) tokens += all_ends_of(each, true, survival);
  for (const Case& each : {kCases[0], kCases[4], kCases[5]}) tokens += all_ends_of(each, false, survival);
  const auto worlds = std::count(tokens.begin(), tokens.end(), 'N');
  CHECK(worlds > 300);
  if (std::getenv("MODEL_TOKENS")) test::write_text(std::getenv("MODEL_TOKENS"), tokens);
  CHECK_THAT(judged(tokens), Catch::Contains("accepted " + std::to_string(worlds) + " worlds"));
}

TEST_CASE("code that is broken on purpose differs from the model") {
  if (!has_spin()) {
    FP_NOT_TRIED(kNoSpin);
    return;
  }
  const std::string same = trace(1, 12);
  for (const Mutation mutation : {Mutation::kJournalNamedBeforeSynced, Mutation::kJournalStays, Mutation::kModeForgotten}) {
    INFO("mutation " << static_cast<int>(mutation));
    Replay replay(same, mutation);
    CHECK(difference(replay) != "");
  }
  bool interrupted = false;
  const Case first = kCases[0];
  for (unsigned nth = 1; nth <= 3; ++nth) {
    INFO("without sync " << nth);
    Replay replay(same, Mutation::kSyncLeftOut, nth);
    CHECK(difference(replay) != "");
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
    CHECK(difference(replay) != "");
  }
}
