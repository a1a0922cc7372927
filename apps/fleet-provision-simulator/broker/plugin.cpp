// The plugin: translates between mosquitto's callbacks and the model of the service.
//
// Properties of mosquitto 2.0 that it relies on: one thread runs the broker and all callbacks. A publish from a
// callback is queued and leaves in the next turn of the broker's loop. The tick callback runs once a turn, and a turn
// lasts up to 100 ms when no socket is ready; a 1 ms interval timer interrupts that while something is due. A client
// must not be kicked inside a callback that concerns it, so connections are closed in the tick, or by the callback's
// result: MOSQ_ERR_CONN_LOST closes without a packet, MOSQ_ERR_ACL_DENIED is reason code 135 on MQTT 5.
#include <fcntl.h>
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/hook_program.hpp"
#include "core/text.hpp"
#include "pki/issuer.hpp"
#include "records/state_store.hpp"
#include "service/configuration_file.hpp"
#include "service/documents.hpp"
#include "service/service.hpp"
#include "service/start_event.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

// While it is on, SIGALRM interrupts the broker's wait for sockets every millisecond, so that the tick comes at least
// as often.
class LoopTimer {
 public:
  LoopTimer() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
  }
  void set(bool on) {
    if (on == on_) return;
    on_ = on;
    itimerval interval{};
    if (on) interval.it_interval.tv_usec = interval.it_value.tv_usec = 1000;
    setitimer(ITIMER_REAL, &interval, nullptr);
  }

 private:
  bool on_ = false;
};

