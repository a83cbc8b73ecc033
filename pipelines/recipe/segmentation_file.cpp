// SPDX-License-Identifier: Apache-2.0
// The output of the kind "segmentation" in pipeline.json.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/finding_file.h"
#include "pipelines/recipe/pipeline_output.h"

namespace inferad::recipe {

namespace {

using Rgb = std::array<std::uint8_t, 3>;

// Colours that differ on grey images, in turn; then again.
constexpr std::array<Rgb, 12> kColours{{{230, 159, 0},
                                        {86, 180, 233},
                                        {0, 158, 115},
                                        {240, 228, 66},
                                        {0, 114, 178},
                                        {213, 94, 0},
                                        {204, 121, 167},
                                        {148, 103, 189},
                                        {188, 189, 34},
                                        {23, 190, 207},
                                        {227, 119, 194},
                                        {140, 86, 75}}};

Rgb colour(const JsonNode& node) {
  Rgb result{};
  const auto parts = node.elements(3, 3);
  for (std::size_t i = 0; i < parts.size(); ++i)
    result[i] = static_cast<std::uint8_t>(parts[i].integer(0, 255).value_or(0));
  return result;
}

}  // namespace

Segmentation segmentation_of(JsonObject& object) {
  using From = Segmentation::Probabilities;
  static constexpr std::array<std::pair<std::string_view, From>, 3> activations{
      {{"softmax", From::softmax}, {"sigmoid", From::sigmoid}, {"given", From::given}}};
  Segmentation result;
  if (const auto word = object.find("probabilities"))
    result.probabilities = choose<From>(*word, activations).value_or(From::none);
  const auto labels = object.require("labels");
  if (!labels) return result;
  Names ids;
  std::set<int> values;
  for (const auto& node : labels->elements(1, 255)) {
    JsonObject member(node);
    OutputLabel label;
    if (const auto value = member.require("value"))
      label.value = static_cast<int>(value->integer(1, 65'535).value_or(0));
    if (label.value > 0 && !values.insert(label.value).second)
      node.fail(fmt::format("the value {} is given twice", label.value));
    label.channel = label.value;
    if (const auto channel = member.find("channel")) {
      label.channel = static_cast<int>(channel->integer(0, 65'535).value_or(0));
      if (!object.has("probabilities")) channel->fail("says nothing without \"probabilities\"");
    }
    label.id = identifier(member, "id");
    ids.add(node, label.id);
    label.label = required_text(member, "label", 64);
    if (const auto code = member.require("category")) label.category = coded_concept(*code);
    if (const auto code = member.require("type")) label.type = coded_concept(*code);
    label.laterality = optional_concept(member, "laterality");
    const auto rgb = member.find("rgb");
    label.rgb = rgb ? colour(*rgb) : kColours[result.labels.size() % kColours.size()];
    result.labels.push_back(std::move(label));
  }
  std::stable_sort(result.labels.begin(), result.labels.end(),
                   [](const OutputLabel& a, const OutputLabel& b) { return a.value < b.value; });
  return result;
}

}  // namespace inferad::recipe
