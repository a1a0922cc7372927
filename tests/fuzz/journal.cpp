// pending/journal, whatever a disk or a hand has made of it: refused by value, or the same when written and read again.
#include "codec/journal_codec.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto journal = decode_journal(as_text(data, size));
  if (!journal) {
    refused_as(journal.error(), ErrorKind::kIdentityDamaged);
    return 0;
  }
  const Secret once = encode_journal(*journal);
  const auto again = decode_journal(once.reveal());
  must_hold(again.has_value(), "what was written can be read");
  must_hold(encode_journal(*again).reveal() == once.reveal(), "the journal survives being written");
  return 0;
}
