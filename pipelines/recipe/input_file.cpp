// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/input_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipelines/recipe/file_reader.h"

namespace inferad::recipe {

namespace {

using findings::HeaderAttribute;

constexpr double kNumberMax = 1e9;
constexpr std::size_t kHeaderInputsMax = 16, kCodesMax = 32, kImagesMax = 16;

const HeaderAttribute* attribute_of(const JsonNode& node) {
  std::vector<std::pair<std::string_view, const HeaderAttribute*>> words;
  for (const auto& each : findings::header_attributes()) words.emplace_back(each.keyword, &each);
  return choose<const HeaderAttribute*>(node, words).value_or(nullptr);
}

findings::HeaderUnit unit_of(const JsonNode& node, const HeaderAttribute& attribute) {
  std::vector<std::pair<std::string_view, findings::HeaderUnit>> words;
  for (const auto& each : attribute.units) words.emplace_back(each.ucum, each);
  return choose<findings::HeaderUnit>(node, words).value_or(attribute.units.front());
}

std::map<std::string, double> codes_of(const JsonNode& node) {
  std::map<std::string, double> codes;
  const auto names = node.member_names();
  if (!node.is_object() || names.empty() || names.size() > kCodesMax) {
    node.fail_expected(fmt::format("an object with 1 to {} words and their numbers", kCodesMax));
    return codes;
  }
  for (const auto& name : names) {
    const auto member = *node.member(name);
    if (name.empty() || name.size() > 16) member.fail("a word of DICOM has 1 to 16 characters");
    codes[name] = member.number(-kNumberMax, kNumberMax).value_or(0);
  }
  return codes;
}

HeaderInput header_input_of(const JsonNode& node) {
  JsonObject object(node);
  HeaderInput input;
  if (const auto member = object.require("attribute")) input.attribute = attribute_of(*member);
  if (!input.attribute) {
    for (const char* name : {"unit", "scale", "offset", "range", "codes", "default"}) object.allow(name);
    return input;
  }
  if (input.attribute->kind == HeaderAttribute::Kind::word) {
    if (const auto member = object.require("codes")) input.codes = codes_of(*member);
  } else {
    if (const auto member = object.require("unit")) input.unit = unit_of(*member, *input.attribute);
    object.read("scale", input.scale, -kNumberMax, kNumberMax);
    object.read("offset", input.offset, -kNumberMax, kNumberMax);
    if (const auto member = object.find("range")) input.range = range(*member, -kNumberMax, kNumberMax);
  }
  if (const auto member = object.find("default")) {
    input.fallback = member->number(-kNumberMax, kNumberMax);
    if (input.fallback && !input.range.holds(*input.fallback)) member->fail("lies outside \"range\"");
  }
  return input;
}

std::vector<HeaderInput> header_of(const JsonNode& list) {
  std::vector<HeaderInput> result;
  for (const auto& node : list.elements(1, kHeaderInputsMax)) {
    auto input = header_input_of(node);
    const bool twice = std::any_of(result.begin(), result.end(), [&](const auto& each) {
      return each.attribute && each.attribute == input.attribute;
    });
    if (twice) node.fail(fmt::format("\"{}\" is given twice", input.attribute->keyword));
    result.push_back(std::move(input));
  }
  return result;
}

findings::WantedView image_of(const JsonNode& node) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> sides{
      {{"L", "L"}, {"R", "R"}, {"B", "B"}}};
  JsonObject object(node);
  findings::WantedView image;
  image.name = identifier(object, "name");
  if (const auto word = object.find("laterality"))
    image.laterality = choose<std::string_view>(*word, sides).value_or("");
  if (const auto list = object.find("view")) image.views = texts(*list, 16, 16);
  if (!object.has("laterality") && !object.has("view")) node.fail_expected("\"laterality\", \"view\" or both");
  return image;
}

std::vector<findings::WantedView> images_of(const JsonNode& list) {
  std::vector<findings::WantedView> result;
  for (const auto& node : list.elements(2, kImagesMax)) {
    auto image = image_of(node);
    const bool twice =
        std::any_of(result.begin(), result.end(), [&](const auto& each) { return each.name == image.name; });
    if (twice && !image.name.empty()) node.fail(fmt::format("\"{}\" is given twice", image.name));
    result.push_back(std::move(image));
  }
  return result;
}

// Which images, and how they come together.
void read_images(JsonObject& object, Input& input) {
  using findings::FrameChoice;
  static constexpr std::array<std::pair<std::string_view, FrameChoice>, 3> frames{
      {{"all", FrameChoice::all}, {"first", FrameChoice::first}, {"middle", FrameChoice::middle}}};
  static constexpr std::array<std::pair<std::string_view, Input::Join>, 3> joins{
      {{"arguments", Input::Join::arguments}, {"channels", Input::Join::channels}, {"batch", Input::Join::batch}}};
  object.read("dimensions", input.dimensions, 2, 3);
  if (const auto word = object.find("frames")) {
    input.frames = choose<FrameChoice>(*word, frames).value_or(input.frames);
    if (input.dimensions != 2) word->fail("frames are images: \"dimensions\" must be 2");
  }
  if (const auto list = object.find("images")) {
    input.images = images_of(*list);
    if (input.dimensions != 2) list->fail("volumes cannot be put together: \"dimensions\" must be 2");
    if (object.has("frames")) list->fail("several images and frames exclude one another");
  }
  if (const auto word = object.find("join")) {
    input.join = choose<Input::Join>(*word, joins).value_or(input.join);
    if (!object.has("images")) word->fail("there are no \"images\" to join");
  }
}

}  // namespace

Input input_of(const JsonNode& node) {
  static constexpr std::array<std::pair<std::string_view, Input::Values>, 2> values{
      {{"modality", Input::Values::modality}, {"window", Input::Values::window}}};
  JsonObject object(node);
  Input input;
  if (const auto word = object.find("values"))
    input.values = choose<Input::Values>(*word, values).value_or(input.values);
  object.read("invert_monochrome1", input.invert_monochrome1);
  read_images(object, input);
  if (const auto list = object.find("header")) input.header = header_of(*list);
  return input;
}

void check_input(const JsonObject& pipeline, const PipelineFile& file) {
  const bool several = !file.input.images.empty();
  if (!several && file.input.frames != findings::FrameChoice::all) return;
  const auto& document = pipeline.node().document();
  const char* what = several ? "several images" : "all frames";
  const bool numbers =
      std::holds_alternative<Classification>(file.output) || std::holds_alternative<Regression>(file.output);
  const bool detects = several && std::holds_alternative<Detection>(file.output);
  if (detects && file.input.join != Input::Join::batch)
    document.add("/input", "a detector is shown each of several images by itself: \"join\" must be \"batch\"");
  if (!numbers && !detects) {
    document.add("/output", fmt::format("{} give a classification or a regression{} only", what,
                                        several ? ", or detections in each image," : ""));
  }
  if (file.from_bundle) document.add("/bundle", fmt::format("{} need their steps here: \"preprocessing\"", what));
  if (!file.recipe.inferer.target.empty() && file.recipe.inferer.target != "SimpleInferer")
    document.add("/inferer",
                 fmt::format("{} are shown to the network as a whole: only SimpleInferer is possible", what));
}

}  // namespace inferad::recipe
