// SPDX-License-Identifier: Apache-2.0
// What people see of the node, as plain values: the ledger fills them, the API and the pages show them. These values
// hold patient data: they go to the authenticated API and the pages, never to a log or a metric.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/core/priority.h"

namespace inferad {

// The state of AI for one study, in the words of the pages. Every routed study ends in one that a reader can see.
enum class AiState {
  receiving,  // images are still coming
  pending,    // complete, waits for a worker
  running,
  done,            // analysed; findings are there
  not_analysed,    // a pipeline looked and declined: reason says why
  not_applicable,  // no rule asks for analysis of this study: reason says which rule said so
  failed,          // tried and failed for good: reason, needs a human
};
std::string_view to_string(AiState state);  // "receiving", "pending", …, "not_analysed", "not_applicable", "failed"

// One pipeline's work on one revision of one study.
struct JobView {
  std::int64_t id = 0;
  std::int64_t study_id = 0;
  std::string pipeline, pipeline_version;
  int revision = 1;
  AiState state = AiState::pending;
  std::string stage;          // "load", "infer", … while running
  double progress = 0;        // 0..1 while running
  std::string reason;         // for not_analysed, not_applicable, failed
  std::string findings_json;  // the findings.json of the job; empty before
  int attempts = 0;
  std::optional<WallTime> created_at, started_at, findings_at, finished_at;
};

enum class DeliveryState { waiting, sending, delivered, parked };
std::string_view to_string(DeliveryState state);

struct DeliveryView {
  std::int64_t id = 0, study_id = 0, job_id = 0;
  std::string destination;  // name in the configuration
  std::string kind;         // "SEG", "SR", "HL7"
  DeliveryState state = DeliveryState::waiting;
  int attempts = 0;
  std::string last_error;
  std::optional<WallTime> created_at, next_attempt_at, delivered_at;
};

struct WorklistEntry {
  std::int64_t id = 0;  // our study id; what URLs carry
  std::string study_uid, patient_name, patient_id, birth_date, sex, age, accession_number;
  std::string modality, body_part, study_description, study_date, study_time, institution, referring_physician;
  int instances = 0, series = 0;
  WallTime arrived_at{};  // first image
  std::optional<WallTime> last_image_at, complete_at;
  std::string complete_reason;  // "count reported by PACS (120 of 120)", "geometry contiguous", "quiet for 10 s", …
  int revision = 0;
  Level order_level = Level::routine;
  Level level = Level::routine;             // what the list is ordered by
  std::vector<PriorityDecision> decisions;  // newest last; empty = AI raised nothing
  AiState ai_state = AiState::receiving;
  std::string ai_reason;  // one line for the reader: the raising finding, or why AI did not run
  double progress = 0;
  std::string rule;  // the routing rule that took the study

  // Its orders, when the RIS sent any.
  std::string patient_location, placer_order_number, filler_order_number;
  std::string order_note;  // what a reader should know: cancelled; one that did not join; "" = nothing

  // Findings that somebody has to acknowledge.
  std::optional<WallTime> critical_since;  // the oldest that nobody has acknowledged
  int critical_steps = 0;                  // of its escalation, made so far
  std::optional<WallTime> acknowledged_at;
  std::string acknowledged_by;  // as the reader gave it; may be empty

  // Reading: it is finished (the study is on no list), or it has started, or the study waits.
  std::optional<WallTime> reading_finished_at;
  std::string reading_finished_by;  // who said that the report is final
  std::optional<WallTime> reading_started_at;
  std::string reading_by;  // as the reader gave it; may be empty
  bool operator==(const WorklistEntry&) const = default;
};
using StudiesOnList = std::vector<std::shared_ptr<const WorklistEntry>>;

// Everybody's list at one moment.
struct ReadingList {
  StudiesOnList entries;            // those that wait, in reading order; then those being read, the latest first
  std::size_t waiting = 0;          // so many wait
  int unlisted = 0;                 // so many more wait, their images older than those of all here
  std::array<Millis, 4> targets{};  // from arrival to start of reading: STAT, HIGH, ROUTINE, LOW
  bool starts_recorded = false;     // somebody keeps the list: reading starts were recorded lately
};

// Where one study stands on it.
struct ReadingPlace {
  int position = 0;                     // 1 is read next; 0 when reading has started or is finished
  std::optional<WallTime> deadline_at;  // by which reading should start
  std::string reason;                   // why it stands there, in words
};

struct StudyDetail {
  WorklistEntry entry;
  ReadingPlace place;
  std::vector<JobView> jobs;
  std::vector<DeliveryView> deliveries;
  struct Series {
    std::string uid, modality, description;
    int instances = 0;
    std::string excluded_because;
  };
  std::vector<Series> series;
  struct Event {
    WallTime at{};
    std::string what;
  };
  std::vector<Event> history;  // received, complete, routed, started, findings, priority, sent …
};

}  // namespace inferad
