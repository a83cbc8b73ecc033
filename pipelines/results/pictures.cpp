// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "pipelines/results/bits.h"
#include "pipelines/results/key_images.h"
#include "pipelines/results/planar.h"
#include "pipelines/results/sc_page.h"
#include "pipelines/results/slice_view.h"

namespace inferad::results {

namespace {

using findings::Finding;
using findings::Presence;

constexpr Rgb kPlaceColour{255, 214, 0}, kEdgeColour{0, 0, 0};

// Position of the image among the slices; nullopt: it is none of them.
std::optional<int> slice_of_image(const findings::Image& image, const findings::ImageReference& wanted) {
  for (std::size_t i = 0; i < image.sources.size(); ++i) {
    const auto& source = image.sources[i];
    if (source.sop_instance_uid == wanted.sop_instance_uid && source.frame == wanted.frame) return static_cast<int>(i);
  }
  return std::nullopt;
}

// A finding of no place of its own is shown where the segments, or the heat, are largest.
std::optional<int> slice_for(const ResultRequest& request, const OverlayInput& input, const Finding& item) {
  if (const auto image = key_image_of(request, item))
    if (const auto slice = slice_of_image(*request.image, *image)) return slice;
  const auto slices = overlay_slices(input);
  if (!slices.empty()) return slices[slices.size() / 2];
  return std::nullopt;
}

// PS3.3 C.7.6.2: x to the left, y to the back, z to the head. The letter of the direction that is nearest.
std::string letter_of(const findings::Vec3& direction) {
  constexpr std::array<std::array<const char*, 2>, 3> letters{{{"R", "L"}, {"A", "P"}, {"F", "H"}}};
  std::size_t axis = 0;
  for (std::size_t i = 1; i < 3; ++i)
    if (std::abs(direction[i]) > std::abs(direction[axis])) axis = i;
  return letters[axis][direction[axis] > 0 ? 1 : 0];
}

class Marks {
 public:
  explicit Marks(Picture& picture) : picture_(picture) {}

  void set(int x, int y, const Rgb& colour, std::uint8_t opacity) {
    if (x < 0 || y < 0 || x >= picture_.width || y >= picture_.height) return;
    auto* pixel =
        picture_.marks.data() +
        (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.width) + static_cast<std::size_t>(x)) * 4;
    std::copy(colour.begin(), colour.end(), pixel);
    pixel[3] = opacity;
  }

  // Two pixels wide, with a dark edge, so that it is seen on white, too.
  void line(double x0, double y0, double x1, double y1) {
    const int steps = std::max(1, static_cast<int>(std::ceil(std::max(std::abs(x1 - x0), std::abs(y1 - y0)))));
    for (const auto& [from, to, edge] : {std::tuple(-1, 2, true), {0, 1, false}})
      for (int i = 0; i <= steps; ++i)
        block(static_cast<int>(std::floor(x0 + (x1 - x0) * i / steps)),
              static_cast<int>(std::floor(y0 + (y1 - y0) * i / steps)), from, to, edge);
  }

  // ASCII, its upper left corner at (x, y), two pixels a dot; moved so that it stands inside.
  void text(double x, double y, std::string_view words) {
    const int width = static_cast<int>(words.size()) * kLetterAdvance * kDot;
    const int left = std::clamp(static_cast<int>(x), 1, std::max(1, picture_.width - width)),
              top = std::clamp(static_cast<int>(y), 1, std::max(1, picture_.height - kLetterHeight * kDot - 1));
    for (const bool edge : {true, false})
      for (std::size_t at = 0; at < words.size(); ++at)
        for (int column = 0; column < 5; ++column)
          for (int row = 0; row < 8; ++row)
            if ((letter(words[at])[static_cast<std::size_t>(column)] >> row & 1) != 0)
              block(left + (static_cast<int>(at) * kLetterAdvance + column) * kDot, top + row * kDot, edge ? -1 : 0,
                    edge ? 2 : 1, edge);
  }

 private:
  static constexpr int kDot = 2;

  // Pixels `from` to `to` around (x, y); an edge leaves what is marked already.
  void block(int x, int y, int from, int to, bool edge) {
    for (int across = from; across <= to; ++across)
      for (int down = from; down <= to; ++down)
        if (!edge || !is_place(x + across, y + down))
          set(x + across, y + down, edge ? kEdgeColour : kPlaceColour, edge ? 160 : 255);
  }

  bool is_place(int x, int y) const {
    if (x < 0 || y < 0 || x >= picture_.width || y >= picture_.height) return false;
    const auto* pixel =
        picture_.marks.data() +
        (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.width) + static_cast<std::size_t>(x)) * 4;
    return pixel[3] == 255 && std::equal(kPlaceColour.begin(), kPlaceColour.end(), pixel);
  }

  Picture& picture_;
};

// Opaque where the heat is, so that what lies below is seen through it (heat_over with its opacity apart).
void mark_heat(Marks& marks, const HeatValues& heat, const SliceView& view) {
  for (int y = 0; y < view.size().height; ++y)
    for (int x = 0; x < view.size().width; ++x) {
      const double share = std::clamp(static_cast<double>(heat.values[view.voxel(x, y)]) / heat.greatest, 0.0, 1.0);
      if (share <= 0) continue;
      const auto ramp = [](double value) {
        return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 1.0) * 255));
      };
      marks.set(x, y, {ramp(share * 3), ramp(share * 3 - 1), ramp(share * 3 - 2)}, ramp(std::min(0.5, share)));
    }
}

