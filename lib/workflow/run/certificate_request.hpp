// One request for a certificate (service pages CreateCertificateFromCsr, CreateKeysAndCertificate), and the wait for
// the response that is meant for this gateway.
#pragma once

#include <string_view>

#include "aws/messages.hpp"
#include "workflow/run/exchange.hpp"
#include "workflow/run/run_context.hpp"
#include "workflow/state/budget.hpp"

namespace fleet_provision {

class CertificateRequest {
 public:
  /// All references outlive this object. The request is counted durably in `budget` before it is sent.
  CertificateRequest(RunContext& context, CertificateBudget& budget, Exchange& exchange, unsigned attempt)
      : context_(context), budget_(budget), exchange_(exchange), attempt_(attempt) {}

  /// Sends the request and returns the response unchanged.
  [[nodiscard]] Result<CreateCertificateAnswer> send(std::string_view payload);
  /// The same, after a check that the certificate is for that key. A certificate for another key is ignored: without a
  /// correlation id it may be meant for another device.
  [[nodiscard]] Result<CreateCertificateAnswer> send_for(const std::string& public_key_sha256,
                                                         std::string_view payload);

 private:
  [[nodiscard]] Result<CreateCertificateAnswer> decode(std::string_view payload) const;

  RunContext& context_;
  CertificateBudget& budget_;
  Exchange& exchange_;
  unsigned attempt_;
};

}  // namespace fleet_provision
