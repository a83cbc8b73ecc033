// SPDX-License-Identifier: Apache-2.0
// Workers without a process: they write findings and objects into the job folder as inferad-worker would, or do not.
#pragma once

#include "tests/unit/flow/flow_support.h"

namespace inferad::flow::testing {

inline const WorkerObject kSeg{"seg.dcm", ResultKind::seg}, kSr{"sr.dcm", ResultKind::sr};

struct FakeWorkers final : WorkerHost {
  using Script = std::function<Result<WorkerResult>(const WorkerOrder&, JobObserver&, const std::stop_token&)>;
  std::vector<Script> scripts;  // one a run, then good()
  Script failure_script;        // of reports of failures; none: they are made
  int runs = 0;                 // those not counted
  std::string level = "HIGH";   // of the findings; "" = no priority
  std::atomic<int> free = 1;    // that wait for an order

  std::unique_ptr<FreeWorker> claim() override {
    for (int now = free; now > 0;) {
      if (free.compare_exchange_weak(now, now - 1)) return std::make_unique<Claim>(*this);
    }
    return nullptr;
  }
  struct Claim final : FreeWorker {
    explicit Claim(FakeWorkers& all) : workers(all) {}
    ~Claim() override { ++workers.free; }
    Result<WorkerResult> run(const WorkerOrder& order, JobObserver& observer, std::stop_token stop) override {
      return workers.run(order, observer, stop);
    }
    FakeWorkers& workers;
  };

  Result<WorkerResult> run(const WorkerOrder& order, JobObserver& observer, const std::stop_token& stop) {
    if (!order.failure.empty()) return failure_script ? failure_script(order, observer, stop) : report_of(order);
    ++runs;
    if (scripts.empty()) return good(order, observer);
    auto script = std::move(scripts.front());
    scripts.erase(scripts.begin());
    return script(order, observer, stop);
  }
  bool ready() const override { return true; }

  static std::string member(const std::string& json, const std::string& name) {
    const auto at = json.find('"' + name + "\": \"") + name.size() + 5;
    return json.substr(at, json.find('"', at) - at);
  }
  static std::string job(const WorkerOrder& order) { return must(read_file(order.folder / "job.json", 1 << 20)); }

  std::string findings(const WorkerOrder& order, const std::string& outcome = "analysed") const {
    const auto text = job(order);
    const auto revision = text.substr(text.find("\"revision\": ") + 12, 1);
    const auto priority =
        level.empty() || outcome != "analysed"
            ? ""
            : fmt::format(R"(,"priority":{{"level":"{}","reason":"LAA-950 31 %","finding":"e","score_name":"LAA-950",)"
                          R"("score":31.2,"threshold":25}})",
                          level);
    return fmt::format(R"({{"job":"{}","pipeline":"{}","pipeline_version":"1.0","study_uid":"{}","revision":{},)"
                       R"("outcome":"{}","reason_text":"slice distance 7 mm","algorithm":{{"model_sha256":"ab"}}{}}})",
                       member(text, "id"), order.pipeline, member(text, "study_uid"), revision, outcome, priority);
  }

  Status tell_findings(const WorkerOrder& order, JobObserver& observer, const std::string& outcome = "analysed") const {
    observer.progress("infer", 0.5);
    must(write_file_durable(order.folder / "findings.json", findings(order, outcome)));
    return observer.findings_ready();
  }

  // The UIDs follow from job.json, as those of real results do.
  static void write_results(const WorkerOrder& order) {
    InstanceHeader h;
    h.study_uid = member(job(order), "study_uid");
    h.series_uid = derive_uid("series" + job(order));
    h.instance_uid = derive_uid("seg" + job(order));
    h.sop_class_uid = kSegClass;
    h.modality = "SEG";
    write_object(order.folder / "seg.dcm", h);
    h.instance_uid = derive_uid("sr" + job(order));
    h.sop_class_uid = kSrClass;
    h.modality = "SR";
    write_object(order.folder / "sr.dcm", h);
  }

  static std::string failure_uid(const WorkerOrder& order) {
    return derive_uid("failure" + order.failure + job(order));
  }
  // As inferad-worker reports a failure: no findings.json.
  static Result<WorkerResult> report_of(const WorkerOrder& order) {
    InstanceHeader h;
    h.study_uid = member(job(order), "study_uid");
    h.series_uid = derive_uid("failure series" + job(order));
    h.instance_uid = failure_uid(order);
    h.sop_class_uid = kSrClass;
    h.modality = "SR";
    write_object(order.folder / "sr-failed.dcm", h);
    return WorkerResult{WorkerResult::Outcome::failed, order.failure, {{"sr-failed.dcm", ResultKind::sr}}};
  }

  Result<WorkerResult> good(const WorkerOrder& order, JobObserver& observer) const {
    if (auto told = tell_findings(order, observer); !told) return told.error();
    write_results(order);
    return WorkerResult{WorkerResult::Outcome::done, "", {kSr, kSeg}};
  }
};

}  // namespace inferad::flow::testing
