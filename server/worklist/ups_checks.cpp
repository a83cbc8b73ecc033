// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/ups_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace inferad::worklist {
namespace {

using enum UpsAttribute::Create;

// N-SET: what identifies the workitem, its patient and its order stays; the state has N-ACTION, readiness follows the
// images.
constexpr UpsAttribute kAttributes[] = {
    {tag::sop_class_uid, "SOP Class UID", free, false},
    {tag::sop_instance_uid, "SOP Instance UID", free, false},
    {tag::admitting_diagnoses, "Admitting Diagnoses Description", free, true},
    {tag::admitting_diagnoses_codes, "Admitting Diagnoses Code Sequence", free, true},
    {tag::transaction_uid, "Transaction UID", empty, true},
    {tag::patient_name, "Patient's Name", present, false},
    {tag::patient_id, "Patient ID", present, false},
    {tag::issuer_of_patient_id, "Issuer of Patient ID", free, true},
    {tag::birth_date, "Patient's Birth Date", present, false},
    {tag::patient_sex, "Patient's Sex", present, false},
    {tag::other_patient_ids, "Other Patient IDs Sequence", free, true},
    {tag::admission_id, "Admission ID", present, false},
    {tag::issuer_of_admission_id, "Issuer of Admission ID Sequence", free, true},
    {tag::comments, "Comments on the Scheduled Procedure Step", present, true},
    {tag::start, "Scheduled Procedure Step Start DateTime", value, true},
    {tag::modified, "Scheduled Procedure Step Modification DateTime", free, false},
    {tag::expected_completion, "Expected Completion DateTime", free, true},
    {tag::workitem_code, "Scheduled Workitem Code Sequence", present, false},
    {tag::input_information, "Input Information Sequence", present, true},
    {tag::station_name, "Scheduled Station Name Code Sequence", present, true},
    {tag::station_class, "Scheduled Station Class Code Sequence", present, true},
    {tag::station_location, "Scheduled Station Geographic Location Code Sequence", present, true},
    {tag::human_performers, "Scheduled Human Performers Sequence", free, true},
    {tag::readiness, "Input Readiness State", value, false},
    {tag::cancellation_time, "Procedure Step Cancellation DateTime", absent, true},
    {tag::referenced_request, "Referenced Request Sequence", present, false},
    {tag::state, "Procedure Step State", value, false},
    {tag::progress_information, "Procedure Step Progress Information Sequence", empty, true},
    {tag::priority, "Scheduled Procedure Step Priority", value, true},
    {tag::worklist_label, "Worklist Label", present, true},
    {tag::step_label, "Procedure Step Label", value, true},
    {tag::parameters, "Scheduled Processing Parameters Sequence", present, true},
    {tag::performed, "Unified Procedure Step Performed Procedure Sequence", empty, true},
};
static_assert(std::is_sorted(std::begin(kAttributes), std::end(kAttributes),
                             [](const auto& a, const auto& b) { return a.number < b.number; }));

std::string name_of(std::uint32_t number) { return fmt::format("({:04X},{:04X})", number >> 16, number & 0xFFFF); }

UpsVerdict verdict(std::uint16_t status, std::uint32_t number, std::string_view what) {
  return {status, fmt::format("{} {}", name_of(number), what)};
}

// YYYYMMDD[HH[MM[SS[.F]]]][&ZZXX], as far as a list needs it.
bool is_date_time(std::string_view text) {
  const auto zone = text.find_first_of("+-");
  const auto digits = text.substr(0, zone);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto point = std::min(digits.find('.'), digits.size());
  if (point < 4 || point > 14 || point % 2 != 0) return false;
  if (!std::all_of(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(point), is_digit)) return false;
  if (zone == std::string_view::npos) return true;
  return text.size() - zone == 5 &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(zone) + 1, text.end(), is_digit);
}

UpsVerdict check_values(const DataSet& attributes) {
  if (attributes.has(tag::priority) && ups::priority_rank(attributes.text(tag::priority)) > 2)
    return verdict(ups::invalid_value, tag::priority, "is not HIGH, MEDIUM or LOW");
  if (attributes.has(tag::readiness)) {
    const auto text = attributes.text(tag::readiness);
    if (text != "READY" && text != "INCOMPLETE" && text != "UNAVAILABLE")
      return verdict(ups::invalid_value, tag::readiness, "is not READY, INCOMPLETE or UNAVAILABLE");
  }
  if (attributes.has(tag::start) && !is_date_time(attributes.text(tag::start)))
    return verdict(ups::invalid_value, tag::start, "is no date and time");
  return {};
}

}  // namespace

std::span<const UpsAttribute> ups_attributes() { return kAttributes; }

UpsVerdict check_create(const DataSet& attributes) {
  for (const auto& each : kAttributes) {
    if (each.create != value) continue;
    if (!attributes.has(each.number)) return verdict(ups::missing_attribute, each.number, "is missing");
    if (!attributes.has_value(each.number)) return verdict(ups::missing_value, each.number, "has no value");
  }
  if (attributes.text(tag::state) != ups::to_string(ups::State::scheduled))
    return verdict(ups::not_scheduled, tag::state, "is not SCHEDULED");
  for (const auto& each : kAttributes) {
    if ((each.create == present || each.create == empty) && !attributes.has(each.number))
      return verdict(ups::missing_attribute, each.number, "is missing");
    if (each.create == empty && attributes.has_value(each.number))
      return verdict(ups::invalid_value, each.number, "has to be empty");
    if (each.create == absent && attributes.has(each.number))
      return verdict(ups::invalid_value, each.number, "has to be absent");
  }
  return check_values(attributes);
}

UpsVerdict check_set(const DataSet& attributes) {
  for (const auto& each : kAttributes)
    if (!each.set && attributes.has(each.number)) return verdict(ups::invalid_value, each.number, "cannot be set");
  return check_values(attributes);
}

bool meets_final_state(const DataSet& workitem, ups::State wanted) {
  if (wanted != ups::State::completed) return true;
  const auto& performed = workitem.items(tag::performed);
  if (performed.size() != 1) return false;
  constexpr std::array kNeeded{tag::performed_station_name, tag::performed_workitem_code, tag::performed_start,
                               tag::performed_end};
  return performed[0].has(tag::output_information) &&
         std::all_of(kNeeded.begin(), kNeeded.end(), [&](auto each) { return performed[0].has_value(each); });
}

}  // namespace inferad::worklist
