// SPDX-License-Identifier: Apache-2.0
// What the pages and the API see of the running node: ledger, workers and configuration joined. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "server/app/evidence_source.h"
#include "server/app/live_configuration.h"
#include "server/flow/ports.h"
#include "server/flow/reading_list.h"
#include "server/store/ledger.h"
#include "server/store/spool.h"
#include "server/telemetry/metrics.h"
#include "server/web/node_view.h"
#include "server/workers/process_host.h"

namespace inferad::app {

// Everything outlives the view.
struct NodeParts {
  const LiveConfiguration& configuration;
  store::Ledger& ledger;
  store::Spool& spool;
  Metrics& metrics;
  workers::ProcessHost& workers;
  std::function<void()> refresh_gauges;             // of the edges: associations, connections; may be empty
  std::function<void()> jobs_changed;               // a job became pending: rings the dispatcher
  std::function<void()> deliveries_changed;         // a delivery became due: rings the outbox
  std::function<void(std::int64_t)> study_changed;  // for whoever looks at a page; may be empty
};

class LiveNodeView final : public web::NodeView {
 public:
  explicit LiveNodeView(NodeParts parts)
      : parts_(std::move(parts)), started_at_(wall_now()), evidence_(parts_.ledger) {}

  Result<std::shared_ptr<const ReadingList>> worklist() override;
  std::array<Millis, 4> reading_targets() override;
  Status start_reading(std::int64_t study, const std::string& reader) override;
  Status release_reading(std::int64_t study) override;
  Status acknowledge(std::int64_t study, const std::string& reader) override;
  Result<std::vector<ReadingRecord>> readings(int days) override;
  Result<StudyDetail> study(std::int64_t id) override;
  Result<std::vector<JobView>> jobs() override;
  Result<std::vector<DeliveryView>> deliveries() override;
  Status retry_job(std::int64_t id) override;
  Status retry_delivery(std::int64_t id) override;
  web::NodeStatus status() override;
  std::vector<web::PeerView> peers() override;
  std::vector<web::RuleView> rules() override;
  std::vector<web::ModelView> models() override;
  Result<std::int64_t> give_feedback(const Feedback& said) override;
  Result<std::vector<Feedback>> feedback(std::int64_t study) override;
  Result<std::string> pictures(std::int64_t study, std::int64_t job) override;
  Result<std::string> picture(std::int64_t study, std::int64_t job, const std::string& name) override;
  Result<Evidence> evidence(int days) override;
  Result<int> take_report(const ReportNews& news) override;
  Result<std::string> card(const std::string& pipeline) override;
  std::string metrics_text() override;

  void drain() { draining_ = true; }  // not ready from now on

 private:
  Result<std::shared_ptr<const flow::OrderedList>> ordered_list();
  void refresh(const store::LedgerCounts& counts);
  std::string held_text(const std::string& pipeline);  // "" unless its raises are held

  NodeParts parts_;
  const WallTime started_at_;
  std::atomic<bool> draining_ = false;
  EvidenceSource evidence_;

  // The list of the last time, and what it was made of: the same as long as all of that is.
  std::mutex list_mutex_;
  std::shared_ptr<const flow::OrderedList> list_;
  std::shared_ptr<const StudiesOnList> list_studies_;
  std::shared_ptr<const config::Configuration> list_configuration_;
  std::optional<int> list_starts_;
};

}  // namespace inferad::app
