// The rules stand in two tables: which of our own folders a folder may include, and where a foreign header or a word
// (std::cout, exit) may appear. A place is a prefix of a path; an empty list of places means nowhere. Comments and
// string literals are blanked out before words are looked for, so that prose does not count.
#include "tests/architecture/include_rules.hpp"

#include <algorithm>
#include <cctype>

namespace fleet_provision::architecture {

namespace {

struct FolderRule {
  std::string_view folder;
  std::vector<std::string_view> may_include;
};

const std::vector<FolderRule>& folder_rules() {
  static const std::vector<FolderRule> rules{
      {"lib/core/", {"core/"}},
      {"lib/aws/", {"aws/", "core/"}},
      {"lib/mqtt/", {"mqtt/", "aws/", "core/"}},
      {"lib/ports/", {"ports/", "core/"}},
      {"lib/codec/", {"codec/", "aws/", "core/"}},
      {"lib/workflow/", {"workflow/", "ports/", "codec/", "aws/", "core/"}},
      {"lib/workflow/state/", {"workflow/state/", "ports/", "codec/", "core/"}},
      {"lib/workflow/run/",
       {"workflow/run/", "workflow/state/", "workflow/outcome.hpp", "ports/", "codec/", "aws/", "core/"}},
      {"lib/adapters/", {"adapters/", "ports/", "mqtt/", "aws/", "core/"}},
      {"lib/adapters/system/", {"adapters/system/", "ports/", "core/"}},
      {"lib/adapters/keys/", {"adapters/keys/", "adapters/system/", "ports/", "core/"}},
      {"lib/adapters/keys/device/",
       {"adapters/keys/device/", "adapters/keys/openssl_handles.hpp", "adapters/system/", "ports/", "core/"}},
      {"lib/adapters/keys/tpm2/",
       {"adapters/keys/tpm2/", "adapters/keys/device/", "adapters/keys/openssl_handles.hpp",
        "adapters/keys/certificate_facts.hpp", "adapters/system/", "core/"}},
      {"lib/adapters/keys/pkcs11/",
       {"adapters/keys/pkcs11/", "adapters/keys/device/", "adapters/keys/openssl_handles.hpp", "adapters/keys/key.hpp",
        "adapters/system/", "core/"}},
      {"lib/adapters/network/", {"adapters/network/", "adapters/keys/", "adapters/system/", "ports/", "aws/", "core/"}},
      {"apps/fleet-provision/cli/", {"cli/", "build_info.hpp", "core/"}},
      {"apps/fleet-provision/config/",
       {"config/", "cli/", "build_info.hpp", "adapters/", "codec/", "ports/", "aws/", "core/"}},
      {"apps/fleet-provision/output/",
       {"output/", "config/", "cli/", "adapters/system/", "workflow/", "ports/", "core/"}},
      {"apps/fleet-provision/batch/",
       {"batch/", "process/", "output/", "config/", "cli/", "adapters/system/", "workflow/", "ports/", "aws/",
        "core/"}},
      {"apps/fleet-provision/batch/manifest/",
       {"batch/manifest/", "batch/batch_settings.hpp", "batch/name_table.hpp", "batch/output_role.hpp", "config/",
        "cli/", "adapters/", "aws/", "core/"}},
      {"apps/fleet-provision/batch/record/",
       {"batch/record/", "batch/name_table.hpp", "batch/output_role.hpp", "adapters/system/", "codec/", "core/"}},
      {"apps/fleet-provision/batch/report/",
       {"batch/report/", "batch/record/", "batch/name_table.hpp", "adapters/system/", "core/"}},
      {"apps/fleet-provision/batch/run/",
       {"batch/run/", "batch/record/", "batch/manifest/", "batch/batch_settings.hpp", "batch/name_table.hpp", "config/",
        "adapters/system/", "core/"}},
      {"apps/fleet-provision/process/", {"process/", "config/", "cli/", "adapters/system/", "core/"}},
      {"apps/fleet-provision-simulator/service/", {"service/", "codec/", "aws/", "core/"}},
      {"apps/fleet-provision-simulator/system/", {"system/", "adapters/system/", "core/"}},
      {"apps/fleet-provision-simulator/records/", {"records/", "system/", "service/", "core/"}},
      {"apps/fleet-provision-simulator/pki/", {"pki/", "system/", "service/", "core/"}},
      {"apps/fleet-provision-simulator/report/", {"report/", "system/", "service/", "core/"}},
      {"apps/fleet-provision-simulator/broker/",
       {"broker/", "pki/", "records/", "system/", "service/", "adapters/system/", "core/"}},
  };
  return rules;
}

/// The rule of the innermost folder that has one; nullptr where everything may be included.
const FolderRule* rule_of(std::string_view path) {
  const FolderRule* innermost = nullptr;
  for (const FolderRule& rule : folder_rules()) {
    const bool holds = path.starts_with(rule.folder);
    if (holds && (innermost == nullptr || rule.folder.size() > innermost->folder.size())) innermost = &rule;
  }
  return innermost;
}

enum class Ending : unsigned char { kAny, kSource };

struct Place {
  std::string_view prefix;
  Ending ending = Ending::kAny;
};

struct HeaderRule {
  std::vector<std::string_view> prefixes;
  std::vector<Place> allowed;
  std::string_view rule;
  /// A part of the allowed places where it may not appear all the same.
  std::string_view not_below = {};
};

/// The model of the service: no broker, no system calls, so that it can be tested alone.
constexpr std::string_view kServiceModel = "apps/fleet-provision-simulator/service/";

const std::vector<HeaderRule>& header_rules() {
  static const std::vector<HeaderRule> rules{
      {{"mqtt/", "MQTT"},
       {{"lib/adapters/mqtt/paho_transport.cpp"}},
       "Paho's headers belong in adapters/mqtt/paho_transport.cpp"},
      {{"openssl/"},
       {{"lib/adapters/keys/", Ending::kSource},
        {"lib/adapters/network/", Ending::kSource},
        {"apps/fleet-provision-simulator/pki/"}},
       "OpenSSL's headers belong in the .cpp files of adapters/keys and adapters/network, and in the simulator's pki"},
      {{"p11-kit/"},
       {{"lib/adapters/keys/pkcs11/"}},
       "p11-kit's headers belong in adapters/keys/pkcs11, whose public header does without"},
      {{"tss2/"}, {{"lib/adapters/keys/tpm2/"}}, "the headers of tpm2-tss belong in adapters/keys/tpm2"},
      {{"CLI/"},
       {{"apps/fleet-provision/"}, {"apps/fleet-provision-simulator/simulator/command_line.cpp"}},
       "CLI11 belongs in apps; in the simulator, in simulator/command_line.cpp"},
      {{"nlohmann/"},
       {{"lib/codec/", Ending::kSource},
        {"apps/fleet-provision/"},
        {"apps/document-generator/"},
        {"apps/fleet-provision-simulator/service/decode.cpp"}},
       "nlohmann belongs in the .cpp files of codec and in apps; in the simulator, in service/decode.cpp"},
      {{"csv.h"},
       {{"apps/fleet-provision/batch/manifest/csv_rows.cpp"}},
       "libcsv's header belongs in batch/manifest/csv_rows.cpp"},
      {{"cbor.h", "cbor/"}, {{"lib/codec/", Ending::kSource}}, "libcbor belongs in the .cpp files of codec"},
      {{"mosquitto"},
       {{"apps/fleet-provision-simulator/broker/plugin"}},
       "mosquitto's headers belong in the simulator's plugin"},
      {{"tl/"}, {{"lib/core/result.hpp"}}, "tl::expected is seen through core/result.hpp"},
      {{"sys/", "net/", "netinet/", "arpa/", "linux/", "unistd.h", "fcntl.h", "poll.h", "netdb.h", "pthread.h",
        "signal.h", "csignal", "dirent.h", "termios.h", "spawn.h", "pwd.h", "grp.h", "syslog.h"},
       {{"lib/adapters/"}, {"apps/"}},
       "POSIX headers belong in adapters and apps",
       kServiceModel},
      {{"iostream", "fstream", "filesystem"},
       {{"lib/adapters/"}, {"apps/"}},
       "streams and files belong in adapters and apps",
       kServiceModel},
  };
  return rules;
}

struct WordRule {
  std::vector<std::string_view> words;
  std::vector<Place> allowed;
  std::string_view rule;
};

const std::vector<WordRule>& word_rules() {
  static const std::vector<WordRule> rules{
      {{"cout", "cerr", "clog", "printf", "fprintf", "puts", "fputs", "stdout", "stderr"},
       {{"apps/"}},
       "only apps speak on stdout and stderr"},
      {{"exit", "_exit", "quick_exit"}, {{"apps/"}}, "only apps end the process"},
      // The trust store stands where OpenSSL looks for it, which two variables can change; tpm2-tss is kept from
      // writing to stderr by a variable only.
      {{"getenv", "secure_getenv", "setenv", "unsetenv", "environ"},
       {{"apps/"}, {"lib/adapters/network/trust_store.cpp"}, {"lib/adapters/keys/tpm2/tpm2_session.cpp"}},
       "only apps know the environment"},
  };
  return rules;
}

bool is_source(std::string_view path) {
  return path.ends_with(".cpp");
}

bool stands_in(std::string_view path, const std::vector<Place>& places) {
  return std::any_of(places.begin(), places.end(), [&](const Place& place) {
    return path.starts_with(place.prefix) && (place.ending == Ending::kAny || is_source(path));
  });
}

bool begins_with_one_of(std::string_view text, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view each) { return text.starts_with(each); });
}

