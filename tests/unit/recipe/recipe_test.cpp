// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/recipe.h"

#include <catch2/catch.hpp>

#include "tests/unit/recipe/shown.h"

namespace inferad::recipe {
namespace {

using testing::shown;

std::string shown(const Step& step) {
  std::string text = step.target + "(";
  for (const auto& key : step.keys) text += key + ' ';
  return text + testing::shown(Value{step.arguments}) + ")";
}

// Each step a line, or "refused: …".
std::string read(const std::string& json) {
  const auto recipe = read_recipe(json);
  if (!recipe) return "refused: " + recipe.error().what;
  std::string text;
  for (const auto& step : recipe->preprocessing) text += shown(step) + "\n";
  if (!recipe->inferer.target.empty()) text += "inferer " + shown(recipe->inferer) + "\n";
  for (const auto& step : recipe->postprocessing) text += "post " + shown(step) + "\n";
  return text;
}

// A chain of one transform, with other members of the file.
std::string read_one(const std::string& transform, const std::string& others = "") {
  return read(R"({"preprocessing": {"_target_": "Compose", "transforms": [)" + transform + "]}" +
              (others.empty() ? "" : ", " + others) + "}");
}

TEST_CASE("an empty configuration is an empty recipe") {
  CHECK(read("{}").empty());
  CHECK(read(R"({"preprocessing": null, "inferer": null})").empty());
  const auto recipe = read_recipe("{}");
  REQUIRE(recipe);
  CHECK(recipe->image_key == "image");
  CHECK(recipe->inferer.target.empty());
}

TEST_CASE("transforms are known by every name that MONAI gives them") {
  for (const auto* name : {"Spacingd", "SpacingD", "SpacingDict", "monai.transforms.Spacingd",
                           "monai.transforms.spatial.dictionary.SpacingDict"}) {
    CAPTURE(name);
    CHECK(read_one(R"({"_target_": ")" + std::string(name) + R"(", "keys": "image"})") == "Spacing(image {})\n");
  }
  CHECK(read_one(R"({"_target_": "SpatialPadd", "keys": "image"})") == "SpatialPad(image {})\n");
  CHECK(read_one(R"({"_target_": "CropForegroundd", "keys": "image"})") == "CropForeground(image {})\n");
}

TEST_CASE("the array form works on the image before the model and on pred after it") {
  CHECK(read(R"({"image_key": "scan", "preprocessing": [{"_target_": "SpatialPad"}],
                 "postprocessing": {"_target_": "Activations", "softmax": true}})") ==
        "SpatialPad(scan {})\npost Activations(pred {softmax: True})\n");
}

TEST_CASE("keys are a text or a list, also by reference") {
  const std::string others = R"("image_key": "img", "both": ["a", "b"])";
  CHECK(read_one(R"({"_target_": "EnsureTyped", "keys": "@image_key"})", others) == "EnsureType(img {})\n");
  CHECK(read_one(R"({"_target_": "EnsureTyped", "keys": ["@image_key", "label"]})", others) ==
        "EnsureType(img label {})\n");
  CHECK(read_one(R"({"_target_": "EnsureTyped", "keys": "$@both + ['c']"})", others) == "EnsureType(a b c {})\n");
  CHECK(read_one(R"({"_target_": "EnsureTyped", "keys": []})").starts_with("refused: preprocessing#transforms#0#keys"));
  CHECK(
      read_one(R"({"_target_": "EnsureTyped", "keys": [1]})").starts_with("refused: preprocessing#transforms#0#keys"));
}

TEST_CASE("arguments keep their kind; lists stay lists") {
  CHECK(read_one(R"({"_target_": "Spacingd", "keys": "image", "pixdim": [1, 1.5, -1], "mode": ["bilinear"],
                     "padding_mode": null, "_desc_": "text"})") ==
        "Spacing(image {mode: ['bilinear'], padding_mode: None, pixdim: [1, 1.5, -1]})\n");
}

TEST_CASE("quoted flags count as flags, except the one that Python takes for true") {
  CHECK(
      read_one(R"({"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": "True", "channel_wise": "true"})") ==
      "NormalizeIntensity(image {channel_wise: True, nonzero: True})\n");
  CHECK(read_one(R"({"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": "False"})") ==
        "refused: preprocessing#transforms#0#nonzero: the text \"False\" counts as true for Python: write false "
        "without quotes");
}

