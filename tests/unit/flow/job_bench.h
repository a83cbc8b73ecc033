// SPDX-License-Identifier: Apache-2.0
// A node with two destinations and a worker that does as a test tells it.
#pragma once

#include "server/flow/job_run.h"
#include "tests/unit/flow/fake_worker.h"

namespace inferad::flow::testing {

struct JobBench {
  Node node;
  FakeWorkers workers;
  config::Settings settings;
  std::string serial = "0123456789ABCDEF";
  std::stop_source stop;

  JobBench() {
    settings.data_folder = node.folder.path();
    settings.results.push_back({"pacs"});
    settings.results.push_back({"archive", {{ResultKind::sr}}});
    config::Hl7Destination ris;
    ris.name = "ris";
    settings.hl7.push_back(ris);
  }
  // One attempt at the most urgent job that is due `later`; false: none was.
  bool attempt(Millis later = Millis(0)) {
    const auto lease = must(node.ledger->lease_job(wall_now() + later));
    if (!lease) return false;
    const auto parts = this->parts();
    JobRun(parts, settings, serial, *lease, stop.get_token()).run(*workers.claim());
    return true;
  }
  JobParts parts() { return {*node.ledger, *node.spool, node.reader, node.bells, node.metrics, node.changed()}; }
  static Result<WorkerResult> die(const WorkerOrder&, JobObserver&, const std::stop_token&) {
    return Error{Errc::model, "the worker died: signal 11"};
  }
  std::vector<std::string> sent(std::int64_t study) {
    std::vector<std::string> out;
    for (const auto& each : node.detail(study).deliveries) out.push_back(each.destination + " " + each.kind);
    return out;
  }
};

}  // namespace inferad::flow::testing
