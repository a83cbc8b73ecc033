// SPDX-License-Identifier: Apache-2.0
// The report of a pipeline of the kind "model": what its output means, as pipeline.json says. Pure; no LibTorch.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pipelines/engine/detections.h"
#include "pipelines/engine/members.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/model_file.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/result.h"

namespace inferad::engine {

// By value of the label, on the source grid, in 255ths; only of labels that have voxels.
using Probabilities = std::map<int, std::vector<std::uint8_t>>;

// What a model gave after postprocessing. Segmentation: `labels`, on the source grid, values as in the pipeline's
// output. Image: `voxels`, on the source grid. Detection: `candidates`, of each image. Otherwise: `numbers`, in the
// order of the model. Where several answers were asked for these are their mean, and `members` says what it is the mean
// of.
struct ModelOutput {
  findings::LabelMap labels;
  std::vector<double> numbers;
  std::vector<Candidates> candidates = {};
  Members members = {};
  std::vector<float> voxels = {};
  Probabilities probabilities = {};  // of a segmentation, where asked for
};

// `models`: the pipeline's own, then its ensemble.
findings::Algorithm algorithm_of(const recipe::PipelineFile& pipeline, std::span<const recipe::ModelFile> models);

struct ModelReport {
  findings::Findings findings;
  findings::LabelMap labels;  // renumbered to findings.segments; empty when there is no segment
  std::vector<float> voxels;  // of the image findings.files[0]
  std::vector<std::vector<std::uint8_t>> probabilities = {};  // of findings.segments; empty when not asked for
};

// Segments, measurements, findings and the priority that they ask for. A label without any voxel has no segment, and
// its volume is 0. Errc::model: the output does not fit the description (number of classes, a value that is no number
// or out of range).
// `images`: those that the network got; the first one tells what is the same of all.
Result<ModelReport> report_model(findings::Findings report, ModelOutput output, std::span<const findings::Image> images,
                                 const recipe::PipelineFile& pipeline, const recipe::ModelCard& card, int threads);

}  // namespace inferad::engine
