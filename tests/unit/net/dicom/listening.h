// SPDX-License-Identifier: Apache-2.0
// A listener on a free port of loopback, who may call it, and who watches it.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "server/net/dicom_server.h"
#include "tests/unit/net/dicom/memory_intake.h"
#include "tests/unit/net/dicom/sender.h"

namespace inferad::net::testing {

using namespace std::chrono_literals;

// Waits for what another thread is about to do.
template <class Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

// Admits SENDER calling INFERAD.
class Doorkeeper final : public AdmissionPolicy {
 public:
  bool address_allowed(std::string_view ip) const override { return open && ip == "127.0.0.1"; }
  std::optional<ul::AssociateRj> admit(std::string_view calling, std::string_view called,
                                       std::string_view /*ip*/) const override {
    if (called != "INFERAD") return ul::kRejectCalledAe;
    if (calling != "SENDER") return ul::kRejectCallingAe;
    return std::nullopt;
  }
  bool open = true;
};

class Watcher final : public DicomServerObserver {
 public:
  void connection_ended(std::string_view end, std::string_view /*ip*/) override {
    std::lock_guard lock(mutex_);
    ++ends_[std::string(end)];
  }
  void object_answered(std::uint16_t status, std::uint64_t bytes, std::chrono::milliseconds /*took*/) override {
    std::lock_guard lock(mutex_);
    ++answers_[status];
    bytes_ += bytes;
  }
  int ends(const std::string& end) const {
    std::lock_guard lock(mutex_);
    const auto found = ends_.find(end);
    return found == ends_.end() ? 0 : found->second;
  }
  int answers(int status) const {
    std::lock_guard lock(mutex_);
    const auto found = answers_.find(status);
    return found == answers_.end() ? 0 : found->second;
  }
  std::uint64_t bytes() const {
    std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> ends_;
  std::map<int, int> answers_;
  std::uint64_t bytes_ = 0;
};

inline DicomServerOptions on_any_port() {
  DicomServerOptions options;
  options.port = 0;
  options.linger = 200ms;
  return options;
}

struct Listening {
  explicit Listening(const DicomServerOptions& options = on_any_port()) {
    auto started = DicomServer::start(options, intake, door, &watcher);
    REQUIRE(started);
    server = std::move(*started);
  }
  ~Listening() { intake.finish_commits(); }  // else the server would wait for them
  MemoryIntake intake;
  Doorkeeper door;
  Watcher watcher;
  std::unique_ptr<DicomServer> server;  // goes first
};

}  // namespace inferad::net::testing
