// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_render.h"

#include <fmt/format.h>

#include <map>

#include "server/worklist/reading_task.h"

namespace inferad::flow {
namespace {

using worklist::dicom_date_time;

DataSet reading(const store::Workitem& item, const WorkitemFacts& facts) {
  const WorklistEntry& study = facts.study;
  worklist::ReadingTask task;
  task.orders = facts.orders;
  task.priority = ups::priority_of(item.level);
  task.workitem_code = code_item("110005", "DCM", "Interpretation");
  task.start = study.arrived_at;
  task.study_uid = study.study_uid;
  task.accession_number = study.accession_number;
  task.study_description = study.study_description;
  task.referring_physician = study.referring_physician;
  task.patient_name = study.patient_name;
  task.patient_id = study.patient_id;
  task.birth_date = study.birth_date;
  task.sex = study.sex;
  if (study.level < study.order_level) task.comments = "AI: " + study.ai_reason;
  return worklist::reading_workitem(task);
}

// Output Information Sequence: one item a series (PS3.3 table 10-3c).
std::vector<DataSet> output_information(const WorkitemFacts& facts) {
  std::map<std::string, std::vector<DataSet>> series;
  for (const auto& each : facts.results) {
    DataSet reference;
    reference.set(tag::referenced_class, each.sop_class_uid).set(tag::referenced_instance, each.sop_instance_uid);
    series[each.series_uid].push_back(std::move(reference));
  }
  std::vector<DataSet> items;
  for (auto& [uid, references] : series) {
    DataSet retrieval, item;
    retrieval.set(tag::retrieve_ae, facts.our_ae_title);
    item.set(tag::type_of_instances, "DICOM").set(tag::study_uid, facts.study.study_uid).set(tag::series_uid, uid);
    item.set_items(tag::referenced_sops, std::move(references));
    items.push_back(std::move(item));
  }
  return items;
}

DataSet performed_by_us(const store::Workitem& item, const WorkitemFacts& facts, const DataSet& shown) {
  DataSet performed;
  const auto start = facts.job && facts.job->started_at ? *facts.job->started_at : item.modified_at;
  const auto end = facts.job && facts.job->finished_at ? *facts.job->finished_at : item.modified_at;
  performed.set(tag::performed_start, dicom_date_time(start)).set(tag::performed_end, dicom_date_time(end));
  performed.set_items(tag::performed_station_name, {code_item(facts.our_ae_title, "99INFERAD", "Inferad")});
  performed.set_items(tag::performed_workitem_code, shown.items(tag::workitem_code));
  return performed.set_items(tag::output_information, output_information(facts));
}

void add_progress(const store::Workitem& item, const WorkitemFacts& facts, DataSet& shown) {
  DataSet progress = shown.item(tag::progress_information);
  if (facts.job) {
    const bool ended = ups::is_final(item.state);
    progress.set(tag::progress, fmt::format("{:.0f}", (ended ? 1.0 : facts.job->progress) * 100));
    if (!facts.job->stage.empty()) progress.set(tag::progress_description, facts.job->stage);
  }
  if (item.state == ups::State::canceled) {
    progress.set(tag::cancellation_time, dicom_date_time(item.modified_at));
    if (facts.job && !facts.job->reason.empty()) progress.set(tag::cancellation_reason, facts.job->reason);
  }
  if (!progress.elements.empty()) shown.set_items(tag::progress_information, {progress});
}

}  // namespace

DataSet render(const store::Workitem& item, const WorkitemFacts& facts) {
  const bool of_reading = item.kind == store::Workitem::Kind::reading;
  DataSet shown = of_reading ? reading(item, facts) : DataSet{};
  for (const auto& [number, element] : item.attributes.elements) shown.elements[number] = element;
  shown.elements.erase(tag::transaction_uid);
  shown.set(tag::sop_class_uid, ups::push)
      .set(tag::sop_instance_uid, item.uid)
      .set(tag::state, ups::to_string(item.state))
      .set(tag::readiness, item.ready ? "READY" : "INCOMPLETE")
      .set(tag::modified, dicom_date_time(item.modified_at));
  if (of_reading) shown.set(tag::priority, ups::priority_of(item.level));
  add_progress(item, facts, shown);
  if (item.state == ups::State::completed && shown.items(tag::performed).empty())
    shown.set_items(tag::performed, {performed_by_us(item, facts, shown)});
  return shown;
}

}  // namespace inferad::flow
