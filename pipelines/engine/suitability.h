// SPDX-License-Identifier: Apache-2.0
// Whether an image is what a model or a pipeline asks for (recipe/eligibility.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/eligibility.h"

namespace inferad::engine {

struct Unsuitable {
  findings::CodedConcept reason;  // (AGE, 99INFERAD, "Age is outside the model's range")
  std::string text;               // one sentence with what was found and what is accepted
};

struct Suitability {
  std::optional<Unsuitable> reason;  // nullopt: the image may be analysed
  std::vector<std::string> remarks;  // what is asked for and the image does not tell
};

// `who` begins the sentences: "the model", "the pipeline".
Suitability judge(const findings::Image& image, const recipe::Eligibility& asked, std::string_view who);

// "axial", "coronal", "sagittal" within 18 degrees, else "oblique"; "" for a projection image.
std::string_view orientation_of(const findings::Image& image);

// "-700 to -200 mm", "at least 18 years"; the range is not open.
std::string said(const recipe::Range& range, std::string_view unit);

}  // namespace inferad::engine
