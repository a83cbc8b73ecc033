// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/pipeline_file.h"

#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

Result<PipelineFile> read(const Json& document) {
  const Folder folder;
  folder.write("spleen/pipeline.json", document.dump(1));
  return read_pipeline_file(folder.path / "spleen");
}

// What is said after the name of the file.
std::string problem(const Json& document) {
  const auto pipeline = read(document);
  if (pipeline) return "";
  const auto& what = pipeline.error().what;
  return what.substr(what.find("pipeline.json:") + 14);
}

std::string with(const char* pointer, const Json& value, Json document = good_pipeline()) {
  document[Json::json_pointer(pointer)] = value;
  return problem(document);
}

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

Json classifier() {
  auto document = good_pipeline();
  document.erase("measurements");
  document["input"] = {{"values", "window"}, {"dimensions", 2}};
  document["output"] = {
      {"kind", "classification"}, {"classes", {"normal", "viral", "bacterial"}}, {"scores", "probability"}};
  document["findings"] = Json::array({{{"id", "pneumonia"},
                                       {"name", "Pneumonia"},
                                       {"concept", code("233604007", "Pneumonia")},
                                       {"class", {"viral", "bacterial"}},
                                       {"at_least", 0.5},
                                       {"indeterminate", 0.4},
                                       {"operating_point", {{"source", "validation"}, {"sensitivity", 0.9}}}}});
  return document;
}

// Of two images, one beside the other.
Json two_views(const char* join) {
  auto document = classifier();
  document["inferer"] = {{"_target_", "SimpleInferer"}};
  document["input"] = {{"dimensions", 2},
                       {"images", {{{"name", "left"}, {"laterality", "L"}}, {{"name", "right"}, {"laterality", "R"}}}},
                       {"join", join}};
  return document;
}

Json regressor() {
  auto document = good_pipeline();
  document.erase("measurements");
  document["output"] = {{"kind", "regression"},
                        {"values", Json::array({{{"id", "age"},
                                                 {"name", code("445518008", "Age")},
                                                 {"unit", {{"value", "a"}, {"scheme", "UCUM"}, {"meaning", "year"}}},
                                                 {"range", {{"min", 0}, {"max", 120}}},
                                                 {"interval", {{"half_width", 4.5}}}}})}};
  document["findings"][0].erase("measurement");
  document["findings"][0]["value"] = "age";
  return document;
}

Json detector() {
  auto document = good_pipeline();
  for (const char* name : {"measurements", "inferer", "postprocessing"}) document.erase(name);
  document["output"] = {
      {"kind", "detection"},
      {"form", "box_centre_size"},
      {"axes", "zyx"},
      {"origin", "corner"},
      {"scores", "probability"},
      {"score_min", 0.2},
      {"overlap_max", 0.3},
      {"count_max", 7},
      {"labels",
       Json::array({{{"value", 0}, {"id", "nodule"}, {"label", "Nodule"}, {"concept", code("27925004", "Nodule")}}})}};
  document["findings"][0].erase("measurement");
  document["findings"][0]["detections"] = "nodule";
  document["findings"][0]["score_at_least"] = 0.5;
  document["findings"][0]["at_least"] = 1;
  return document;
}

}  // namespace

TEST_CASE("a segmentation is read with its steps, labels, measurements and findings") {
  const auto pipeline = read(good_pipeline());
  if (!pipeline) FAIL(pipeline.error().what);
  CHECK(pipeline->name == "spleen");
  CHECK(pipeline->eligibility.modality == std::vector<std::string>{"CT"});
  CHECK(pipeline->recipe.preprocessing.at(0).target == "Orientation");
  CHECK(pipeline->recipe.inferer.target == "SlidingWindowInferer");
  CHECK(pipeline->recipe.postprocessing.at(0).target == "AsDiscrete");
  const auto& label = std::get<Segmentation>(pipeline->output).labels.at(0);
  CHECK(label.id == "spleen");
  CHECK(label.type.value == "78961009");
  CHECK(label.rgb != std::array<std::uint8_t, 3>{});
  CHECK(pipeline->measurements.at(0).labels == std::vector<std::string>{"spleen"});
  CHECK(pipeline->findings.at(0).at_least == 400);
  CHECK(pipeline->findings.at(0).level == "HIGH");
}