TEST_CASE("references reach into the file, also inside expressions") {
  CHECK(read_one(R"({"_target_": "Spacingd", "keys": "image", "pixdim": "@settings#spacings#1"})",
                 R"("settings": {"spacings": [[1, 1], ["@one", "$@one * 2"]]}, "one": 3)") ==
        "Spacing(image {pixdim: [3, 6]})\n");
  CHECK(read_one(R"({"_target_": "Spacingd", "keys": "image",
                     "pixdim": "$[1.5, 1.5, 1.5] if @displayable_configs#highres else [3.0, 3.0, 3.0]"})",
                 R"("displayable_configs": {"highres": false})") == "Spacing(image {pixdim: [3.0, 3.0, 3.0]})\n");
}

TEST_CASE("chains may be put together from lists and from one another") {
  const std::string others = R"("first": [{"_target_": "Flipd", "keys": "image"}],
                                "second": [{"_target_": "Compose", "transforms": [
                                             {"_target_": "Transposed", "keys": "image"}]}])";
  CHECK(read(R"({"preprocessing": {"_target_": "Compose", "transforms": "$@first + @second"}, )" + others + "}") ==
        "Flip(image {})\nTranspose(image {})\n");
  CHECK(read(R"({"preprocessing": {"_target_": "Compose", "transforms": "$@first "}, )" + others + "}") ==
        "Flip(image {})\n");
  const auto recipe =
      read_recipe(R"({"preprocessing": {"_target_": "Compose", "transforms": "@second"}, )" + others + "}");
  REQUIRE(recipe);
  CHECK(recipe->preprocessing[0].where == "second#0#transforms#0");
}

TEST_CASE("disabled transforms are gone") {
  const std::string others = R"("yes": true, "no": false)";
  for (const auto* flag : {"true", "\"True\"", "\"@yes\"", "\"$not @no\"", "\"$(not @no)\"", "1"}) {
    CAPTURE(flag);
    CHECK(
        read_one(R"({"_target_": "Flipd", "keys": "image", "_disabled_": )" + std::string(flag) + "}", others).empty());
  }
  for (const auto* flag : {"false", "\"False\"", "\"@no\"", "0", "null"}) {
    CAPTURE(flag);
    CHECK(read_one(R"({"_target_": "Flipd", "keys": "image", "_disabled_": )" + std::string(flag) + "}", others) ==
          "Flip(image {})\n");
  }
  CHECK(read_one(R"({"_target_": "scripts.Own", "_disabled_": true})").empty());
  CHECK(read(R"({"inferer": {"_target_": "SimpleInferer", "_disabled_": true}})").empty());
  CHECK(read_one(R"x({"_target_": "Flipd", "keys": "image", "_disabled_": "$not os.path.exists('x')"})x") ==
        "refused: preprocessing#transforms#0#_disabled_: os.path.exists(…) is not supported, in the expression "
        "\"$not os.path.exists('x')\"");
}

TEST_CASE("Invert undoes the preprocessing, however it is written") {
  for (const auto* chain : {"@preprocessing", "$@preprocessing", "$copy.deepcopy(@preprocessing)"}) {
    CAPTURE(chain);
    CHECK(read(R"({"postprocessing": [{"_target_": "Invertd", "keys": "pred", "transform": ")" + std::string(chain) +
               "\"}]}") == "post Invert(pred {transform: 'preprocessing'})\n");
  }
  CHECK(read(R"({"other": [], "postprocessing": [{"_target_": "Invertd", "keys": "pred", "transform": "@other"}]})") ==
        "refused: postprocessing#0#transform: Invert undoes @preprocessing only, not \"@other\"");
}

TEST_CASE("what saving would do is not looked at") {
  CHECK(read(R"x({"postprocessing": [{"_target_": "SaveImaged", "keys": "pred",
                 "output_dir": "$anything(1)", "meta_keys": "@nowhere"}]})x") == "post SaveImage(pred {})\n");
}

