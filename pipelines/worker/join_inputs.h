// SPDX-License-Identifier: Apache-2.0
// What other pipelines said about the study of a job, from their files.
#pragma once

#include <vector>

#include "pipelines/engine/join.h"
#include "pipelines/findings/job.h"
#include "server/base/result.h"

namespace inferad::worker {

// Errc::invalid_input: a file is no findings.json of this study and revision, or of the pipeline that job.json names.
Result<std::vector<engine::JoinInput>> read_join_inputs(const findings::Job& job);

}  // namespace inferad::worker
