#include "batch/manifest/manifest.hpp"

namespace fleet_provision::batch {

Result<Unit> Manifest::unit(Number /*unit*/) const {
  return fail(ErrorKind::kInternal, "not built yet");
}

std::variant<Manifest, std::vector<Error>> read_manifest(const Options& /*options*/, const BatchSettings& /*settings*/,
                                                         const Environment& /*environment*/, int /*output_dir*/) {
  return std::vector<Error>{};
}

}  // namespace fleet_provision::batch
