// SPDX-License-Identifier: Apache-2.0
// What goes into the ledger and comes out of it, as plain values. Ids are the ledger's own numbers, never 0.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/core/feedback.h"
#include "server/core/instance.h"
#include "server/core/order.h"
#include "server/core/priority.h"
#include "server/core/reading.h"
#include "server/core/views.h"
#include "server/store/delivery_types.h"

namespace inferad::store {

inline constexpr int kListedMax = 5000;  // studies on the worklist
// ---- clerk ----------------------------------------------------------------------------------------------------------

struct Recorded {
  std::int64_t study_id = 0;
  Disposition disposition = Disposition::current;  // duplicate_identical: the caller removes the spool file
  int revision_open = 0;                           // the revision this study collects for now; 0: it is closed
  bool reopened = false;                           // this image came after completion and opened the study again
};

// A study that collects images: its next complete_study makes revision + 1.
struct OpenStudy {
  std::int64_t id = 0;
  std::string study_uid, calling_ae;  // AE of the first image
  WallTime first_image_at{}, last_image_at{};
  int instances = 0;  // current images of all revisions
  int revision = 0;   // completed ones so far
};

struct ContentInstance {
  std::int64_t spool_id = 0;
  std::string instance_uid, sop_class_uid, transfer_syntax_uid;
  int frames = 1;
  Attributes attributes;
};

struct ContentSeries {
  std::string uid, modality;
  std::vector<ContentInstance> instances;  // current images, by spool id
};

struct StudyContent {
  std::int64_t id = 0;
  std::string study_uid, calling_ae;
  WallTime first_image_at{}, last_image_at{};
  int revision = 0;  // completed ones so far
  bool open = false;
  Level order_level = Level::routine;
  std::vector<ContentSeries> series;  // those with at least one current image, in order of arrival
};

struct NewJob {
  std::string pipeline;
  std::string series_json;  // ordered candidate series (uid and spool ids); opaque to the ledger
  bool joins = false;       // runs when the other jobs of the revision, which do not, have ended
};

struct ExcludedSeries {
  std::string uid, why;  // why: shown to people, without patient data
};

// The router's verdict on a complete study. Either jobs, or the state a reader sees instead of them.
struct StudyComplete {
  std::int64_t study_id = 0;
  std::string reason;                   // why the study counts as complete: "count reported by PACS (120 of 120)"
  std::string rule;                     // the rule that took it
  std::vector<NewJob> jobs;             // at most one for a pipeline
  std::optional<AiState> without_jobs;  // not_applicable or not_analysed; set exactly when jobs is empty
  std::string without_jobs_reason;
  std::vector<ExcludedSeries> excluded;  // replaces those of the revision before
};

// ---- dispatcher -----------------------------------------------------------------------------------------------------

// A job of the same revision that has ended, for one that joins.
struct EndedJob {
  std::int64_t id = 0;
  std::string pipeline;
  std::string reason;     // why it ended without findings; may be empty
  bool findings = false;  // they were recorded
};

// A report that a job made, whether or not anybody gets it.
struct Report {
  std::string kind, sop_instance_uid;  // kind: base/result_kind.h
  bool operator==(const Report&) const = default;
};

struct JobLease {
  std::int64_t id = 0, study_id = 0;
  std::string study_uid, pipeline, series_json;
  int revision = 1;
  int run = 1;                       // of a join that runs again, since an input was tried again
  int attempts = 1;                  // this one included
  bool findings_recorded = false;    // by an earlier attempt: record_findings will change nothing
  WallTime created_at{};             // the same at every attempt
  std::vector<Report> predecessors;  // of its latest earlier revision that made any, and of its own earlier runs
  std::vector<EndedJob> inputs;      // of a job that joins
  std::string failure;               // not empty: it has failed for this, and a report is to say so
};

// ---- reading --------------------------------------------------------------------------------------------------------

// Of the latest results of one pipeline: how many, and how many asked for more urgency than the order.
struct RaiseRate {
  int results = 0, raises = 0;
  bool held = false;  // its raises are recorded and not applied
};

// ---- orders ---------------------------------------------------------------------------------------------------------

struct ReceivedMessage {
  std::string sender, control_id;  // MSH-3 and MSH-4; MSH-10
  std::string digest;              // of what it says: another one under the same control id is another message
};

struct OrderEffect {
  bool repeated = false;              // it was taken before
  std::vector<std::int64_t> studies;  // that look different now
};

// ---- metrics and status ---------------------------------------------------------------------------------------------

struct LedgerCounts {
  int open_studies = 0;
  int orders_waiting = 0;       // have no study yet
  int orders_joined = 0;        // pairs of an order and a study
  int orders_mismatched = 0;    // pairs that would be, were patient or study the same
  std::map<AiState, int> jobs;  // pending, running, failed: all but those that pile up
  struct Outbox {
    int waiting = 0, sending = 0, parked = 0;
    std::optional<WallTime> oldest_at;  // creation of the oldest one not delivered
  };
  std::map<std::string, Outbox> outbox;  // by destination; only those with something undelivered
};

}  // namespace inferad::store
