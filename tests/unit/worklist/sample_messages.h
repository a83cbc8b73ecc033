// SPDX-License-Identifier: Apache-2.0
// The same priority message for the golden texts and for the second parser; names from an attacker's keyboard.
#pragma once

#include "server/worklist/hl7_message.h"

namespace inferad::worklist {

inline PriorityMessage sample_message(Level level = Level::stat) {
  PriorityMessage message;
  message.control_id = "17-1-HL7";
  message.created_at = from_unix_ms(1'795'597'200'000);  // 2026-11-25T09:00:00Z
  message.decision.level = level;
  message.decision.reason = "Emphysema: LAA-950 31.2 % (threshold 25 %)";
  message.decision.pipeline = "ct-lung-density";
  message.decision.pipeline_version = "1.0.0";
  message.decision.score_name = "LAA-950 %";
  message.decision.score = 31.2;
  message.decision.threshold = 25;
  message.decision.model_sha256 = std::string(64, 'a');
  message.finding = {"87433001", "SCT", "Pulmonary emphysema"};
  message.study = {{"PatientName", "Doe^Jane^Q^Dr^PhD=X^Y"},
                   {"PatientID", "P1"},
                   {"IssuerOfPatientID", "HOSP"},
                   {"PatientBirthDate", "19700101"},
                   {"PatientSex", "F"},
                   {"AccessionNumber", "ACC1"},
                   {"StudyID", "RP1"},
                   {"StudyInstanceUID", "2.25.4001"},
                   {"StudyDescription", "CT chest"},
                   {"Modality", "CT"},
                   {"PlacerOrderNumberImagingServiceRequest", "PL1"},
                   {"FillerOrderNumberImagingServiceRequest", "FI1"}};
  return message;
}

inline PriorityMessage hostile_message() {
  PriorityMessage message = sample_message(Level::high);
  message.study["PatientName"] = "O'Neil|&~^Sean\\F\\\rMSH|^~\\&|EVIL\nZZZ|1";
  message.study["PatientID"] =
      "\x1C\r\x0B"
      "1\xFF\x00\x7F"
      "2";
  message.study["StudyDescription"] = "CT \xE8\x83\xB8\xE9\x83\xA8 \xE2\x80\xA8NTE|1||\xC2\x85OBR|1";
  message.finding.meaning = "A|B^C~D\\E&F\rOBX|9";
  message.decision.reason = std::string(900, '~') + "\xC3\x84";
  return message;
}

}  // namespace inferad::worklist
