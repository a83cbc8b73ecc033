// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/ups_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace inferad::worklist {
namespace {

// Type 1 and type 2 for the SCU of N-CREATE.
constexpr std::array kType1{tag::state, tag::priority, tag::step_label, tag::start, tag::readiness};
constexpr std::array kType2{
    tag::transaction_uid,      tag::worklist_label, tag::parameters,    tag::station_name,      tag::station_class,
    tag::station_location,     tag::comments,       tag::workitem_code, tag::input_information, tag::patient_name,
    tag::patient_id,           tag::birth_date,     tag::patient_sex,   tag::admission_id,      tag::referenced_request,
    tag::progress_information, tag::performed};
constexpr std::array kEmptyAtCreation{tag::transaction_uid, tag::progress_information, tag::performed};

// N-SET: what identifies the workitem, its patient and its order stays; the state has N-ACTION.
constexpr std::array kFixed{tag::sop_class_uid,      tag::sop_instance_uid, tag::state,        tag::modified,
                            tag::patient_name,       tag::patient_id,       tag::birth_date,   tag::patient_sex,
                            tag::referenced_request, tag::admission_id,     tag::workitem_code};

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

UpsVerdict check_create(const DataSet& attributes) {
  for (const auto each : kType1) {
    if (!attributes.has(each)) return verdict(ups::missing_attribute, each, "is missing");
    if (!attributes.has_value(each)) return verdict(ups::missing_value, each, "has no value");
  }
  if (attributes.text(tag::state) != ups::to_string(ups::State::scheduled))
    return verdict(ups::not_scheduled, tag::state, "is not SCHEDULED");
  for (const auto each : kType2)
    if (!attributes.has(each)) return verdict(ups::missing_attribute, each, "is missing");
  for (const auto each : kEmptyAtCreation)
    if (attributes.has_value(each)) return verdict(ups::invalid_value, each, "has to be empty");
  if (attributes.has(tag::cancellation_time))
    return verdict(ups::invalid_value, tag::cancellation_time, "has to be absent");
  return check_values(attributes);
}

UpsVerdict check_set(const DataSet& attributes) {
  for (const auto each : kFixed)
    if (attributes.has(each)) return verdict(ups::invalid_value, each, "cannot be set");
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
