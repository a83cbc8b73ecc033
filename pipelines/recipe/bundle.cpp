// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/bundle.h"

#include <fmt/format.h>

#include <charconv>

#include "pipelines/recipe/file_reader.h"
#include "server/base/durable.h"

namespace inferad::recipe {

namespace {

namespace fs = std::filesystem;
constexpr std::size_t kFileBytesMax = 1 << 20;

// Metadata are others' files: what is unknown in them is no mistake, and only what we use must be right.
std::string text_of(const JsonNode& object, const char* name) {
  const auto member = object.member(name);
  return member && member->is_text() ? member->text().value_or("") : std::string();
}

// "32" for 32 and "32": shapes hold numbers, "*" and formulas.
std::string size_text(const JsonNode& node) {
  return node.is_text() ? node.text().value_or("") : fmt::format("{}", node.integer(-1, 1 << 30).value_or(0));
}

BundleTensor tensor_of(const JsonNode& node, const std::string& name) {
  BundleTensor tensor;
  tensor.name = name;
  for (auto [key, out] : {std::pair{"type", &tensor.type}, std::pair{"format", &tensor.format},
                          std::pair{"modality", &tensor.modality}, std::pair{"dtype", &tensor.dtype}})
    *out = text_of(node, key);
  if (const auto member = node.member("num_channels"))
    tensor.channels = static_cast<int>(member->integer(0, 100'000).value_or(0));
  if (const auto shape = node.member("spatial_shape"))
    for (const auto& size : shape->elements(0, 8)) tensor.spatial_shape.push_back(size_text(size));
  if (const auto values = node.member("value_range"))
    for (const auto& value : values->elements(0, 2))
      tensor.value_range.push_back(value.number(-1e30, 1e30).value_or(0));
  if (const auto patch = node.member("is_patch_data")) tensor.is_patch_data = patch->boolean().value_or(false);
  if (const auto channels = node.member("channel_def")) {
    for (const auto& key : channels->member_names()) {
      int channel = 0;
      const auto read = std::from_chars(key.data(), key.data() + key.size(), channel);
      const auto label = channels->member(key);
      if (read.ec != std::errc{} || read.ptr != key.data() + key.size() || channel < 0)
        label->fail(fmt::format("\"{}\" is no channel: expected a whole number", key));
      else
        tensor.channel_def[channel] = label->text().value_or("");
    }
  }
  return tensor;
}

// The tensor named `name`, else the only or first one.
void read_tensor(const JsonNode& format, const char* side, const std::string& name, BundleTensor& out) {
  const auto tensors = format.member(side);
  const auto names = tensors ? tensors->member_names() : std::vector<std::string>();
  if (names.empty()) return format.fail(fmt::format("\"{}\" is missing: the format of the network's {}", side, side));
  const auto chosen = tensors->member(name) ? name : names.front();
  out = tensor_of(*tensors->member(chosen), chosen);
}

void read_metadata(const JsonNode& root, BundleSpec& bundle) {
  bundle.name = text_of(root, "name");
  bundle.version = text_of(root, "version");
  bundle.task = text_of(root, "task");
  bundle.description = text_of(root, "description");
  bundle.authors = text_of(root, "authors");
  bundle.copyright = text_of(root, "copyright");
  bundle.data_source = text_of(root, "data_source");
  bundle.intended_use = text_of(root, "intended_use");
  bundle.monai_version = text_of(root, "monai_version");
  if (const auto list = root.member("references"); list && list->is_array())
    for (const auto& node : list->elements(0, 1000))
      if (node.is_text()) bundle.references.push_back(*node.text());
  const auto format = root.member("network_data_format");
  if (!format) return root.fail("\"network_data_format\" is missing: what goes into the network and comes out");
  read_tensor(*format, "inputs", "image", bundle.image);
  read_tensor(*format, "outputs", "pred", bundle.pred);
}

}  // namespace

Result<BundleSpec> read_bundle(const fs::path& folder) {
  std::error_code failure;
  const auto inference = folder / "configs" / "inference.json", metadata = folder / "configs" / "metadata.json";
  BundleSpec bundle;
  bundle.model = folder / "models" / "model.ts";
  if (!fs::exists(inference, failure)) {
    for (const char* name : {"inference.yaml", "inference.yml"})
      if (fs::exists(folder / "configs" / name, failure))
        return Error{Errc::invalid_input, fmt::format("{}: YAML is not read: convert it to configs/inference.json",
                                                      (folder / "configs" / name).string())};
  }
  const bool no_model = !fs::exists(bundle.model, failure);
  for (const auto& file : {inference, metadata, bundle.model})
    if (!fs::exists(file, failure))
      return Error{Errc::not_found, fmt::format("{} is missing{}", file.string(),
                                                no_model && file == bundle.model
                                                    ? ": make it with `python -m monai.bundle ckpt_export`, or fetch it"
                                                    : "")};
  INFERAD_TRY(const auto text, read_file(inference, kFileBytesMax));
  auto recipe = read_recipe(text);
  if (!recipe) return with_context(recipe.error(), inference.string());
  bundle.recipe = std::move(*recipe);
  Problems problems;
  const auto document = JsonDocument::load(metadata, problems);
  if (document) read_metadata(document->root(), bundle);
  if (!problems.empty()) return error_of(problems);
  return bundle;
}

Result<Recipe> steps_of(const PipelineFile& pipeline, const ModelFile& model) {
  if (!pipeline.from_bundle) return pipeline.recipe;
  if (model.format != ModelFormat::bundle)
    return Error{Errc::invalid_input, fmt::format("pipeline {} takes the steps of a bundle, but model {} is none",
                                                  pipeline.name, model.name)};
  INFERAD_TRY(auto bundle, read_bundle(model.folder));
  int channels = bundle.pred.channels;
  if (const auto* segmentation = std::get_if<Segmentation>(&pipeline.output)) {
    if (channels > 1 && segmentation->labels.back().value >= channels)
      return Error{Errc::invalid_input,
                   fmt::format("pipeline {} has a label {}, but the bundle's output has {} channels", pipeline.name,
                               segmentation->labels.back().value, channels)};
  } else if (const auto* classification = std::get_if<Classification>(&pipeline.output)) {
    if (channels > 0 && static_cast<int>(classification->classes.size()) != channels)
      return Error{Errc::invalid_input,
                   fmt::format("pipeline {} has {} classes, but the bundle's output has {} channels", pipeline.name,
                               classification->classes.size(), channels)};
  }
  return std::move(bundle.recipe);
}

}  // namespace inferad::recipe
