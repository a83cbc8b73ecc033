// SPDX-License-Identifier: Apache-2.0
// A reading task as the data set of a Unified Procedure Step: what we create at a peer, and what each study of our own
// list is to a peer. Attributes and types: PS3.4 table CC.2.5-3 (N-CREATE). Pure.
#pragma once

#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/core/data_set.h"
#include "server/core/order.h"
#include "server/core/views.h"

namespace inferad::worklist {

struct ReadingTask {
  std::string priority;  // HIGH, MEDIUM, LOW
  std::string worklist_label = "Reading", procedure_label = "Reading";
  DataSet workitem_code;  // one item
  WallTime start{};       // (0040,4005): when the study came
  bool ready = true;      // all images are there
  std::string study_uid, accession_number, study_description, requested_procedure_id, referring_physician;
  std::vector<OrderNumbers> orders;  // of the RIS; none: what the images say stands for the one order
  std::string patient_name, patient_id, issuer_of_patient_id, birth_date, sex;
  std::string comments;  // (0040,0400): why it is urgent; may be empty
};

// State SCHEDULED. Referenced Request Sequence has an item for each order. Every attribute of type 1 or 2 for N-CREATE
// is there.
DataSet reading_workitem(const ReadingTask& task);

// DT in UTC: "20261129171500.250+0000".
std::string dicom_date_time(WallTime time);

}  // namespace inferad::worklist
