// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/made_model.h"

#include <torch/script.h>

#include <sstream>

#include "server/base/hash.h"

namespace inferad::testing {

namespace {

using recipe::testing::Json;

std::string bytes_of(const torch::jit::Module& module) {
  std::ostringstream stream;
  module.save(stream);
  return stream.str();
}

constexpr const char* kModelFile = "model.pt";

Json pipeline(const std::string& name, MadeCatalog::Output output) {
  auto document = recipe::testing::good_pipeline();
  document["name"] = document["model"] = name;
  document["preprocessing"] = Json::array();
  document["inferer"] = {{"_target_", "SimpleInferer"}};
  if (output == MadeCatalog::Output::mask) return document;
  document.erase("measurements");
  document["postprocessing"] = Json::array();
  document["output"] = {{"kind", "classification"}, {"classes", {"good", "bad"}}, {"scores", "score"}};
  document["findings"][0].erase("measurement");
  document["findings"][0]["class"] = "bad";
  document["findings"][0]["at_least"] = 0.5;
  return document;
}

}  // namespace

std::string saved_model(const std::string& source, const std::string& inner) {
  torch::jit::Module module("Made");
  if (!inner.empty()) {
    torch::jit::Module part("Part");
    part.define(inner);
    module.register_module("inner", part);
  }
  module.define(source);
  return bytes_of(module);
}

std::string saved_with_setstate(const std::string& body) {
  torch::jit::Module module("Made");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(
      "def __getstate__(self) -> int:\n  return 7\n"
      "def __setstate__(self, state: int) -> None:\n  " +
      body +
      "\n  self.training = False\n"
      "def forward(self, x: Tensor) -> Tensor:\n  return torch.zeros([1, 2])\n");
  return bytes_of(module);
}

std::string saved_with_profiler() {
  torch::jit::Module module("Made");
  module.define("def forward(self, x: Tensor) -> Tensor:\n  return x\n");
  const auto graph = module.get_method("forward").graph();
  const torch::jit::WithInsertPoint here(graph->return_node());
  const auto name = graph->insertConstant("part");
  auto* const record = graph->insert(c10::Symbol::fromQualString("profiler::_record_function_enter"), {name});
  graph->return_node()->replaceInput(0, record);
  return bytes_of(module);
}

void MadeCatalog::add(const std::string& name, const std::string& bytes, Output output) const {
  auto model = recipe::testing::good_model();
  model["name"] = name;
  model["file"] = kModelFile;
  model["sha256"] = sha256_hex(bytes);
  if (bytes.starts_with("def ")) model["format"] = "torchscript-source";
  folder_.write("models/" + name + "/model.json", model.dump(1));
  folder_.write("models/" + name + "/" + kModelFile, bytes);
  folder_.write("catalog/" + name + "/pipeline.json", pipeline(name, output).dump(1));
}

std::filesystem::path MadeCatalog::weights(const std::string& name) const { return models() / name / kModelFile; }

}  // namespace inferad::testing
