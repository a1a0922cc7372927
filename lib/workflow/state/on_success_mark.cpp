#include "workflow/state/on_success_mark.hpp"

#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

/// The file holds the fingerprint of the identity and a line end.
const std::string kMark = "on-success-owed";
constexpr std::size_t kMarkBytesMax = 1024;

}  // namespace

Result<void> set_on_success_mark(Disk& disk, const Identity& identity) {
  FP_TRY(disk.remove_file(kMark));
  FP_TRY(disk.write_new(kMark, identity.certificate_fingerprint + "\n"));
  FP_TRY(disk.sync_file(kMark));
  return disk.sync_directory(kStateDirectory);
}

Result<bool> has_on_success_mark(Disk& disk, const Identity& identity) {
  FP_TRY_ASSIGN(const std::optional<Secret> mark, disk.read(kMark, kMarkBytesMax));
  return mark && mark->reveal() == identity.certificate_fingerprint + "\n";
}

Result<void> remove_on_success_mark(Disk& disk) {
  FP_TRY(disk.remove_file(kMark));
  // Without this sync the program would run again after a power cut.
  return disk.sync_directory(kStateDirectory);
}

}  // namespace fleet_provision
