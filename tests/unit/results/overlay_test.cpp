// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/overlay.h"

#include <catch2/catch.hpp>
#include <set>

#include "pipelines/results/key_slices.h"
#include "pipelines/results/page_text.h"

using namespace inferad;
using namespace inferad::results;

namespace {

findings::Image image(int columns, int rows, int slices) {
  findings::Image result;
  result.geometry.columns = columns, result.geometry.rows = rows, result.geometry.slices = slices;
  result.voxels.assign(result.geometry.voxels(), 0);
  return result;
}

OverlayInput input_of(const findings::Image& source, const findings::LabelMap* labels,
                      std::span<const findings::Segment> segments) {
  return {source, labels, segments, {}, GreyWindow{0, 255}, [](int) { return std::string("Slice"); }, {"AI result"}};
}

findings::Segment segment(const Rgb& colour) {
  findings::Segment result;
  result.label = "Part";
  result.rgb = colour;
  return result;
}

int count(const Raster& picture, const Rgb& colour, int rows) {
  int found = 0;
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < picture.width(); ++x) found += picture.at(x, y) == colour ? 1 : 0;
  return found;
}

}  // namespace

TEST_CASE("key slices are those where segments are largest, few, and always the same") {
  findings::LabelMap labels{4, 4, 6, std::vector<std::uint8_t>(96, 0)};
  const auto put = [&](int slice, int label, int voxels) {
    auto* first = labels.labels.data() + slice * 16;
    for (int i = 0, left = voxels; left > 0; ++i)
      if (first[i] == 0) first[i] = static_cast<std::uint8_t>(label), --left;
  };
  CHECK(key_slices(labels, 3).empty());
  put(1, 1, 3), put(2, 1, 5), put(3, 1, 5);
  CHECK(key_slices(labels, 3) == std::vector{2});
  put(3, 2, 4), put(5, 2, 2);
  CHECK(key_slices(labels, 3) == std::vector{2, 3});
  put(2, 3, 1), put(0, 3, 2);  // half of it is in a slice that is shown
  CHECK(key_slices(labels, 3) == std::vector{2, 3});
  CHECK(key_slices(labels, 1) == std::vector{2});

  findings::LabelMap many{4, 4, 9, std::vector<std::uint8_t>(144, 0)};
  for (int slice = 0; slice < 9; ++slice)
    many.labels[static_cast<std::size_t>(slice) * 16] = static_cast<std::uint8_t>(slice + 1);
  CHECK(key_slices(many, 9) == std::vector{0, 1, 2, 3});
}

TEST_CASE("the hottest slice is the first of equal ones, and none where there is no heat") {
  const std::vector<float> values{0, 0.1F, 0.5F, 0, 0.5F, 0};
  CHECK(hottest_slice(values, 2) == 1);
  CHECK(hottest_slice(std::vector<float>(6, 0), 2) == -1);
  CHECK(hottest_slice({}, 2) == -1);
}

TEST_CASE("windows follow PS3.3 C.11.2.1.2, the image, the header, or the values") {
  auto source = image(10, 10, 1);
  for (std::size_t i = 0; i < 100; ++i) source.voxels[i] = static_cast<float>(i);
  const std::vector slices{0};
  CHECK(grey(window_around(40, 400), -160) == 0);
  CHECK(grey(window_around(40, 400), 239) == 255);
  CHECK(window_for(source, slices, GreyWindow{5, 6}).black == 5);
  const auto own = window_for(source, slices, std::nullopt);
  CHECK((own.black == Approx(0).margin(1) && own.white == Approx(98).margin(1)));
  source.projection = true;
  source.grey = {true, true, 50, 20, findings::GreyScale::Function::linear, 0, 100};
  const auto inverted = window_for(source, slices, GreyWindow{5, 6});
  CHECK((inverted.black == 59 && inverted.white == 40));
  CHECK(grey(inverted, 59) == 0);
  CHECK(grey({3, 3}, 4) == 255);
}

TEST_CASE("an outline runs inside its segment and leaves the rest grey") {
  auto source = image(64, 64, 1);
  findings::LabelMap labels{64, 64, 1, std::vector<std::uint8_t>(4096, 0)};
  for (int y = 20; y < 40; ++y)
    for (int x = 20; x < 40; ++x) labels.labels[static_cast<std::size_t>(y * 64 + x)] = 1;
  const Rgb colour{200, 10, 20};
  const std::vector segments{segment(colour)};
  const auto page = draw_overlay(input_of(source, &labels, segments));
  REQUIRE(page.picture.width() == 1024);
  const int top = page.caption_height;
  CHECK(page.picture.at(325, top + 500) == Rgb{0, 0, 0});  // 20.3, 31.2: inside the segment, beyond the line
  CHECK(page.picture.at(320, top + 500) == colour);        // its first pixel
  CHECK(page.picture.at(319, top + 500) == Rgb{0, 0, 0});  // the last one before it
  CHECK(count(page.picture, colour, top + 1024) == 320 * 4 * 2 - 4 * 4);     // two pixels wide along four sides
  CHECK(count(page.picture, colour, page.picture.height()) > 320 * 8 - 16);  // and the square of the legend
}

