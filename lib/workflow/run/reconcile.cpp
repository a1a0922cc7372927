#include "workflow/run/reconcile.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "workflow/state/request_digest.hpp"

namespace fleet_provision {
namespace {

using Differences = std::vector<std::string>;

void note(Differences& differences, bool same, const char* option) {
  if (!same) differences.emplace_back(option);
}

Differences of_key(const KeyOrigin& left, const KeyOrigin& wanted) {
  Differences differences;
  const auto* made = std::get_if<MadeHere>(&left);
  const bool both_made = made != nullptr && std::holds_alternative<MadeHere>(wanted);
  if (both_made) {
    note(differences, made->key_type == std::get<MadeHere>(wanted).key_type, "--key-type");
    note(differences, made->key_store == std::get<MadeHere>(wanted).key_store, "--key-store");
  } else {
    note(differences, left == wanted, "the source of the key (--method, --key, --csr)");
  }
  return differences;
}

Differences of_certificate(const CertificateOrigin& left, const CertificateOrigin& wanted) {
  Differences differences;
  note(differences, left.endpoint == wanted.endpoint, "--endpoint");
  note(differences, left.claim_fingerprint == wanted.claim_fingerprint, "--claim or --claim-cert");
  note(differences, left.method == wanted.method, "--method");
  note(differences, left.csr_subject == wanted.csr_subject, "--csr-subject");
  return differences;
}

Differences of_thing(const Identity& left, const Plan& plan, const std::optional<Identity>& rotated,
                     Keysmith& keysmith) {
  Differences differences;
  // A rotation keeps the request of its identity, whatever template the rotation uses.
  if (rotated && left.request_digest == rotated->request_digest) return differences;
  if (is_for(left.request_digest, plan, keysmith)) return differences;
  note(differences, left.template_name == plan.template_name, "--template");
  note(differences, left.endpoint == plan.endpoint.host, "--endpoint");
  if (differences.empty()) differences.emplace_back("the parameters");
  return differences;
}

class Reconciler {
 public:
  Reconciler(const Plan& plan, const Requester& requester, Keysmith& keysmith, Observer& observer)
      : plan_(plan),
        wanted_(certificate_origin_of(plan, requester.certificate.fingerprint)),
        rotated_(requester.rotated),
        keysmith_(keysmith),
        observer_(observer) {}

  Result<Progress> operator()(Fresh at) { return Progress{at}; }
  Result<Progress> operator()(Installed at) { return Progress{std::move(at)}; }

  Result<Progress> operator()(KeyPlanned at) {
    return origin_fits(at.origin) ? Progress{std::move(at)} : Progress{Fresh{}};
  }

  Result<Progress> operator()(KeyMade at) {
    FP_TRY_ASSIGN(const bool fits, key_fits(at));
    if (!fits) return Progress{Fresh{}};
    if (at.csr_subject != wanted_.csr_subject) {
      observer_.warned(
          "options changed since the unfinished run: --csr-subject; the CSR is made again with the same key");
      FP_TRY_ASSIGN(Csr csr, keysmith_.make_csr(at.key, plan_.csr_subject));
      at.csr_pem = std::move(csr.pem);
      at.csr_subject = wanted_.csr_subject;
    }
    return Progress{std::move(at)};
  }

  Result<Progress> operator()(Certified at) {
    const Differences differences = of_certificate(at.origin, wanted_);
    FP_TRY_ASSIGN(const bool fits, key_fits(at.made));
    if (!fits) return Progress{Fresh{}};
    if (differences.empty()) return Progress{std::move(at)};
    warn(differences, "its certificate is not used");
    if (plan_.method == Method::kKeys) return Progress{Fresh{}};
    return (*this)(std::move(at.made));
  }

  Result<Progress> operator()(Verified at) {
    FP_TRY_ASSIGN(Progress progress, (*this)(std::move(at.enrolled)));
    if (!std::holds_alternative<Enrolled>(progress)) return progress;
    return Progress{Verified{std::get<Enrolled>(std::move(progress))}};
  }

  Result<Progress> operator()(Enrolled at) {
    Differences differences = of_key(at.certified.made.origin, key_origin_of(plan_));
    for (std::string& each : of_certificate(at.certified.origin, wanted_)) differences.push_back(std::move(each));
    for (std::string& each : of_thing(at.identity, plan_, rotated_, keysmith_)) {
      const bool noted = std::find(differences.begin(), differences.end(), each) != differences.end();
      if (!noted) differences.push_back(std::move(each));
    }
    if (differences.empty()) return Progress{std::move(at)};
    const std::string thing = named(at.identity);
    if (!plan_.force) {
      return fail(ErrorKind::kUsage,
                  "an unfinished run has registered " + thing + " with other options: " + listed(differences),
                  "rerun with the options of that run to finish it, or discard it with --force");
    }
    warn(differences, thing + " is discarded");
    if (plan_.method == Method::kKeys) return Progress{Fresh{}};
    return (*this)(std::move(at.certified.made));
  }

 private:
  void warn(const Differences& differences, const std::string& consequence) {
    observer_.warned("options changed since the unfinished run: " + listed(differences) + "; " + consequence);
  }

  bool origin_fits(const KeyOrigin& left) {
    const Differences differences = of_key(left, key_origin_of(plan_));
    if (!differences.empty()) warn(differences, "its key is not used");
    return differences.empty();
  }

  Result<bool> key_fits(const KeyMade& at) {
    if (!origin_fits(at.origin)) return false;
    const auto* given = std::get_if<ExistingCsr>(&plan_.key_source);
    if (given == nullptr || plan_.method == Method::kKeys) return true;
    FP_TRY_ASSIGN(const Csr csr, keysmith_.open_csr(given->file));
    if (csr.pem == at.csr_pem) return true;
    warn({"the file of --csr"}, "the certificate requested with it is not used");
    return false;
  }

  const Plan& plan_;
  CertificateOrigin wanted_;
  const std::optional<Identity>& rotated_;
  Keysmith& keysmith_;
  Observer& observer_;
};

}  // namespace

KeyOrigin key_origin_of(const Plan& plan) {
  if (plan.method == Method::kKeys) return MadeByService{};
  struct Origin {
    KeyOrigin operator()(const MakeKey& make) const {
      return MadeHere{std::string(word(make.type)), text_of(make.store)};
    }
    KeyOrigin operator()(const ExistingKey& key) const { return GivenKey{key.reference}; }
    KeyOrigin operator()(const ExistingCsr& csr) const { return GivenCsr{csr.file}; }
  };
  return std::visit(Origin{}, plan.key_source);
}

CertificateOrigin certificate_origin_of(const Plan& plan, const std::string& requester_fingerprint) {
  const bool ours = plan.method == Method::kCsr && !std::holds_alternative<ExistingCsr>(plan.key_source);
  return {plan.endpoint.host, requester_fingerprint, plan.method, ours ? plan.csr_subject : ""};
}

Result<Progress> reconcile(Progress left, const Plan& plan, const Requester& requester, Keysmith& keysmith,
                           Observer& observer) {
  return std::visit(Reconciler(plan, requester, keysmith, observer), std::move(left));
}

}  // namespace fleet_provision
