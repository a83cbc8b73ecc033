// SPDX-License-Identifier: Apache-2.0
// An intake that keeps objects in memory. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "server/flow/ports.h"
#include "server/ul/bytes.h"

namespace inferad::net::testing {

// Each commit ends on a thread of its own: at once, or when the test says finish_commits().
class MemoryIntake final : public flow::IntakePort {
 public:
  struct Stored {
    flow::IncomingObject about;
    ul::Bytes data;
  };

  ~MemoryIntake() override { finish_commits(); }

  Result<std::unique_ptr<flow::ObjectSink>> open(const flow::IncomingObject& object) override {
    ++opened;
    if (open_error) return *open_error;
    return std::unique_ptr<flow::ObjectSink>(std::make_unique<Sink>(*this, object));
  }
  void association_ended(std::uint64_t association, bool was_released) override {
    if (was_released) ++released;
    std::lock_guard lock(mutex_);
    ++ended_[association];
  }

  std::vector<Stored> stored() const {
    std::lock_guard lock(mutex_);
    return stored_;
  }
  std::map<std::uint64_t, int> ended() const {  // association → how often its end was told
    std::lock_guard lock(mutex_);
    return ended_;
  }
  std::size_t held_commits() const {
    std::lock_guard lock(mutex_);
    return held_.size();
  }
  void finish_commits() {
    std::vector<std::function<void()>> due;
    {
      std::lock_guard lock(mutex_);
      due.swap(held_);
    }
    for (auto& commit : due) commit();
  }

  // Set before senders come.
  std::optional<Error> open_error, append_error;
  std::uint16_t reply = 0;
  bool hold_commits = false;
  std::atomic<int> opened{0}, dropped{0}, released{0};

 private:
  class Sink final : public flow::ObjectSink {
   public:
    Sink(MemoryIntake& intake, const flow::IncomingObject& about) : intake_(intake) { object_.about = about; }
    ~Sink() override {
      if (!committed_) ++intake_.dropped;
      if (thread_.joinable()) thread_.detach();
    }
    Status append(std::span<const std::byte> bytes) override {
      if (intake_.append_error) return *intake_.append_error;
      object_.data.insert(object_.data.end(), bytes.begin(), bytes.end());
      return ok();
    }
    void commit(std::function<void(flow::StoreReply)> done) override {
      committed_ = true;
      auto finish = [&intake = intake_, object = std::move(object_), done = std::move(done)] {
        intake.store(object);
        done({intake.reply, ""});
      };
      if (intake_.hold_commits) return intake_.hold(std::move(finish));
      thread_ = std::thread(std::move(finish));
    }

   private:
    MemoryIntake& intake_;
    Stored object_;
    bool committed_ = false;
    std::thread thread_;
  };

  void store(const Stored& object) {
    std::lock_guard lock(mutex_);
    stored_.push_back(object);
  }
  void hold(std::function<void()> commit) {
    std::lock_guard lock(mutex_);
    held_.push_back(std::move(commit));
  }

  mutable std::mutex mutex_;
  std::vector<Stored> stored_;
  std::map<std::uint64_t, int> ended_;
  std::vector<std::function<void()>> held_;
};

}  // namespace inferad::net::testing