TEST_CASE("words cover nothing of the source: a side marker may stand in its corner") {
  auto source = image(64, 64, 1);
  source.voxels.assign(source.voxels.size(), 128);
  findings::LabelMap labels{64, 64, 1, std::vector<std::uint8_t>(4096, 0)};
  labels.labels[2000] = 1;
  const std::vector segments{segment({200, 10, 20})};
  const auto page = draw_overlay(input_of(source, &labels, segments));
  for (const int x : {0, 511, 1023})
    for (const int y : {0, 40, 1023}) CHECK(page.picture.at(x, page.caption_height + y) == Rgb{128, 128, 128});
}

TEST_CASE("a page shows the true proportions, and its letters are at least a fiftieth of it") {
  auto source = image(100, 100, 3);
  source.geometry.spacing = {0.5, 1, 3};
  findings::LabelMap labels{100, 100, 3, std::vector<std::uint8_t>(30000, 0)};
  labels.labels[0] = 1, labels.labels[20000] = 2;
  std::vector<findings::Segment> segments{segment({9, 9, 9}), segment({8, 8, 8})};
  segments[0].label = std::string(200, 'x');
  const auto input = input_of(source, &labels, segments);
  const auto page = draw_overlay(input);
  CHECK(page.slices == std::vector{0, 2});
  CHECK(page.picture.width() == 512);  // two of 256 x 512
  const PageText text(input.lines, {}, {}, 512, {512, 1});
  CHECK(kLetterHeight * text.scale() * 50 >= 512 + kCaptionAdvance * text.scale() + text.height());
  const auto again = draw_overlay(input);
  CHECK(again.picture.bytes() == page.picture.bytes());
}

TEST_CASE("marks are drawn where they are: a box by its lines, a point by a ring around it") {
  auto source = image(64, 64, 3);
  auto input = input_of(source, nullptr, {});
  input.marks = {{2, {{10, 20}, {30, 20}, {30, 40}, {10, 40}, {10, 20}}, "Box", true},
                 {1, {{10, 20}, {30, 20}, {30, 40}, {10, 40}, {10, 20}}, "Box", false},
                 {2, {{50, 50}}, "Point", true},
                 {2, {{-20, 10}, {100, 10}}, "Line", true}};
  CHECK(overlay_slices(input) == std::vector{2});  // not the slice that the box reaches too
  const auto page = draw_overlay(input);
  const int top = page.caption_height;  // a pixel of the image is 16 x 16
  CHECK(page.picture.at(160, top + 480) == mark_colour(0));
  CHECK(page.picture.at(480, top + 640) == mark_colour(0));
  CHECK(page.picture.at(320, top + 480) == Rgb{0, 0, 0});  // inside of the box
  CHECK(page.picture.at(800, top + 800) == Rgb{0, 0, 0});  // the point itself stays to be seen
  CHECK(page.picture.at(812, top + 800) == mark_colour(1));
  CHECK(page.picture.at(0, top + 160) == mark_colour(2));  // what lies beyond is cut
  CHECK(page.picture.at(1023, top + 160) == mark_colour(2));
  CHECK(mark_colour(0) != mark_colour(1));
}

TEST_CASE("views of different sizes stand beside each other in their own proportions") {
  std::vector<findings::Image> views{image(64, 64, 1), image(32, 64, 1)};
  views[0].voxels.assign(views[0].voxels.size(), 10);
  for (auto& view : views) view.projection = true, view.grey = {false, true, 5, 10, {}, 0, 10};
  auto input = input_of(views.front(), nullptr, {});
  input.views = views;
  input.marks = {{0, {{32, 32}}, "Point", true}, {1, {{16, 32}}, "Point", true}};
  const auto page = draw_overlay(input);
  CHECK(page.slices == std::vector{0, 1});
  CHECK(page.picture.width() == 1024);
  const int top = page.caption_height;
  CHECK(page.picture.at(256, top + 256) == Rgb{255, 255, 255});
  CHECK(page.picture.at(256 + 12, top + 256) == mark_colour(0));
  CHECK(page.picture.at(512 + 128 + 12, top + 256) == mark_colour(0));  // half as wide: its centre is at 128
}

TEST_CASE("heat is transparent where there is none and bright where it is greatest") {
  CHECK(heat_over(100, 0) == Rgb{100, 100, 100});
  CHECK(heat_over(100, -1) == heat_over(100, 0));
  const auto half = heat_over(100, 0.5), most = heat_over(100, 1);
  CHECK(half[0] > half[2]);
  CHECK((most[0] > 170 && most[2] > 170));
}

TEST_CASE("every letter is another one, and what is no letter is a question mark") {
  std::set<std::array<std::uint8_t, 5>> letters;
  for (char c = ' '; c <= '~'; ++c) letters.insert(letter(c));
  CHECK(letters.size() == 95);
  CHECK(letter('\xE4') == letter('?'));
  Raster picture(20, 12);
  picture.text(-3, -3, 2, "Wide beyond the edge", {255, 255, 255});  // clipped
  CHECK(picture.bytes().size() == 720);
}
