// Each function of Pkcs11 runs as one piece of work in a thread of its own (call_device), with the lock held, because a
// module may hang in any call. Work that hangs keeps the lock and the state; the others then end at the same deadline.
#include "adapters/keys/pkcs11/pkcs11.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "adapters/keys/device/device_call.hpp"
#include "adapters/keys/pkcs11/pkcs11_error.hpp"
#include "adapters/keys/pkcs11/pkcs11_making.hpp"
#include "adapters/keys/pkcs11/pkcs11_signature.hpp"
#include "adapters/keys/pkcs11/pkcs11_uri_files.hpp"
#include "adapters/system/reading_limit.hpp"
#include "core/mutex.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::chrono::seconds kPatienceAtEnd{1};
constexpr std::chrono::milliseconds kReadingEndsBefore{100};

}  // namespace

/// The modules and tokens in use. Members are destroyed in the opposite order: sessions are closed before modules end.
class OpenTokens {
 public:
  OpenTokens(const KeyDeviceSettings& settings, CallInProgress& progress)
      : pins_(settings.pin_file), modules_(settings, progress) {}

  /// The one token of the URI, with a session.
  Result<Pkcs11Token*> of(const Pkcs11Attributes& uri) {
    FP_TRY_ASSIGN(const ModuleChoice choice, modules_.of(uri));
    FP_TRY_ASSIGN(const FoundToken found, find_pkcs11_token(choice, uri));
    auto& token = tokens_[{found.module, found.slot}];
    // Another token may be in the slot by now.
    if (!token || padded_text(token->info().serialNumber) != padded_text(found.info.serialNumber)) {
      ++generation_;
      token = std::make_unique<Pkcs11Token>(*found.module, found.slot, found.info);
    }
    FP_TRY(token->open());
    return token.get();
  }

  /// After the module lost a token. What is known of its PIN stays.
  void forget_sessions() {
    ++generation_;
    for (auto& [slot, token] : tokens_) token->forget_session();
  }
  [[nodiscard]] PinFiles& pins() { return pins_; }
  /// Another number once pointers to tokens and handles of objects are of no use any more.
  [[nodiscard]] unsigned generation() const { return generation_; }
  /// Whether no module was loaded, so that nothing has to be ended.
  [[nodiscard]] bool empty() const { return modules_.empty(); }

 private:
  PinFiles pins_;
  Pkcs11Modules modules_;
  std::map<std::pair<const Pkcs11Module*, CK_SLOT_ID>, std::unique_ptr<Pkcs11Token>> tokens_;
  unsigned generation_ = 0;
};

namespace {

template <class T>
Result<T> about(const std::string& name, Result<T> result) {
  if (result) return result;
  return fail(std::move(result).error().within(name));
}

/// The attributes of a URI whose files may be opened.
Result<Pkcs11Attributes> parse_trusted(const std::string& uri, const KeyDeviceSettings& settings) {
  FP_TRY_ASSIGN(Pkcs11Attributes attributes, parse_pkcs11_uri(uri));
  FP_TRY(require_trusted_files(attributes, settings));
  return attributes;
}

/// The same for the URI of a planned key, which has an id.
Result<Pkcs11Attributes> parse_planned(const std::string& uri, const KeyDeviceSettings& settings) {
  FP_TRY_ASSIGN(Pkcs11Attributes attributes, parse_trusted(uri, settings));
  if (attributes.id && !attributes.id->empty()) return attributes;
  return fail(ErrorKind::kInternal, "the URI of a key to make or to destroy has no id");
}

/// Without a login the private keys of a token are invisible.
Result<Pkcs11Token*> ready_for_keys(OpenTokens& tokens, const Pkcs11Attributes& uri) {
  FP_TRY_ASSIGN(Pkcs11Token * token, tokens.of(uri));
  if (token->wants_login() || tokens.pins().has(uri)) FP_TRY(token->log_in(uri, tokens.pins()));
  return token;
}

std::vector<Pkcs11Attributes> tokens_of(const std::vector<KeyLocation>& locations) {
  std::vector<Pkcs11Attributes> all;
  for (const KeyLocation& each : locations) {
    const auto* const in_token = std::get_if<Pkcs11Uri>(&each);
    if (in_token == nullptr) continue;
    if (auto attributes = parse_pkcs11_uri(in_token->uri)) all.push_back(std::move(*attributes));
  }
  return all;
}

}  // namespace

struct Pkcs11::State {
  class Signer;

