// SPDX-License-Identifier: Apache-2.0
// The worker protocol (server/ARCHITECTURE.md) as values. A worker runs foreign code on received bytes, so what it says
// is checked like a stranger's: types, lengths, words, ranges, file names. Pure functions. Internal to workers/.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/result.h"
#include "server/flow/worker_ports.h"

namespace inferad::workers {

inline constexpr std::size_t kLineBytesMax = 64 << 10;

struct OfferedModel {
  std::string name, sha256;
  bool operator==(const OfferedModel&) const = default;
};

struct OfferedPipeline {
  std::string name, version;
  std::vector<OfferedModel> models;
  std::string not_installed = {};  // which weights are missing and how to get them; studies end as not analysed
  bool operator==(const OfferedPipeline&) const = default;
};

struct RefusedPipeline {
  std::string name, reason;
  bool operator==(const RefusedPipeline&) const = default;
};

struct LoadingEvent {  // before each pipeline, until ready
  std::string pipeline;
};

struct ReadyEvent {
  std::vector<OfferedPipeline> pipelines;
  std::string blas;
};

struct ProgressEvent {
  std::string job, stage;
  double fraction = 0;  // 0..1
};

struct FindingsEvent {
  std::string job;
};

struct DoneEvent {
  std::string job;
  flow::WorkerResult result;
};

using WorkerEvent = std::variant<LoadingEvent, ReadyEvent, RefusedPipeline, ProgressEvent, FindingsEvent, DoneEvent>;

// One line without its end. invalid_input: not a message of the protocol; the text names the member, never its value.
Result<WorkerEvent> parse_event(std::string_view line);

std::string run_line(const flow::WorkerOrder& order);  // with its end

}  // namespace inferad::workers
