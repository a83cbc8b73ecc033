// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipelines/engine/report_draft.h"

namespace inferad::engine {

// The file itself is written by who writes the results; its hash is told then.
Status add_output(const recipe::ImageOutput& image, ModelOutput& output, ReportDraft& draft) {
  if (output.voxels.size() != draft.image().geometry.voxels()) {
    return Error{Errc::model, fmt::format("the model gave an image of {} voxels, the source has {}",
                                          output.voxels.size(), draft.image().geometry.voxels())};
  }
  const auto [least, most] = std::minmax_element(output.voxels.begin(), output.voxels.end());
  for (const double value : {static_cast<double>(*least), static_cast<double>(*most)}) {
    if (!image.range.holds(value))
      return Error{Errc::model, fmt::format("the model gave {:g} in {}, outside its range", value, image.id)};
  }
  auto group = draft.item(image.id, image.content);
  group.explanation = fmt::format("{} from {:g} to {:g} {}, written as the file {}.nii.", image.label, *least, *most,
                                  image.unit.value, image.id);
  draft.report.items.push_back(std::move(group));
  findings::ImageFile file;
  file.name = image.id + ".nii";
  file.label = image.label;
  file.content = image.content;
  file.unit = image.unit;
  draft.report.files.push_back(std::move(file));
  return ok();
}

}  // namespace inferad::engine
