// SPDX-License-Identifier: Apache-2.0
// The measures over a given mask of a real series are those that plain numpy gave.
#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <variant>

#include "pipelines/engine/components.h"
#include "pipelines/engine/density.h"
#include "pipelines/engine/regions.h"
#include "pipelines/imaging/series.h"

using namespace inferad;
using namespace inferad::engine;
namespace fs = std::filesystem;

namespace {

const fs::path kData = fs::path(INFERAD_SOURCE_DIR).parent_path() / "shared/data";

std::vector<std::uint8_t> gunzip(const fs::path& file, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  gzFile stream = gzopen(file.c_str(), "rb");
  REQUIRE(stream != nullptr);
  const int got = gzread(stream, bytes.data(), static_cast<unsigned>(size));
  gzclose(stream);
  REQUIRE(got == static_cast<int>(size));
  return bytes;
}

findings::Image series() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kData / "dicom/ct-chest-lungfcp")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  auto loaded = imaging::load_series(files);
  REQUIRE(loaded);
  REQUIRE(std::holds_alternative<findings::Image>(*loaded));
  return std::get<findings::Image>(std::move(*loaded));
}

void check(const Density& density, const nlohmann::json& expected) {
  CHECK(density.voxels == expected["voxels"].get<std::uint64_t>());
  CHECK(density.volume_ml == Approx(expected["volume_mL"].get<double>()).margin(0.0006).epsilon(0));
  CHECK(density.mean_hu == Approx(expected["mean_HU"].get<double>()).margin(0.00006).epsilon(0));
  CHECK(density.laa950_percent == Approx(expected["LAA950_percent"].get<double>()).margin(0.000006).epsilon(0));
  CHECK(density.laa910_percent == Approx(expected["LAA910_percent"].get<double>()).margin(0.000006).epsilon(0));
  CHECK(density.perc15_hu == Approx(expected["Perc15_HU"].get<double>()).margin(0.00006).epsilon(0));
  CHECK(density.haa_percent == Approx(expected["HAA_-600_-250_percent"].get<double>()).margin(0.000006).epsilon(0));
}

}  // namespace

TEST_CASE("density over the golden mask of a real series equals the golden values") {
  if (!fs::exists(kData / "expected")) {
    std::cout << "SKIPPED: no shared data\n";
    return;
  }
  const auto image = series();
  const auto expected = nlohmann::json::parse(std::ifstream(kData / "expected/ct-lung-density_ct-chest-lungfcp.json"));
  findings::LabelMap labels{image.geometry.columns, image.geometry.rows, image.geometry.slices, {}};
  labels.labels = gunzip(kData / "expected/ct-lung_ct-chest-lungfcp_mask_cleaned.u8.gz", image.geometry.voxels());
  const auto both = mask_of(labels, 1, 2);
  const Components components(both, Connectivity::corners);
  std::vector<bool> at_low_columns(components.count());
  for (std::size_t c = 0; c < components.count(); ++c) {
    std::vector<bool> one(components.count(), false);
    one[c] = true;
    at_low_columns[c] = mean_column(components.select(one)) < image.geometry.columns / 2.0;
  }
  const auto right = components.select(at_low_columns);
  const auto left = combined(both, right, SetOperation::subtract, 2);
  REQUIRE(image.geometry.column_direction[0] > 0);
  check(*measure_density(image, {&both}), expected["both"]);
  check(*measure_density(image, {&right}), expected["right"]);
  check(*measure_density(image, {&left}), expected["left"]);
  check(*measure_density(image, {&right, &left}), expected["both"]);
}
