// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
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

// A box has a half axis for each pair of its faces; places in an image lie in its plane.
Status check_location(const Finding& item, const std::string& pointer) {
  if (!item.location) return ok();
  const auto& location = *item.location;
  const auto own = pointer + "/location";
  if (item.segment) return fault_at(own, "must be absent: the item has a segment");
  if (location.images.empty()) return fault_at(own + "/images", "must name the images that it lies in");
  const bool flat = location.frame_of_reference_uid.empty();
  const std::size_t axes = location.form == Location::Form::point ? 0 : flat ? 2 : 3;
  if (location.half_axes.size() != axes)
    return fault_at(own + "/half_axes", fmt::format("must have {} elements", axes));
  bool valid = !flat || location.centre[2] == 0;
  for (const double value : location.centre) valid = valid && std::isfinite(value);
  for (const auto& axis : location.half_axes)
    for (std::size_t i = 0; i < 3; ++i) valid = valid && std::isfinite(axis[i]) && (!flat || i < 2 || axis[i] == 0);
  return valid ? ok() : Status(fault_at(own, "must be finite, the third number 0 in an image"));
}

bool names_input_image(const Findings& findings, const std::string& name) {
  return std::any_of(findings.input_images.begin(), findings.input_images.end(),
                     [&](const auto& each) { return each.name == name; });
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find_first_of("/\\") == std::string_view::npos;
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
    INFERAD_TRY_STATUS(check_location(item, pointer));
    if (!item.input_image.empty() && !names_input_image(findings, item.input_image))
      return fault_at(pointer + "/input_image", "names none of input_images");
    if (item.heat_map && !is_plain_name(item.heat_map->file))
      return fault_at(pointer + "/heat_map/file", "must be the name of a file in the same folder");
    for (std::size_t m = 0; m < item.measurements.size(); ++m) {
      const auto& measurement = item.measurements[m];
      if (!std::isfinite(measurement.value))
        return fault_at(fmt::format("{}/measurements/{}/value", pointer, m), "must be finite");
      if (measurement.deviation && !(std::isfinite(*measurement.deviation) && *measurement.deviation >= 0))
        return fault_at(fmt::format("{}/measurements/{}/deviation", pointer, m), "must be finite and not negative");
    }
  }
  if (findings.priority && !ids.contains(findings.priority->finding))
    return fault_at("/priority/finding", "names no item");
  return ok();
}

Status check_files(const Findings& findings) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < findings.files.size(); ++i) {
    const auto& file = findings.files[i];
    const auto pointer = fmt::format("/files/{}", i);
    const bool plain = !file.name.empty() && file.name.front() != '.' && file.name.find('/') == std::string::npos;
    if (!plain || !names.insert(file.name).second)
      return fault_at(pointer + "/name", "must be a plain name, used once");
    if (file.sha256.size() != 64 || file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
      return fault_at(pointer + "/sha256", "must be 64 hexadecimal digits in lower case");
  }
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
    if (!findings.files.empty()) return fault_at("/files", "must be empty: nothing was analysed");
    if (!findings.segments.empty()) return fault_at("/segments", "must be empty: nothing was analysed");
  } else if (findings.series_uid.empty()) {
    return fault_at("/series_uid", "must name the series that was analysed");
  }
  INFERAD_TRY_STATUS(check_segments(findings));
  INFERAD_TRY_STATUS(check_files(findings));
  return check_items(findings);
}

}  // namespace inferad::findings
