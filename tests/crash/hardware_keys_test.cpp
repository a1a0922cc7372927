// Keys that a device keeps, whatever the disk forgets: after a power cut at any operation of the disk or the device the
// next runs end with a complete identity, no certified key is lost, and the device holds no key that nothing names.
#include "tests/crash/matrix.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/report_row.hpp"

using namespace fleet_provision;
using namespace fleet_provision::crash;

namespace {

using Names = fakes::Survival::Names;
using Data = fakes::Survival::Data;

const KeyStore kToken = TokenStore{"pkcs11:token=fleet;object=device"};
const KeyStore kHandle = TpmStore{0x8100'0010};
const KeyStore kWrapped = TpmStore{};

std::vector<Scenario> in_store(const std::string& name, const KeyStore& store) {
  Scenario first{.name = name + ", first run", .store = store};
  Scenario force{.name = name + ", force", .force = true, .store = store, .has_previous = true};
  Scenario rotate{.name = name + ", rotate", .rotate = true, .store = store, .has_previous = true};
  Scenario renames = force;
  renames.name += " without exchange";
  renames.can_exchange = false;
  return {first, force, rotate, renames};
}

std::string of(const Tally& tally) {
  std::string text;
  for (std::size_t i = 0; i < tally.violations.size() && i < 10; ++i) text += tally.violations[i] + "\n";
  return text;
}

const std::vector<fakes::Survival> kSurvivals{
    {Names::kKept, Data::kKept}, {Names::kLost, Data::kLost}, {Names::kNewestOnly, Data::kTorn}};
const std::vector<fakes::Survival> kTwoSurvivals{{Names::kLost, Data::kLost}, {Names::kKept, Data::kKept}};

}  // namespace

TEST_CASE("after a power cut a gateway with its key in hardware ends provisioned, and leaves no key behind") {
  unsigned cuts = 0;
  for (const auto& [name, store] :
       {std::pair<std::string, KeyStore>{"token", kToken}, {"handle", kHandle}, {"wrapped", kWrapped}}) {
    for (const Scenario& scenario : in_store(name, store)) {
      const Tally tally = run_matrix(scenario, kSurvivals);
      INFO(of(tally));
      CHECK(tally.violations.empty());
      cuts += tally.cuts;
    }
  }
  CHECK(cuts > 1'000);
  test::report_row("power cut before each operation, with a key in a token or TPM (in memory)", cuts,
                   "the same, and the device holds only keys of identity/ and previous/");
}

TEST_CASE("a discarded run leaves no key behind in hardware, whatever is cut") {
  const KeyStore other = TokenStore{"pkcs11:token=fleet;object=other"};
  const std::vector<Scenario> discarded{
      {.name = "token to file", .store = kToken, .later_store = FileStore{}},
      {.name = "token to token", .store = kToken, .later_store = other},
      {.name = "handle to handle", .store = kHandle, .later_store = TpmStore{0x8100'0020}},
      // A journal must not lead back to a key that is destroyed.
      {.name = "token to token and back", .store = kToken, .later_store = other, .reverts = true}};
  for (Scenario scenario : discarded) {
    const unsigned operations = operations_of(scenario);
    for (unsigned killed_at = 1; killed_at <= operations; killed_at += 8) {
      scenario.killed_at = killed_at;
      const Tally tally = run_matrix(scenario, kTwoSurvivals);
      INFO("killed before operation " << killed_at << "\n" << of(tally));
      CHECK(tally.violations.empty());
    }
  }
}

TEST_CASE("with any one sync of a run with a token left out the matrix finds what breaks") {
  const std::vector<fakes::Survival> telling{{Names::kLost, Data::kLost},
                                             {Names::kNewestOnly, Data::kLost},
                                             {Names::kKept, Data::kLost},
                                             {Names::kAllButOldest, Data::kKept},
                                             {Names::kOldestOnly, Data::kTorn}};
  Scenario scenario{.name = "token", .store = kToken};
  const auto syncs = syncs_of(scenario);
  CHECK(syncs.size() > 8);
  for (unsigned nth = 1; nth <= syncs.size(); ++nth) {
    INFO(nth << ": " << syncs[nth - 1]);
    scenario.tokens_to_refuse = 0;
    Tally tally = run_matrix(scenario, telling, Mutation::kSyncLeftOut, nth, true);
    if (tally.violations.empty()) {
      // The effect of a sync that only the count of certificates needs shows only when the limit is reached.
      scenario.tokens_to_refuse = 4;
      tally = run_matrix(scenario, telling, Mutation::kSyncLeftOut, nth, true);
    }
    CHECK(tally.violations.size() == 1);
  }
}
