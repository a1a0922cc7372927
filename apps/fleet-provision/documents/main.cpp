// Writes one document on stdout:
//   fleet-provision-documents bash | zsh | fish | schema
//   fleet-provision-documents manual VERSION DATE < docs/manual/PAGE.in
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "documents.hpp"

int main(int argc, char** argv) {
  using namespace fleet_provision::documents;
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const std::string_view what = argc > 1 ? arguments[1] : "";
  if (what == "bash") {
    std::cout << bash_completion();
  } else if (what == "zsh") {
    std::cout << zsh_completion();
  } else if (what == "fish") {
    std::cout << fish_completion();
  } else if (what == "schema") {
    std::cout << configuration_schema();
  } else if (what == "manual" && argc == 4) {
    const std::string page(std::istreambuf_iterator<char>(std::cin), {});
    std::cout << manual_page(page, arguments[2], arguments[3]);
  } else {
    return 64;
  }
  return std::cout.flush() ? 0 : 74;
}
