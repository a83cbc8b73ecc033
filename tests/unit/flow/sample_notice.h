// SPDX-License-Identifier: Apache-2.0
// A decision as a pipeline asks for it, and the notice about it.
#pragma once

#include "server/flow/way.h"

namespace inferad::flow::testing {

inline PriorityDecision sample_decision(Level level = Level::stat) {
  PriorityDecision decision;
  decision.level = level;
  decision.reason = "Emphysema: LAA-950 31.2 % (threshold 25 %)";
  decision.pipeline = "ct-lung-density";
  decision.pipeline_version = "1.0.0";
  decision.model_sha256 = std::string(64, 'a');
  decision.score_name = "LAA-950 %";
  decision.score = 31.2;
  decision.threshold = 25;
  decision.decided_at = from_unix_ms(1'700'000'000'000);
  return decision;
}

inline Notice sample_notice(Level level = Level::stat) {
  Notice notice;
  notice.job.id = 42;
  notice.job.study_id = 17;
  notice.job.study_uid = "1.2.3";
  notice.job.pipeline = "ct-lung-density";
  notice.job.created_at = from_unix_ms(1'699'999'000'000);
  notice.decision = sample_decision(level);
  notice.study = {{"StudyInstanceUID", "1.2.3"},
                  {"AccessionNumber", "A\"1"},
                  {"PatientName", "Äsop^Jürgen"},
                  {"PatientID", "4711"},
                  {"PatientBirthDate", "19500102"},
                  {"PatientSex", "M"},
                  {"Modality", "CT"},
                  {"StudyDescription", "Chest"},
                  {"StudyDate", "20261129"}};
  return notice;
}

}  // namespace inferad::flow::testing
