// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/heat_file.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace inferad;

TEST_CASE("a heat map is a graymap of 16 bits that any reader takes") {
  std::string folder = (std::filesystem::temp_directory_path() / "inferad-heat-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const engine::HeatMap map{"heatmap-f.pgm", 3, 2, {0, 0.25F, 0.5F, 0.125F, -1, 0.6F}, 0.5};
  REQUIRE(worker::write_heat_map(map, folder));
  std::ifstream file(std::filesystem::path(folder) / "heatmap-f.pgm", std::ios::binary);
  std::string magic, comment;
  int columns = 0, rows = 0, most = 0;
  std::getline(file, magic);
  std::getline(file, comment);
  file >> columns >> rows >> most;
  CHECK(file.get() == '\n');
  CHECK(magic == "P5");
  CHECK(comment == "# fall of the score where the pixel is hidden: 65535 is 0.5");
  CHECK((columns == 3 && rows == 2 && most == 65'535));
  std::ostringstream rest;
  rest << file.rdbuf();
  std::vector<unsigned> values;
  const auto bytes = rest.str();
  REQUIRE(bytes.size() == 12);
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    values.push_back(static_cast<unsigned char>(bytes[i]) * 256U + static_cast<unsigned char>(bytes[i + 1]));
  CHECK(values == std::vector<unsigned>{0, 32'768, 65'535, 16'384, 0, 65'535});
  std::filesystem::remove_all(folder);
}