// Appends each line with one write, so that a reader never sees part of an event.
class LogFile {
 public:
  explicit LogFile(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  /// False, with errno, when the line is lost: a full disk must not end the broker.
  [[nodiscard]] bool append(const std::string& line) const {
    return write(descriptor_.get(), line.data(), line.size()) >= 0;
  }

 private:
  Descriptor descriptor_;
};

// Hands a warning to the simulator, which prints it when it exits. A full pipe loses the warning; the log has it.
void send_warning(int descriptor, const std::string& text) {
  if (descriptor < 0) return;
  const std::string line = text + "\n";
  if (write(descriptor, line.data(), line.size()) < 0) return;
}

/// All that the plugin owns; each part uses those above it.
struct Plugin {
  Configuration configuration;
  std::unique_ptr<Issuer> issuer;
  std::unique_ptr<Store> store;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Operations> operations;
  std::unique_ptr<LogFile> log_file;
  /// nullptr without a report.
  std::unique_ptr<LogFile> report_events;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<Hook> hook;
  std::unique_ptr<Service> service;
  LoopTimer loop_timer;
  mosquitto_plugin_id_t* identifier = nullptr;
};

Result<void> open_log(Plugin& plugin) {
  const Configuration& configuration = plugin.configuration;
  FP_TRY_ASSIGN(Descriptor descriptor, open_event_log(configuration.log_file, configuration.state_dir));
  plugin.log_file = std::make_unique<LogFile>(std::move(descriptor));
  if (!configuration.report_events_file.empty()) {
    FP_TRY_ASSIGN(Descriptor events, open_event_log(configuration.report_events_file, configuration.state_dir));
    plugin.report_events = std::make_unique<LogFile>(std::move(events));
  }
  plugin.log = std::make_unique<EventLog>(
      [&plugin, warned = std::set<std::string>()](const std::string& line) mutable {
        const auto append = [&](const LogFile& file, const std::string& path) {
          if (file.append(line)) return;
          const std::string why = "events are missing: cannot write " + printable(path) + ": " + std::strerror(errno);
          if (warned.insert(path).second) send_warning(plugin.configuration.warning_descriptor, why);
        };
        append(*plugin.log_file, plugin.configuration.log_file);
        if (plugin.report_events) append(*plugin.report_events, plugin.configuration.report_events_file);
      },
      [descriptor = configuration.warning_descriptor](const std::string& text) { send_warning(descriptor, text); });
  return {};
}

Result<std::unique_ptr<Plugin>> make_plugin(const std::string& configuration_file) {
  auto plugin = std::make_unique<Plugin>();
  FP_TRY_ASSIGN(const std::string text, read_file(configuration_file));
  FP_TRY_ASSIGN(plugin->configuration, configuration_from_json(text));
  const Configuration& configuration = plugin->configuration;
  FP_TRY_ASSIGN(plugin->issuer, open_issuer(configuration.device_issuer_certificate, configuration.device_issuer_key));
  FP_TRY_ASSIGN(plugin->store, open_state_store(configuration.state_dir));
  plugin->registry = std::make_unique<Registry>(*plugin->store, *plugin->issuer);
  FP_TRY_ASSIGN(Documents documents, read_documents(configuration));
  const OperationRules rules{.token_lifetime = configuration.token_lifetime,
                             .accept_token_reuse = configuration.behaviours.accept_token_reuse};
  plugin->operations =
      std::make_unique<Operations>(std::move(documents.templates), *plugin->registry, *plugin->issuer, rules);
  FP_TRY(open_log(*plugin));
  plugin->log->write(std::chrono::system_clock::now(), "start",
                     start_event_fields(configuration, FLEET_PROVISION_VERSION));
  if (configuration.hook.kind == HookSetting::Kind::kProgram) plugin->hook = run_as_hook(configuration.hook.program);
  const Clocks clocks{[] { return std::chrono::steady_clock::now(); }, [] { return std::chrono::system_clock::now(); }};
  // The simulator has printed them.
  for (const auto& each : documents.warnings)
    plugin->log->write(clocks.wall(), "warning", {{"text", text_value(each)}});
  plugin->service =
      std::make_unique<Service>(configuration, std::move(documents.policies), std::move(documents.faults),
                                *plugin->operations, *plugin->registry, plugin->hook.get(), *plugin->log, clocks);
  return plugin;
}

// The broker's OpenSSL has read its configuration by now; the hook program gets the variable of the simulator's caller.
void restore_openssl_variable(const Configuration& configuration) {
  if (configuration.openssl_configuration) {
    setenv("OPENSSL_CONF", configuration.openssl_configuration->c_str(), 1);
  } else {
    unsetenv("OPENSSL_CONF");
  }
}

const char* text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

int result_of(Permission permission) {
  switch (permission) {
    case Permission::kAllowed: return MOSQ_ERR_SUCCESS;
    case Permission::kDenied: return MOSQ_ERR_ACL_DENIED;
    case Permission::kClose: return MOSQ_ERR_CONN_LOST;
  }
  return MOSQ_ERR_UNKNOWN;
}

// Called from the tick only, because a client must not be closed in a callback that concerns it.
void carry_out(Plugin& plugin) {
  for (const auto& effect : plugin.service->due()) {
    if (effect.kind == Effect::Kind::kClose) {
      mosquitto_kick_client_by_clientid(effect.client_id.c_str(), false);
    } else {
      mosquitto_broker_publish_copy(effect.client_id.c_str(), effect.topic.c_str(),
                                    static_cast<int>(effect.payload.size()), effect.payload.data(), effect.qos, false,
                                    nullptr);
    }
  }
  plugin.loop_timer.set(plugin.service->waiting());
}

int on_basic_auth(int, void* data, void* user) {
  auto& plugin = *static_cast<Plugin*>(user);
  const auto* event = static_cast<mosquitto_evt_basic_auth*>(data);
  const PeerCertificate peer = take_peer_certificate(mosquitto_client_certificate(event->client));
  const ConnectingClient client{.client_id = text_or_empty(mosquitto_client_id(event->client)),
                                .mqtt_version = mosquitto_client_protocol_version(event->client),
                                .certificate_id = peer.id,
                                .certificate_variables = peer.variables,
                                .address = text_or_empty(mosquitto_client_address(event->client)),
                                .clean_session = mosquitto_client_clean_session(event->client)};
  switch (plugin.service->connect(event->client, client)) {
    case Admission::kAccepted: return MOSQ_ERR_SUCCESS;
    case Admission::kNotAuthorized: return MOSQ_ERR_AUTH;
    case Admission::kClosed: return MOSQ_ERR_CONN_LOST;
  }
  return MOSQ_ERR_UNKNOWN;
}

int on_acl_check(int, void* data, void* user) {
  auto& service = *static_cast<Plugin*>(user)->service;
  const auto* event = static_cast<mosquitto_evt_acl_check*>(data);
  const std::string topic = text_or_empty(event->topic);
  switch (event->access) {
    case MOSQ_ACL_SUBSCRIBE: return result_of(service.subscribe(event->client, topic, event->qos));
    case MOSQ_ACL_UNSUBSCRIBE: service.unsubscribe(event->client, topic); return MOSQ_ERR_SUCCESS;
    case MOSQ_ACL_WRITE:
      return result_of(service.publish(event->client, {topic, event->payloadlen, event->qos, event->retain}));
    case MOSQ_ACL_READ: return service.may_receive(event->client, topic) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
  }
  return MOSQ_ERR_ACL_DENIED;
}

int on_message(int, void* data, void* user) {
  auto& plugin = *static_cast<Plugin*>(user);
  auto* event = static_cast<mosquitto_evt_message*>(data);
  const std::string_view payload(event->payload == nullptr ? "" : static_cast<const char*>(event->payload),
                                 event->payloadlen);
  const Permission permission = plugin.service->message(event->client, text_or_empty(event->topic), payload,
                                                        mosquitto_client_sub_count(event->client));
  plugin.loop_timer.set(plugin.service->waiting());
  return result_of(permission);
}

// mosquitto listens with a backlog of 100. When a whole fleet powers up together, the kernel drops the SYNs of all
// others, and they retry only after one second, then three. Calling listen again changes the backlog alone.
void raise_listen_backlog() {
  constexpr int kDescriptorsAtStart = 256;
  constexpr int kBacklogMax = 65535;  // the kernel caps it at net.core.somaxconn
  for (int descriptor = 0; descriptor < kDescriptorsAtStart; ++descriptor) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0) {
      listen(descriptor, kBacklogMax);
    }
  }
}

