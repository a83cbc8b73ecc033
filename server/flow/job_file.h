// SPDX-License-Identifier: Apache-2.0
// job.json (config/schema/job.schema.json): what a worker is asked. Written once, before the first attempt; a later
// attempt finds it and asks the same, so that results come out the same, whatever was configured between; only the
// reports to supersede grow by that of a failure when an operator has the job tried again. A join that runs again has
// other inputs, and a folder of its own: results of its earlier run may still be on their way.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/base/result_encoding.h"
#include "server/base/result_kind.h"
#include "server/flow/candidates.h"
#include "server/store/ledger_types.h"
#include "server/store/spool.h"

namespace inferad::flow {

struct JobSite {
  std::string timezone_offset, device_serial, institution;
  std::vector<ResultKind> results = {ResultKind::seg, ResultKind::sr};  // to be written
  std::vector<ResultEncoding> encodings = {};                           // of segmentations, besides
  bool full_masks = false;                                              // a frame for each slice
};

std::string job_folder_name(const store::JobLease& lease);  // "17"; "17.2" of a join's second run

// `jobs`: the folder that holds a folder for each job.
std::string job_to_json(const store::JobLease& lease, std::span<const Candidate> series, const store::Spool& spool,
                        const JobSite& site, const std::filesystem::path& jobs);

// Makes the folder of the job and its job.json durable, unless they are there; then the predecessors are kept up. Job
// ids come again after the ledger's tail was lost: a folder of another job (id, pipeline, study, revision or images
// differ), or one without a readable job.json, is emptied first, so that results of two jobs never mix.
Status ensure_job_folder(const std::filesystem::path& folder, const store::JobLease& lease, const store::Spool& spool,
                         const JobSite& site);

}  // namespace inferad::flow