TEST_CASE("a segmentation may keep probabilities, each label's from a channel of the answer") {
  auto document = good_pipeline();
  CHECK(std::get<Segmentation>(read(document)->output).probabilities == Segmentation::Probabilities::none);
  document["output"]["probabilities"] = "sigmoid";
  CHECK(std::get<Segmentation>(read(document)->output).labels.at(0).channel == 1);
  document["output"]["labels"][0]["channel"] = 0;
  const auto pipeline = read(document);
  REQUIRE(pipeline);
  CHECK(std::get<Segmentation>(pipeline->output).probabilities == Segmentation::Probabilities::sigmoid);
  CHECK(std::get<Segmentation>(pipeline->output).labels.at(0).channel == 0);
  document["output"].erase("probabilities");
  CHECK_THAT(read(document).error().what, Catch::Contains("says nothing without \"probabilities\""));
  document["output"]["probabilities"] = "logits";
  CHECK_THAT(read(document).error().what, Catch::Contains("/output/probabilities"));
}

TEST_CASE("a classification has classes and thresholds with their operating point") {
  const auto pipeline = read(classifier());
  if (!pipeline) FAIL(pipeline.error().what);
  CHECK(std::get<Classification>(pipeline->output).classes.size() == 3);
  CHECK(pipeline->input.values == Input::Values::window);
  CHECK(pipeline->input.dimensions == 2);
  const auto& finding = pipeline->findings.at(0);
  CHECK(finding.classes == std::vector<std::string>{"viral", "bacterial"});
  CHECK(finding.indeterminate == 0.4);
  CHECK(finding.sensitivity == 0.9);
  CHECK_FALSE(finding.specificity);
}

TEST_CASE("a regression has values with unit, range and interval") {
  const auto pipeline = read(regressor());
  if (!pipeline) FAIL(pipeline.error().what);
  const auto& value = std::get<Regression>(pipeline->output).values.at(0);
  CHECK(value.unit.value == "a");
  CHECK(value.range.most == 120);
  CHECK(value.half_width == 4.5);
  CHECK(pipeline->findings.at(0).value == "age");
}

TEST_CASE("a detection has its form, limits and labels, and findings count them beyond an operating point") {
  const auto pipeline = read(detector());
  if (!pipeline) FAIL(pipeline.error().what);
  const auto& detection = std::get<Detection>(pipeline->output);
  CHECK(detection.form == Detection::Form::box_centre_size);
  CHECK(detection.zyx);
  CHECK(detection.from_corner);
  CHECK(detection.score_min == 0.2);
  CHECK(detection.overlap_max == 0.3);
  CHECK(detection.count_max == 7);
  CHECK(detection.labels.at(0).id == "nodule");
  CHECK(pipeline->findings.at(0).detections == std::vector<std::string>{"nodule"});
  CHECK(pipeline->findings.at(0).score_at_least == 0.5);
  auto document = detector();
  document["findings"][0].erase("score_at_least");
  CHECK(read(document)->findings.at(0).score_at_least == 0.2);
}

TEST_CASE("a finding may be of one of several images") {
  auto document = two_views("arguments");
  document["findings"][0]["image"] = "right";
  const auto pipeline = read(document);
  if (!pipeline) FAIL(pipeline.error().what);
  CHECK(pipeline->findings.at(0).image == "right");
  CHECK(contains(with("/findings/0/image", "rigth", document),
                 "/findings/0/image: there is no image \"rigth\": did you mean \"right\"?"));
  CHECK(contains(with("/findings/0/image", "right", classifier()), "/findings/0/image: there is one image"));
  CHECK(contains(with("/findings/0/image", "right", two_views("batch")), "a number's place says which image"));
  CHECK(with("/uncertainty", {{"ensemble", {"other"}}}, document).empty());
  CHECK(contains(with("/uncertainty", {{"augmentation", {"flip_x"}}}, document),
                 "/uncertainty/augmentation: mirrors are for one image"));
}

TEST_CASE("mistakes of a detection have their place, steps that would lead positions astray among them") {
  const Json invert = Json::array({{{"_target_", "Invertd"}, {"keys", "pred"}, {"transform", "@preprocessing"}}});
  const Json transpose = {{"_target_", "Transposed"}, {"keys", "image"}, {"indices", {0, 2, 1}}};
  CHECK(contains(with("/output/form", "ball", detector()),
                 "/output/form: found the text \"ball\", expected \"point\", \"box_corners\" or \"box_centre_size\""));
  CHECK(contains(with("/output/score_min", 1.5, detector()), "/output/score_min: found 1.5, expected a number from 0"));
  CHECK(contains(with("/output/distance_min_mm", 5, detector()), "/output/distance_min_mm: no such setting"));
  CHECK(contains(with("/output/labels/0/value", -1, detector()), "an integer from 0 to 65535"));
  CHECK(
      contains(with("/output/labels/1", detector()["output"]["labels"][0], detector()), "the value 0 is given twice"));
  CHECK(contains(with("/findings/0/detections", "nodul", detector()), "did you mean \"nodule\"?"));
  CHECK(contains(with("/findings/0/score_at_least", 0.1, detector()), "/findings/0/score_at_least: is below"));
  CHECK(contains(with("/findings/0/score_at_least", 0.1), "/findings/0/score_at_least: no such setting"));
  CHECK(contains(with("/preprocessing/1", transpose, detector()), "/preprocessing/1: Transpose would make"));
  CHECK(contains(with("/inferer", good_pipeline()["inferer"], detector()), "/inferer: a detector is shown the whole"));
  CHECK(contains(with("/postprocessing", invert, detector()), "/postprocessing: must be empty"));
}

