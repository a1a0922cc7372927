// A Session that is closed on every way out of its scope.
#pragma once

#include <memory>
#include <utility>

#include "ports/transport.hpp"

namespace fleet_provision {

class OpenSession {
 public:
  explicit OpenSession(std::unique_ptr<Session> session) : session_(std::move(session)) {}
  OpenSession(const OpenSession&) = delete;
  OpenSession& operator=(const OpenSession&) = delete;
  ~OpenSession() { session_->close(); }

  [[nodiscard]] Session& operator*() { return *session_; }
  [[nodiscard]] Session* operator->() { return session_.get(); }

 private:
  std::unique_ptr<Session> session_;
};

}  // namespace fleet_provision
