// SPDX-License-Identifier: Apache-2.0
// job.json: what the node asks of a worker (schema: config/schema/job.schema.json). Written once by the node, durable
// before the job starts; everything a result depends on is in it, so a second run after a crash makes the same bytes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/findings/findings.h"
#include "server/base/result.h"
#include "server/base/result_encoding.h"
#include "server/base/result_kind.h"

namespace inferad::findings {

struct JobSeries {
  std::string uid;
  std::vector<std::filesystem::path> files;  // DICOM Part 10, absolute; any order
};

// What another pipeline said about the same revision of the study.
struct JobInput {
  std::string pipeline;
  std::filesystem::path findings;  // findings.json, absolute; empty: it ended without
  std::string reason;              // then: why
};

// A report of the revision before, which this one supersedes.
struct Predecessor {
  ResultKind kind = ResultKind::sr;
  std::string sop_instance_uid;
};

struct Job {
  std::string id;        // our number as text
  std::string pipeline;  // folder name in pipelines/catalog
  std::string study_uid;
  int revision = 1;
  std::vector<Predecessor> predecessors;
  std::vector<JobSeries> series;                                        // candidates the router chose, best first
  std::vector<JobInput> inputs;                                         // for pipelines that join
  std::vector<ResultKind> results = {ResultKind::seg, ResultKind::sr};  // to be written, as far as the study gives them
  std::vector<ResultEncoding> encodings = {};  // of segmentations, to be written besides Explicit VR Little Endian
  bool full_masks = false;                     // segmentations have a frame for each slice, also without a voxel
  std::string created_at;                      // ISO 8601 UTC; the only source of time for results
  std::string timezone_offset;                 // "+0100", for (0008,0201); "" = UTC "+0000"
  std::string device_serial;                   // installation id, for (0018,1000)
  std::string institution;                     // "" = copy from the source
};

// What every report of the job begins with: outcome analysed, nothing found yet. `series_uid` is "" when no series
// suited.
Findings begin_report(const Job& job, std::string pipeline_version, std::string series_uid, Algorithm algorithm);

std::string to_json(const Job& job);
Result<Job> job_from_json(std::string_view text);

}  // namespace inferad::findings
