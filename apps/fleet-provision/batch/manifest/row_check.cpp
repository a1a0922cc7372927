#include "batch/manifest/row_check.hpp"

#include <algorithm>
#include <utility>

#include "batch/manifest/unit_files.hpp"
#include "core/pkcs11_uri.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

/// In the place of a value that is missing, so that the rest of a row can be checked.
struct StandIn {
  OptionId id;
  const char* value;
};
constexpr StandIn kStandIns[] = {{OptionId::kEndpoint, "endpoint.invalid"}, {OptionId::kTemplate, "template"}};

struct OnceWords {
  Once what;
  std::string_view noun;
  std::string_view hint;
  /// Where all units have the value from an option of the batch.
  std::string_view hint_for_batch;
};
constexpr OnceWords kOnceWords[] = {
    {Once::kCsr, "CSR", "give each unit a CSR of its own: a key belongs to one gateway",
     "name a CSR for each unit in a column --csr of the manifest"},
    {Once::kKey, "device key", "give each unit a key of its own",
     "name a key for each unit in a column --key of the manifest"},
    {Once::kClientId, "client ID", "give each unit one of its own: of two connections with one ID the older is closed",
     "put a column into it, e.g. gateway-{SerialNumber}"},
    {Once::kTpmHandle, "TPM handle", "give each unit a handle of its own",
     "name a handle for each unit in a column --key-store of the manifest"},
};

const OnceWords& words_of(Once what) {
  return kOnceWords[static_cast<std::size_t>(what)];
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

void give_stand_in(OptionId id, const char* value, Options& options) {
  options.override_with(id, {{value}, Source::kCommandLine, "", {}});
}

bool is_claim(OptionId id) {
  return id == OptionId::kClaim || id == OptionId::kClaimCert || id == OptionId::kClaimKey;
}

bool begins_with_name(const std::string& message, const std::string& name) {
  return message.starts_with(name) &&
         (message.size() == name.size() || message[name.size()] == ':' || message[name.size()] == ' ');
}

}  // namespace

void RowCheck::check(const CheckedRow& row) {
  row_ = &row;
  origins_.clear();
  claim_is_at_fault_ = false;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    origins_.push_back(errors_.position(row.line, row.columns[i], columns_[row.cells[i].column].name));
  }
  Options options = unit_options_.with(columns_, row.cells, origins_, row.state_dir);
  refuse_stdin(options);
  // Each round removes a setting or gives a missing one.
  while (true) {
    const auto request = unit_options_.request(options);
    if (request) return check_request(options, *request);
    const auto culprit = culprit_of(request.error(), options);
    report(request.error(), culprit);
    if (culprit) {
      take_out(*culprit, options);
    } else if (!stand_in_for(request.error(), options)) {
      return;
    }
  }
}

/// Only the batch itself may read stdin, once for all units.
void RowCheck::refuse_stdin(Options& options) {
  for (std::size_t i = 0; i < row_->cells.size(); ++i) {
    const auto id = columns_[row_->cells[i].column].option;
    if (row_->cells[i].value != "-" || (id != OptionId::kClaim && id != OptionId::kParameters)) continue;
    report_at_cell(i, "a unit cannot read stdin", "give the name of a file");
    take_out({*id, options.settings(*id).size() - 1, i}, options);
  }
}

/// Removes the setting. A parameter gets another value instead, because placeholders may name it.
void RowCheck::take_out(const Culprit& culprit, Options& options) {
  claim_is_at_fault_ = claim_is_at_fault_ || is_claim(culprit.id);
  auto settings = options.settings(culprit.id);
  const auto at = settings.begin() + static_cast<std::ptrdiff_t>(culprit.index);
  if (culprit.id == OptionId::kParameter && culprit.cell) {
    at->values = {columns_[row_->cells[*culprit.cell].column].name + "=line-" + std::to_string(row_->line)};
    at->origin.clear();
  } else {
    settings.erase(at);
  }
  options.replace_with(culprit.id, std::move(settings));
  for (const StandIn& each : kStandIns) {
    if (each.id == culprit.id && options.given(each.id) == nullptr) give_stand_in(each.id, each.value, options);
  }
}

/// Gives the value that the error says is missing; false if it says something else.
bool RowCheck::stand_in_for(const Error& error, Options& options) {
  for (const StandIn& each : kStandIns) {
    if (options.given(each.id) != nullptr) continue;
    if (!begins_with_name(error.message, "--" + std::string(fleet_provision::row(each.id).name))) continue;
    give_stand_in(each.id, each.value, options);
    return true;
  }
  return false;
}

/// A cell that the error names anywhere, else the setting of the batch that it begins with.
std::optional<RowCheck::Culprit> RowCheck::culprit_of(const Error& error, const Options& options) const {
  std::optional<Culprit> of_batch;
  for (const OptionRow& option : option_table()) {
    const auto& settings = options.settings(option.id);
    for (std::size_t i = 0; i < settings.size(); ++i) {
      const std::string& origin = settings[i].origin;
      if (origin.empty()) continue;
      const auto cell = std::find(origins_.begin(), origins_.end(), origin);
      if (cell != origins_.end() && error.message.find(origin) != std::string::npos) {
        return Culprit{option.id, i, static_cast<std::size_t>(cell - origins_.begin())};
      }
      if (cell == origins_.end() && begins_with_name(error.message, origin)) of_batch = Culprit{option.id, i, {}};
    }
  }
  return of_batch;
}

