// SPDX-License-Identifier: Apache-2.0
// The ledger: every fact of the node except the bytes. SQLite in WAL mode with synchronous=FULL; one transaction a
// method, durable when the method returns ok, not there at all when it returns an error (io: disk full or failing;
// refused: not in a state that allows it; not_found: no such id). Thread-safe: one connection for writing behind a
// mutex, one for the views, which see a consistent snapshot and never wait for a writer. `now` is the caller's wall
// clock. After a crash the ledger may lack the tail that was not yet committed; the spool is the proof of what was
// received (unrecorded()), and result UIDs are derived: doing a step again is harmless. Format: README.md.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/store/ledger_types.h"

namespace inferad::store {

class Ledger {
 public:
  // Creates or migrates the file. refused: written by a newer version. io: damaged, or the disk says no.
  // The caller holds the lock of the data folder (Spool::open).
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& file);
  ~Ledger();

  // Far above what power cuts and restarts add up to in one job: those must not cost a study its result.
  static constexpr int kNodeDeathsMax = 5;
  // Start-up: sending deliveries → waiting; running jobs → pending, their attempt not counted but that the node died
  // with them: at kNodeDeathsMax such a job ends as failed. Gives how many did. A failure report in the making is lost.
  Result<int> recover(WallTime now);

  // ---- clerk ----
  // One entry an instance, in order. Idempotent by spool id: a second call gives the same study and disposition and
  // changes nothing. The same SOP Instance UID within one study: same data_sha256 → duplicate_identical (counted, no
  // row: the caller removes the file afterwards), other → duplicate_conflict (kept, flagged, never processed).
  // The first image (see image_classes.h) opens the study; an image after completion opens it again. Objects that are
  // no images, and our own results, are kept but open nothing. Batches of some hundred cost one sync together.
  // invalid_input: a spool number came again with other bytes.
  Result<std::vector<Recorded>> record_instances(std::span<const ReceivedInstance> instances);
  // Those of `spool_ids` the ledger has no row for, in the given order.
  Result<std::vector<std::int64_t>> unrecorded(std::span<const std::int64_t> spool_ids);
  Result<std::vector<OpenStudy>> open_studies();
  Result<StudyContent> study_content(std::int64_t study_id);
  // Closes the study as revision n+1, creates its jobs, and writes history. Returns the revision. refused when the
  // study is not open. Jobs of earlier revisions that never started, of the same pipeline, end as superseded.
  Result<int> complete_study(const StudyComplete& complete, WallTime now);

  // ---- dispatcher ----
  Result<bool> job_waits(WallTime now);  // lease_job would give one; a snapshot, never waits for a writer
  // pending → running: the most urgent study first (level, then arrival), then the oldest job. A pipeline's revisions
  // run one after the other; a job with which the node died runs alone, so that no other is blamed. Reports of failures
  // that are due go first: they take no model. nullopt: nothing now.
  Result<std::optional<JobLease>> lease_job(WallTime now);
  Status set_pipeline_version(std::int64_t job_id, const std::string& version);
  // For the views only: kept in memory, gone after a restart.
  void set_progress(std::int64_t job_id, const std::string& stage, double fraction);
  // Findings and the level they ask for, before the result objects exist. True: that level is more urgent than the
  // study's, which it becomes, and `messages` about it are queued; else nobody is told, nor when reading is finished. A
  // second call for the same job changes nothing and gives false. `held_because` not empty: the decision is recorded
  // with these words and not applied, when it would raise the study. `critical`: somebody has to acknowledge it.
  Result<bool> record_findings(std::int64_t job_id, const std::string& findings_json,
                               const std::optional<PriorityDecision>& decision, std::span<const NewDelivery> messages,
                               WallTime now, const std::string& held_because = "", bool critical = false);
  // Of the latest `results` studies that the pipeline analysed.
  Result<RaiseRate> raise_rate(const std::string& pipeline, int results);
  Status set_hold(const std::string& pipeline, bool held, WallTime now);
  // outcome: done, not_analysed or failed. The end of the job and its deliveries, in the order to send them.
  // `reports`: those it made, also those that nobody gets; a later revision names them as predecessors.
  // A second call changes nothing.
  Status finish_job(std::int64_t job_id, AiState outcome, const std::string& reason,
                    std::span<const NewDelivery> deliveries, WallTime now, const std::vector<Report>& reports = {});
  // finish_job without deliveries; lease_job then gives it once more, with `failure`, so that a report says so.
  Status fail_job(std::int64_t job_id, const std::string& reason, WallTime now);
  // The end of that: what was made, which may be nothing. Changes nothing when the job is tried again by now.
  Status failure_reported(std::int64_t job_id, std::span<const NewDelivery> deliveries,
                          const std::vector<Report>& reports, WallTime now);
  Status return_failure_report(std::int64_t job_id);  // not made: lease_job gives it again
  // running → pending. Without count_attempt the attempt is forgotten (shutdown). Not leased again before `not_before`.
  Status return_job(std::int64_t job_id, bool count_attempt = false, std::optional<WallTime> not_before = {});
  // failed → pending as if never tried (an operator asked). refused: not failed, or a later revision exists.
  Status retry_job(std::int64_t job_id, WallTime now);