  explicit State(KeyDeviceSettings given)
      : settings(std::move(given)), tokens(std::make_shared<OpenTokens>(settings, *progress)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  /// Closes the sessions; a module that hangs then is left behind.
  ~State() {
    if (tokens->empty()) return;
    const Instant deadline = std::min(settings.deadline, std::chrono::steady_clock::now() + kPatienceAtEnd);
    static_cast<void>(call_device(deadline, [last = std::move(tokens), kept = progress]() mutable {
      last.reset();
      return true;
    }));
  }

  /// Runs `work(OpenTokens&)`, which returns a Result and owns all that it uses.
  template <class Work>
  static auto run(const std::shared_ptr<State>& state, Work work) -> std::invoke_result_t<Work, OpenTokens&> {
    using Answer = std::invoke_result_t<Work, OpenTokens&>;
    FP_TRY_ASSIGN(auto answer,
                  call_device(state->settings.deadline, [state, work = std::move(work)]() mutable -> Answer {
                    const CleanErrorQueue clean;
                    const Lock lock(state->mutex);
                    // A PIN file that never ends is reported as such, not as a token that hangs.
                    const ReadingLimit limit(state->settings.deadline - kReadingEndsBefore, nullptr);
                    try {
                      Answer result = work(*state->tokens);
                      if (!result && result.error().kind == ErrorKind::kTokenRemoved) state->tokens->forget_sessions();
                      return result;
                    } catch (...) {
                      return fail(error_of_exception("cannot use the PKCS#11 token"));
                    }
                  }));
    if (answer) return std::move(*answer);
    return fail(ErrorKind::kTokenHangs, state->progress->text() + " did not return before --timeout expired",
                "check that the token is connected and that the daemon of its module runs, and rerun the same command");
  }

  KeyDeviceSettings settings;
  std::shared_ptr<CallInProgress> progress = std::make_shared<CallInProgress>();
  Mutex mutex;
  std::shared_ptr<OpenTokens> tokens;
};

/// Finds the token and the key again where the module lost them, for example because the token was reconnected.
class Pkcs11::State::Signer : public ExternalSigner {
 public:
  /// Used by the thread of a signature, which may outlive the signer.
  struct Key {
    Pkcs11Attributes uri;
    std::string name;
    Pkcs11Token* token = nullptr;
    Pkcs11SigningKey key = {};
    unsigned generation = 0;

    Result<std::string> sign(OpenTokens& opened, const SignatureRequest& request) {
      if (opened.generation() != generation) {
        FP_TRY_ASSIGN(token, opened.of(uri));
        FP_TRY_ASSIGN(key.handle, find_private_key(*token, uri, opened.pins()));
        generation = opened.generation();
      }
      return sign_in_token(*token, key, request);
    }
  };

  Signer(std::shared_ptr<State> state, Key key)
      : state_(std::move(state)), key_(std::make_shared<Key>(std::move(key))) {}

  Result<std::string> sign(const SignatureRequest& request) override {
    const std::vector<unsigned char> digest(request.digest.begin(), request.digest.end());
    auto signature = run(
        state_,
        [key = key_, digest, scheme = request.scheme, hash = request.hash](OpenTokens& opened) -> Result<std::string> {
          return key->sign(opened, {scheme, hash, digest});
        });
    return about(key_->name, std::move(signature));
  }