// What tells the places of detections apart: "2" of "nodule-2", as their sentences have it; the whole id where there
// are several kinds. Empty where one place needs no name.
std::map<std::string, std::string> names_of_places(const findings::Findings& findings) {
  std::map<std::string, std::string> names;
  std::set<std::string> kinds;
  for (const auto& item : findings.items) {
    const auto dash = item.id.rfind('-');
    if (!item.location || item.presence != Presence::measured || dash == std::string::npos) continue;
    kinds.insert(item.id.substr(0, dash));
    names[item.id] = item.id.substr(dash + 1);
  }
  if (names.size() < 2) return {};
  if (kinds.size() > 1)
    for (auto& [id, name] : names) name = id;
  return names;
}

void mark_places(const ResultRequest& request, int slice, Picture& picture, Marks& marks) {
  const auto names = names_of_places(request.findings);
  const auto& geometry = request.image->geometry;
  const double across = static_cast<double>(picture.width) / geometry.columns,
               down = static_cast<double>(picture.height) / geometry.rows;
  for (const auto& item : request.findings.items) {
    if (!item.location || item.presence == Presence::absent) continue;
    for (const auto& outline : outlines_of(request, *item.location)) {
      if (slice_of_image(*request.image, outline.image) != slice) continue;
      const auto& points = outline.points;
      ++picture.places;
      const auto name = names.find(item.id);
      for (std::size_t i = 1; i < points.size(); ++i)
        marks.line(points[i - 1][0] * across, points[i - 1][1] * down, points[i][0] * across, points[i][1] * down);
      const auto right = *std::max_element(points.begin(), points.end());
      if (name != names.end()) marks.text(right[0] * across + 8, right[1] * down - 20, name->second);
      if (points.size() > 1) continue;
      const double x = points[0][0] * across, y = points[0][1] * down;
      for (const double arm : {-12.0, 12.0}) {  // a cross with an open middle
        marks.line(x + arm / 3, y, x + arm, y);
        marks.line(x, y + arm / 3, x, y + arm);
      }
    }
  }
}

void mark_outlines(const OverlayInput& input, int slice, const SliceView& view, Picture& picture, Marks& marks) {
  if (!input.labels) return;
  const auto labels = slice_of(*input.labels, slice);
  const std::set<std::uint8_t> present(labels.begin(), labels.end());
  for (std::size_t i = 0; i < input.segments.size() && i < 255; ++i)
    if (present.contains(static_cast<std::uint8_t>(i + 1)))
      picture.outlines.push_back({input.segments[i].label, input.segments[i].rgb});
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      if (const auto own = view.outline(x, y); own > 0) marks.set(x, y, input.segments[own - 1U].rgb, 255);
}

Picture draw(const ResultRequest& request, const OverlayInput& input, int slice) {
  const auto& image = *request.image;
  const auto size = view_size(image.geometry, kPicturePixels);
  const SliceView view(image, input.labels, input.segments.size(), slice, size);
  const std::array shown{slice};
  const auto window = window_for(image, shown, input.window);
  Picture picture;
  picture.caption = input.caption(slice);
  picture.width = size.width, picture.height = size.height;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) picture.grey.push_back(grey(window, view.value(x, y)));
  picture.marks.assign(picture.grey.size() * 4, 0);
  Marks marks(picture);
  if (!input.heat.values.empty() && input.heat.greatest > 0) {
    picture.heat = input.heat.label;
    mark_heat(marks, input.heat, view);
  }
  mark_outlines(input, slice, view, picture, marks);
  mark_places(request, slice, picture, marks);
  if (image.projection || image.frame_of_reference_uid.empty()) return picture;
  const auto against = [](findings::Vec3 v) { return findings::Vec3{-v[0], -v[1], -v[2]}; };
  picture.left = letter_of(against(image.geometry.column_direction));
  picture.top = letter_of(against(image.geometry.row_direction));
  return picture;
}

}  // namespace

std::vector<Picture> pictures_of(const ResultRequest& request) {
  std::vector<Picture> pictures;
  if (!request.image || request.image->voxels.empty()) return pictures;
  const auto& items = request.findings.items;
  const bool any =
      std::any_of(items.begin(), items.end(), [](const auto& each) { return each.presence == Presence::present; });
  const auto input = overlay_input(request);
  std::vector<int> slices;  // of pictures
  for (const auto& item : items) {
    const bool evidence = any && item.presence == Presence::measured && item.location;
    if (item.presence != Presence::present && !evidence) continue;
    const auto slice = slice_for(request, input, item);
    if (!slice) continue;
    const auto same = std::find(slices.begin(), slices.end(), *slice);
    if (same != slices.end()) {
      pictures[static_cast<std::size_t>(same - slices.begin())].findings.push_back(item.id);
    } else if (pictures.size() < kPicturesMax) {
      slices.push_back(*slice);
      pictures.push_back(draw(request, input, *slice));
      pictures.back().findings.push_back(item.id);
    }
  }
  return pictures;
}

}  // namespace inferad::results
