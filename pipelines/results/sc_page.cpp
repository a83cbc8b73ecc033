// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sc_page.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <cstdlib>

#include "pipelines/results/item_writer.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/planar.h"
#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

// The first window that the source names, when it is one.
std::optional<GreyWindow> header_window(const SourceHeader& source) {
  const auto centre = text_of(source.reference(), DCM_WindowCenter);
  const auto width = text_of(source.reference(), DCM_WindowWidth);
  if (centre.empty() || width.empty() || std::strtod(width.c_str(), nullptr) < 1) return std::nullopt;
  return window_around(std::strtod(centre.c_str(), nullptr), std::strtod(width.c_str(), nullptr));
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string caption(const ResultRequest& request, int slice) {
  const auto slices = slices_of(request);
  const auto& from = slices[static_cast<std::size_t>(slice)].source();
  const auto* image = request.source.find(from.file);
  if (!image || !is_number(image->series_number) || !is_number(image->instance_number))
    return fmt::format("Slice {} of {}", slice + 1, slices.size());
  auto text = fmt::format("Series {} image {}", image->series_number, image->instance_number);
  if (from.frame > 1) text += fmt::format(" frame {}", from.frame);
  return text;
}

std::vector<std::string> lines(const ResultRequest& request) {
  const auto& algorithm = request.findings.algorithm;
  const auto time = creation_time(request);
  const auto digits = [](const std::string& text, std::size_t at, std::size_t count) { return text.substr(at, count); };
  return {fmt::format("{}AI result - not for primary diagnosis", request.options.research ? "RESEARCH - " : ""),
          dicom_text(fmt::format("{}, {} {}", model_name(), algorithm.name, algorithm.version), false, 120),
          fmt::format("{}-{}-{} {}:{} {}", digits(time.date, 0, 4), digits(time.date, 4, 2), digits(time.date, 6, 2),
                      digits(time.time, 0, 2), digits(time.time, 2, 2), time.offset)};
}

}  // namespace

std::vector<Mark> marks_of(const ResultRequest& request) {
  const auto slices = slices_of(request);
  std::vector<Mark> marks;
  if (slices.empty()) return marks;
  for (const auto& item : request.findings.items) {
    if (!item.location || item.presence == findings::Presence::absent) continue;
    const auto centre = slice_at(slices, item.location->images.front());
    for (const auto& outline : outlines_of(request, *item.location))
      if (const auto at = slice_at(slices, outline.image))
        marks.push_back({static_cast<int>(*at), outline.points, item.concept_code.meaning, at == centre});
  }
  return marks;
}

OverlayInput overlay_input(const ResultRequest& request) {
  return {request.views.empty() ? *request.image : request.views.front(),
          request.labels,
          request.findings.segments,
          request.voxels.heat,
          header_window(request.source),
          [&request](int slice) { return caption(request, slice); },
          lines(request),
          marks_of(request),
          request.views};
}

}  // namespace inferad::results