int on_tick(int, void*, void* user) {
  auto& plugin = *static_cast<Plugin*>(user);
  if (plugin.configuration.ready_descriptor >= 0) {
    raise_listen_backlog();
    if (write(plugin.configuration.ready_descriptor, "1", 1) < 0) return MOSQ_ERR_SUCCESS;
    close(plugin.configuration.ready_descriptor);
    plugin.configuration.ready_descriptor = -1;
  }
  carry_out(plugin);
  return MOSQ_ERR_SUCCESS;
}

const char* word_of_reason(int reason) {
  switch (reason) {
    case MOSQ_ERR_SUCCESS: return "by the client";
    case MOSQ_ERR_CONN_LOST: return "connection closed";
    case MOSQ_ERR_ADMINISTRATIVE_ACTION: return "by the simulator";
    case MOSQ_ERR_KEEPALIVE: return "keep-alive";
    case MOSQ_ERR_AUTH:
    case MOSQ_ERR_ACL_DENIED: return "not authorized";
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE: return "packet too large";
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
    case MOSQ_ERR_RETAIN_NOT_SUPPORTED:
    case MOSQ_ERR_NOT_SUPPORTED: return "not supported";
    case MOSQ_ERR_PROTOCOL:
    case MOSQ_ERR_MALFORMED_PACKET:
    case MOSQ_ERR_MALFORMED_UTF8: return "malformed packet";
    // mosquitto reports every ordinary end so, after a DISCONNECT or without one.
    case MOSQ_ERR_CONN_PENDING: return "closed";
    default: return "error";
  }
}

int on_disconnect(int, void* data, void* user) {
  const auto* event = static_cast<mosquitto_evt_disconnect*>(data);
  static_cast<Plugin*>(user)->service->disconnect(event->client, word_of_reason(event->reason));
  return MOSQ_ERR_SUCCESS;
}

// No exception may cross mosquitto's C code. What the client asked for is denied then, and the broker's log says why.
template <MOSQ_FUNC_generic_callback callback>
int guarded(int event, void* data, void* user) noexcept {
  try {
    return callback(event, data, user);
  } catch (const std::exception& exception) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "the simulator's plugin failed: %s", exception.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

struct Subscription {
  int event;
  MOSQ_FUNC_generic_callback callback;
};
constexpr Subscription kCallbacks[] = {{MOSQ_EVT_BASIC_AUTH, guarded<on_basic_auth>},
                                       {MOSQ_EVT_ACL_CHECK, guarded<on_acl_check>},
                                       {MOSQ_EVT_MESSAGE, guarded<on_message>},
                                       {MOSQ_EVT_TICK, guarded<on_tick>},
                                       {MOSQ_EVT_DISCONNECT, guarded<on_disconnect>}};

// `userdata` becomes the plugin, which mosquitto hands to mosquitto_plugin_cleanup.
int start_plugin(mosquitto_plugin_id_t* identifier, void** userdata, const char* configuration_file) {
  auto plugin = make_plugin(configuration_file);
  if (!plugin) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "%s", plugin.error().message.c_str());
    return MOSQ_ERR_INVAL;
  }
  // A change of credentials resets the parent death signal, and the parent may have ended before this call.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != (*plugin)->configuration.parent) return MOSQ_ERR_UNKNOWN;
  restore_openssl_variable((*plugin)->configuration);
  (*plugin)->identifier = identifier;
  for (const auto& each : kCallbacks) {
    const int rc = mosquitto_callback_register(identifier, each.event, each.callback, nullptr, plugin->get());
    if (rc != MOSQ_ERR_SUCCESS) return rc;
  }
  // On until the first tick has reported that the broker is ready.
  (*plugin)->loop_timer.set(true);
  *userdata = plugin->release();
  return MOSQ_ERR_SUCCESS;
}

}  // namespace

}  // namespace fleet_provision::simulator

using namespace fleet_provision::simulator;

extern "C" {

int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i) {
    if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  }
  return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** userdata, mosquitto_opt* options,
                          int option_count) {
  const char* file = nullptr;
  for (int i = 0; i < option_count; ++i) {
    if (std::strcmp(options[i].key, "configuration") == 0) file = options[i].value;
  }
  if (file == nullptr) return MOSQ_ERR_INVAL;
  try {
    return start_plugin(identifier, userdata, file);
  } catch (const std::exception& exception) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "the simulator's plugin did not start: %s", exception.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

int mosquitto_plugin_cleanup(void* userdata, mosquitto_opt*, int) {
  const std::unique_ptr<Plugin> plugin(static_cast<Plugin*>(userdata));
  for (const auto& each : kCallbacks) {
    mosquitto_callback_unregister(plugin->identifier, each.event, each.callback, nullptr);
  }
  return MOSQ_ERR_SUCCESS;
}

}  // extern "C"