void RowCheck::report(const Error& error, const std::optional<Culprit>& culprit) {
  if (!culprit || !culprit->cell) return errors_.add_shared(row_->line, error);
  // The position stands once, at the beginning.
  const std::string line = errors_.position(row_->line, 0, "");
  const std::string& origin = origins_[*culprit->cell];
  std::string message = error.message;
  const bool leads = message.starts_with(origin);
  if (leads) message.erase(0, origin.size());
  for (const std::string& each : origins_) message = replaced(std::move(message), each, each.substr(line.size() + 2));
  errors_.add_at(row_->line, row_->columns[*culprit->cell], leads ? origin + message : line + ": " + message,
                 error.hint);
}

void RowCheck::report_at_cell(std::size_t cell, std::string message, std::string hint) {
  errors_.add_at(row_->line, row_->columns[cell], origins_[cell] + ": " + std::move(message), std::move(hint));
}

std::optional<std::size_t> RowCheck::cell_of(const Options& options, OptionId id) const {
  const Setting* setting = options.given(id);
  if (setting == nullptr) return std::nullopt;
  const auto cell = std::find(origins_.begin(), origins_.end(), setting->origin);
  return cell == origins_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(cell - origins_.begin()));
}

void RowCheck::check_request(const Options& options, const Request& request) {
  const auto& claim = request.connection;
  if (!claim_is_at_fault_ && !claim.claim_file && (claim.certificate_file.empty() || claim.key_reference.empty())) {
    Error error;
    error.kind = ErrorKind::kUsage;
    error.message = "--claim, or --claim-cert with --claim-key, is required";
    error.hint = "give --claim FILE or set " + environment_name(fleet_provision::row(OptionId::kClaim));
    errors_.add_shared(row_->line, std::move(error));
  }
  if (row_->in_shard) check_files(options, request);
  check_uses(options, request);
}

void RowCheck::check_files(const Options& options, const Request& request) {
  for (const OptionRow& option : option_table()) {
    const Setting* setting = options.given(option.id);
    if (option.value != OptionValue::kFile || setting == nullptr || setting->values.empty()) continue;
    // Of --claim and its two parts one is overridden.
    if (is_claim(option.id) && (option.id == OptionId::kClaim) != request.connection.claim_file.has_value()) continue;
    const std::string& file = setting->values.back();
    if (const auto cell = cell_of(options, option.id)) {
      auto fits = check_unit_file(option.id, file);
      if (!fits) report_at_cell(*cell, fits.error().message, fits.error().hint);
      continue;
    }
    // Once, whether it is an error or not.
    if (files_of_batch_.insert(option.id).second) {
      auto fits = check_unit_file(option.id, file);
      if (fits && is_unit_file(option.id)) fits = check_readable_twice(file);
      if (!fits) errors_.add(with_origin(*setting, std::move(fits).error()));
    }
  }
}

void RowCheck::check_uses(const Options& options, const Request& request) {
  const Plan& plan = request.plan;
  if (const auto* csr = std::get_if<ExistingCsr>(&plan.key_source)) {
    use(Once::kCsr, OptionId::kCsr, options, same_file_text(csr->file), csr->file);
    if (csr->key_reference) use_key(options, *csr->key_reference);
  }
  if (const auto* key = std::get_if<ExistingKey>(&plan.key_source)) use_key(options, key->reference);
  if (plan.client_id) use(Once::kClientId, OptionId::kClientId, options, *plan.client_id, *plan.client_id);
  if (plan.verify_client_id) {
    use(Once::kClientId, OptionId::kVerifyClientId, options, *plan.verify_client_id, *plan.verify_client_id);
  }
  const auto* made = std::get_if<MakeKey>(&plan.key_source);
  const auto* tpm = made != nullptr ? std::get_if<TpmStore>(&made->store) : nullptr;
  if (tpm != nullptr && tpm->handle) {
    use_handle(options, OptionId::kKeyStore, *tpm->handle);
  }
}

/// A file by what it is, a URI by its attributes, a handle together with those of --key-store.
void RowCheck::use_key(const Options& options, const std::string& reference) {
  const auto location = parse_key_location(reference);
  if (!location) return;
  if (const auto* handle = std::get_if<TpmHandle>(&*location)) {
    return use_handle(options, OptionId::kKey, handle->handle);
  }
  const auto attributes = parse_pkcs11_uri(reference);
  const std::string text = attributes ? to_uri(*attributes) : same_file_text(reference);
  use(Once::kKey, OptionId::kKey, options, text, reference);
}

void RowCheck::use_handle(const Options& options, OptionId id, std::uint32_t handle) {
  const std::string text = text_of(KeyLocation{TpmHandle{handle}}).substr(std::string_view("handle:").size());
  use(Once::kTpmHandle, id, options, text, text);
}

void RowCheck::use(Once what, OptionId id, const Options& options, const std::string& text, const std::string& shown) {
  const auto first = used_.note(what, text, row_->line);
  if (!first) return;
  const OnceWords& words = words_of(what);
  const std::string named = "the " + std::string(words.noun) + " " + printable(shown, 200);
  if (const auto cell = cell_of(options, id)) {
    report_at_cell(*cell, named + " is used on line " + std::to_string(*first) + " already", std::string(words.hint));
    return;
  }
  Error error;
  error.kind = ErrorKind::kUsage;
  error.message = named + " is used on line " + std::to_string(*first) + " already";
  error.hint = words.hint_for_batch;
  errors_.add_shared(row_->line, options.with_origin_of(id, std::move(error)));
}

}  // namespace fleet_provision::batch
