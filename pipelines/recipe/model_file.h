// SPDX-License-Identifier: Apache-2.0
// model.json as values (schema: config/schema/model.schema.json): the file that is loaded, the hash that its bytes must
// have, and the model's card. Plain values; reading files apart, pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/recipe/eligibility.h"
#include "server/base/result.h"

namespace inferad::recipe {

enum class ModelFormat {
  torchscript_source,  // TorchScript as text with a method forward
  torchscript,         // what torch.jit.save wrote
  bundle,              // a MONAI bundle: configs/ and models/model.ts in the folder of model.json
};

// What a network computes in. With bfloat16 weights and input have 8 significant bits (three digits), the answer too.
enum class Precision { float32, bfloat16 };

// Where weights come from that do not lie in the repository. `inferad models fetch` gets them.
struct ModelSource {
  std::string url;               // https:// or http://; "": these bytes are published nowhere, a mirror has them
  std::string origin;            // for people: what they were made of; "" = what url gives
  std::uint64_t size_bytes = 0;  // exactly
};

// What a user must know before relying on the model. Texts are for people; `accepts` and `calibrated` are enforced.
struct ModelCard {
  std::string intended_use, method, training_data, licence, input, output;
  std::string population;  // "" = not stated
  std::vector<std::string> limits;
  Eligibility accepts;
  bool calibrated = false;  // probabilities mean what they say; else they are scores
};

struct ModelFile {
  std::string name, version;
  ModelFormat format = ModelFormat::torchscript_source;
  std::filesystem::path folder;  // absolute or relative as it was given
  std::filesystem::path file;    // within folder, of the weights
  std::string sha256;            // that the bytes of `file` must have
  Precision precision = Precision::float32;
  bool optimize_for_inference = false;  // torch::jit::optimize_for_inference: other kernels, the same mathematics
  std::optional<ModelSource> source;
  ModelCard card;
};

// `folder` holds model.json; its name must be the model's name. Errc::invalid_input tells every mistake with file,
// line, JSON pointer and what was expected, one a line.
Result<ModelFile> read_model_file(const std::filesystem::path& folder);

// The bytes of the weights, read once: what was hashed is what is loaded, whatever becomes of the file. Errc::refused
// when their SHA-256 is not the one that model.json demands; Errc::not_found when they are not there, with the command
// that fetches them where they have a source.
Result<std::string> read_weights(const ModelFile& model);

}  // namespace inferad::recipe
