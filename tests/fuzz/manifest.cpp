// A manifest of a batch: JSON Lines if it begins with a brace or bracket, else CSV. All errors can be shown; without
// one, each unit is read again and can be run. The rows are the same however the text was cut into pieces.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "batch/manifest/columns.hpp"
#include "batch/manifest/manifest.hpp"
#include "batch/manifest/rows.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;

namespace {

/// The calls of a reader as one text.
class Transcript final : public RowSink {
 public:
  void row(const RowPlace& place, std::vector<Field>& fields) override {
    text += "row " + std::to_string(place.offset) + " " + std::to_string(place.length) + " " +
            std::to_string(place.line) + "\n";
    for (const Field& each : fields) text += each.name + "=" + each.value + "\n";
  }
  void fault(RowFault fault) override {
    text += "fault " + std::to_string(fault.line) + " " + std::to_string(fault.column) + " " + fault.what + "\n";
  }
  std::string text;
};

std::string transcript(ManifestFormat format, std::string_view text, std::size_t cut) {
  Transcript transcript;
  const auto reader = make_row_reader(format);
  reader->feed(text.substr(0, cut), transcript);
  reader->feed(text.substr(cut), transcript);
  reader->finish(transcript);
  return transcript.text;
}

/// The output directory, as the open copy of each manifest needs one.
int directory() {
  static const int opened = ::open(std::filesystem::temp_directory_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return opened;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("manifest", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const std::string_view text = as_text(data, size);
  const bool json = text.starts_with('{') || text.starts_with('[');
  const ManifestFormat format = json ? ManifestFormat::kJsonLines : ManifestFormat::kCsv;
  must_hold(transcript(format, text, 0) == transcript(format, text, size / 2), "pieces make no difference");

  must_hold(::ftruncate(file, 0) == 0 && ::pwrite(file, data, size, 0) == static_cast<ssize_t>(size),
            "the file is written");
  static const auto options =
      Options::read({"batch", "--endpoint", "a.example", "--template", "t", "--claim", "/dev/null"}, {},
                    "/nonexistent/fleet-provision");
  BatchSettings settings;
  settings.manifest = path;
  settings.manifest_format = format;
  settings.output_dir = "/nonexistent/out";
  static const Interrupt interrupt;
  const auto read = read_manifest(*options, settings, {}, directory(), interrupt);
  if (const auto* errors = std::get_if<std::vector<Error>>(&read)) {
    must_hold(!errors->empty(), "a refusal has an error");
    for (const Error& each : *errors) refused_as(each, each.kind);
    return 0;
  }
  const auto& manifest = std::get<Manifest>(read);
  must_hold(manifest.size() > 0 && manifest.size() == manifest.size_of_all_shards(), "all units are in the only shard");
  for (Manifest::Number i = 0; i < manifest.size(); ++i) {
    const auto unit = manifest.unit(i);
    must_hold(unit.has_value(), "the unit of a checked row");
    must_hold(check_unit_name(unit->name) && unit->name == manifest.name(i), "a name that can be a directory");
    must_hold(unit->state_dir.starts_with('/') && unit->digest.size() == 16, "a state directory and a digest");
    must_hold(unit->time_limit > Milliseconds{0}, "a time limit");
  }
  return 0;
}
