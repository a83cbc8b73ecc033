// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/import_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipelines/recipe/bundle.h"
#include "pipelines/recipe/model_file.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/durable.h"
#include "server/base/hash.h"

namespace inferad::recipe {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kWeightsBytesMax = std::size_t{8} << 30;
constexpr const char* kNotStated = "Not stated";

// "ct-liver" for "CT liver!": what may be an id.
std::string slug(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool kept = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_';
    if (kept)
      result += lower;
    else if (!result.empty() && result.back() != '-')
      result += '-';
  }
  result = result.substr(0, 64);
  while (result.ends_with('-')) result.pop_back();
  return result;
}

std::string cut(const std::string& text, std::size_t bytes_max) {
  std::string clean;
  for (const char c : text) clean += static_cast<unsigned char>(c) < ' ' || c == 127 ? ' ' : c;
  if (clean.size() <= bytes_max) return clean;
  while (bytes_max > 0 && (static_cast<unsigned char>(clean[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return clean.substr(0, bytes_max);
}

std::string or_not_stated(const std::string& text) { return text.empty() ? kNotStated : cut(text, 4096); }

Json code(const std::string& value, const std::string& scheme, const std::string& meaning) {
  return {{"value", value}, {"scheme", scheme}, {"meaning", meaning}};
}

bool is_classification(const BundleTensor& pred) {
  return pred.type == "probabilities" || pred.format == "classes" || pred.format == "labels" ||
         (pred.spatial_shape.empty() && pred.format != "segmentation");
}

Json segmentation(const BundleTensor& pred) {
  Json labels = Json::array();
  for (const auto& [channel, meaning] : pred.channel_def) {
    if (channel == 0 && pred.channel_def.size() > 1) continue;  // background
    const auto id = slug(meaning).empty() ? fmt::format("label-{}", channel) : slug(meaning);
    const bool taken = std::any_of(labels.begin(), labels.end(), [&](const auto& label) { return label["id"] == id; });
    labels.push_back(
        {{"value", std::max(1, channel)},
         {"id", taken ? fmt::format("{}-{}", id.substr(0, 58), channel) : id},
         {"label", cut(meaning.empty() ? id : meaning, 64)},
         {"category", code("123037004", "SCT", "Anatomical Structure")},
         {"type", code(fmt::format("LABEL{}", channel), "99LOCAL", cut(meaning.empty() ? id : meaning, 64))}});
  }
  if (labels.empty())
    labels.push_back({{"value", 1},
                      {"id", "label-1"},
                      {"label", kNotStated},
                      {"category", code("123037004", "SCT", "Anatomical Structure")},
                      {"type", code("LABEL1", "99LOCAL", kNotStated)}});
  return {{"kind", "segmentation"}, {"labels", labels}};
}

Json classification(const BundleTensor& pred) {
  Json classes = Json::array();
  for (const auto& [channel, meaning] : pred.channel_def)
    classes.push_back(meaning.empty() ? fmt::format("class {}", channel) : cut(meaning, 64));
  for (int i = static_cast<int>(classes.size()); i < std::max(1, pred.channels); ++i)
    classes.push_back(fmt::format("class {}", i));
  const bool probability = pred.type == "probabilities" || pred.value_range == std::vector<double>{0, 1};
  return {{"kind", "classification"}, {"classes", classes}, {"scores", probability ? "probability" : "score"}};
}

// What is known about the source.
struct Source {
  fs::path weights;                  // of the source
  std::string format, file;          // as in model.json
  std::vector<fs::path> companions;  // copied as they are, relative to the bundle
  std::optional<BundleSpec> bundle;
  std::vector<std::string> to_do;
};

Result<Source> look_at(const fs::path& path) {
  std::error_code failure;
  Source source;
  if (fs::is_directory(path, failure)) {
    INFERAD_TRY(source.bundle, read_bundle(path));
    source.weights = source.bundle->model;
    source.format = "bundle";
    source.file = "models/model.ts";
    for (const char* name : {"configs/inference.json", "configs/metadata.json", "LICENSE", "docs/README.md"})
      if (fs::exists(path / name, failure)) source.companions.emplace_back(name);
    source.to_do = {"pipeline.json: codes of the output (type, concept), measurements, findings and thresholds",
                    "model.json: method, limits, and whom and what the model accepts"};
    return source;
  }
  if (!fs::is_regular_file(path, failure)) return Error{Errc::not_found, path.string() + ": no such file or folder"};
  if (path.extension() != ".pt" && path.extension() != ".ts")
    return Error{Errc::invalid_input, path.string() + ": expected a bundle's folder, or a .pt or .ts file"};
  source.weights = path;
  source.format = "torchscript";
  source.file = "model" + path.extension().string();
  source.to_do = {"pipeline.json: eligibility, preprocessing, inferer, postprocessing and what the output means",
                  "model.json: the card"};
  return source;
}

Json model_json(const Source& source, const std::string& name, const std::string& sha256) {
  const BundleSpec none;
  const auto& bundle = source.bundle ? *source.bundle : none;
  Json card{
      {"intended_use", or_not_stated(bundle.intended_use)},
      {"method", or_not_stated(bundle.description)},
      {"training_data", or_not_stated(bundle.data_source)},
      {"licence", or_not_stated(bundle.copyright)},
      {"input", or_not_stated(fmt::format("{} {}", bundle.image.format, fmt::join(bundle.image.spatial_shape, " x ")))},
      {"output", or_not_stated(bundle.task)},
      {"population", kNotStated},
      {"limits", Json::array({"No clinical validation is known."})},
      {"calibrated", false}};
  if (card["input"] == " ") card["input"] = kNotStated;
  if (!bundle.image.modality.empty()) card["accepts"] = {{"modality", cut(bundle.image.modality, 16)}};
  return {{"$schema", "../../config/schema/model.schema.json"},
          {"name", name},
          {"version", bundle.version.empty() ? "1" : cut(bundle.version, 32)},
          {"format", source.format},
          {"file", source.file},
          {"sha256", sha256},
          {"card", card}};
}

Json pipeline_json(const Source& source, const std::string& name) {
  const BundleSpec none;
  const auto& bundle = source.bundle ? *source.bundle : none;
  Json pipeline{{"$schema", "../../../config/schema/pipeline.schema.json"},
                {"name", name},
                {"version", "0.1.0"},
                {"kind", "model"},
                {"title", cut(bundle.name.empty() ? name : bundle.name, 64)},
                {"manufacturer", cut(bundle.authors.empty() ? kNotStated : bundle.authors, 64)},
                {"model", name},
                {"eligibility", {{"modality", bundle.image.modality.empty() ? "CT" : cut(bundle.image.modality, 16)}}},
                {"input", {{"dimensions", bundle.image.spatial_shape.size() == 2 ? 2 : 3}}}};
  if (source.bundle) {
    pipeline["bundle"] = true;
    pipeline["output"] = is_classification(bundle.pred) ? classification(bundle.pred) : segmentation(bundle.pred);
  } else {
    pipeline["preprocessing"] = Json::array({{{"_target_", "EnsureTyped"}, {"keys", "image"}}});
    pipeline["inferer"] = {{"_target_", "SimpleInferer"}};
    pipeline["postprocessing"] = Json::array({{{"_target_", "AsDiscreted"}, {"keys", "pred"}, {"argmax", true}}});
    pipeline["output"] = segmentation({});
  }
  pipeline["measurements"] = Json::array();
  if (pipeline["output"]["kind"] != "segmentation") pipeline.erase("measurements");
  pipeline["findings"] = Json::array();
  return pipeline;
}

// Removes what was made unless all of it succeeded.
struct Undo {
  std::vector<fs::path> folders;
  bool done = false;
  ~Undo() {
    std::error_code failure;
    for (const auto& folder : folders)
      if (!done) fs::remove_all(folder, failure);
  }
};

Status copy(const fs::path& from, const fs::path& to, std::size_t bytes_max) {
  INFERAD_TRY(const auto bytes, read_file(from, bytes_max));
  INFERAD_TRY_STATUS(make_folders_durable(to.parent_path()));
  return write_file_durable(to, bytes);
}

Status write_all(const Source& source, const ImportChoice& choice, const Imported& made) {
  INFERAD_TRY(const auto weights, read_file(source.weights, kWeightsBytesMax));
  INFERAD_TRY_STATUS(make_folders_durable((made.model / source.file).parent_path()));
  INFERAD_TRY_STATUS(make_folders_durable(made.pipeline));
  INFERAD_TRY_STATUS(write_file_durable(made.model / source.file, weights));
  for (const auto& name : source.companions)
    INFERAD_TRY_STATUS(copy(choice.source / name, made.model / name, 16 << 20));
  const auto model = model_json(source, made.name, sha256_hex(weights));
  INFERAD_TRY_STATUS(write_file_durable(made.model / "model.json", model.dump(2) + "\n"));
  const auto pipeline = pipeline_json(source, made.name);
  INFERAD_TRY_STATUS(write_file_durable(made.pipeline / "pipeline.json", pipeline.dump(2) + "\n"));
  INFERAD_TRY(const auto model_read, read_model_file(made.model));
  INFERAD_TRY(const auto pipeline_read, read_pipeline_file(made.pipeline));
  return ok();
}

}  // namespace

Result<Imported> import_model(const ImportChoice& choice) {
  INFERAD_TRY(auto source, look_at(choice.source));
  auto path = fs::absolute(choice.source).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  Imported made;
  made.name = choice.name.empty() ? slug(path.stem().string()) : choice.name;
  if (made.name.empty() || slug(made.name) != made.name)
    return Error{Errc::invalid_input,
                 fmt::format("\"{}\" cannot be a name: use lower-case letters, digits, - and _", made.name)};
  made.model = choice.models / made.name;
  made.pipeline = choice.catalog / made.name;
  std::error_code failure;
  for (const auto& folder : {made.model, made.pipeline})
    if (fs::exists(folder, failure))
      return Error{Errc::refused, fmt::format("{} exists: remove it, or choose another name", folder.string())};
  Undo undo{{made.model, made.pipeline}};
  INFERAD_TRY_STATUS(write_all(source, choice, made));
  undo.done = true;
  made.to_do = std::move(source.to_do);
  return made;
}

}  // namespace inferad::recipe
