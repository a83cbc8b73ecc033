// SPDX-License-Identifier: Apache-2.0
// What the pages and the API need from the node. app/ implements it over the ledger and the configuration; tests fake
// it. Every method is called on HTTP threads, several at a time, and should answer from the ledger within milliseconds.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/core/evidence.h"
#include "server/core/feedback.h"
#include "server/core/reading.h"
#include "server/core/views.h"

namespace inferad::web {

// The node at a glance: "is anything stuck, and where?"
struct NodeStatus {
  std::string version, ae_title;
  std::string viewer_url;  // of the site's viewer, with {study_uid} and {accession}; "" = none
  WallTime started_at{};
  bool ready = true;                                        // accepts studies
  bool inference_ready = false;                             // every worker has loaded and warmed up its models
  std::string not_ready_because;                            // one sentence for people; empty when both are true
  int receiving = 0, pending = 0, running = 0, failed = 0;  // studies still arriving; jobs
  int waiting = 0, sending = 0, parked = 0;                 // deliveries
  std::optional<WallTime> oldest_waiting_at;                // of the deliveries not yet sent
  int workers = 0, workers_ready = 0;
  std::int64_t disk_free_bytes = -1, disk_total_bytes = -1;  // -1 = unknown
};

// Someone we talk with, from the configuration.
struct PeerView {
  std::string name;     // as in the configuration
  std::string role;     // "sends studies", "receives results", "receives messages", "counts images"
  std::string address;  // "ORTHANC @ 127.0.0.1:4242", "127.0.0.1:2575"
  int waiting = 0, parked = 0;
  std::optional<WallTime> last_success_at, last_failure_at;
  std::string last_error;
};

struct RuleView {
  std::string name;
  std::string when;          // conditions in words: "Modality is CT and BodyPartExamined is CHEST or THORAX"
  std::string then;          // "ct-lung-density", or why nothing runs: "no model is installed"
  std::int64_t studies = 0;  // how many it took
};

struct ModelView {
  std::string pipeline, pipeline_version, model, sha256;
  std::string state;   // "ready", "loading", "refused", "not_installed"
  std::string reason;  // for refused, and when the raises of a ready pipeline are held
};

class NodeView {
 public:
  virtual ~NodeView() = default;

  // The same object as long as nothing on it changes, and the same entry as long as that does not.
  virtual Result<std::shared_ptr<const ReadingList>> worklist() = 0;
  virtual std::array<Millis, 4> reading_targets() = 0;                              // as in ReadingList
  virtual Status start_reading(std::int64_t study, const std::string& reader) = 0;  // not_found, or refused: started
  virtual Status release_reading(std::int64_t study) = 0;                           // the same errors
  // Its critical findings; not_found, or refused: nothing waits.
  virtual Status acknowledge(std::int64_t study, const std::string& reader) = 0;
  virtual Result<std::vector<ReadingRecord>> readings(int days) = 0;  // of the last days, by arrival
  virtual Result<StudyDetail> study(std::int64_t id) = 0;             // not_found
  virtual Result<std::vector<JobView>> jobs() = 0;                    // failed first, then newest first; at most 1,000
  virtual Result<std::vector<DeliveryView>> deliveries() = 0;  // parked first, then oldest waiting; at most 1,000
  virtual Status retry_job(std::int64_t id) = 0;       // failed → pending; not_found, or refused when not failed
  virtual Status retry_delivery(std::int64_t id) = 0;  // parked → waiting; the same errors
  virtual NodeStatus status() = 0;
  virtual std::vector<PeerView> peers() = 0;
  virtual std::vector<RuleView> rules() = 0;
  virtual std::vector<ModelView> models() = 0;
  // What a reader says about an analysis (study_id, job_id, finding, opinion, reader, comment); gives its id.
  // not_found: no such study, analysis or finding; refused: the analysis has no result.
  virtual Result<std::int64_t> give_feedback(const Feedback& said) = 0;
  virtual Result<std::vector<Feedback>> feedback(std::int64_t study) = 0;  // oldest first; 0: of all studies
  // {"pictures": […]} of a job, and the PNG of that name. not_found: no such job of this study, or no such picture.
  virtual Result<std::string> pictures(std::int64_t study, std::int64_t job) = 0;
  virtual Result<std::string> picture(std::int64_t study, std::int64_t job, const std::string& name) = 0;
  virtual Result<Evidence> evidence(int days) = 0;  // 0: as many as configured; unavailable: it is being counted
  virtual Result<int> take_report(const ReportNews& news) = 0;        // gives how many studies; not_found
  virtual Result<std::string> card(const std::string& pipeline) = 0;  // flow/pipeline_card.h
  virtual std::string metrics_text() = 0;                             // Prometheus text format 0.0.4
};

}  // namespace inferad::web
