#include "aws/topics.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("topics are the service page's") {
  struct Row {
    Operation operation;
    PayloadFormat format;
    std::string request;
  };
  const Row rows[] = {
      {Operation::kCreateCertificateFromCsr, PayloadFormat::kJson, "$aws/certificates/create-from-csr/json"},
      {Operation::kCreateCertificateFromCsr, PayloadFormat::kCbor, "$aws/certificates/create-from-csr/cbor"},
      {Operation::kCreateKeysAndCertificate, PayloadFormat::kJson, "$aws/certificates/create/json"},
      {Operation::kCreateKeysAndCertificate, PayloadFormat::kCbor, "$aws/certificates/create/cbor"},
      {Operation::kRegisterThing, PayloadFormat::kJson, "$aws/provisioning-templates/gateway/provision/json"},
      {Operation::kRegisterThing, PayloadFormat::kCbor, "$aws/provisioning-templates/gateway/provision/cbor"},
  };
  for (const Row& row : rows) {
    const Topics topics = topics_of(row.operation, row.format, "gateway");
    CHECK(topics.request == row.request);
    CHECK(topics.accepted == row.request + "/accepted");
    CHECK(topics.rejected == row.request + "/rejected");
  }
}