TEST_CASE("an image has a name for its file, what it shows and its unit") {
  auto document = good_pipeline();
  for (const char* name : {"measurements", "findings"}) document.erase(name);
  document["output"] = {{"kind", "image"},
                        {"id", "synthetic-ct"},
                        {"label", "Synthetic CT"},
                        {"content", code("1", "Synthetic CT")},
                        {"unit", code("HU", "Hounsfield unit")},
                        {"range", {{"min", -1024}}}};
  const auto pipeline = read(document);
  if (!pipeline) FAIL(pipeline.error().what);
  const auto& image = std::get<ImageOutput>(pipeline->output);
  CHECK(image.id == "synthetic-ct");
  CHECK(image.unit.value == "HU");
  CHECK(image.range.least == -1024.0);
  CHECK(contains(with("/output/id", "../ct", document), "/output/id: "));
  CHECK(contains(with("/output/id", std::string(57, 'x'), document), "it becomes the name of a file"));
  CHECK(contains(with("/measurements", good_pipeline()["measurements"], document), "only a segmentation"));
}

TEST_CASE("the steps may be the bundle's") {
  auto document = good_pipeline();
  for (const char* name : {"preprocessing", "inferer", "postprocessing"}) document.erase(name);
  CHECK(contains(problem(document), "the steps are missing"));
  document["bundle"] = true;
  const auto pipeline = read(document);
  if (!pipeline) FAIL(pipeline.error().what);
  CHECK(pipeline->from_bundle);
  CHECK(contains(with("/inferer", {{"_target_", "SimpleInferer"}}, document), "inferer is the bundle's own"));
}

TEST_CASE("every eligibility is read") {
  auto document = good_pipeline();
  document["eligibility"] = {{"modality", {"DX", "CR"}},
                             {"body_part", "CHEST"},
                             {"view", {"PA", "AP"}},
                             {"sex", "F"},
                             {"manufacturer", {"Siemens", "GE"}},
                             {"orientation", "axial"},
                             {"age_years", {{"min", 18}, {"max", 90}}},
                             {"pixel_spacing_mm", {{"max", 1}}},
                             {"slice_distance_mm", {{"min", 0.5}}},
                             {"slices", {{"min", 20}}},
                             {"rows", {{"min", 512}, {"max", 512}}},
                             {"columns", {{"min", 512}}},
                             {"coverage_mm", {{"min", 60}}},
                             {"rescale_required", true},
                             {"unknown", "refuse"}};
  const auto pipeline = read(document);
  if (!pipeline) FAIL(pipeline.error().what);
  const auto& eligibility = pipeline->eligibility;
  CHECK(eligibility.modality == std::vector<std::string>{"DX", "CR"});
  CHECK(eligibility.sex == std::vector<std::string>{"F"});
  CHECK(eligibility.manufacturer.size() == 2);
  CHECK(eligibility.age_years.holds(18));
  CHECK_FALSE(eligibility.age_years.holds(91));
  CHECK(eligibility.pixel_spacing_mm.holds(-5));
  CHECK(eligibility.rows.most == 512);
  CHECK(eligibility.coverage_mm.least == 60);
  CHECK(eligibility.rescale_required);
  CHECK(eligibility.refuse_unknown);
}

