// SPDX-License-Identifier: Apache-2.0
// Pipelines and their models, loaded once and kept warm. What the worker needs of the engine; no LibTorch in here.
// An Engine is used by one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/findings/job.h"
#include "server/base/result.h"

namespace inferad::engine {

struct JoinInput;

struct EngineOptions {
  std::string device = "cpu";  // cpu, cuda, cuda:N
  int threads = 2;
  std::string only = {};                                               // the pipeline that is looked at; empty: all
  std::vector<std::string> leave_out{};                                // pipelines that are not looked at
  std::function<void(const std::string& pipeline)> loading = nullptr;  // told before each pipeline
};

struct ModelInfo {
  std::string name, sha256;  // of the bytes that were loaded
};

// A pipeline that is offered: its models are loaded, their hashes are right, and it is warmed up; or not_installed
// tells why it is not.
struct PipelineInfo {
  std::string name, version;
  std::vector<ModelInfo> models;
  findings::Algorithm algorithm;                               // also for reports that say why nothing was analysed
  bool projection = false;                                     // takes projection images, else a volume
  findings::FrameChoice frames = findings::FrameChoice::none;  // of a projection image with several
  std::vector<findings::WantedView> views = {};                // not empty: takes these images together, in this order
  bool joins = false;                                          // takes what other pipelines said, no image
  // Weights are missing that have a source: which, and how to get them. Every study is "not analysed" then.
  std::string not_installed = {};
};

// A pipeline that is not offered, and why: one sentence that names the file and the place.
struct RefusedPipeline {
  std::string name, reason;
};

// What findings::HeatMapReference names: on the grid of the image, columns fastest.
struct HeatMap {
  std::string file;
  int columns = 0, rows = 0;
  std::vector<float> values;  // fall of the score, 0 or more
  double greatest = 0;
};

struct PipelineOutput {
  findings::Findings findings;  // outcome analysed, or not_analysed when the image is not eligible
  findings::LabelMap labels;    // empty when not analysed
  std::optional<HeatMap> heat_map = {};
  std::vector<float> voxels =
      {};  // of the image findings.files[0], on the grid of the source; empty when there is none
  // One a segment, on the grid of the source, 255 = 1; empty unless the job asks for SEG_FRACTIONAL and the pipeline
  // keeps them.
  std::vector<std::vector<std::uint8_t>> probabilities = {};
};

using Progress = std::function<void(std::string_view stage, double fraction)>;  // prepare, infer, measure

class Engine {
 public:
  // Loads every folder of the catalog. One that cannot be used is refused and does not hinder the others; an error
  // means that the folders themselves cannot be read or the device is not there.
  static Result<Engine> load(const std::filesystem::path& catalog, const std::filesystem::path& models,
                             const EngineOptions& options = {});
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  const std::vector<PipelineInfo>& pipelines() const;
  const std::vector<RefusedPipeline>& refused() const;
  const PipelineInfo* find(std::string_view pipeline) const;  // nullptr: not offered
  std::string blas() const;                                   // the library in use: "openblas", "reference", …

  // An image that is not eligible is no error: the findings say so. Errc::model: the model failed or gave values out of
  // range; Errc::overload: memory does not suffice.
  // `images`: one, or for a pipeline with views one for each.
  Result<PipelineOutput> run(std::string_view pipeline, std::span<const findings::Image> images,
                             const findings::Job& job, const Progress& progress);
  Result<PipelineOutput> run(std::string_view pipeline, const findings::Image& image, const findings::Job& job,
                             const Progress& progress) {
    return run(pipeline, std::span(&image, 1), job, progress);
  }
  // For pipelines that join; `series_uid` is that of the images that the report refers to.
  Result<findings::Findings> join(std::string_view pipeline, std::span<const JoinInput> inputs,
                                  const findings::Job& job, const std::string& series_uid);

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferad::engine
