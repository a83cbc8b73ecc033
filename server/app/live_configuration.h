// SPDX-License-Identifier: Apache-2.0
// The configuration in use. A reload replaces it as a whole; whoever holds the old one keeps it. Thread-safe.
#pragma once

#include <memory>
#include <mutex>

#include "server/config/configuration.h"

namespace inferad::app {

class LiveConfiguration {
 public:
  explicit LiveConfiguration(config::Configuration configuration)
      : current_(std::make_shared<const config::Configuration>(std::move(configuration))) {}

  std::shared_ptr<const config::Configuration> get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void set(config::Configuration configuration) {
    auto next = std::make_shared<const config::Configuration>(std::move(configuration));
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const config::Configuration> current_;
};

}  // namespace inferad::app
