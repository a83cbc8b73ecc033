// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/reading_task.h"

#include "server/core/ups.h"

namespace inferad::worklist {
namespace {

DataSet request_of_images(const ReadingTask& task) {
  DataSet request;
  request.set(tag::study_uid, task.study_uid)
      .set(tag::accession_number, task.accession_number)
      .set(tag::requested_procedure_id, task.requested_procedure_id)
      .set(tag::requested_procedure_description, task.study_description)
      .set_items(tag::requested_procedure_codes, {});
  if (!task.referring_physician.empty()) request.set(tag::referring_physician, task.referring_physician);
  return request;
}

// The images may bear the numbers of another order than this one of several.
std::vector<DataSet> referenced_requests(const ReadingTask& task) {
  if (task.orders.empty()) return {request_of_images(task)};
  std::vector<DataSet> requests;
  for (const auto& order : task.orders) {
    auto& request = requests.emplace_back(request_of_images(task));
    if (task.orders.size() > 1 || !order.accession.empty()) request.set(tag::accession_number, order.accession);
    if (task.orders.size() > 1) request.set(tag::requested_procedure_id, "");
    if (!order.placer.empty()) request.set(tag::placer_order_number, order.placer);
    if (!order.filler.empty()) request.set(tag::filler_order_number, order.filler);
  }
  return requests;
}

// Where the images are is known to whoever reads: the study is named, not each instance.
DataSet input_information(const ReadingTask& task) {
  DataSet input;
  input.set(tag::type_of_instances, "DICOM").set(tag::study_uid, task.study_uid);
  return input;
}

}  // namespace

DataSet reading_workitem(const ReadingTask& task) {
  DataSet out;
  out.set(tag::transaction_uid, "")
      .set(tag::state, ups::to_string(ups::State::scheduled))
      .set(tag::priority, task.priority)
      .set(tag::step_label, task.procedure_label)
      .set(tag::worklist_label, task.worklist_label)
      .set(tag::start, dicom_date_time(task.start))
      .set(tag::readiness, task.ready ? "READY" : "INCOMPLETE")
      .set(tag::comments, task.comments)
      .set_items(tag::workitem_code, {task.workitem_code})
      .set_items(tag::parameters, {})
      .set_items(tag::station_name, {})
      .set_items(tag::station_class, {})
      .set_items(tag::station_location, {})
      .set_items(tag::input_information, {input_information(task)})
      .set_items(tag::referenced_request, referenced_requests(task))
      .set_items(tag::progress_information, {})
      .set_items(tag::performed, {});
  out.set(tag::patient_name, task.patient_name)
      .set(tag::patient_id, task.patient_id)
      .set(tag::issuer_of_patient_id, task.issuer_of_patient_id)
      .set(tag::birth_date, task.birth_date)
      .set(tag::patient_sex, task.sex)
      .set_items(tag::other_patient_ids, {})
      .set(tag::admission_id, "")
      .set_items(tag::issuer_of_admission_id, {})
      .set(tag::admitting_diagnoses, "")
      .set_items(tag::admitting_diagnoses_codes, {});
  return out;
}

std::string dicom_date_time(WallTime time) {
  std::string digits;
  for (const char c : to_iso8601(time))  // 2026-11-29T17:15:00.250Z
    if ((c >= '0' && c <= '9') || c == '.') digits += c;
  return digits + "+0000";
}

}  // namespace inferad::worklist
