// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/presentation_groups.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <iterator>

#include "pipelines/results/item_writer.h"

namespace inferad::results {

namespace {

std::string first_value(const DcmItem& from, const DcmTagKey& tag) {
  const auto text = text_of(from, tag);
  return text.substr(0, text.find('\\'));
}

// Of a scale that may change from slice to slice (PET) nothing is said: viewers keep theirs.
PresentationGroup begin_group(const DcmItem& from, const findings::Image& image) {
  PresentationGroup group;
  const bool scaled = has_value(from, DCM_RescaleSlope) && has_value(from, DCM_RescaleIntercept);
  const bool constant = image.modality == "CT" || image.projection;
  if (scaled && constant) {
    group.intercept = text_of(from, DCM_RescaleIntercept), group.slope = text_of(from, DCM_RescaleSlope);
    const auto type = text_of(from, DCM_RescaleType);
    group.type = !type.empty() ? type : image.modality == "CT" ? "HU" : "US";
  }
  group.inverted = image.grey.inverted;
  ShownImages shown{{}, image.geometry.columns, image.geometry.rows, text_of(from, DCM_PixelSpacing), "", ""};
  if (constant || !scaled)
    shown.centre = first_value(from, DCM_WindowCenter), shown.width = first_value(from, DCM_WindowWidth);
  group.shown.push_back(std::move(shown));
  return group;
}

bool same_grey(const PresentationGroup& a, const PresentationGroup& b) {
  return a.intercept == b.intercept && a.slope == b.slope && a.type == b.type && a.inverted == b.inverted;
}

// Adds the drawings on one of several images to the group that shows its values as it does.
void add_view(const findings::Image& view, const std::vector<Drawing>& drawings,
              std::vector<PresentationGroup>& groups) {
  const auto& source = view.sources.front();
  std::vector<Drawing> own;
  std::copy_if(drawings.begin(), drawings.end(), std::back_inserter(own),
               [&](const Drawing& drawing) { return drawing.image.sop_instance_uid == source.sop_instance_uid; });
  DcmFileFormat file;
  if (own.empty() ||
      file.loadFileUntilTag(source.file.c_str(), EXS_Unknown, EGL_noChange, 64 * 1024, ERM_autoDetect, DCM_PixelData)
          .bad())
    return;
  auto group = begin_group(*file.getDataset(), view);
  group.shown.front().images = {own.front().image};
  const auto alike =
      std::find_if(groups.begin(), groups.end(), [&](const auto& each) { return same_grey(each, group); });
  if (alike == groups.end()) {
    group.drawings = std::move(own);
    return groups.push_back(std::move(group));
  }
  alike->shown.push_back(std::move(group.shown.front()));
  std::move(own.begin(), own.end(), std::back_inserter(alike->drawings));
}

}  // namespace

std::vector<PresentationGroup> presentation_groups(const ResultRequest& request) {
  auto drawings = drawings_of(request);
  std::vector<PresentationGroup> groups;
  for (const auto& view : request.views) add_view(view, drawings, groups);
  if (request.image && !drawings.empty()) {
    groups.push_back(begin_group(request.source.reference(), *request.image));
    groups.back().drawings = std::move(drawings);
  }
  return groups;
}

}  // namespace inferad::results
