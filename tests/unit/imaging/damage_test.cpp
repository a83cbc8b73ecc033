// SPDX-License-Identifier: Apache-2.0
// Files damaged at every place: a refusal or an image, never a crash (run it with the sanitizers).
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <random>

#include "pipelines/imaging/series.h"
#include "tests/unit/imaging/made_series.h"

namespace inferad::imaging {
namespace {

using test::MadeSeries;

constexpr const char* kSyntaxes[] = {"1.2.840.10008.1.2",      "1.2.840.10008.1.2.1",    "1.2.840.10008.1.2.1.99",
                                     "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5",
                                     "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"};

bool accepted(const MadeSeries& series) {
  const auto loaded = load_series(series.files());
  return loaded && std::holds_alternative<findings::Image>(*loaded);
}

TEST_CASE("a file cut at any place is refused") {
  for (const auto* syntax : kSyntaxes) {
    MadeSeries series;
    series.add(0, {}, syntax);
    const auto path = series.add(1, {}, syntax);
    const auto size = std::filesystem::file_size(path);
    for (auto length = size - 2; length > 0; length = length > 7 ? length - 7 : 0) {
      std::filesystem::resize_file(path, length);
      INFO(syntax << " cut to " << length << " of " << size);
      CHECK_FALSE(accepted(series));
    }
  }
}

TEST_CASE("changed bytes anywhere do not crash the loader") {
  std::mt19937 random(20261124);
  for (const auto* syntax : kSyntaxes) {
    MadeSeries series;
    series.add(0, {}, syntax);
    const auto path = series.add(1, {}, syntax);
    std::ifstream in(path, std::ios::binary);
    const std::string original{std::istreambuf_iterator<char>(in), {}};
    int loaded = 0;
    for (int round = 0; round < 300; ++round) {
      auto bytes = original;
      for (int change = 0; change < 1 + round % 4; ++change) {
        bytes[random() % bytes.size()] = static_cast<char>(round % 3 ? random() : 0xFF);
      }
      std::ofstream(path, std::ios::binary) << bytes;
      loaded += accepted(series);
    }
    INFO(syntax);
    CHECK(loaded < 300);
  }
}

}  // namespace
}  // namespace inferad::imaging
