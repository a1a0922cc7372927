// Writes one document on stdout:
//   fleet-provision-documents bash | zsh | fish  tool | simulator
//   fleet-provision-documents schema
//   fleet-provision-documents manual VERSION DATE < docs/manual/PAGE.in
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "programs.hpp"

int main(int argc, char** argv) {
  using namespace fleet_provision::documents;
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const std::string_view what = argc > 1 ? arguments[1] : "";
  const std::string_view whose = argc > 2 ? arguments[2] : "";
  if (what == "schema") {
    std::cout << configuration_schema();
  } else if (what == "manual" && argc == 4) {
    const std::string page(std::istreambuf_iterator<char>(std::cin), {});
    std::cout << manual_page(page, arguments[2], arguments[3]);
  } else if (whose == "tool" || whose == "simulator") {
    const Program program = whose == "tool" ? tool_program() : simulator_program();
    if (what == "bash") std::cout << bash_completion(program);
    if (what == "zsh") std::cout << zsh_completion(program);
    if (what == "fish") std::cout << fish_completion(program);
  } else {
    return 64;
  }
  return std::cout.flush() ? 0 : 74;
}
