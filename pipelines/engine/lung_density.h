// SPDX-License-Identifier: Apache-2.0
// The pipeline kind "lung-density": eligibility, and the report from two lungs. Pure; no LibTorch.
#pragma once

#include <optional>

#include "pipelines/engine/catalog.h"
#include "pipelines/engine/density.h"
#include "pipelines/engine/lungs.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/findings/job.h"
#include "pipelines/recipe/model_file.h"

namespace inferad::engine {

struct Ineligible {
  findings::CodedConcept reason;
  std::string text;  // one sentence with the numbers
};

// nullopt: the image may be analysed.
std::optional<Ineligible> check_eligibility(const findings::Image& image, const Eligibility& eligibility);

findings::Algorithm algorithm_of(const PipelineSpec& spec, const recipe::ModelFile& model,
                                 const std::string& model_sha256);

struct LungReport {
  findings::Findings findings;
  findings::LabelMap labels;  // 1 and 2 as in findings.segments; empty when not analysed
};

// Measures, findings and the priority that they ask for. A lung that was not found has no segment, and a remark says
// so; without any lung the outcome is not_analysed. A volume that reaches the first or last slice is truncated: it
// is marked, and no priority follows.
LungReport report_lungs(findings::Findings report, const Lungs& lungs, const findings::Image& image,
                        const PipelineSpec& spec);

}  // namespace inferad::engine