  /// The signer of a key that was found just now.
  static DeviceSigner make(const std::shared_ptr<State>& state, OpenTokens& opened, Pkcs11Token& token, Pkcs11Key found,
                           Pkcs11Attributes uri, const std::string& name) {
    Key key{std::move(uri), name, &token, {}, opened.generation()};
    key.key = signing_key(found);
    return {std::move(found.public_half), std::make_shared<Signer>(state, std::move(key))};
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Key> key_;
};

Pkcs11::Pkcs11(KeyDeviceSettings settings) : state_(std::make_shared<State>(std::move(settings))) {}
Pkcs11::~Pkcs11() = default;

Result<std::string> Pkcs11::find_token(const std::string& uri) {
  FP_TRY_ASSIGN(const auto wanted, parse_trusted(uri, state_->settings));
  return State::run(state_, [wanted](OpenTokens& tokens) -> Result<std::string> {
    FP_TRY_ASSIGN(const Pkcs11Token* token, tokens.of(wanted));
    return token->description();
  });
}

Result<std::string> Pkcs11::log_in(const std::string& uri) {
  FP_TRY_ASSIGN(const auto wanted, parse_trusted(uri, state_->settings));
  return State::run(state_, [wanted](OpenTokens& tokens) -> Result<std::string> {
    FP_TRY_ASSIGN(Pkcs11Token * token, tokens.of(wanted));
    if (!token->wants_login() && !tokens.pins().has(wanted)) return std::string("not needed");
    FP_TRY(token->log_in(wanted, tokens.pins()));
    return std::string("accepted");
  });
}

Result<void> Pkcs11::require_type(const std::string& uri, KeyType type) {
  FP_TRY_ASSIGN(const auto wanted, parse_trusted(uri, state_->settings));
  return State::run(state_, [wanted, type](OpenTokens& tokens) -> Result<void> {
    FP_TRY_ASSIGN(const Pkcs11Token* token, tokens.of(wanted));
    return require_key_type(*token, type);
  });
}

Result<DeviceSigner> Pkcs11::open(const std::string& uri, const std::string& name) {
  FP_TRY_ASSIGN(const auto wanted, about(name, parse_trusted(uri, state_->settings)));
  auto opened = State::run(state_, [state = state_, wanted, name](OpenTokens& tokens) -> Result<DeviceSigner> {
    FP_TRY_ASSIGN(Pkcs11Token * token, tokens.of(wanted));
    FP_TRY_ASSIGN(const CK_OBJECT_HANDLE handle, find_private_key(*token, wanted, tokens.pins()));
    FP_TRY_ASSIGN(Pkcs11Key key, read_key(*token, handle));
    return State::Signer::make(state, tokens, *token, std::move(key), wanted, name);
  });
  return about(name, std::move(opened));
}

Result<std::string> Pkcs11::plan(const std::string& store, const std::string& id, const std::vector<KeyLocation>& own) {
  FP_TRY_ASSIGN(const auto wanted, parse_trusted(store, state_->settings));
  const auto work = [wanted, id, ours = tokens_of(own)](OpenTokens& tokens) -> Result<std::string> {
    FP_TRY_ASSIGN(const Pkcs11Token* token, ready_for_keys(tokens, wanted));
    Pkcs11Attributes planned;
    FP_TRY_ASSIGN(planned.object, free_label(*token, wanted.object.value_or(""), ours));
    planned.token = padded_text(token->info().label);
    planned.serial = padded_text(token->info().serialNumber);
    planned.id = id;
    planned.module_path = wanted.module_path;
    planned.module_name = wanted.module_name;
    planned.pin_source = wanted.pin_source;
    return to_uri(planned);
  };
  return State::run(state_, work);
}

Result<DeviceSigner> Pkcs11::find_or_make(const std::string& uri, KeyType type) {
  FP_TRY_ASSIGN(const auto wanted, parse_planned(uri, state_->settings));
  const auto work = [state = state_, wanted, type, uri](OpenTokens& tokens) -> Result<DeviceSigner> {
    FP_TRY_ASSIGN(Pkcs11Token * token, ready_for_keys(tokens, wanted));
    FP_TRY_ASSIGN(std::optional<Pkcs11Key> key, find_made_key(*token, *wanted.id, type));
    if (!key) {
      FP_TRY(destroy_objects(*token, *wanted.id));
      FP_TRY(require_key_type(*token, type));
      FP_TRY_ASSIGN(key, generate_key(*token, wanted.object.value_or(""), *wanted.id, type));
    }
    return State::Signer::make(state, tokens, *token, std::move(*key), wanted, "the device key " + printable(uri));
  };
  return State::run(state_, work);
}

Result<void> Pkcs11::require_room(const std::string& uri) {
  FP_TRY_ASSIGN(const auto wanted, parse_trusted(uri, state_->settings));
  return State::run(state_, [wanted](OpenTokens& tokens) -> Result<void> {
    FP_TRY_ASSIGN(const Pkcs11Token* token, tokens.of(wanted));
    return require_room_in(*token);
  });
}

Result<void> Pkcs11::destroy(const std::string& uri) {
  FP_TRY_ASSIGN(const auto wanted, parse_planned(uri, state_->settings));
  return State::run(state_, [wanted](OpenTokens& tokens) -> Result<void> {
    FP_TRY_ASSIGN(Pkcs11Token * token, ready_for_keys(tokens, wanted));
    return destroy_objects(*token, *wanted.id);
  });
}

}  // namespace fleet_provision
