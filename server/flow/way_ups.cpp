// SPDX-License-Identifier: Apache-2.0
// The priority of a reading task at a UPS worklist (PS3.4 Annex CC).
#include <fmt/format.h>

#include "server/base/hash.h"
#include "server/core/ups.h"
#include "server/flow/outbox.h"
#include "server/flow/ups_channel.h"
#include "server/flow/way.h"
#include "server/worklist/reading_task.h"

namespace inferad::flow {
namespace {

worklist::ReadingTask task_of(const Notice& notice, const config::UpsDestination& destination) {
  const auto& job = notice.job;
  const auto& decision = notice.decision;
  const auto text = [&](std::string_view keyword) { return std::string(attribute(notice.study, keyword)); };
  worklist::ReadingTask task;
  task.priority = destination.priorities[static_cast<std::size_t>(decision.level)];
  task.worklist_label = destination.worklist_label;
  task.procedure_label = destination.procedure_label;
  const auto& code = destination.workitem_code;
  task.workitem_code = code_item(code.value, code.scheme, code.meaning);
  task.start = job.created_at;
  task.study_uid = job.study_uid;
  task.accession_number = text("AccessionNumber");
  task.orders = notice.orders;
  task.study_description = text("StudyDescription");
  task.requested_procedure_id = text("RequestedProcedureID");
  task.referring_physician = text("ReferringPhysicianName");
  task.patient_name = text("PatientName");
  task.patient_id = text("PatientID");
  task.issuer_of_patient_id = text("IssuerOfPatientID");
  task.birth_date = text("PatientBirthDate");
  task.sex = text("PatientSex");
  task.comments = fmt::format("AI: {} ({} {})", decision.reason, decision.pipeline, decision.pipeline_version);
  return task;
}

class UpsWay final : public Way {
 public:
  UpsWay(config::UpsDestination destination, DicomPeer peer)
      : destination_(std::move(destination)), peer_(std::move(peer)) {}

  const std::string& name() const override { return destination_.name; }
  std::string address() const override { return "worklist of " + peer_.name; }
  bool wants(const Notice& notice) const override { return notice.decision.level <= destination_.least_level; }
  // The task as N-CREATE would have it, under a UID of the study.
  store::NewDelivery message(const Notice& notice) const override {
    store::NewDelivery delivery;
    delivery.destination = destination_.name;
    delivery.kind = "UPS";
    delivery.sop_class_uid = ups::push;
    delivery.sop_instance_uid = derive_uid(fmt::format("reading task|{}|{}", notice.job.study_uid, destination_.name));
    delivery.message = data_set_to_json(worklist::reading_workitem(task_of(notice, destination_)));
    return delivery;
  }
  std::unique_ptr<Channel> channel(const Edges& edges, Metrics&) const override {
    INFERAD_CHECK(edges.dimse != nullptr);
    return make_ups_channel(*edges.dimse, peer_, destination_);
  }

 private:
  const config::UpsDestination destination_;
  const DicomPeer peer_;
};

}  // namespace

void add_ups_ways(const config::Settings& settings, Ways& ways) {
  for (const auto& each : settings.ups)
    if (const auto* peer = settings.peer(each.peer))
      ways.push_back(std::make_unique<UpsWay>(each, dicom_peer(*peer, settings.ae_title)));
}

}  // namespace inferad::flow
