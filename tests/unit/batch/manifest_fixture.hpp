// A manifest in a temporary directory, read with the options of a batch.
#pragma once

#include <fcntl.h>

#include <string>
#include <variant>
#include <vector>

#include "batch/manifest/manifest.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/app/options_of.hpp"

namespace fleet_provision::batch::test {

using fleet_provision::test::Arguments;
using Texts = std::vector<std::string>;

/// The directory has a claim file and the output directory `out`; the manifest is `units.csv` or `units.jsonl` in it.
class ManifestFixture {
 public:
  ManifestFixture() {
    write("claim.json", "{}");
    std::filesystem::create_directory(path("out"));
  }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  // NOLINTNEXTLINE(modernize-use-nodiscard): most callers need the file alone.
  std::string write(const std::string& name, const std::string& content) const {
    return directory_.write(name, content);
  }

  /// The options of a batch that lacks nothing but the manifest.
  [[nodiscard]] Arguments complete() const {
    return {"batch",      "--output-dir", path("out"), "--endpoint",      "a.example",
            "--template", "gateway",      "--claim",   path("claim.json")};
  }

  /// Reads `content` with `arguments`, in which `@/` stands for the directory.
  [[nodiscard]] std::variant<Manifest, std::vector<Error>> read(const std::string& file, const std::string& content,
                                                                Arguments arguments,
                                                                const Environment& environment = {}) const {
    arguments.insert(arguments.end(), {"--manifest", write(file, filled(content))});
    return read_with(arguments, environment);
  }
  [[nodiscard]] std::variant<Manifest, std::vector<Error>> read_with(const Arguments& arguments,
                                                                     const Environment& environment = {},
                                                                     const Interrupt* interrupt = nullptr) const {
    const Interrupt none;
    const auto options = fleet_provision::test::options_of(arguments, environment);
    if (!options) return std::vector{options.error()};
    const auto settings = batch_settings_from(*options);
    if (!settings) return std::vector{settings.error()};
    const Descriptor out(::open(settings->output_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return read_manifest(*options, *settings, environment, out.get(), interrupt != nullptr ? *interrupt : none);
  }

  /// Each error as `MESSAGE [HINT]`, with `@` for the directory.
  [[nodiscard]] Texts errors(const std::string& file, const std::string& content, const Arguments& more = {}) const {
    Arguments arguments = complete();
    arguments.insert(arguments.end(), more.begin(), more.end());
    return texts(read(file, content, arguments));
  }
  [[nodiscard]] Texts texts(const std::variant<Manifest, std::vector<Error>>& result) const {
    Texts texts;
    if (const auto* errors = std::get_if<std::vector<Error>>(&result)) {
      for (const Error& each : *errors) texts.push_back(shortened(each.message + " [" + each.hint + "]"));
    }
    return texts;
  }
  /// `text` with the directory in the place of `@/`, and the inverse.
  [[nodiscard]] std::string filled(std::string text) const { return replaced(std::move(text), "@/", path("")); }
  [[nodiscard]] std::string shortened(std::string text) const { return replaced(std::move(text), path(""), "@/"); }

 private:
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
    return text;
  }

  fleet_provision::test::TemporaryDirectory directory_;
};

}  // namespace fleet_provision::batch::test
