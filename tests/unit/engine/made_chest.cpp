// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/made_chest.h"

#include <cmath>

namespace inferad::testing {

namespace {

float& at(findings::Image& image, int i, int j, int k) {
  const auto& g = image.geometry;
  const auto row = static_cast<std::size_t>(k) * static_cast<std::size_t>(g.rows) + static_cast<std::size_t>(j);
  return image.voxels[row * static_cast<std::size_t>(g.columns) + static_cast<std::size_t>(i)];
}

}  // namespace

findings::Image empty_image(int columns, int rows, int slices, const findings::Vec3& spacing, float hu) {
  findings::Image image;
  image.geometry.columns = columns;
  image.geometry.rows = rows;
  image.geometry.slices = slices;
  image.geometry.spacing = spacing;
  image.modality = "CT";
  image.series_uid = "1.2.3.4.5";
  image.has_rescale = true;
  image.voxels.assign(image.geometry.voxels(), hu);
  return image;
}

void paint_shape(findings::Image& image, const Shape& shape) {
  const auto& g = image.geometry;
  for (int k = shape.first; k <= shape.last; ++k)
    for (int j = 0; j < g.rows; ++j)
      for (int i = 0; i < g.columns; ++i) {
        const double x = (i * g.spacing[0] - shape.x) / shape.radius_x,
                     y = (j * g.spacing[1] - shape.y) / shape.radius_y;
        if (x * x + y * y <= 1) at(image, i, j, k) = shape.hu;
      }
}

findings::Image made_chest() {
  auto image = empty_image(160, 120, 50, {2, 2, 4}, kAirHu);
  paint_shape(image, {-150, 160, 215, 120, 10});              // table, shell
  paint_shape(image, {-930, 160, 215, 116, 6});               // table, foam
  paint_shape(image, {kTissueHu, 160, 115, 140, 92});         // body
  paint_shape(image, {kLungHu, 90, 115, 56, 58, 5, 40});      // right lung: low x
  paint_shape(image, {kLungHu, 226, 115, 46, 58, 5, 40});     // left lung
  paint_shape(image, {kTissueHu, 160, 120, 12, 12, 25, 49});  // trachea, wall
  paint_shape(image, {kAirHu, 160, 120, 9, 9, 25, 49});       // trachea
  return image;
}

std::vector<std::uint8_t> classes_of(const findings::Image& image) {
  std::vector<std::uint8_t> classes;
  classes.reserve(image.voxels.size());
  for (const float hu : image.voxels) {
    std::uint8_t n = 0;
    for (const float limit : {-210.0F, -410.0F, -600.0F, -925.0F, -950.0F, -970.0F})
      if (hu < limit) ++n;
    classes.push_back(hu < -1500 ? engine::voxel::kOutside : n);
  }
  return classes;
}

std::uint64_t voxels_near(const findings::Image& image, float hu, int first_column, int last_column) {
  std::uint64_t count = 0;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    const int column = static_cast<int>(n % static_cast<std::size_t>(image.geometry.columns));
    count += column >= first_column && column <= last_column && std::abs(image.voxels[n] - hu) < 1 ? 1U : 0U;
  }
  return count;
}

}  // namespace inferad::testing
