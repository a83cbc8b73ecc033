// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/picture_files.h"

#include <nlohmann/json.hpp>

#include "pipelines/results/png.h"
#include "server/base/durable.h"

namespace inferad::worker {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const results::Picture& picture, const std::string& name) {
  Json outlines = Json::array();
  for (const auto& mark : picture.outlines) outlines.push_back({{"label", mark.label}, {"rgb", mark.colour}});
  return {{"image", name + ".png"},
          {"marks", name + "-marks.png"},
          {"width", picture.width},
          {"height", picture.height},
          {"caption", picture.caption},
          {"findings", picture.findings},
          {"outlines", std::move(outlines)},
          {"places", picture.places},
          {"heat", picture.heat},
          {"left", picture.left},
          {"top", picture.top}};
}

}  // namespace

Status write_pictures(const std::vector<results::Picture>& pictures, const std::string& job,
                      const std::string& study_uid, const std::filesystem::path& folder) {
  if (pictures.empty()) return ok();
  Json list = Json::array();
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto& picture = pictures[i];
    const std::string name = "picture-" + std::to_string(i + 1);
    list.push_back(json_of(picture, name));
    INFERAD_TRY_STATUS(
        write_file_durable(folder / (name + ".png"),
                           results::png_of(picture.width, picture.height, results::PngColour::grey, picture.grey)));
    INFERAD_TRY_STATUS(
        write_file_durable(folder / (name + "-marks.png"),
                           results::png_of(picture.width, picture.height, results::PngColour::rgba, picture.marks)));
  }
  const Json root = {{"job", job}, {"study_uid", study_uid}, {"pictures", std::move(list)}};
  return write_file_durable(folder / "pictures.json", root.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace inferad::worker