TEST_CASE("each mistake is told with file, line, pointer and what was expected") {
  const auto text = with("/findings/0/priority", "LOW");
  CHECK(contains(text, ": /findings/0/priority: found the text \"LOW\", expected \"STAT\", \"HIGH\" or \"ROUTINE\""));
  CHECK(text.find(':') > 0);
  CHECK(std::stoi(text) > 10);  // the line
  CHECK(
      contains(with("/name", "other"), "/name: found the text \"other\", expected the name of the folder, \"spleen\""));
  CHECK(contains(with("/kind", "dance"), "/kind: found the text \"dance\", expected \"model\""));
  CHECK(contains(with("/eligibility/modalty", "CT"), "did you mean \"modality\"?"));
  CHECK(contains(with("/eligibility", Json::object()), "/eligibility: \"modality\" is missing"));
  CHECK(contains(with("/eligibility/age_years", {{"min", 5}, {"max", 3}}), "no value is in this range"));
  CHECK(contains(with("/eligibility/age_years", 5), "/eligibility/age_years: found 5, expected an object"));
  CHECK(contains(with("/eligibility/slices", Json::object()), "expected \"min\", \"max\" or both"));
  CHECK(contains(with("/eligibility/sex", "X"), "expected \"F\", \"M\" or \"O\""));
  CHECK(contains(with("/input", {{"dimensions", 4}}), "an integer from 2 to 3"));
  CHECK(contains(with("/output/kind", "masks"),
                 "\"segmentation\", \"classification\", \"regression\", \"detection\" or \"image\""));
  CHECK(contains(with("/output/labels/0/value", 0), "an integer from 1 to 65535"));
  CHECK(contains(with("/output/labels/0/id", "my spleen"), "letters, digits, - and _"));
  CHECK(contains(with("/output/labels/1", good_pipeline()["output"]["labels"][0]), "\"spleen\" is given twice"));
  CHECK(contains(with("/output/labels/0/rgb", {1, 2}), "expected a list of 3 to 3"));
  CHECK(contains(with("/measurements/0/labels", "splen"), "there is no label \"splen\": did you mean \"spleen\"?"));
  CHECK(contains(with("/measurements/0/measure", "percentile"), "\"percent\" is missing"));
  CHECK(contains(with("/measurements/0/percent", 5), "/measurements/0/percent: no such setting"));
  CHECK(contains(with("/findings/0/measurement", "volum"),
                 "there is no measurement \"volum\": did you mean \"volume\"?"));
  CHECK(contains(with("/findings/0/class", "x"),
                 "exactly one of \"class\", \"measurement\", \"value\" and \"detections\""));
  CHECK(contains(with("/findings/0/at_most", 3), "exactly one of \"at_least\" and \"at_most\""));
  CHECK(contains(with("/findings/0/indeterminate", 500), "must lie on the absent side"));
  CHECK(contains(with("/findings/0/at_least", 1.5, classifier()), "a number from 0 to 1"));
  CHECK(contains(with("/findings/0/class", "virus", classifier()), "there is no class \"virus\""));
  CHECK(contains(with("/output/scores", "score", classifier()), "scores of several classes cannot be added"));
  CHECK(contains(with("/measurements", Json::array(), classifier()), "only a segmentation can be measured"));
  CHECK(
      contains(with("/output/values/0/interval", Json::object(), regressor()), "either \"half_width\" or \"bounds\""));
  for (const char* key : {"name", "version", "kind", "title", "manufacturer", "model", "eligibility", "output"}) {
    auto document = good_pipeline();
    document.erase(key);
    CHECK(contains(problem(document), std::string("\"") + key + "\" is missing"));
  }
}

TEST_CASE("mistakes in the steps have their place in the file") {
  const auto text = with("/preprocessing/0/axcodes", "@nowhere");
  CHECK(contains(text, ": /preprocessing/0/axcodes: the reference @nowhere names nothing"));
  CHECK(std::stoi(text) > 20);
  CHECK(contains(with("/preprocessing/0/_target_", "scripts.Own"), ": /preprocessing/0: scripts.Own is not a class"));
  CHECK(contains(with("/inferer/overlap", "$open('x')"), "open(…) is not supported, in the expression \"$open('x')\""));
}

TEST_CASE("all mistakes of a file are told at once") {
  auto document = good_pipeline();
  document["titel"] = "x";
  document["output"]["labels"][0]["value"] = -1;
  document["findings"][0]["at_least"] = "400";
  const auto text = problem(document);
  CHECK(contains(text, "/titel"));
  CHECK(contains(text, "/output/labels/0/value"));
  CHECK(contains(text, "/findings/0/at_least: found the text \"400\", expected a number"));
}

TEST_CASE("the kind says which reader a file is for") {
  const Folder folder;
  const auto kind = [&](const std::string& text) {
    folder.write("pipeline.json", text);
    const auto found = read_pipeline_kind(folder.path);
    return found ? *found : found.error().what;
  };
  CHECK(kind(R"({"kind": "model"})") == "model");
  CHECK(kind(R"({"kind": "lung-density"})") == "lung-density");
  CHECK(contains(kind(R"({"kind": "lungs"})"), "expected \"model\", \"lung-density\" or \"join\""));
  CHECK(contains(kind("{}"), "\"kind\" is missing"));
  CHECK(contains(kind("{"), "pipeline.json:1:"));
  CHECK(contains(read_pipeline_file(folder.path / "none").error().what, "pipeline.json"));
}

}  // namespace inferad::recipe
