// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <tuple>

namespace inferad::results {

namespace {

constexpr std::size_t kPointsMax = 8000;  // FL in explicit VR: at most 65534 bytes

class Sheet {
 public:
  explicit Sheet(const ResultRequest& request) : slices_(slices_of(request)) {}

  // nullptr: the image is not one of the request.
  Drawing* on(const findings::ImageReference& image, int layer) {
    const auto at = slice_at(slices_, image);
    if (!at) return nullptr;
    auto& drawing = drawings_[{*at, layer}];
    drawing.image = image;
    drawing.layer = layer;
    return &drawing;
  }
  const findings::Geometry& geometry_of(const findings::ImageReference& image) const {
    return slices_[*slice_at(slices_, image)].image->geometry;
  }
  std::vector<Drawing> take() {
    std::vector<Drawing> all;
    for (auto& [at, drawing] : drawings_) all.push_back(std::move(drawing));
    return all;
  }

 private:
  std::vector<ShownSlice> slices_;
  std::map<std::pair<std::size_t, int>, Drawing> drawings_;
};

// A graphic holds so many points: a longer line becomes several that join.
void add_line(Drawing& drawing, const Polygon& line) {
  for (std::size_t begin = 0; begin + 1 < line.size() || begin == 0; begin += kPointsMax - 1) {
    const auto end = std::min(begin + kPointsMax, line.size());
    drawing.lines.emplace_back(line.begin() + static_cast<std::ptrdiff_t>(begin),
                               line.begin() + static_cast<std::ptrdiff_t>(end));
  }
}

// A box may reach beyond the image.
Polygon within(Polygon points, const findings::Geometry& geometry) {
  for (auto& [column, row] : points) {
    column = std::clamp(column, 0.0, static_cast<double>(geometry.columns));
    row = std::clamp(row, 0.0, static_cast<double>(geometry.rows));
  }
  return points;
}

std::string text_of_item(const findings::Finding& item) {
  if (item.measurements.empty()) return item.concept_code.meaning;
  const auto& first = item.measurements.front();
  return fmt::format("{}: {} {:.3g}", item.concept_code.meaning, first.label, first.value);
}

void draw_places(const ResultRequest& request, Sheet& sheet) {
  for (const auto& item : request.findings.items) {
    if (!item.location || item.presence == findings::Presence::absent) continue;
    for (const auto& outline : outlines_of(request, *item.location)) {
      auto* drawing = sheet.on(outline.image, 0);
      if (drawing == nullptr) continue;
      const auto points = within(outline.points, sheet.geometry_of(outline.image));
      add_line(*drawing, points);
      drawing->texts.emplace_back(points.front(), text_of_item(item));
    }
  }
}

void draw_segments(const ResultRequest& request, Sheet& sheet) {
  if (!request.labels || !request.image) return;
  const auto& map = *request.labels;
  const auto size = static_cast<std::size_t>(map.columns) * static_cast<std::size_t>(map.rows);
  for (std::size_t slice = 0; slice < request.image->sources.size(); ++slice) {
    const auto pixels = std::span(map.labels).subspan(slice * size, size);
    const std::set<std::uint8_t> present(pixels.begin(), pixels.end());
    const auto& source = request.image->sources[slice];
    for (const auto& segment : request.findings.segments) {
      const auto label = static_cast<std::uint8_t>(segment.number);
      if (!present.contains(label)) continue;
      auto* drawing = sheet.on({source.sop_class_uid, source.sop_instance_uid, source.frame}, segment.number);
      for (const auto& polygon : contours_of(pixels, map.columns, map.rows, label)) add_line(*drawing, polygon);
    }
  }
}

}  // namespace

std::vector<Drawing> drawings_of(const ResultRequest& request) {
  Sheet sheet(request);
  draw_places(request, sheet);
  draw_segments(request, sheet);
  return sheet.take();
}

}  // namespace inferad::results
