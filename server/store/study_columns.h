// SPDX-License-Identifier: Apache-2.0
// The columns of a study that the worklist shows, and the attributes of its first image they come from.
#pragma once

#include <string>
#include <string_view>

#include "server/core/views.h"

namespace inferad::store {

struct StudyColumn {
  std::string_view keyword;
  std::string WorklistEntry::*field;
};

// In the order of the columns patient_name … referring_physician of table study.
inline constexpr StudyColumn kStudyColumns[] = {
    {"PatientName", &WorklistEntry::patient_name},
    {"PatientID", &WorklistEntry::patient_id},
    {"PatientBirthDate", &WorklistEntry::birth_date},
    {"PatientSex", &WorklistEntry::sex},
    {"PatientAge", &WorklistEntry::age},
    {"AccessionNumber", &WorklistEntry::accession_number},
    {"Modality", &WorklistEntry::modality},
    {"BodyPartExamined", &WorklistEntry::body_part},
    {"StudyDescription", &WorklistEntry::study_description},
    {"StudyDate", &WorklistEntry::study_date},
    {"StudyTime", &WorklistEntry::study_time},
    {"InstitutionName", &WorklistEntry::institution},
    {"ReferringPhysicianName", &WorklistEntry::referring_physician},
};

}  // namespace inferad::store
