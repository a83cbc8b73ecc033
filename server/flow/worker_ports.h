// SPDX-License-Identifier: Apache-2.0
// The seam between flow/ and the processes that analyse: implemented by workers/, faked by tests, joined in app/.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/base/result_kind.h"

namespace inferad::flow {

struct WorkerOrder {
  std::int64_t job_id = 0;
  std::string pipeline;
  std::filesystem::path folder;  // holds job.json; the worker writes findings.json and *.dcm into it
  std::chrono::seconds deadline{600};
  std::string failure = {};  // not empty: nothing is to be analysed, a report is to say that it failed for this
};

struct WorkerObject {
  std::string file;  // name in the job folder
  ResultKind kind = ResultKind::sr;
  std::optional<ResultKind> beside = {};  // of a report: the segmentation that it refers to
  std::string refused = {};               // why it failed its check; then there is no file
  bool operator==(const WorkerObject&) const = default;
};

struct WorkerResult {
  enum class Outcome { done, not_analysed, failed } outcome = Outcome::done;
  std::string reason;                 // for not_analysed and failed, without patient data
  std::vector<WorkerObject> objects;  // in the order to send them (SEG before SR)
};

// What a running job tells. Called on the thread that called run().
class JobObserver {
 public:
  virtual ~JobObserver() = default;
  virtual void progress(const std::string& stage, double fraction) = 0;
  // findings.json is durable. An error stops the job.
  virtual Status findings_ready() = 0;
};

// A worker process set aside for one order. Destroyed without run(), it waits for an order again.
class FreeWorker {
 public:
  virtual ~FreeWorker() = default;
  // Once: runs one job and waits for its end. Errc::model: the worker died or was killed at the deadline (the job may
  // be poison); Errc::cancelled: stop requested.
  virtual Result<WorkerResult> run(const WorkerOrder& order, JobObserver& observer, std::stop_token stop) = 0;
};

// Thread-safe. Outlives the workers it gives.
class WorkerHost {
 public:
  virtual ~WorkerHost() = default;
  // A worker that waits for an order; nullptr: none does now. Never waits for one to come up, but starts them if nobody
  // asked for one before.
  virtual std::unique_ptr<FreeWorker> claim() = 0;
  virtual bool ready() const = 0;  // every worker has loaded and warmed up its models
};

}  // namespace inferad::flow