/// `text` with comments, string and character literals replaced by blanks; line ends and include lines are kept.
std::string without_prose(std::string_view text) {
  enum class In : unsigned char { kCode, kLineComment, kBlockComment, kString, kCharacter, kIncludeLine };
  std::string code(text);
  In in = In::kCode;
  bool line_is_blank = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool escaped = c == '\\' && (in == In::kString || in == In::kCharacter);
    if (c == '\n') {
      if (in != In::kBlockComment) in = In::kCode;
      line_is_blank = true;
      continue;
    }
    switch (in) {
      case In::kCode:
        if (c == '#' && line_is_blank) in = In::kIncludeLine;
        if (c == '/' && next == '/') in = In::kLineComment;
        if (c == '/' && next == '*') in = In::kBlockComment;
        if (c == '"') in = In::kString;
        // A digit separator (15'000) is no character literal.
        if (c == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0)) in = In::kCharacter;
        if (in != In::kCode && in != In::kIncludeLine) code[i] = ' ';
        if (std::isspace(static_cast<unsigned char>(c)) == 0) line_is_blank = false;
        break;
      case In::kIncludeLine: break;
      case In::kLineComment: code[i] = ' '; break;
      case In::kBlockComment:
        code[i] = ' ';
        if (c == '*' && next == '/') {
          code[++i] = ' ';
          in = In::kCode;
        }
        break;
      case In::kString:
      case In::kCharacter:
        code[i] = ' ';
        if (escaped && next != '\n') {
          code[++i] = ' ';
        } else if (c == (in == In::kString ? '"' : '\'')) {
          in = In::kCode;
        }
        break;
    }
  }
  return code;
}

