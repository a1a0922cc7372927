#include "workflow/run/certificate_request.hpp"

#include <optional>
#include <utility>

#include "codec/payload.hpp"
#include "core/verdict.hpp"
#include "workflow/run/issued_certificate.hpp"
#include "workflow/run/phase_mark.hpp"

namespace fleet_provision {

Result<CreateCertificateAnswer> CertificateRequest::send(std::string_view payload) {
  PhaseMark mark(context_.ports.observer, Phase::kCreate, attempt_);
  budget_.request_sent();
  ++context_.outcome.certificates_requested;
  auto answer = exchange_.ask(create_operation(context_.plan.method), payload);
  if (!answer) {
    // The service rejected the request or the broker denied it, so no certificate was created.
    const bool kept_out = answer.error().kind == ErrorKind::kPolicyPublish;
    if (answer.error().service || kept_out) budget_.request_rejected();
    return fail(std::move(answer).error());
  }
  FP_TRY_ASSIGN(CreateCertificateAnswer decoded, decode(answer->reveal()));
  mark.ended();
  return decoded;
}

Result<CreateCertificateAnswer> CertificateRequest::send_for(const std::string& public_key_sha256,
                                                             std::string_view payload) {
  const Ports& ports = context_.ports;
  FP_TRY_ASSIGN(CreateCertificateAnswer answer, send(payload));
  for (std::optional<Error> mismatch;;) {
    auto proved = prove_issued(answer, public_key_sha256, ports.keysmith, ports.clock, ports.observer);
    if (proved) return answer;
    if (proved.error().kind != ErrorKind::kCertificateKeyMismatch) return fail(std::move(proved).error());
    if (!mismatch) {
      ports.observer.warned("ignored a certificate for another key than this gateway's; waiting for the right one");
    }
    mismatch = std::move(proved).error();
    auto next = exchange_.await_another(create_operation(context_.plan.method));
    if (!next && verdict(next.error().kind, Milestone::kKeyMade) == Verdict::kRetry) return fail(*mismatch);
    if (!next) return fail(std::move(next).error());
    FP_TRY_ASSIGN(answer, decode(next->reveal()));
  }
}

Result<CreateCertificateAnswer> CertificateRequest::decode(std::string_view payload) const {
  auto decoded = decode_create_certificate(payload, context_.plan.payload_format, context_.plan.method);
  if (!decoded) return fail(std::move(decoded).error().in(Phase::kCreate));
  return decoded;
}

}  // namespace fleet_provision
