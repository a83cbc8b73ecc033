// SPDX-License-Identifier: Apache-2.0
// One job from folder to folder: job.json in; findings.json, then the results it asks for. The same job.json and the
// same images give the same bytes. Writes nothing outside the folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/engine/engine.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/job.h"
#include "pipelines/results/results.h"
#include "server/base/result.h"

namespace inferad::worker {

struct JobEvents {
  std::function<void(std::string_view stage, double fraction)> progress;  // load, prepare, infer, measure, write
  std::function<void()> findings_ready;                                   // findings.json is durable
};

struct JobResult {
  findings::Outcome outcome = findings::Outcome::analysed;
  std::string reason;                        // for not_analysed: one sentence, no patient data
  std::vector<results::ResultFile> objects;  // in the folder, in the order to send them
};

class JobRunner {
 public:
  // The engine must outlive the runner. One job at a time.
  JobRunner(engine::Engine& engine, int threads) : engine_(engine), threads_(threads) {}

  // Analyses the first of the job's series that loads and is eligible; when there is none, reports why not for the
  // first (the router's best choice). An error means that nothing can be said about the study: the job failed.
  Result<JobResult> run(const std::filesystem::path& folder, const JobEvents& events);

  // Nothing is analysed: the reports that job.json asks for say that the analysis failed for `reason` (one sentence, no
  // patient data). Reads headers only, runs no model; findings.json stays as it is.
  Result<JobResult> report_failure(const std::filesystem::path& folder, const std::string& reason);

 private:
  engine::Engine& engine_;
  int threads_;
};

}  // namespace inferad::worker
