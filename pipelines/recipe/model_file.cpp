// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipelines/recipe/file_reader.h"
#include "server/base/durable.h"
#include "server/base/hash.h"

namespace inferad::recipe {

namespace {

constexpr std::size_t kWeightsBytesMax = std::size_t{8} << 30;
constexpr std::array<std::pair<std::string_view, ModelFormat>, 3> kFormats{
    {{"torchscript-source", ModelFormat::torchscript_source},
     {"torchscript", ModelFormat::torchscript},
     {"bundle", ModelFormat::bundle}}};

constexpr std::array<std::pair<std::string_view, Precision>, 2> kPrecisions{
    {{"float32", Precision::float32}, {"bf16", Precision::bfloat16}}};

// A path that stays in its folder.
std::filesystem::path inner_path(const JsonNode& node) {
  const auto text = node.text();
  if (!text) return {};
  const std::filesystem::path path(*text);
  const bool leaves =
      path.is_absolute() || std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
  if (text->empty() || text->size() > 255 || leaves || !path.has_filename() || path == ".") {
    node.fail_expected("the path of a file within the folder of model.json, of at most 255 characters");
    return {};
  }
  return path;
}

std::string sha256(const JsonNode& node) {
  const auto text = node.text();
  const bool right = text && text->size() == 64 && text->find_first_not_of("0123456789abcdef") == std::string::npos;
  if (text && !right) node.fail_expected("64 hexadecimal digits in lower case (sha256sum FILE)");
  return right ? *text : std::string();
}

ModelSource source_of(const JsonNode& node) {
  JsonObject object(node);
  ModelSource source;
  source.origin = optional_text(object, "origin", 2048);
  source.url = source.origin.empty() ? required_text(object, "url", 2048) : optional_text(object, "url", 2048);
  const bool known = source.url.starts_with("https://") || source.url.starts_with("http://");
  if (!source.url.empty() && !known) object.find("url")->fail_expected("a text that begins with https:// or http://");
  if (const auto size = object.require("size_bytes"))
    source.size_bytes =
        static_cast<std::uint64_t>(size->integer(1, static_cast<std::int64_t>(kWeightsBytesMax)).value_or(1));
  return source;
}

ModelCard card_of(const JsonNode& node) {
  JsonObject object(node);
  ModelCard card;
  card.intended_use = required_text(object, "intended_use", 4096);
  card.method = required_text(object, "method", 4096);
  card.training_data = required_text(object, "training_data", 4096);
  card.licence = required_text(object, "licence", 4096);
  card.input = required_text(object, "input", 4096);
  card.output = required_text(object, "output", 4096);
  card.population = optional_text(object, "population", 4096);
  if (const auto limits = object.require("limits"))
    for (const auto& limit : limits->elements(0, 50)) card.limits.push_back(limit.text().value_or(""));
  if (const auto accepts = object.find("accepts")) card.accepts = eligibility(*accepts);
  object.read("calibrated", card.calibrated);
  return card;
}

ModelFile model_of(const JsonNode& node, const std::filesystem::path& folder) {
  JsonObject object(node);
  object.allow("$schema");
  ModelFile model;
  model.folder = folder;
  model.name = required_text(object, "name", 64);
  if (!model.name.empty() && model.name != folder.filename())
    object.find("name")->fail_expected(fmt::format("the name of the folder, \"{}\"", folder.filename().string()));
  model.version = required_text(object, "version", 32);
  if (const auto format = object.require("format"))
    model.format = choose<ModelFormat>(*format, kFormats).value_or(model.format);
  if (const auto file = object.require("file")) model.file = inner_path(*file);
  if (const auto hash = object.require("sha256")) model.sha256 = sha256(*hash);
  if (const auto word = object.find("precision"))
    model.precision = choose<Precision>(*word, kPrecisions).value_or(model.precision);
  object.read("optimize_for_inference", model.optimize_for_inference);
  if (const auto source = object.find("source")) model.source = source_of(*source);
  if (const auto card = object.require("card")) model.card = card_of(*card);
  return model;
}

}  // namespace

Result<ModelFile> read_model_file(const std::filesystem::path& folder) {
  Problems problems;
  const auto document = JsonDocument::load(folder / "model.json", problems);
  if (!document) return error_of(problems);
  auto model = model_of(document->root(), folder);
  if (!problems.empty()) return error_of(problems);
  return model;
}

Result<std::string> read_weights(const ModelFile& model) {
  const auto path = model.folder / model.file;
  std::error_code failure;
  if (!std::filesystem::exists(path, failure)) {
    const auto hint = [&] {
      const char* mirror = model.source->url.empty() ? " --mirror FOLDER_OR_URL" : "";
      return fmt::format(": get it with `inferad models fetch {}{}`", model.name, mirror);
    };
    return Error{Errc::not_found, fmt::format("{} is missing{}", path.string(), model.source ? hint() : "")};
  }
  if (!std::filesystem::is_regular_file(path, failure))
    return Error{Errc::invalid_input, fmt::format("{} is no file", path.string())};
  INFERAD_TRY(auto bytes, read_file(path, kWeightsBytesMax));
  const auto found = sha256_hex(bytes);
  if (found != model.sha256) {
    return Error{Errc::refused, fmt::format("{}: weights differ from model.json: SHA-256 is {}, model.json demands {}",
                                            path.string(), found, model.sha256)};
  }
  return bytes;
}

}  // namespace inferad::recipe