struct Include {
  std::string_view header;
  bool quoted = false;
};

/// The header that a line includes; an empty one when it includes none.
Include include_of(std::string_view line) {
  const auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  const auto take = [&](std::string_view word) {
    skip_blanks();
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  if (!take("#") || !take("include")) return {};
  skip_blanks();
  if (line.empty()) return {};
  const bool quoted = line.front() == '"';
  line.remove_prefix(1);
  return {line.substr(0, line.find(quoted ? '"' : '>')), quoted};
}

bool has_word(std::string_view line, std::string_view word) {
  const auto part_of_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    const bool begins = at == 0 || !part_of_name(line[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == line.size() || !part_of_name(line[end]))) return true;
  }
  return false;
}

/// Whether `header` is that of the .cpp file at `path`: the same name, the other ending.
bool is_own_header(std::string_view header, std::string_view path) {
  const auto stem = [](std::string_view text) {
    text.remove_prefix(text.rfind('/') + 1);
    return text.substr(0, text.rfind('.'));
  };
  return stem(header) == stem(path);
}

class Judge {
 public:
  explicit Judge(std::string_view path) : path_(path) {}

  void line(std::string_view code) {
    ++number_;
    const Include include = include_of(code);
    if (!include.header.empty()) {
      judge_include(include);
      return;
    }
    if (!is_source(path_) && has_word(code, "using") && has_word(code, "namespace")) {
      found("no using namespace in a header");
    }
    for (const WordRule& rule : word_rules()) {
      if (stands_in(path_, rule.allowed)) continue;
      const auto here = [&](std::string_view word) { return has_word(code, word); };
      if (std::any_of(rule.words.begin(), rule.words.end(), here)) found(rule.rule);
    }
  }

  [[nodiscard]] std::vector<Violation> verdict() && { return std::move(found_); }

 private:
  void judge_include(const Include& include) {
    if (include.quoted) {
      judge_own_include(include.header);
      return;
    }
    for (const HeaderRule& rule : header_rules()) {
      if (!begins_with_one_of(include.header, rule.prefixes)) continue;
      const bool excepted = !rule.not_below.empty() && path_.starts_with(rule.not_below);
      if (excepted || !stands_in(path_, rule.allowed)) found(rule.rule);
    }
  }

  void judge_own_include(std::string_view header) {
    if (header.starts_with(".")) {
      found("a header is named from the top of lib/ or of its app, never relative to the file");
      return;
    }
    const FolderRule* rule = rule_of(path_);
    if (rule != nullptr && !begins_with_one_of(header, rule->may_include)) {
      std::string words(rule->folder);
      words += " may include only";
      for (const std::string_view each : rule->may_include) words.append(" ").append(each);
      found(words);
    }
    if (is_source(path_) && is_own_header(header, path_) && seen_another_)
      found("a .cpp file includes its own header first");
    seen_another_ = true;
  }

  void found(std::string_view rule) { found_.push_back({number_, std::string(rule)}); }

  std::string_view path_;
  int number_ = 0;
  bool seen_another_ = false;
  std::vector<Violation> found_;
};

}  // namespace

std::vector<Violation> violations(std::string_view path, std::string_view text) {
  if (!path.starts_with("lib/") && !path.starts_with("apps/")) return {};
  const std::string code = without_prose(text);
  Judge judge(path);
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    judge.line(std::string_view(code).substr(begin, end - begin));
    begin = end + 1;
  }
  std::vector<Violation> found = std::move(judge).verdict();
  const bool guarded = text.find("#pragma once") != std::string_view::npos;
  if (!is_source(path) && !guarded) found.push_back({1, "a header says #pragma once"});
  return found;
}

}  // namespace fleet_provision::architecture
