// SPDX-License-Identifier: Apache-2.0
// Unified Procedure Steps without a network: the state table of PS3.4 CC.1.1-2 cell by cell, attribute requirements of
// CC.2.5-3, matching of CC.2.8.
#include <algorithm>
#include <catch2/catch.hpp>

#include "server/worklist/reading_task.h"
#include "server/worklist/ups_checks.h"
#include "server/worklist/ups_match.h"
#include "server/worklist/ups_state.h"

using namespace inferad;
using namespace inferad::worklist;
using ups::State;

namespace {

constexpr std::optional<State> kNone, kScheduled = State::scheduled, kInProgress = State::in_progress,
                                      kCompleted = State::completed, kCanceled = State::canceled;

struct Cell {
  std::uint16_t status;
  std::optional<State> next = {};
};
using Row = std::array<Cell, 5>;  // null, SCHEDULED, IN PROGRESS, COMPLETED, CANCELED

void check_row(const char* event, UpsRequest request, bool correct, const Row& row) {
  constexpr std::array kColumns{kNone, kScheduled, kInProgress, kCompleted, kCanceled};
  for (std::size_t i = 0; i < row.size(); ++i) {
    INFO(event << ", column " << i);
    // Before a claim any UID is correct; after it, a wrong one or none is not.
    for (const bool given : {true, false}) {
      if (correct && !given) continue;
      if (!correct && given && (kColumns[i] == kNone || kColumns[i] == kScheduled)) continue;
      const auto outcome = decide(request, {kColumns[i], given, correct, true});
      CHECK(outcome.status == row[i].status);
      CHECK(outcome.next == row[i].next);
    }
  }
}

DataSet created() {
  ReadingTask task;
  task.priority = "HIGH";
  task.workitem_code = code_item("110005", "DCM", "Interpretation");
  task.start = *from_iso8601("2026-11-29T17:15:00.250Z");
  task.study_uid = "1.2.3";
  task.accession_number = "A1";
  task.patient_name = "Made^Up";
  return reading_workitem(task);
}

DataSet keys(std::uint32_t tag, std::string_view value) {
  DataSet out;
  return out.set(tag, value);
}

}  // namespace

TEST_CASE("table CC.1.1-2: each event in each state", "[ups]") {
  check_row("N-CREATE", UpsRequest::create, true,
            {{{0x0000, State::scheduled}, {0x0111}, {0x0111}, {0x0111}, {0x0111}}});
  check_row("to IN PROGRESS, correct UID", UpsRequest::to_in_progress, true,
            {{{0xC307}, {0x0000, State::in_progress}, {0xC302}, {0xC300}, {0xC300}}});
  check_row("to IN PROGRESS, not", UpsRequest::to_in_progress, false,
            {{{0xC307}, {0xC301}, {0xC301}, {0xC301}, {0xC301}}});
  check_row("to SCHEDULED", UpsRequest::to_scheduled, true, {{{0xC307}, {0xC303}, {0xC303}, {0xC303}, {0xC303}}});
  check_row("to SCHEDULED, not", UpsRequest::to_scheduled, false, {{{0xC307}, {0xC303}, {0xC303}, {0xC303}, {0xC303}}});
  check_row("to COMPLETED, correct UID", UpsRequest::to_completed, true,
            {{{0xC307}, {0xC310}, {0x0000, State::completed}, {0xB306}, {0xC300}}});
  check_row("to COMPLETED, not", UpsRequest::to_completed, false, {{{0xC307}, {0xC301}, {0xC301}, {0xC301}, {0xC301}}});
  check_row("to CANCELED, correct UID", UpsRequest::to_canceled, true,
            {{{0xC307}, {0xC310}, {0x0000, State::canceled}, {0xC300}, {0xB304}}});
  check_row("to CANCELED, not", UpsRequest::to_canceled, false, {{{0xC307}, {0xC301}, {0xC301}, {0xC301}, {0xC301}}});
  check_row("request cancel", UpsRequest::request_cancel, true,
            {{{0xC307}, {0x0000, State::canceled}, {0x0000}, {0xC311}, {0xB304}}});
  check_row("N-SET, correct UID", UpsRequest::set, true, {{{0xC307}, {0x0000}, {0x0000}, {0xC300}, {0xC300}}});
  check_row("N-SET, not", UpsRequest::set, false, {{{0xC307}, {0x0000}, {0xC301}, {0xC300}, {0xC300}}});
  CHECK(decide(UpsRequest::request_cancel, {kInProgress, false, false, false}).ask_performer);
  for (const auto request : {UpsRequest::to_completed, UpsRequest::to_canceled})
    CHECK(decide(request, {kInProgress, true, true, false}).status == ups::final_state_unmet);
}

