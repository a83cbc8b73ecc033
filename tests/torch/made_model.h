// SPDX-License-Identifier: Apache-2.0
// Models written from TorchScript source, as torch.jit.save writes them, and a catalog around each. No LibTorch in
// here.
#pragma once

#include <string>

#include "tests/unit/recipe/made_files.h"

namespace inferad::testing {

// The bytes of a module with these methods; with `inner`, it has a submodule `inner` with those.
std::string saved_model(const std::string& source, const std::string& inner = "");

// A module whose __setstate__ has this body (of an int `state`): it runs while LibTorch loads the module.
std::string saved_with_setstate(const std::string& body);

// A module whose forward calls profiler::_record_function_enter, which source text cannot name.
std::string saved_with_profiler();

// Folders catalog and models with pipelines that take any CT volume. They change only by what is added.
class MadeCatalog {
 public:
  enum class Output { mask, score };  // forward gives two channels, or one row of two numbers

  // Pipeline and model `name`; the hash in model.json is that of `bytes`. What bytes begin with says the format.
  void add(const std::string& name, const std::string& bytes, Output output = Output::score) const;
  std::filesystem::path weights(const std::string& name) const;

  std::filesystem::path catalog() const { return folder_.path / "catalog"; }
  std::filesystem::path models() const { return folder_.path / "models"; }

 private:
  recipe::testing::Folder folder_;
};

}  // namespace inferad::testing
