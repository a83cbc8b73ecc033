// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <set>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/json_reader.h"
#include "server/base/clock.h"

namespace inferad::findings {

namespace {

Error fault_at(const std::string& pointer, std::string_view what) {
  return {Errc::invalid_input, fmt::format("findings.json: {}: {}", pointer, what)};
}

Status check_segments(const Findings& findings) {
  for (std::size_t i = 0; i < findings.segments.size(); ++i) {
    // PS3.3 C.8.20.2: Segment Numbers start at 1 and go up by 1.
    if (findings.segments[i].number != static_cast<int>(i) + 1)
      return fault_at(fmt::format("/segments/{}/number", i), fmt::format("must be {}", i + 1));
  }
  return ok();
}

Status check_items(const Findings& findings) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < findings.items.size(); ++i) {
    const auto& item = findings.items[i];
    const auto pointer = fmt::format("/items/{}", i);
    if (!ids.insert(item.id).second) return fault_at(pointer + "/id", "is used twice");
    if (item.segment && *item.segment > static_cast<int>(findings.segments.size()))
      return fault_at(pointer + "/segment", "names no segment");
    if (item.segment &&
        findings.segments[static_cast<std::size_t>(*item.segment) - 1].tracking_uid != item.tracking_uid)
      return fault_at(pointer + "/tracking_uid", "differs from the tracking_uid of its segment");
    for (std::size_t m = 0; m < item.measurements.size(); ++m)
      if (!std::isfinite(item.measurements[m].value))
        return fault_at(fmt::format("{}/measurements/{}/value", pointer, m), "must be finite");
  }
  if (findings.priority && !ids.contains(findings.priority->finding))
    return fault_at("/priority/finding", "names no item");
  return ok();
}

}  // namespace

Status validate(const Findings& findings) {
  if (!is_uid(findings.study_uid)) return fault_at("/study_uid", "must be a DICOM UID");
  if (!from_iso8601(findings.analysed_at))
    return fault_at("/analysed_at", "must be a UTC time such as 2026-11-24T08:30:00.123Z");
  if (findings.outcome != Outcome::analysed) {
    if (findings.reason.value.empty()) return fault_at("/reason", "is missing: the outcome needs one");
    if (findings.priority) return fault_at("/priority", "must be absent: nothing was analysed");
    if (!findings.segments.empty()) return fault_at("/segments", "must be empty: nothing was analysed");
  } else if (findings.series_uid.empty()) {
    return fault_at("/series_uid", "must name the series that was analysed");
  }
  INFERAD_TRY_STATUS(check_segments(findings));
  return check_items(findings);
}

}  // namespace inferad::findings
