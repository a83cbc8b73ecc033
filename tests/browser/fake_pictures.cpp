// SPDX-License-Identifier: Apache-2.0
// The made-up node's pictures: two ellipses in grey, and their outlines with a place as the layer over them.
#include <cmath>
#include <vector>

#include "pipelines/results/png.h"
#include "tests/browser/fake_node.h"

namespace inferad::web {

namespace {

constexpr int kWidth = 512, kHeight = 384;

// 1 on the outline of a lung, below 1 inside.
double lung(int x, int y, int centre) { return std::hypot((x - centre) / 90.0, (y - 190) / 140.0); }

std::vector<std::uint8_t> slice() {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const double body = std::hypot((x - 256) / 240.0, (y - 192) / 180.0);
      const bool air = lung(x, y, 150) < 1 || lung(x, y, 362) < 1;
      pixels.push_back(static_cast<std::uint8_t>(body > 1 ? 0 : air ? 40 + (x * 7 + y * 13) % 17 : 150));
    }
  return pixels;
}

std::vector<std::uint8_t> marks() {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const bool left = std::abs(lung(x, y, 362) - 0.99) < 0.012, right = std::abs(lung(x, y, 150) - 0.99) < 0.012;
      const bool place = (std::abs(std::abs(x - 350) - 20) < 1 && std::abs(y - 150) < 21) ||
                         (std::abs(std::abs(y - 150) - 20) < 1 && std::abs(x - 350) < 21);
      if (place) {
        pixels.insert(pixels.end(), {255, 214, 0, 255});
      } else {
        const std::uint8_t seen = left || right ? 255 : 0, red = left ? 90 : 240;
        pixels.insert(pixels.end(), {red, 170, 120, seen});
      }
    }
  return pixels;
}

}  // namespace

Result<std::string> FakeNode::pictures(std::int64_t study, std::int64_t) {
  if (study != 1) return std::string("{\"pictures\":[]}\n");
  return std::string(
      R"({"pictures":[{"image":"picture-1.png","marks":"picture-1-marks.png","width":512,"height":384,)"
      R"("caption":"Series 3 image 45","findings":["emphysema"],"outlines":[{"label":"Left lung","rgb":[90,170,120]},)"
      R"({"label":"<b>Right</b> lung","rgb":[240,170,120]}],"places":1,"heat":"","left":"R","top":"A"}]})");
}

Result<std::string> FakeNode::picture(std::int64_t, std::int64_t, const std::string& name) {
  if (name == "picture-1.png") return results::png_of(kWidth, kHeight, results::PngColour::grey, slice());
  if (name == "picture-1-marks.png") return results::png_of(kWidth, kHeight, results::PngColour::rgba, marks());
  return Error{Errc::not_found, "There is no such picture."};
}

Result<std::string> FakeNode::card(const std::string& pipeline) {
  if (pipeline != "ct-lung-density") return Error{Errc::not_found, "There is no pipeline of this name in the catalog."};
  return std::string(
      R"({"name":"ct-lung-density","version":"1.0.0","title":"CT lung density","manufacturer":"Inferad",)"
      R"("eligibility":{"modality":"CT","slice_distance_mm_max":5},"findings":[{"id":"emphysema","name":"Emphysema",)"
      R"("measure":"LAA-950","at_least_percent":25,"priority":"HIGH"}],"models":[{"name":"lung-topology",)"
      R"("version":"1.0.0","sha256":"0000","card":{"intended_use":"Finds aerated lung on axial CT of adults.",)"
      R"("population":"Adults","training_data":"None. Nothing was trained.","licence":"Apache-2.0",)"
      R"("limits":["A pneumothorax or a bulla counts as lung.","<img src=x onerror=window.hacked=1>"]}}]})");
}

}  // namespace inferad::web
