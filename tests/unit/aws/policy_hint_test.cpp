// The policy statement that a refusal names.
#include "aws/policy_hint.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("a client ID that this program made up stands for all of them, any other for itself") {
  struct Row {
    const char* client_id;
    const char* resource;
  };
  for (const Row& row : {Row{"gateway-1", "client/gateway-1"}, Row{"", "client/"},
                         Row{"fleet-provision-0123456789abcdef", "client/fleet-provision-*"},
                         Row{"fleet-provision-0123456789abcde", "client/fleet-provision-0123456789abcde"},
                         Row{"fleet-provision-0123456789abcdef0", "client/fleet-provision-0123456789abcdef0"},
                         Row{"fleet-provision-0123456789abcdeF", "client/fleet-provision-0123456789abcdeF"},
                         Row{"fleet-provisioN-0123456789abcdef", "client/fleet-provisioN-0123456789abcdef"}}) {
    CAPTURE(row.client_id);
    const PolicyNeed need = connect_need(row.client_id);
    CHECK(need.action == "iot:Connect");
    CHECK(need.resources == std::vector<std::string>{row.resource});
  }
}