TEST_CASE("what we create meets what we ask of others, and each missing attribute is told", "[ups]") {
  CHECK(check_create(created()).ok());
  const auto lacking = [](std::uint32_t tag) {
    auto set = created();
    set.elements.erase(tag);
    return check_create(set).status;
  };
  for (const auto tag : {tag::state,          tag::priority,           tag::step_label,
                         tag::start,          tag::readiness,          tag::transaction_uid,
                         tag::worklist_label, tag::parameters,         tag::station_name,
                         tag::station_class,  tag::station_location,   tag::comments,
                         tag::workitem_code,  tag::input_information,  tag::patient_name,
                         tag::patient_id,     tag::birth_date,         tag::patient_sex,
                         tag::admission_id,   tag::referenced_request, tag::progress_information,
                         tag::performed})
    CHECK(lacking(tag) == ups::missing_attribute);
  const auto with = [](std::uint32_t tag, std::string_view value) {
    return check_create(created().set(tag, value)).status;
  };
  for (const auto tag : {tag::state, tag::priority, tag::step_label, tag::start, tag::readiness})
    CHECK(with(tag, "") == ups::missing_value);
  CHECK(with(tag::state, "IN PROGRESS") == ups::not_scheduled);
  CHECK(with(tag::priority, "STAT") == ups::invalid_value);
  CHECK(with(tag::readiness, "MAYBE") == ups::invalid_value);
  CHECK(with(tag::start, "29.11.2026") == ups::invalid_value);
  CHECK(with(tag::start, "20261129") == ups::success);
  CHECK(with(tag::transaction_uid, "1.2") == ups::invalid_value);
  CHECK(with(tag::cancellation_time, "") == ups::invalid_value);
  CHECK(check_create(created().set_items(tag::performed, {DataSet{}})).status == ups::invalid_value);
}

TEST_CASE("N-SET changes neither state nor patient, and a reading ends with its performed procedure", "[ups]") {
  CHECK(check_set(keys(tag::step_label, "x")).ok());
  for (const auto tag : {tag::state, tag::patient_id, tag::referenced_request, tag::sop_instance_uid})
    CHECK(check_set(keys(tag, "x")).status == ups::invalid_value);
  CHECK(check_set(keys(tag::priority, "ASAP")).status == ups::invalid_value);

  auto task = created();
  CHECK_FALSE(meets_final_state(task, State::completed));
  CHECK(meets_final_state(task, State::canceled));
  DataSet performed;
  performed.set(tag::performed_start, "20261129").set(tag::performed_end, "20261129");
  performed.set_items(tag::performed_station_name, {code_item("R1", "99SITE", "Reader 1")});
  performed.set_items(tag::performed_workitem_code, {code_item("110005", "DCM", "Interpretation")});
  performed.set_items(tag::output_information, {});
  CHECK(meets_final_state(task.set_items(tag::performed, {performed}), State::completed));
  performed.elements.erase(tag::performed_end);
  CHECK_FALSE(meets_final_state(task.set_items(tag::performed, {performed}), State::completed));
}

TEST_CASE("C-FIND matches values, wildcards, UIDs, times and sequences", "[ups]") {
  const auto task = created().set(tag::sop_instance_uid, "1.9");
  CHECK(matches({}, task));
  CHECK(matches(keys(tag::state, "SCHEDULED"), task));
  CHECK_FALSE(matches(keys(tag::state, "COMPLETED"), task));
  CHECK(matches(keys(tag::patient_name, "Made*"), task));
  CHECK(matches(keys(tag::patient_name, "M?de^*p"), task));
  CHECK_FALSE(matches(keys(tag::patient_name, "Made?"), task));
  CHECK(matches(keys(tag::patient_name, ""), task));
  CHECK(matches(keys(tag::sop_instance_uid, "1.8\\1.9"), task));
  CHECK_FALSE(matches(keys(tag::sop_instance_uid, "1.8"), task));
  for (const auto* range : {"20261129", "20261129-", "-20261129", "20261128-20261130", "202611291715-20261129171501",
                            "20261129171500.000+0000-"})
    CHECK(matches(keys(tag::start, range), task));
  for (const auto* range : {"20261130-", "-20261128", "20261129171501-"})
    CHECK_FALSE(matches(keys(tag::start, range), task));
  DataSet request;
  request.set(tag::accession_number, "A1").set(tag::study_uid, "");
  DataSet query;
  query.set_items(tag::referenced_request, {request}).set(tag::priority, "").set(tag::admission_id, "");
  CHECK(matches(query, task));
  const auto answer = requested(query, task);
  CHECK(answer.elements.size() == 5);
  CHECK(answer.text(tag::priority) == "HIGH");
  CHECK(answer.text(tag::sop_instance_uid) == "1.9");
  CHECK(answer.item(tag::referenced_request).elements.size() == 2);
  CHECK(answer.item(tag::referenced_request).text(tag::study_uid) == "1.2.3");
  request.set(tag::accession_number, "A2");
  CHECK_FALSE(matches(query.set_items(tag::referenced_request, {request}), task));
}

TEST_CASE("every attribute of a reading task stands in the table of attributes", "[ups]") {
  for (const auto& [number, element] : reading_workitem({}).elements) {
    const auto table = ups_attributes();
    INFO(std::hex << number);
    CHECK(std::any_of(table.begin(), table.end(), [&](const auto& each) { return each.number == number; }));
    CHECK(vr_of(number) == element.vr);
  }
}
