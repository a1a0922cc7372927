#include "tests/load/machine.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "tests/load/figures.hpp"

namespace fleet_provision::load {
namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

std::string memory() {
  const double bytes = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return figure(bytes / (1024.0 * 1024 * 1024)) + " GiB";
}

std::string load_average() {
  std::array<double, 1> minute{};
  return ::getloadavg(minute.data(), 1) == 1 ? figure(minute[0]) : "?";
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

}  // namespace

std::string machine_line() {
  utsname kernel{};
  ::uname(&kernel);
  const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  return today() + ", " + processor() + ", " + std::to_string(cores) + (cores == 1 ? " core, " : " cores, ") +
         memory() + ", Linux " + kernel.release + ", load at the start " + load_average() + ".";
}

}  // namespace fleet_provision::load
