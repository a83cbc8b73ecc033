// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "pipelines/findings/json_reader.h"
#include "server/base/durable.h"
#include "server/base/hash.h"

namespace inferad::engine {

namespace {

using findings::JsonReader;

constexpr std::size_t kTextBytesMax = 1 << 20, kModelBytesMax = std::size_t{1} << 30;
constexpr std::array kKinds = {"lung-density"};
constexpr std::array kMeasures = {"LAA-950", "LAA-910", "HAA"};
constexpr std::array kLevels = {"STAT", "HIGH", "ROUTINE"};

template <std::size_t N>
std::string one_of(const JsonReader& reader, const std::array<const char*, N>& words) {
  const auto word = reader.required_text();
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    reader.fail(fmt::format("must be one of {}", fmt::join(words, ", ")));
  }
  return word;
}

double number_in(const JsonReader& reader, double least, double most) {
  const double value = reader.number();
  if (value < least || value > most) reader.fail(fmt::format("must be from {} to {}", least, most));
  return value;
}

// Sets `value` when the member is there.
void optional_number(const JsonReader& reader, std::string_view key, double least, double most, double& value) {
  if (const auto member = reader.find(key)) value = number_in(*member, least, most);
}

Eligibility read_eligibility(JsonReader reader) {
  reader.object({"modality", "slice_distance_mm_max", "coverage_mm_min", "pixel_spacing_mm_max", "rescale_required"});
  Eligibility result;
  result.modality = reader.at("modality").required_text(16);
  result.slice_distance_max_mm = number_in(reader.at("slice_distance_mm_max"), 0.1, 20);
  result.coverage_min_mm = number_in(reader.at("coverage_mm_min"), 0, 1000);
  result.pixel_spacing_max_mm = number_in(reader.at("pixel_spacing_mm_max"), 0.1, 20);
  result.rescale_required = reader.at("rescale_required").boolean();
  return result;
}

AirwayParameters read_airways(JsonReader reader) {
  reader.object({"wall_mm", "trachea_length_mm", "growth_ml"});
  AirwayParameters result;
  optional_number(reader, "wall_mm", 0, 10, result.wall_mm);
  optional_number(reader, "trachea_length_mm", 5, 200, result.trachea_length_mm);
  optional_number(reader, "growth_ml", 1, 1000, result.growth_ml);
  return result;
}

LungParameters read_lungs(JsonReader reader) {
  reader.object({"body_opening_mm", "outside_contact", "component_share_min", "gas_share_max", "closing_mm", "hole_mm2",
                 "airways"});
  LungParameters result;
  optional_number(reader, "body_opening_mm", 0, 20, result.body_opening_mm);
  optional_number(reader, "outside_contact", 0, 1, result.outside_contact);
  optional_number(reader, "component_share_min", 0, 1, result.component_share_min);
  optional_number(reader, "gas_share_max", 0, 1, result.gas_share_max);
  optional_number(reader, "closing_mm", 0, 30, result.closing_mm);
  optional_number(reader, "hole_mm2", 0, 10'000, result.hole_mm2);
  if (const auto member = reader.find("airways")) result.airways = read_airways(*member);
  return result;
}

findings::CodedConcept read_concept(JsonReader reader) {
  reader.object({"value", "scheme", "meaning"});
  return {reader.at("value").required_text(16), reader.at("scheme").required_text(16),
          reader.at("meaning").required_text(64)};
}

FindingRule read_rule(JsonReader reader) {
  reader.object({"id", "name", "concept", "measure", "at_least_percent", "priority"});
  FindingRule rule;
  rule.id = reader.at("id").required_text(64);
  rule.name = reader.at("name").required_text(64);
  rule.concept_code = read_concept(reader.at("concept"));
  rule.measure = one_of(reader.at("measure"), kMeasures);
  rule.threshold = number_in(reader.at("at_least_percent"), 0, 100);
  if (const auto level = reader.find("priority")) rule.level = one_of(*level, kLevels);
  return rule;
}

// Reads a file as JSON and gives it to `read`; whatever goes wrong is told with the name of the file.
template <class Read>
auto read_json(const std::filesystem::path& file, Read read) -> Result<decltype(read(std::declval<JsonReader>()))> {
  INFERAD_TRY(const auto text, read_file(file, kTextBytesMax));
  const auto document = findings::parse_json(text);
  if (!document) return with_context(document.error(), file.string());
  findings::Fault fault;
  auto value = read(JsonReader(&*document, "", fault));
  if (fault.first) return with_context(*fault.first, file.string());
  return value;
}

void check_name(const JsonReader& reader, const std::string& name, const std::filesystem::path& folder) {
  if (name != folder.filename())
    reader.fail(fmt::format("must be the name of the folder, {}", folder.filename().string()));
}

}  // namespace

Result<PipelineSpec> read_pipeline(const std::filesystem::path& folder) {
  return read_json(folder / "pipeline.json", [&](JsonReader reader) {
    reader.object(
        {"$schema", "name", "version", "kind", "title", "manufacturer", "model", "eligibility", "lungs", "findings"});
    PipelineSpec spec;
    spec.name = reader.at("name").required_text(64);
    check_name(reader.at("name"), spec.name, folder);
    spec.version = reader.at("version").required_text(32);
    one_of(reader.at("kind"), kKinds);
    spec.title = reader.at("title").required_text(64);
    spec.manufacturer = reader.at("manufacturer").required_text(64);
    spec.model = reader.at("model").required_text(64);
    spec.eligibility = read_eligibility(reader.at("eligibility"));
    if (const auto lungs = reader.find("lungs")) spec.lungs = read_lungs(*lungs);
    spec.rules = reader.at("findings").list(16, read_rule);
    return spec;
  });
}

Result<ModelSpec> read_model(const std::filesystem::path& folder) {
  return read_json(folder / "model.json", [&](JsonReader reader) {
    reader.object({"$schema", "name", "version", "format", "file", "sha256", "card"});
    ModelSpec model;
    model.name = reader.at("name").required_text(64);
    check_name(reader.at("name"), model.name, folder);
    model.version = reader.at("version").required_text(32);
    if (reader.at("format").text() != "torchscript-source") reader.at("format").fail("must be torchscript-source");
    const std::filesystem::path name = reader.at("file").required_text(255);
    if (name.has_parent_path() || name == ".." || name == ".")
      reader.at("file").fail("must be a file name without folders");
    model.file = folder / name;
    model.sha256 = reader.at("sha256").required_text(64);
    auto card = reader.at("card");
    card.object({"intended_use", "method", "training_data", "licence", "input", "output", "limits"});
    for (const char* key : {"intended_use", "method", "training_data", "licence", "input", "output"})
      card.at(key).required_text();
    card.at("limits").list(50, [](const JsonReader& limit) { return limit.required_text(); });
    return model;
  });
}

Result<std::string> read_pinned(const ModelSpec& model) {
  INFERAD_TRY(auto bytes, read_file(model.file, kModelBytesMax));
  const auto found = sha256_hex(bytes);
  if (found != model.sha256) {
    return Error{Errc::refused, fmt::format("{}: weights differ from model.json: SHA-256 is {}, model.json demands {}",
                                            model.file.string(), found, model.sha256)};
  }
  return bytes;
}

}  // namespace inferad::engine
