// SPDX-License-Identifier: Apache-2.0
// What readers say about an analysis. Kept for good: a later word of the same reader on the same thing supersedes the
// earlier one, nothing is deleted. Reader and comment are typed by people: they go to the pages, never to a log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"

namespace inferad {

// none: a comment without a verdict, or a verdict taken back. Stored by number.
enum class Opinion { none = 0, agree = 1, disagree = 2 };
std::string_view to_string(Opinion opinion);  // "none", "agree", "disagree"

struct Feedback {
  std::int64_t id = 0, study_id = 0, job_id = 0;
  std::string finding;   // Finding::id in the job's findings.json; "" = the result as a whole
  std::string label;     // what that finding is called: "Pulmonary emphysema"; "" = the result as a whole
  std::string presence;  // what the pipeline said of it: "present", "absent", "indeterminate", "measured"; "" as above
  Opinion opinion = Opinion::none;
  std::string reader, comment;
  std::string pipeline, pipeline_version, model_sha256;
  WallTime at{};
  std::int64_t superseded_by = 0;  // the reader's next word on it; 0: this is what he thinks
};

}  // namespace inferad
