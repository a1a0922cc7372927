#include "tests/load/load.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace fleet_provision::load {
namespace {

constexpr int kEventsMax = 128;
constexpr int kLookEveryMs = 500;

Duration cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class Loop {
 public:
  Loop(const Access& access, const LoadSettings& settings, std::string prefix)
      : access_(access), settings_(settings), prefix_(std::move(prefix)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) throw std::runtime_error("epoll_create1");
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { ::close(epoll_); }

  LoadResult run() {
    const Instant began = std::chrono::steady_clock::now();
    const Duration cpu_before = cpu_time();
    slots_.resize(settings_.connections);
    for (auto& slot : slots_) begin(slot);
    while (running_ > 0) {
      turn();
    }
    result_.wall = std::chrono::steady_clock::now() - began;
    result_.cpu = cpu_time() - cpu_before;
    return std::move(result_);
  }

 private:
  struct Slot {
    std::unique_ptr<Provisioning> provisioning;
    bool watched_for_write = true;
  };

  void begin(Slot& slot) {
    while (begun_ < settings_.provisionings) {
      slot.provisioning = std::make_unique<Provisioning>(access_, prefix_ + std::to_string(begun_++));
      slot.watched_for_write = true;
      if (slot.provisioning->sample().failure.empty()) {
        watch(slot, EPOLL_CTL_ADD);
        ++running_;
        return;
      }
      count(slot);
    }
  }

  void watch(Slot& slot, int operation) {
    epoll_event event{};
    event.events = EPOLLIN | (slot.watched_for_write ? static_cast<unsigned>(EPOLLOUT) : 0U);
    event.data.ptr = &slot;
    if (::epoll_ctl(epoll_, operation, slot.provisioning->descriptor(), &event) != 0)
      throw std::runtime_error("epoll_ctl");
  }

  void count(Slot& slot) {
    const Sample& sample = slot.provisioning->sample();
    if (sample.failure.empty()) {
      result_.samples.push_back(sample);
    } else {
      ++result_.failures[sample.failure];
    }
    slot.provisioning.reset();
  }

  void end(Slot& slot) {
    count(slot);
    --running_;
    begin(slot);
  }

  void turn() {
    std::array<epoll_event, kEventsMax> events{};
    const int ready = ::epoll_wait(epoll_, events.data(), kEventsMax, kLookEveryMs);
    for (int i = 0; i < ready; ++i) {
      auto& slot = *static_cast<Slot*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (slot.provisioning->step()) {
        end(slot);
      } else if (slot.provisioning->wants_write() != slot.watched_for_write) {
        slot.watched_for_write = slot.provisioning->wants_write();
        watch(slot, EPOLL_CTL_MOD);
      }
    }
    const Instant now = std::chrono::steady_clock::now();
    if (now - looked_ >= std::chrono::milliseconds(kLookEveryMs)) give_up_the_late(now);
  }

  void give_up_the_late(Instant now) {
    looked_ = now;
    for (auto& slot : slots_) {
      if (!slot.provisioning || now - slot.provisioning->began() < settings_.patience) continue;
      slot.provisioning->give_up("no end within the patience");
      end(slot);
    }
  }

  const Access& access_;
  LoadSettings settings_;
  std::string prefix_;
  int epoll_;
  std::vector<Slot> slots_;
  unsigned begun_ = 0;
  unsigned running_ = 0;
  Instant looked_ = std::chrono::steady_clock::now();
  LoadResult result_;
};

}  // namespace

LoadResult run_load(const Access& access, const LoadSettings& settings, const std::string& prefix) {
  return Loop(access, settings, prefix).run();
}

}  // namespace fleet_provision::load
