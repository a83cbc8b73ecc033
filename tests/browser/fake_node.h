// SPDX-License-Identifier: Apache-2.0
// A node made of made-up studies for the page tests: every state, odd names, thousands of rows, and switches that the
// test turns while a page is open. Thread-safe.
#pragma once

#include <mutex>
#include <string>

#include "server/web/node_view.h"
#include "server/worklist/policy.h"

namespace inferad::web {

class FakeNode final : public NodeView {
 public:
  // "normal", "empty", "many" (5,000), "critical" (not acknowledged), "odd" (hostile, right-to-left, CJK, long),
  // "error" (the ledger fails), "quiet"
  void play(const std::string& scene);
  // Adds a STAT study on top; raises study `id` to HIGH. Both give the id to announce.
  std::int64_t add_stat();
  std::int64_t raise(std::int64_t id);

  Result<std::shared_ptr<const ReadingList>> worklist() override;
  std::array<Millis, 4> reading_targets() override {
    return worklist::PolicySettings::targets_of(std::chrono::hours(4));
  }
  Status start_reading(std::int64_t study, const std::string& reader) override;
  Status release_reading(std::int64_t study) override;
  Status acknowledge(std::int64_t study, const std::string& reader) override;
  Result<std::vector<ReadingRecord>> readings(int) override { return std::vector<ReadingRecord>(); }
  Result<StudyDetail> study(std::int64_t id) override;
  Result<std::vector<JobView>> jobs() override;
  Result<std::vector<DeliveryView>> deliveries() override;
  Status retry_job(std::int64_t id) override;
  Status retry_delivery(std::int64_t id) override;
  NodeStatus status() override;
  std::vector<PeerView> peers() override;
  std::vector<RuleView> rules() override;
  std::vector<ModelView> models() override;
  Result<std::int64_t> give_feedback(const Feedback& said) override;
  Result<std::vector<Feedback>> feedback(std::int64_t study) override;
  Result<std::string> pictures(std::int64_t study, std::int64_t job) override;
  Result<std::string> picture(std::int64_t study, std::int64_t job, const std::string& name) override;
  Result<Evidence> evidence(int days) override;
  Result<int> take_report(const ReportNews&) override { return 1; }
  Result<std::string> card(const std::string& pipeline) override;
  std::string metrics_text() override { return "# HELP demo_up Always 1\n# TYPE demo_up gauge\ndemo_up 1\n"; }

 private:
  std::mutex mutex_;
  std::string scene_ = "normal";
  std::vector<WorklistEntry> entries_;
  std::vector<JobView> jobs_;
  std::vector<DeliveryView> deliveries_;
  std::vector<Feedback> feedback_;
};

}  // namespace inferad::web
