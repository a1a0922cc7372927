#include "simulator/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "core/plan.hpp"
#include "core/text.hpp"
#include "records/files.hpp"
#include "service/policy.hpp"
#include "service/template.hpp"
#include "simulator/help.hpp"

namespace fleet_provision::simulator {

namespace {

/// Values as CLI11 leaves them.
struct Raw {
  std::string state_dir;
  std::string log;
  std::string user;
  std::string listen = "127.0.0.1";
  std::string claim_policy;
  std::string hook = "allow";
  std::string rate = "0";
  std::string port = "0";
  std::string token_lifetime = "3600";
  std::vector<std::string> templates;
  std::vector<std::string> faults;
  std::vector<std::string> names;
  std::vector<std::string> behaviours;
};

Result<std::uint32_t> parse_whole(const std::string& option, const std::string& text, std::uint32_t most,
                                  const std::string& zero) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number <= most) return number;
  return fail(ErrorKind::kUsage, option + " is a whole number from 0" + zero + " to " + std::to_string(most) +
                                     ", not \"" + printable(text) + "\"");
}

Result<TemplateBody> read_template(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot != 0) name.resize(dot);
  FP_TRY_ASSIGN(name, parse_template_name(name));
  FP_TRY_ASSIGN(std::string body, read_file(path));
  return TemplateBody{std::move(name), std::move(body)};
}

// `allow`, `deny`, or the absolute path of a program.
Result<std::string> find_hook(const std::string& text) {
  if (text == "allow" || text == "deny") return text;
  if (!exists(text)) {
    return fail(ErrorKind::kFileNotFound, "--hook: there is no program " + printable(text),
                "allow, deny or a program's path");
  }
  if (!is_executable(text)) return fail(ErrorKind::kFileUnreadable, "--hook: cannot execute " + printable(text));
  return absolute(text);
}

// What goes into a certificate must not end its list of names.
Result<std::vector<std::string>> check_names(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const bool clean = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
             c == ':' || c == '*' || c == '_';
    });
    if (!clean) return fail(ErrorKind::kUsage, "--san: not a name or an address: " + printable(name));
  }
  return names;
}

Result<Options> complete(const Raw& raw) {
  Options options;
  options.state_dir = raw.state_dir;
  options.log = raw.log;
  if (!raw.user.empty()) {
    FP_TRY_ASSIGN(options.user, find_user(raw.user));
  }
  FP_TRY_ASSIGN(const std::uint32_t port, parse_whole("--port", raw.port, 65535, " (a free one)"));
  options.port = static_cast<std::uint16_t>(port);
  Configuration& configuration = options.configuration;
  FP_TRY_ASSIGN(const std::uint32_t seconds, parse_whole("--token-lifetime", raw.token_lifetime, 10'000'000, ""));
  configuration.token_lifetime = std::chrono::seconds(seconds);
  configuration.faults = raw.faults;
  std::vector<std::string> names;
  for (const auto& path : raw.templates) {
    FP_TRY_ASSIGN(auto body, read_template(path));
    if (std::find(names.begin(), names.end(), body.name) != names.end()) {
      return fail(ErrorKind::kUsage, "two templates are named " + body.name);
    }
    names.push_back(body.name);
    configuration.templates.push_back(std::move(body));
  }
  for (TemplateBody& each : configuration.templates) {
    FP_TRY_ASSIGN(each.body, template_body(each.name, std::move(each.body)));
  }
  if (configuration.templates.empty()) {
    configuration.templates.push_back({std::string(kBuiltinTemplateName), std::string(builtin_template_body())});
    names.emplace_back(kBuiltinTemplateName);
  }
  configuration.claim_policy = least_privilege_claim_policy(names);
  if (!raw.claim_policy.empty()) {
    FP_TRY_ASSIGN(configuration.claim_policy, read_file(raw.claim_policy));
    FP_TRY(Policy::parse(raw.claim_policy, configuration.claim_policy));
  }
  FP_TRY_ASSIGN(configuration.hook, find_hook(raw.hook));
  for (const auto& each : raw.behaviours) FP_TRY(set_behaviour(configuration.behaviours, each));
  FP_TRY_ASSIGN(const std::uint32_t rate, parse_whole("--rate", raw.rate, 1'000'000, " (no limit)"));
  if (rate > 0) configuration.rate = rate;
  options.listen = raw.listen;
  FP_TRY_ASSIGN(options.names, check_names(raw.names));
  return options;
}

void declare(CLI::App& app, Raw& raw) {
  const auto repeatable = [](CLI::Option* option) {
    option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  };
  // The last one wins, as with fleet-provision.
  const auto single = [](CLI::Option* option) { option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast); };
  single(app.add_option("--state-dir", raw.state_dir));
  single(app.add_option("--port", raw.port));
  single(app.add_option("--listen", raw.listen));
  single(app.add_option("--claim-policy", raw.claim_policy));
  single(app.add_option("--hook", raw.hook));
  single(app.add_option("--rate", raw.rate));
  single(app.add_option("--log", raw.log));
  single(app.add_option("--user", raw.user));
  single(app.add_option("--token-lifetime", raw.token_lifetime));
  repeatable(app.add_option("--template", raw.templates));
  repeatable(app.add_option("--fault", raw.faults));
  repeatable(app.add_option("--san", raw.names));
  repeatable(app.add_option("--behaviour", raw.behaviours));
}

// An option nobody knows, with the nearest that is known.
std::optional<Error> unknown_option(const CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> known{"--help", "--version"};
  for (const CLI::Option* option : app.get_options()) known.push_back("--" + option->get_name(false, false).substr(2));
  for (const auto& argument : arguments) {
    if (!argument.starts_with("--")) continue;
    const std::string name = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string_view near = nearest(name, known);
    return fail(ErrorKind::kUsage, "unknown option " + printable(name),
                near.empty() ? "see --help" : "did you mean " + std::string(near) + "?")
        .value();
  }
  return std::nullopt;
}

}  // namespace

bool names_a_command(const std::vector<std::string>& arguments) {
  return std::find(arguments.begin(), arguments.end(), "--") != arguments.end();
}

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> own(arguments.begin() + (arguments.empty() ? 0 : 1), separator);
  Options answer;
  if (std::find(own.begin(), own.end(), "--help") != own.end() ||
      std::find(own.begin(), own.end(), "-h") != own.end()) {
    answer.text = help_text();
    return answer;
  }
  if (std::find(own.begin(), own.end(), "--version") != own.end()) {
    answer.text = std::string("fleet-provision-simulator ") + FLEET_PROVISION_VERSION + "\n";
    return answer;
  }
  CLI::App app;
  app.set_help_flag();
  Raw raw;
  declare(app, raw);
  if (auto unknown = unknown_option(app, own)) return fail(std::move(*unknown));
  std::reverse(own.begin(), own.end());
  try {
    app.parse(own);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view said = error.what();
    return fail(ErrorKind::kUsage, printable(said.substr(0, said.find(':'))) + " needs a value", "see --help");
  } catch (const CLI::Error& error) {
    return fail(ErrorKind::kUsage, printable(error.what()), "see --help");
  }
  FP_TRY_ASSIGN(Options options, complete(raw));
  if (separator != arguments.end()) {
    options.command.assign(separator + 1, arguments.end());
    if (options.command.empty()) return fail(ErrorKind::kUsage, "no COMMAND after --");
  }
  return options;
}

}  // namespace fleet_provision::simulator
