#include "tests/fakes/fake_disk.hpp"

#include <utility>

namespace fleet_provision::fakes {
namespace {

tl::unexpected<Error> broken(const std::string& what) {
  return fail(ErrorKind::kDiskError, what);
}

}  // namespace

std::vector<Survival> all_survivals() {
  std::vector<Survival> all;
  for (const auto names :
       {Survival::Names::kKept, Survival::Names::kLost, Survival::Names::kOldestOnly, Survival::Names::kNewestOnly,
        Survival::Names::kAllButOldest, Survival::Names::kAllButNewest}) {
    for (const auto data : {Survival::Data::kKept, Survival::Data::kLost, Survival::Data::kTorn}) {
      all.push_back({names, data});
    }
  }
  return all;
}

FakeDisk::FakeDisk() : root_(std::make_shared<Node>()) {
  root_->type = EntryType::kDirectory;
  root_->mode = 0755;
}

std::string FakeDisk::base(const std::string& path) {
  const std::size_t slash = path.find('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

FakeDisk::NodeRef FakeDisk::parent(const std::string& path) const {
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos) return root_;
  return find(path.substr(0, slash));
}

FakeDisk::NodeRef FakeDisk::find(const std::string& path) const {
  if (path.empty()) return root_;
  const NodeRef directory = parent(path);
  if (!directory) return nullptr;
  const auto found = directory->names.find(base(path));
  return found == directory->names.end() ? nullptr : found->second;
}

void FakeDisk::apply(std::map<std::string, NodeRef>& names, const Change& change) {
  for (const auto& [name, node] : change) {
    if (node) {
      names[name] = node;
    } else {
      names.erase(name);
    }
  }
}

void FakeDisk::change(Node& directory, Change change) {
  apply(directory.names, change);
  directory.unsynced.push_back(std::move(change));
}

Result<void> FakeDisk::begin(const std::string& operation) {
  if (before) FP_TRY(before(operation));
  log.push_back(operation);
  return {};
}

Result<void> FakeDisk::begin_reading(const std::string& operation) const {
  return before_reading ? before_reading(operation) : Result<void>();
}

Result<std::optional<EntryFacts>> FakeDisk::inspect(const std::string& path) {
  FP_TRY(begin_reading("inspect " + path));
  const NodeRef node = find(path);
  if (!node) return std::optional<EntryFacts>();
  return std::optional<EntryFacts>(EntryFacts{node->type, node->mode, node->owned_by_us, node->user, 0});
}

Result<std::optional<Secret>> FakeDisk::read(const std::string& path, std::size_t limit) {
  FP_TRY(begin_reading("read " + path));
  const NodeRef node = find(path);
  if (!node) return std::optional<Secret>();
  if (node->type != EntryType::kFile) return fail(ErrorKind::kStateNotWritable, path + " is not a file");
  if (node->bytes.size() > limit) return broken(path + " is too large");
  return std::optional<Secret>(Secret(node->bytes));
}

Result<std::vector<std::string>> FakeDisk::list(const std::string& directory) {
  FP_TRY(begin_reading("list " + directory));
  std::vector<std::string> names;
  if (const NodeRef node = find(directory)) {
    for (const auto& each : node->names) names.push_back(each.first);
  }
  return names;
}

Result<void> FakeDisk::make_root() {
  if (root_exists_) return {};
  FP_TRY(begin("make_root"));
  root_exists_ = true;
  return {};
}

Result<void> FakeDisk::lock() {
  if (locked_ && !locked_by_other) return {};
  FP_TRY(begin("lock"));
  if (locked_by_other) return fail(ErrorKind::kLocked, "locked by process 1");
  locked_ = true;
  return {};
}

Result<void> FakeDisk::make_directory(const std::string& path) {
  FP_TRY(begin("make_directory " + path));
  if (find(path)) return broken(path + " exists");
  auto node = std::make_shared<Node>();
  node->type = EntryType::kDirectory;
  node->mode = keeps_modes ? 0700 : 0755;
  change(*parent(path), {{base(path), node}});
  return {};
}

Result<void> FakeDisk::write_new(const std::string& path, std::string_view bytes) {
  FP_TRY(begin("write_new " + path));
  const NodeRef directory = parent(path);
  if (!directory || find(path)) return broken(path + " exists or has no directory");
  auto node = std::make_shared<Node>();
  node->bytes = bytes;
  node->mode = keeps_modes ? 0600 : 0755;
  change(*directory, {{base(path), node}});
  return {};
}

Result<void> FakeDisk::sync_file(const std::string& path) {
  FP_TRY(begin("sync_file " + path));
  const NodeRef node = find(path);
  if (!node) return broken(path + " is missing");
  node->durable_bytes = node->bytes;
  return {};
}

Result<void> FakeDisk::sync_directory(const std::string& path) {
  FP_TRY(begin("sync_directory " + path));
  const NodeRef node = find(path);
  if (!node) return broken(path + " is missing");
  node->durable_names = node->names;
  node->unsynced.clear();
  return {};
}

Result<void> FakeDisk::set_mode(const std::string& path, unsigned mode) {
  FP_TRY(begin("set_mode " + path));
  const NodeRef node = find(path);
  if (!node) return broken(path + " is missing");
  if (keeps_modes) node->mode = mode;
  return {};
}

Result<void> FakeDisk::set_owner(const std::string& path, const Owner& owner) {
  FP_TRY(begin("set_owner " + path));
  const NodeRef node = find(path);
  if (!node) return broken(path + " is missing");
  node->user = owner.user;
  node->owned_by_us = owner.user == 0;
  return {};
}

Result<void> FakeDisk::rename(const std::string& from, const std::string& to) {
  FP_TRY(begin("rename " + from + " " + to));
  const NodeRef node = find(from);
  const NodeRef target = find(to);
  if (!node || parent(from) != parent(to)) return broken(from + " is missing");
  if (target && target->type == EntryType::kDirectory && !target->names.empty()) return broken(to + " is not empty");
  change(*parent(from), {{base(from), nullptr}, {base(to), node}});
  return {};
}

Result<bool> FakeDisk::exchange(const std::string& a, const std::string& b) {
  if (!can_exchange) return false;
  FP_TRY(begin("exchange " + a + " " + b));
  const NodeRef first = find(a);
  const NodeRef second = find(b);
  if (!first || !second) return broken("nothing to exchange");
  change(*parent(a), {{base(a), second}, {base(b), first}});
  return true;
}

Result<void> FakeDisk::remove_file(const std::string& path) {
  FP_TRY(begin("remove_file " + path));
  const NodeRef node = find(path);
  if (!node) return {};
  if (node->type == EntryType::kDirectory) return broken(path + " is a directory");
  change(*parent(path), {{base(path), nullptr}});
  return {};
}

Result<void> FakeDisk::remove_directory(const std::string& path) {
  FP_TRY(begin("remove_directory " + path));
  const NodeRef node = find(path);
  if (!node) return {};
  if (!node->names.empty()) return broken(path + " is not empty");
  change(*parent(path), {{base(path), nullptr}});
  return {};
}

void FakeDisk::forget(Node& node, const Survival& survival) {
  const auto& changes = node.unsynced;
  const auto keep = [&](std::size_t i) {
    switch (survival.names) {
      case Survival::Names::kKept: return true;
      case Survival::Names::kLost: return false;
      case Survival::Names::kOldestOnly: return i == 0;
      case Survival::Names::kNewestOnly: return i + 1 == changes.size();
      case Survival::Names::kAllButOldest: return i != 0;
      case Survival::Names::kAllButNewest: return i + 1 != changes.size();
    }
    return false;
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (keep(i)) apply(node.durable_names, changes[i]);
  }
  node.unsynced.clear();
  node.names = node.durable_names;
  if (node.type == EntryType::kFile && !node.durable_bytes) {
    switch (survival.data) {
      case Survival::Data::kKept: break;
      case Survival::Data::kLost: node.bytes.clear(); break;
      case Survival::Data::kTorn: node.bytes.resize(node.bytes.size() / 2); break;
    }
    node.durable_bytes = node.bytes;
  }
  for (const auto& each : node.names) forget(*each.second, survival);
}

void FakeDisk::cut(const Survival& survival) {
  forget(*root_, survival);
  locked_ = false;
}

FakeDisk::NodeRef FakeDisk::clone(const NodeRef& node, std::map<const Node*, NodeRef>& clones) {
  if (!node) return nullptr;
  if (const auto found = clones.find(node.get()); found != clones.end()) return found->second;
  auto copy = std::make_shared<Node>(*node);
  clones[node.get()] = copy;
  for (auto* names : {&copy->names, &copy->durable_names}) {
    for (auto& each : *names) each.second = clone(each.second, clones);
  }
  for (auto& change : copy->unsynced) {
    for (auto& each : change) each.second = clone(each.second, clones);
  }
  return copy;
}

std::unique_ptr<FakeDisk> FakeDisk::clone() const {
  auto copy = std::make_unique<FakeDisk>();
  std::map<const Node*, NodeRef> clones;
  copy->root_ = clone(root_, clones);
  copy->root_exists_ = root_exists_;
  copy->locked_ = locked_;
  copy->can_exchange = can_exchange;
  copy->locked_by_other = locked_by_other;
  copy->keeps_modes = keeps_modes;
  return copy;
}

std::string FakeDisk::state_of(const Node& node) {
  std::string text = std::to_string(static_cast<int>(node.type)) + " " + std::to_string(node.mode) + " " +
                     std::to_string(node.user) + (node.owned_by_us ? " ours " : " ") +
                     std::to_string(node.bytes.size()) + ":" + node.bytes + "{";
  for (const auto& [name, child] : node.names) text += name + "=" + state_of(*child) + ";";
  return text + "}";
}

std::string FakeDisk::state() const {
  return state_of(*root_) + (root_exists_ ? "" : "no root");
}

bool FakeDisk::contains(const Node& node, const std::string& text) {
  if (node.bytes.find(text) != std::string::npos) return true;
  for (const auto& each : node.names) {
    if (contains(*each.second, text)) return true;
  }
  return false;
}

bool FakeDisk::holds(const std::string& text) const {
  return contains(*root_, text);
}

void FakeDisk::put(const std::string& path, const std::string& bytes, unsigned mode) {
  root_exists_ = true;
  if (path.find('/') != std::string::npos && !parent(path)) {
    auto directory = std::make_shared<Node>();
    directory->type = EntryType::kDirectory;
    directory->mode = 0700;
    root_->names[path.substr(0, path.find('/'))] = directory;
    root_->durable_names = root_->names;
  }
  auto node = std::make_shared<Node>();
  node->bytes = bytes;
  node->durable_bytes = bytes;
  node->mode = mode;
  parent(path)->names[base(path)] = node;
  parent(path)->durable_names = parent(path)->names;
}

void FakeDisk::put_entry(const std::string& path, const EntryFacts& facts) {
  put(path, "", facts.mode);
  find(path)->type = facts.type;
  find(path)->owned_by_us = facts.owned_by_us;
}

std::optional<std::string> FakeDisk::text(const std::string& path) const {
  const NodeRef node = find(path);
  if (!node || node->type != EntryType::kFile) return std::nullopt;
  return node->bytes;
}

std::optional<unsigned> FakeDisk::mode(const std::string& path) const {
  const NodeRef node = find(path);
  if (!node) return std::nullopt;
  return node->mode;
}

void FakeDisk::set_facts(const std::string& path, bool owned_by_us, unsigned mode) {
  find(path)->owned_by_us = owned_by_us;
  find(path)->mode = mode;
}

}  // namespace fleet_provision::fakes
