// SPDX-License-Identifier: Apache-2.0
// Files of pipelines and models in a folder of their own, and what is said about mistakes in them.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace inferad::recipe::testing {

using Json = nlohmann::json;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "inferad-recipe-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  std::filesystem::path path;
};

inline Json code(const std::string& value, const std::string& meaning) {
  return {{"value", value}, {"scheme", "SCT"}, {"meaning", meaning}};
}

inline Json good_card() {
  return {{"intended_use", "Tests"}, {"method", "U-Net"}, {"training_data", "None"},        {"licence", "CC0"},
          {"input", "CT"},           {"output", "Mask"},  {"limits", Json::array({"None"})}};
}

inline Json good_model() {
  return {{"name", "net"},
          {"version", "1"},
          {"format", "torchscript"},
          {"file", "model.pt"},
          {"sha256", std::string(64, 'a')},
          {"card", good_card()}};
}

inline Json good_pipeline() {
  return {{"name", "spleen"},
          {"version", "1.0.0"},
          {"kind", "model"},
          {"title", "Spleen"},
          {"manufacturer", "Me"},
          {"model", "net"},
          {"eligibility", {{"modality", "CT"}}},
          {"preprocessing", Json::array({{{"_target_", "Orientationd"}, {"keys", "image"}, {"axcodes", "RAS"}}})},
          {"inferer", {{"_target_", "SlidingWindowInferer"}, {"roi_size", {96, 96, 96}}}},
          {"postprocessing", Json::array({{{"_target_", "AsDiscreted"}, {"keys", "pred"}, {"argmax", true}}})},
          {"output",
           {{"kind", "segmentation"},
            {"labels", Json::array({{{"value", 1},
                                     {"id", "spleen"},
                                     {"label", "Spleen"},
                                     {"category", code("123037004", "Anatomical Structure")},
                                     {"type", code("78961009", "Spleen")}}})}}},
          {"measurements", Json::array({{{"id", "volume"}, {"measure", "volume"}, {"labels", "spleen"}}})},
          {"findings", Json::array({{{"id", "large"},
                                     {"name", "Large spleen"},
                                     {"concept", code("16294009", "Splenomegaly")},
                                     {"measurement", "volume"},
                                     {"at_least", 400},
                                     {"priority", "HIGH"}}})}};
}

}  // namespace inferad::recipe::testing
