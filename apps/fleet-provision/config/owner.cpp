#include "config/owner.hpp"

#include <grp.h>
#include <pwd.h>

#include <limits>

#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The largest number means "unchanged" in chown(2).
constexpr std::uint32_t kIdMax = std::numeric_limits<std::uint32_t>::max() - 1;

std::optional<std::uint32_t> parse_id(const std::string& text) {
  const auto value = parse_number<std::uint32_t>(text);
  return value && *value <= kIdMax ? value : std::nullopt;
}

tl::unexpected<Error> unknown(const char* what, const std::string& name) {
  return fail(ErrorKind::kUsage,
              "there is no " + std::string(what) + " \"" + printable(name, 80) + "\" on this machine",
              "give a numeric ID for a user or group of another machine");
}

}  // namespace

Result<Owner> parse_owner(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string user = text.substr(0, colon);
  Owner owner;
  if (const auto id = parse_id(user)) {
    owner.user = *id;
  } else if (const passwd* known = user.empty() ? nullptr : ::getpwnam(user.c_str())) {
    owner.user = known->pw_uid;
  } else {
    return unknown("user", user);
  }
  if (colon == std::string::npos) return owner;
  const std::string group = text.substr(colon + 1);
  if (const auto id = parse_id(group)) {
    owner.group = id;
  } else if (const struct group* known = group.empty() ? nullptr : ::getgrnam(group.c_str())) {
    owner.group = known->gr_gid;
  } else {
    return unknown("group", group);
  }
  return owner;
}

}  // namespace fleet_provision