  // ---- outbox ----
  // waiting → sending: up to `max` due deliveries of one destination, most urgent study first. Order is kept within a
  // destination and study: one that waits or is being sent holds all later ones, a parked one objects of its own job;
  // so a batch may hold a SEG and its SR, in order. A due time more than an hour ahead counts as due (the clock was set
  // back).
  Result<std::vector<DeliveryLease>> lease_deliveries(const std::string& destination, WallTime now, int max);
  // Idempotent. `choice`: what was sent; 0 = the first wish, n = fallback n, which the delivery then is.
  Status delivered(std::int64_t delivery_id, WallTime now, std::size_t choice = 0);
  Status postpone(std::int64_t delivery_id, const std::string& error, WallTime next_attempt_at);  // back to waiting
  Status park(std::int64_t delivery_id, const std::string& error, WallTime now);
  Status release(std::int64_t delivery_id);                       // back to waiting, due as before, attempt not counted
  Status retry_delivery(std::int64_t delivery_id, WallTime now);  // parked → waiting, due now; waiting → due now
  // When lease_deliveries can have something: the earliest due time (0: at once); nullopt: nothing waits that is not
  // held. A snapshot: a long queue takes some time to look through, and no writer waits for it.
  Result<std::optional<WallTime>> next_due(const std::string& destination);

  // ---- reading ----
  // The study leaves the waiting list. `reader`: as the reader calls himself, may be empty. refused: it has started, or
  // its reading is finished.
  Status start_reading(std::int64_t study_id, const std::string& reader, WallTime now);
  Status release_reading(std::int64_t study_id, WallTime now);  // back to waiting; refused: it has not started
  // The report is final: the study leaves the reading list and keeps its page; what AI asks for later is recorded and
  // shown there, but no order is changed any more. `source`: who says so, for people, without patient data ("HL7
  // ORU^R01", "UPS completed by READ1"). A start need not have been recorded. A second call changes nothing.
  Status finish_reading(std::int64_t study_id, const std::string& source, WallTime now);
  // The report was withdrawn: the study is what it was before, waiting or being read. refused: it is not finished.
  Status reopen_reading(std::int64_t study_id, const std::string& source, WallTime now);
  // n of worklist/policy.h, never above reserve + 1: STAT starts since another level last went before waiting STAT;
  // `reserve` more while that never happened. nullopt: no start in the kStartsRecent before `now`.
  Result<std::optional<int>> stat_starts(int reserve, WallTime now);
  static constexpr std::chrono::hours kStartsRecent{7 * 24};
  // Arrivals and starts of the studies whose reading started after `since`, by arrival. No patient data.
  Result<std::vector<ReadingRecord>> readings(WallTime since);

  // ---- orders of the RIS ----
  // All that one message says, once: one that was taken before (same sender, control id and digest) changes nothing.
  // Images may come before or after. README.md: which order and which studies it means.
  Result<OrderEffect> take_orders(const ReceivedMessage& message, std::span<const OrderNews> orders, WallTime now);
  // Of those that joined and still wait to be read: neither cancelled nor reported; the oldest first.
  Result<std::vector<OrderNumbers>> order_numbers(std::int64_t study_id);

  // ---- feedback ----
  // What a reader says of a job's finding, durably; `at` and `superseded_by` are not looked at. Gives its id.
  Result<std::int64_t> add_feedback(const Feedback& feedback, WallTime now);
  Result<std::vector<Feedback>> feedback_of_study(std::int64_t study_id);  // oldest first
  Result<std::vector<Feedback>> feedback_since(WallTime since);            // of all studies, oldest first
  // -- views (core/views.h), unordered unless said; worklist: not finished; of more, who waits, then the latest --
  Result<int> unlisted(int studies_max = kListedMax);  // so many wait beyond these
  Result<std::vector<WorklistEntry>> worklist(int studies_max = kListedMax);
  Result<std::shared_ptr<const StudiesOnList>> listed();  // the same; reads what changed since (study_list.h)
  Result<std::optional<StudyDetail>> study_detail(std::int64_t study_id);
  Result<std::vector<JobView>> jobs(int jobs_max = 1000);                   // newest first
  Result<std::vector<DeliveryView>> deliveries(int deliveries_max = 1000);  // undelivered first, then newest first
  Result<LedgerCounts> counts();                                            // quick, however long the ledger is
  Result<std::map<std::string, std::int64_t>> studies_by_rule();
  struct Impl;                  // sources of this folder only
  friend class EvidenceLedger;  // evidence.h
  friend class Workitems;
  friend class CriticalLedger;  // criticals.h
 private:
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferad::store
