// SPDX-License-Identifier: Apache-2.0
// A workitem as peers see it: the attributes of PS3.4 table CC.2.5-3, made from the study or the job, with what peers
// have created and set. Never with a Transaction UID. Pure.
#pragma once

#include "server/core/order.h"
#include "server/core/views.h"
#include "server/store/workitems.h"

namespace inferad::flow {

struct ResultReference {
  std::string series_uid, sop_class_uid, sop_instance_uid;
};

struct WorkitemFacts {
  WorklistEntry study;
  std::vector<OrderNumbers> orders;      // of the study
  std::optional<JobView> job;            // of an analysis
  std::vector<ResultReference> results;  // of that job
  std::string our_ae_title;
};

DataSet render(const store::Workitem& item, const WorkitemFacts& facts);

}  // namespace inferad::flow