TEST_CASE("what is not reached is not looked at") {
  CHECK(read(R"x({"imports": ["$import glob"], "network": "$@network_def.to(@device)", "evaluator": "@nowhere",
                 "datalist": "$list(sorted(glob.glob('*')))", "loop": "@loop",
                 "inferer": {"_target_": "SimpleInferer", "_requires_": "@set_timesteps"}})x") ==
        "inferer SimpleInferer({})\n");
}

TEST_CASE("what cannot be read is refused with its place and name") {
  CHECK(read("[]") == "refused: must be an object");
  CHECK(read("{\"a\": }").starts_with("refused: not JSON: syntax error at byte"));
  CHECK(read(R"({"a": 1e999})") == "refused: not JSON: a number is too large");
  CHECK(read(R"({"image_key": 1})") == "refused: image_key: must be a text");
  CHECK(read(R"({"inferer": []})") == "refused: inferer: must be an object with _target_");
  CHECK(read(R"({"preprocessing": [1]})") == "refused: preprocessing: found int, expected a transform");
  CHECK(read_one(R"({"_target_": "Flipd", "keys": "@nowhere"})") ==
        "refused: preprocessing#transforms#0#keys: the reference @nowhere names nothing");
  CHECK(read_one(R"({"_target_": "Flipd", "keys": "@a#5"})", R"("a": [1])") ==
        "refused: preprocessing#transforms#0#keys: the reference @a#5 names nothing");
  CHECK(read_one(R"({"_target_": "Flipd", "keys": "@##up"})") ==
        "refused: preprocessing#transforms#0#keys: the reference \"@##up\" is not supported");
  CHECK(read_one(R"({"_target_": "Flipd", "keys": "%other.json::key"})") ==
        "refused: preprocessing#transforms#0#keys: the macro \"%other.json::key\" is not supported");
  CHECK(read_one(R"({"_target_": "scripts.transforms.Spacingd", "keys": "image"})") ==
        "refused: preprocessing#transforms#0: scripts.transforms.Spacingd is not a class of MONAI and cannot run here");
  CHECK(read_one(R"({"_target_": "Flipd", "keys": "image", "_mode_": "debug"})") ==
        "refused: preprocessing#transforms#0: Flipd with _mode_ \"debug\" is not supported");
  CHECK(read_one(R"({"_target_": "Flipd", "keys": "image", "reader": {"_target_": "PILReader"}})") ==
        "refused: preprocessing#transforms#0#reader: Flip with an object is not supported");
  CHECK(read(R"({"preprocessing": {"_target_": "Compose", "transforms": [], "lazy": true}})") ==
        "refused: preprocessing: Compose with lazy is not supported");
}

TEST_CASE("references that lead back to themselves are refused") {
  CHECK(read_one(R"({"_target_": "Flipd", "keys": "@a"})", R"("a": "@b", "b": "$@a + 1")") ==
        "refused: b: the reference @a leads back to itself");
  CHECK(read(R"({"preprocessing": "@preprocessing"})") ==
        "refused: preprocessing: the reference @preprocessing leads back to itself");
  CHECK(read(R"({"preprocessing": {"_target_": "Compose", "transforms": ["@preprocessing#transforms"]}})") ==
        "refused: preprocessing#transforms#0: the reference @preprocessing#transforms leads back to itself");
}

TEST_CASE("a small file cannot ask for much") {
  std::string doubling = R"({"preprocessing": "@a0")";
  for (int i = 0; i < 40; ++i)
    doubling +=
        ", \"a" + std::to_string(i) + "\": [\"@a" + std::to_string(i + 1) + "\", \"@a" + std::to_string(i + 1) + "\"]";
  CHECK(read(doubling + R"(, "a40": []})").starts_with("refused: a"));

  std::string row = R"({"preprocessing": "@a0")";
  for (int i = 0; i < 200; ++i) row += ", \"a" + std::to_string(i) + "\": \"@a" + std::to_string(i + 1) + "\"";
  CHECK(read(row + R"(, "a200": []})").find("nested deeper than 64 levels") != std::string::npos);

  const std::string deep(200'000, '[');
  CHECK(read("{\"preprocessing\": " + deep + std::string(200'000, ']') + "}").find("nested deeper") !=
        std::string::npos);
  CHECK(read(std::string(2 << 20, ' ')) == "refused: 2097152 bytes, at most 1048576");
}

}  // namespace
}  // namespace inferad::recipe
