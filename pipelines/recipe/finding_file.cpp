// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/finding_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipelines/recipe/file_reader.h"

namespace inferad::recipe {

void Names::add(const JsonNode& owner, const std::string& name) {
  if (!name.empty() && !names_.insert(name).second) owner.fail(fmt::format("\"{}\" is given twice", name));
}

void Names::require(const JsonNode& user, const std::string& name, const char* what) const {
  if (name.empty() || has(name)) return;
  const auto near = nearest_word(name, {names_.begin(), names_.end()});
  user.fail(fmt::format("there is no {} \"{}\"{}", what, name, near.empty() ? "" : ": did you mean \"" + near + "\"?"));
}

namespace {

// How many detections of these labels there are, beyond an operating point.
void read_counted(JsonObject& object, const JsonNode& labels, FindingSpec& finding, const Known& known) {
  finding.detections = texts(labels, 255, 64);
  for (const auto& name : finding.detections) known.detections.require(labels, name, "label");
  finding.score_at_least = known.score_min;
  const auto point = object.find("score_at_least");
  if (!point) return;
  finding.score_at_least = point->number(-1e12, known.scores ? 1e12 : 1).value_or(known.score_min);
  if (finding.score_at_least < known.score_min)
    point->fail(fmt::format("is below \"score_min\", {:g}: such detections are dropped", known.score_min));
}

// What the finding looks at: exactly one of four.
void read_subject(JsonObject& object, FindingSpec& finding, const Known& known) {
  const auto& node = object.node();
  int subjects = 0;
  if (const auto classes = object.find("class")) {
    ++subjects;
    finding.classes = texts(*classes, 1000, 64);
    for (const auto& name : finding.classes) known.classes.require(*classes, name, "class");
    if (known.scores && finding.classes.size() > 1)
      classes->fail("scores of several classes cannot be added: name one");
  }
  if (const auto measurement = object.find("measurement")) {
    ++subjects;
    finding.measurement = measurement->text().value_or("");
    known.measurements.require(*measurement, finding.measurement, "measurement");
  }
  if (const auto value = object.find("value")) {
    ++subjects;
    finding.value = value->text().value_or("");
    known.values.require(*value, finding.value, "value");
  }
  if (const auto labels = object.find("detections")) {
    ++subjects;
    read_counted(object, *labels, finding, known);
  }
  if (subjects != 1) node.fail_expected("exactly one of \"class\", \"measurement\", \"value\" and \"detections\"");
}

void read_threshold(JsonObject& object, FindingSpec& finding, bool probability) {
  const double least = probability ? 0 : -1e12, most = probability ? 1 : 1e12;
  if (const auto limit = object.find("at_least")) finding.at_least = limit->number(least, most);
  if (const auto limit = object.find("at_most")) finding.at_most = limit->number(least, most);
  if (object.has("at_least") == object.has("at_most"))
    object.node().fail_expected("exactly one of \"at_least\" and \"at_most\"");
  const auto node = object.find("indeterminate");
  if (!node) return;
  finding.indeterminate = node->number(least, most);
  const bool outside = finding.indeterminate && ((finding.at_least && *finding.indeterminate >= *finding.at_least) ||
                                                 (finding.at_most && *finding.indeterminate <= *finding.at_most));
  if (outside) node->fail("must lie on the absent side of the threshold");
}

void read_operating_point(const JsonNode& node, FindingSpec& finding) {
  JsonObject object(node);
  finding.operating_point = required_text(object, "source", 1024);
  if (const auto value = object.find("sensitivity")) finding.sensitivity = value->number(0, 1);
  if (const auto value = object.find("specificity")) finding.specificity = value->number(0, 1);
}

}  // namespace

FindingSpec finding_of(const JsonNode& node, const Known& known, const Input& input) {
  JsonObject object(node);
  FindingSpec finding;
  read_head(object, finding);
  read_subject(object, finding, known);
  read_threshold(object, finding, !finding.classes.empty() && !known.scores);
  if (const auto point = object.find("operating_point")) read_operating_point(*point, finding);
  finding.image = image_of(object, input);
  return finding;
}

std::string image_of(JsonObject& object, const Input& input) {
  const auto node = object.find("image");
  if (!node) return {};
  auto name = node->text().value_or("");
  Names names;
  for (const auto& image : input.images) names.add(*node, image.name);
  if (input.images.empty())
    node->fail("there is one image: \"image\" names one of several");
  else if (input.join == Input::Join::batch)
    node->fail("\"join\" is \"batch\": a number's place says which image it is of");
  else
    names.require(*node, name, "image");
  return name;
}

}  // namespace inferad::recipe
