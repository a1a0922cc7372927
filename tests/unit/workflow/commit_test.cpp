// The action of a start for each state on disk. tests/crash checks the action after a power cut.
#include "workflow/state/commit.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using enum NextAction;

TEST_CASE("what is in pending/ and identity/ decides what a start does next") {
  struct Row {
    const char* title;
    DiskState state;
    NextAction action;
  };
  const Row row = GENERATE(
      Row{"nothing pending", {}, kNone}, Row{"only an identity that replaced another", {.replaced = "a"}, kNone},
      Row{"an unfinished run", {.pending = true, .journal = true}, kResume},
      Row{"an unfinished run beside an identity", {.pending = true, .journal = true, .replaced = "a"}, kResume},
      Row{"a first save that was cut off", {.pending = true}, kDiscardPending},
      Row{"the same beside an identity", {.pending = true, .replaced = "a"}, kDiscardPending},
      Row{"a first commit that was cut off", {.pending = true, .pending_identity = "b"}, kFinishCommit},
      Row{"a replacement that was cut off before the exchange",
          {.pending = true, .pending_identity = "b", .replaced = "z"},
          kFinishCommit},
      Row{"a replacement that was cut off after the exchange",
          {.pending = true, .pending_identity = "a", .replaced = "a"},
          kKeepAsPrevious});
  INFO(row.title);
  CHECK(next_action(row.state) == row.action);
}
