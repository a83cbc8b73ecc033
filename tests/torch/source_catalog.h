// SPDX-License-Identifier: Apache-2.0
// A catalog around models that are TorchScript text: pipelines and models as JSON, in a folder of their own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pipelines/engine/engine.h"
#include "server/base/hash.h"
#include "tests/unit/recipe/made_files.h"

namespace inferad::testing {

using recipe::testing::Json;

// A pipeline without steps that takes any CT volume; two classes, of which "bad" from 0.5 on is a finding.
inline Json class_pipeline() {
  auto document = recipe::testing::good_pipeline();
  document.erase("measurements");
  document["preprocessing"] = document["postprocessing"] = Json::array();
  document["inferer"] = {{"_target_", "SimpleInferer"}};
  document["output"] = {{"kind", "classification"}, {"classes", {"good", "bad"}}, {"scores", "probability"}};
  document["findings"][0].erase("measurement");
  document["findings"][0]["class"] = "bad";
  document["findings"][0]["at_least"] = 0.5;
  return document;
}

class SourceCatalog {
 public:
  // forward(self, x) has this body; `more` are members of model.json.
  void model(const std::string& name, const std::string& body, const Json& card = Json::object(),
             const Json& more = Json::object()) const {
    const auto source = "def forward(self, x: Tensor) -> Tensor:\n" + body;
    auto document = recipe::testing::good_model();
    document["name"] = name;
    document["file"] = "model.py";
    document["format"] = "torchscript-source";
    document["sha256"] = sha256_hex(source);
    document["card"].update(card);
    document.update(more);
    folder_.write("models/" + name + "/model.json", document.dump(1));
    folder_.write("models/" + name + "/model.py", source);
  }
  void pipeline(const Json& document) const {
    folder_.write("catalog/" + document["name"].get<std::string>() + "/pipeline.json", document.dump(1));
  }

  engine::Engine load() const {
    auto engine = engine::Engine::load(folder_.path / "catalog", folder_.path / "models");
    REQUIRE(engine);
    return *std::move(engine);
  }
  // Why the only pipeline is refused; "" when it is offered.
  std::string refusal() const {
    const auto engine = load();
    return engine.refused().empty() ? "" : engine.refused()[0].reason;
  }
  // What the only pipeline says of the image, for a job that asks for `results`.
  Result<engine::PipelineOutput> run(const findings::Image& image, std::vector<ResultKind> results = {}) const {
    auto engine = load();
    for (const auto& refused : engine.refused()) FAIL(refused.name << ": " << refused.reason);
    findings::Job job;
    job.id = "17";
    job.pipeline = engine.pipelines().at(0).name;
    job.study_uid = "1.2.3.4";
    job.results = std::move(results);
    job.created_at = "2026-11-24T23:30:00.123Z";
    auto output = engine.run(job.pipeline, image, job, [](std::string_view, double) {});
    if (output) CHECK(validate(output->findings));
    return output;
  }
  const std::filesystem::path& path() const { return folder_.path; }

 private:
  recipe::testing::Folder folder_;
};

}  // namespace inferad::testing
