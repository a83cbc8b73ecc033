// SPDX-License-Identifier: Apache-2.0
// Makes a model folder and a pipeline folder from a MONAI bundle or a bare TorchScript file: the weights are copied and
// hashed; card and meaning of the output are filled in as far as the bundle says, the rest says "Not stated".
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/base/result.h"

namespace inferad::recipe {

struct ImportChoice {
  std::filesystem::path source;           // a bundle's folder, or a .pt or .ts file
  std::string name;                       // "" = the name of the source
  std::filesystem::path models, catalog;  // folders in which models/<name> and catalog/<name> are made
};

struct Imported {
  std::string name;
  std::filesystem::path model, pipeline;  // the new folders
  std::vector<std::string> to_do;         // what a person must fill in or check before use
};

// Both folders are complete and pass their readers, or nothing is made. Errc::refused: one of them exists.
Result<Imported> import_model(const ImportChoice& choice);

}  // namespace inferad::recipe
