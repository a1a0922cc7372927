#include "tests/support/tool.hpp"

namespace fleet_provision::test {

std::string ToolRun::error_text(const char* key) const {
  if (!result.is_object() || !result.contains("error") || !result["error"].is_object()) return {};
  const nlohmann::json& error = result["error"];
  return error.contains(key) && error[key].is_string() ? error[key].get<std::string>() : std::string();
}

ToolRun run_tool(const std::vector<std::string>& arguments, const ToolSurroundings& surroundings) {
  Command command{.words = surroundings.before,
                  .environment = surroundings.environment,
                  .out = surroundings.out,
                  .err = surroundings.err};
  command.words.emplace_back(FLEET_PROVISION);
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  command.environment.emplace_back("PATH=/usr/bin:/bin");
  ToolRun run{run_process(std::move(command), surroundings.limits), {}};
  run.result = nlohmann::json::parse(run.out, nullptr, false);
  return run;
}

}  // namespace fleet_provision::test
