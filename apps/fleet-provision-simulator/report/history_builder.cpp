#include "report/history_builder.hpp"

#include <algorithm>
#include <utility>

#include "report/step.hpp"

namespace fleet_provision::simulator {

namespace {

// The service has three operations; an odd log may have others.
constexpr std::size_t kOperationsMax = 10;

std::string key_of(const Problem& problem) {
  const std::string separator(1, '\0');
  return std::to_string(static_cast<int>(problem.tone)) + problem.what + separator + problem.advice;
}

// Joins the permissions of two problems with one key.
void add_missing(Problem& problem, const Problem& other, std::size_t resources_max) {
  if (!problem.missing || !other.missing) return;
  auto& resources = problem.missing->resources;
  for (const auto& each : other.missing->resources) {
    if (resources.size() >= resources_max) return;
    if (std::find(resources.begin(), resources.end(), each) == resources.end()) resources.push_back(each);
  }
}

bool is_create(const std::string& operation) {
  return operation.starts_with("Create");
}

// The first step that has the tone of the whole connection.
const Step* worst_step(const Connection& connection) {
  const auto found = std::find_if(connection.steps.begin(), connection.steps.end(),
                                  [&](const Step& each) { return each.tone == connection.tone; });
  return found == connection.steps.end() ? nullptr : &*found;
}

std::string success_story(const Connection& connection) {
  bool issued = false;
  for (const auto& step : connection.steps) {
    if (step.direction != Direction::kToGateway || step.tone == Tone::kFailure) continue;
    if (step.title == "response to RegisterThing" && step.outcome.starts_with("accepted")) {
      return connection.thing_name.empty() ? "registered" : "registered " + connection.thing_name;
    }
    issued = issued || step.title.starts_with("response to Create");
  }
  if (issued) return "certificate issued";
  if (connection.principal == "device") {
    return connection.thing_name.empty() ? "connected" : "connected as " + connection.thing_name;
  }
  return "no request";
}

std::string story_of(const Connection& connection) {
  const Step* worst = connection.tone >= Tone::kFault ? worst_step(connection) : nullptr;
  if (worst == nullptr) return success_story(connection);
  if (connection.tone == Tone::kFailure) return worst->title + ": " + worst->outcome;
  return success_story(connection) + (connection.tone == Tone::kFault ? ", with a fault" : ", with a warning");
}

}  // namespace

Run* HistoryBuilder::run_for(const Event& event) {
  const bool connects = event.kind == EventKind::kConnect && event.connection != 0;
  const bool begins =
      event.kind == EventKind::kStart || history_.runs.empty() || (connects && event.connection <= last_number_);
  if (begins) {
    last_number_ = 0;
    if (history_.runs.size() == limits_.runs) {
      ++history_.omitted_runs;
    } else {
      history_.runs.emplace_back();
    }
  }
  if (connects) last_number_ = event.connection;
  return history_.omitted_runs == 0 ? &history_.runs.back() : nullptr;
}

Connection* HistoryBuilder::connection_for(Run& run, const Event& event) {
  if (const auto found = run.connections.find(event.connection); found != run.connections.end()) return &found->second;
  if (steps_ >= limits_.steps_max || run.connections.size() >= limits_.connections) return nullptr;
  Connection& made = run.connections[event.connection];
  made.number = event.connection;
  return &made;
}

// What later steps of the connection are judged by.
void HistoryBuilder::learn(Connection& connection, const Event& event) {
  if (connection.client_id.empty()) connection.client_id = event.text("clientId");
  if (event.kind == EventKind::kConnect) {
    connection.principal = event.text("principal");
    connection.mqtt_version = event.text("mqttVersion");
    connection.certificate_id = event.text("certificateId");
    connection.ended = event.text("result") != "accepted";
  }
  if (const std::string thing = event.text("thingName"); !thing.empty()) connection.thing_name = thing;
  if (event.kind == EventKind::kDisconnect) connection.ended = true;
  const std::string operation = event.text("operation");
  const bool is_known = connection.unanswered.contains(operation);
  if (event.kind == EventKind::kPublish && !operation.empty() && event.text("result") == "allowed" &&
      (is_known || connection.unanswered.size() < kOperationsMax)) {
    ++connection.unanswered[operation];
  }
  if (event.kind != EventKind::kAnswer) return;
  // An ignored request is logged with its topic alone.
  const auto found = operation.empty() ? connection.unanswered.begin() : connection.unanswered.find(operation);
  if (found != connection.unanswered.end() && --found->second == 0) connection.unanswered.erase(found);
}

// What a fault did is counted as a fault alone.
void HistoryBuilder::count(const Event& event, const Step& step) {
  Counts& counts = history_.counts;
  const bool failed = step.tone == Tone::kFailure;
  const bool is_lost_by_policy = event.text("result").starts_with("not sent: policy");
  const bool judged =
      event.kind == EventKind::kSubscribe || event.kind == EventKind::kPublish || event.kind == EventKind::kReceive;
  if (event.kind == EventKind::kConnect) ++counts.connections;
  if (event.kind == EventKind::kConnect && failed) ++counts.refusals;
  if (failed && (judged || is_lost_by_policy)) ++counts.denials;
  if (failed && event.kind == EventKind::kAnswer && event.number("statusCode")) ++counts.rejections;
  if (event.kind == EventKind::kWarning || event.kind == EventKind::kExpire) ++counts.warnings;
  if (step.tone == Tone::kFault) ++counts.faults;
}

void HistoryBuilder::note(const Problem& problem, ProblemGroup::Place place) {
  const auto [entry, is_new] = problems_.try_emplace(key_of(problem), history_.problems.size());
  if (is_new && history_.problems.size() == limits_.problems) {
    problems_.erase(entry);
    ++history_.omitted_problems;
    return;
  }
  if (is_new) history_.problems.push_back({problem, {}, {}, 0});
  ProblemGroup& group = history_.problems[entry->second];
  add_missing(group.problem, problem, limits_.resources);
  const bool is_same = group.count != 0 && group.last.run == place.run && group.last.connection == place.connection;
  if (is_same && place.connection != 0) return;
  ++group.count;
  group.last = place;
  if (group.places.size() < limits_.places) group.places.push_back(std::move(place));
}

void HistoryBuilder::add_to(Connection* connection, const Event& event) {
  Connection forgotten;
  forgotten.client_id = event.text("clientId");
  Connection& target = connection == nullptr ? forgotten : *connection;
  learn(target, event);
  Step step = step_of(event, target);
  count(event, step);
  if (step.problem)
    note(*step.problem, {current_run(), connection == nullptr ? 0 : event.connection, target.client_id});
  const bool failed_before = target.tone == Tone::kFailure;
  target.tone = std::max(target.tone, step.tone);
  if (!failed_before && target.tone == Tone::kFailure) ++history_.counts.failed_connections;
  if (connection == nullptr || steps_ >= limits_.steps_max) {
    ++history_.omitted_steps;
    if (connection == nullptr && event.kind == EventKind::kConnect) ++history_.omitted_connections;
    return;
  }
  target.steps.push_back(std::move(step));
  if (++steps_ > limits_.steps && steps_ % (limits_.steps / 10 + 1) == 0) thin_out();
}

void HistoryBuilder::add(const Event& event) {
  ++history_.counts.events;
  Run* run = run_for(event);
  if (run != nullptr) {
    if (run->first_time.empty()) {
      run->first_time = event.time;
      run->first = event.at;
    }
    run->last_time = event.time;
    if (event.at) run->last = event.at;
    if (event.kind == EventKind::kStart) {
      run->version = event.text("version");
      run->templates = event.texts("templates");
      run->policies = event.texts("policies");
      run->faults = event.texts("faults");
      run->behaviours = event.texts("behaviours");
    }
  }
  learn_certificates(event);
  if (event.connection != 0) {
    add_to(run == nullptr ? nullptr : connection_for(*run, event), event);
  } else {
    const Step step = step_of(event, {});
    count(event, step);
    if (step.problem) note(*step.problem, {current_run(), 0, {}});
  }
}

// Drops ended connections without a problem, the oldest first, until the limit is kept by a tenth.
void HistoryBuilder::thin_out() {
  const std::size_t wanted = limits_.steps - limits_.steps / 10;
  for (auto& run : history_.runs) {
    for (auto each = run.connections.begin(); each != run.connections.end() && steps_ > wanted;) {
      const Connection& connection = each->second;
      if (!connection.ended || connection.tone >= Tone::kFault || !connection.unanswered.empty()) {
        ++each;
        continue;
      }
      steps_ -= connection.steps.size();
      history_.omitted_steps += connection.steps.size();
      ++history_.omitted_connections;
      each = run.connections.erase(each);
    }
  }
}

void HistoryBuilder::note_unanswered(std::size_t run, Connection& connection) {
  for (const auto& [operation, times] : connection.unanswered) {
    const Problem problem{Tone::kWarning, "The log has no response to " + operation + ".",
                          "The simulator ended before it, or the connection did; look at the client's own output."};
    Step step;
    step.title = "no response to " + operation;
    step.tone = Tone::kWarning;
    step.problem = problem;
    connection.steps.push_back(std::move(step));
    connection.tone = std::max(connection.tone, Tone::kWarning);
    note(problem, {run, connection.number, connection.client_id});
  }
}

History HistoryBuilder::finish() {
  for (std::size_t run = 0; run < history_.runs.size(); ++run) {
    for (auto& [number, connection] : history_.runs[run].connections) {
      note_unanswered(run, connection);
      connection.story = story_of(connection);
    }
  }
  note_unregistered();
  std::stable_sort(history_.problems.begin(), history_.problems.end(),
                   [](const auto& a, const auto& b) { return a.problem.tone > b.problem.tone; });
  std::stable_sort(history_.certificates.begin(), history_.certificates.end(),
                   [](const auto& a, const auto& b) { return a.thing_name < b.thing_name; });
  return std::move(history_);
}

// Certificates.

Certificate* HistoryBuilder::certificate(const std::string& id) {
  const auto found = certificates_.find(id);
  if (found != certificates_.end()) return &history_.certificates[found->second];
  if (history_.certificates.size() >= limits_.certificates) {
    ++history_.omitted_certificates;
    return nullptr;
  }
  certificates_.emplace(id, history_.certificates.size());
  Certificate made;
  made.id = id;
  history_.certificates.push_back(made);
  return &history_.certificates.back();
}

// Logs of older simulators do not name the certificate; then it is the last one that the connection was issued.
void HistoryBuilder::learn_registration(const Event& event) {
  ++history_.counts.registrations;
  std::string id = event.text("certificateId");
  if (id.empty()) {
    const auto last = std::find_if(history_.certificates.rbegin(), history_.certificates.rend(), [&](const auto& each) {
      return each.run == current_run() && each.connection == event.connection &&
             each.status == Certificate::Status::kIssued;
    });
    if (last == history_.certificates.rend()) return;
    id = last->id;
  }
  if (Certificate* registered = certificate(id)) {
    registered->thing_name = event.text("thingName");
    registered->status = Certificate::Status::kRegistered;
  }
}

void HistoryBuilder::expire(const Event& event) {
  const std::string id = event.text("certificateId");
  if (Certificate* expired = certificate(id)) expired->status = Certificate::Status::kDeleted;
  note({Tone::kWarning,
        "Certificate " + short_id(id) + " was deleted: its ownership token expired before RegisterThing.",
        "Send RegisterThing within the time of --token-lifetime."},
       {current_run(), 0, {}});
}

void HistoryBuilder::learn_certificates(const Event& event) {
  if (event.kind == EventKind::kExpire) expire(event);
  if (event.kind == EventKind::kConnect && event.text("principal") == "device") {
    if (Certificate* used = certificate(event.text("certificateId"))) {
      const bool accepted = event.text("result") == "accepted";
      ++(accepted ? used->accepted : used->refused);
      if (accepted) used->status = Certificate::Status::kRegistered;
      if (const std::string thing = event.text("thingName"); !thing.empty()) used->thing_name = thing;
    }
  }
  if (event.kind != EventKind::kAnswer || event.number("statusCode") || event.text("result") == "none") return;
  const std::string operation = event.text("operation");
  if (operation == "RegisterThing") learn_registration(event);
  if (!is_create(operation) || event.text("certificateId").empty()) return;
  if (Certificate* issued = certificate(event.text("certificateId"))) {
    issued->run = current_run();
    issued->connection = event.connection;
  }
}

// Only where nothing else explains it.
void HistoryBuilder::note_unregistered() {
  for (const auto& each : history_.certificates) {
    if (each.status != Certificate::Status::kIssued || each.connection == 0 || each.run >= history_.runs.size())
      continue;
    auto& connections = history_.runs[each.run].connections;
    const auto found = connections.find(each.connection);
    if (found == connections.end() || found->second.tone >= Tone::kFault) continue;
    Connection& connection = found->second;
    Step step;
    step.title = "no RegisterThing";
    step.tone = Tone::kWarning;
    step.problem = Problem{Tone::kWarning,
                           "Certificate " + short_id(each.id) + " was issued, and no RegisterThing was sent for it.",
                           "Look at the client's own output for what it made of the response."};
    note(*step.problem, {each.run, connection.number, connection.client_id});
    connection.steps.push_back(std::move(step));
    connection.tone = Tone::kWarning;
    connection.story = story_of(connection);
  }
}

}  // namespace fleet_provision::simulator
