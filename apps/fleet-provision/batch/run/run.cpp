#include "batch/run/run.hpp"

#include "batch/run/scheduler.hpp"

namespace fleet_provision::batch {
namespace {

class ManifestAndResults final : public UnitSource {
 public:
  ManifestAndResults(const Manifest& manifest, Results& results) : manifest_(manifest), results_(results) {}

  [[nodiscard]] std::size_t size() const override { return manifest_.size(); }
  [[nodiscard]] std::string_view name(Manifest::Number unit) const override { return manifest_.name(unit); }
  [[nodiscard]] Result<Unit> unit(Manifest::Number unit) const override { return manifest_.unit(unit); }
  [[nodiscard]] bool has_digest(Manifest::Number unit, std::uint64_t digest) const override {
    const auto given = manifest_.digest(unit);
    return given && *given == digest;
  }
  [[nodiscard]] const Ledger& ledger() const override { return results_.ledger(); }
  [[nodiscard]] Result<void> append(const std::vector<UnitResult>& results) override {
    return results_.append(results);
  }

 private:
  const Manifest& manifest_;
  Results& results_;
};

}  // namespace

BatchEnd run_units(UnitSource& source, const RunSettings& settings, const Interrupt& interrupt,
                   BatchObserver& observer) {
  return Scheduler(source, settings, interrupt, observer).run();
}

BatchEnd run_units(const Manifest& manifest, Results& results, const RunSettings& settings, const Interrupt& interrupt,
                   BatchObserver& observer) {
  ManifestAndResults source(manifest, results);
  return run_units(source, settings, interrupt, observer);
}

}  // namespace fleet_provision::batch
