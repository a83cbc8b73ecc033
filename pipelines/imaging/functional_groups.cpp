// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/functional_groups.h"

#include <limits>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "pipelines/imaging/item_values.h"

namespace inferad::imaging {

namespace {

DcmItem* first_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* found = nullptr;
  return item.findAndGetSequenceItem(sequence, found).good() ? found : nullptr;
}

void read_rescale(DcmItem& item, SliceHeader& header) {
  const auto slope = text(item, DCM_RescaleSlope), intercept = text(item, DCM_RescaleIntercept);
  header.has_rescale = !slope.empty() && !intercept.empty();
  if (!header.has_rescale) return;
  header.slope = number(slope).value_or(std::numeric_limits<double>::quiet_NaN());
  header.intercept = number(intercept).value_or(std::numeric_limits<double>::quiet_NaN());
}

// The groups of one frame, or those shared by all.
void read_groups(DcmItem& groups, SliceHeader& header) {
  if (auto* item = first_item(groups, DCM_PlanePositionSequence))
    header.position = numbers<3>(*item, DCM_ImagePositionPatient);
  if (auto* item = first_item(groups, DCM_PlaneOrientationSequence))
    header.orientation = numbers<6>(*item, DCM_ImageOrientationPatient);
  if (auto* item = first_item(groups, DCM_PixelMeasuresSequence))
    header.pixel_spacing = numbers<2>(*item, DCM_PixelSpacing);
  if (auto* item = first_item(groups, DCM_PixelValueTransformationSequence)) read_rescale(*item, header);
  if (auto* item = first_item(groups, DCM_CTReconstructionSequence))
    header.convolution_kernel = text(*item, DCM_ConvolutionKernel);
  if (auto* item = first_item(groups, DCM_CTImageFrameTypeSequence)) header.image_type = texts(*item, DCM_FrameType);
}

}  // namespace

void read_plane(DcmItem& item, SliceHeader& header) {
  header.position = numbers<3>(item, DCM_ImagePositionPatient);
  header.orientation = numbers<6>(item, DCM_ImageOrientationPatient);
  header.pixel_spacing = numbers<2>(item, DCM_PixelSpacing);
  header.convolution_kernel = text(item, DCM_ConvolutionKernel);
  read_rescale(item, header);
}

std::vector<SliceHeader> slices_of(DcmDataset& dataset, const SliceHeader& file) {
  DcmSequenceOfItems* frames = nullptr;
  const bool found = dataset.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, frames).good();
  if (!found || file.frames < 1 || frames->card() != static_cast<unsigned long>(file.frames)) return {file};
  SliceHeader common = file;
  if (auto* shared = first_item(dataset, DCM_SharedFunctionalGroupsSequence)) read_groups(*shared, common);
  std::vector<SliceHeader> slices(frames->card(), common);
  std::size_t index = 0;
  for (auto* groups = frames->nextInContainer(nullptr); groups != nullptr; groups = frames->nextInContainer(groups)) {
    auto& slice = slices[index];
    slice.frame = static_cast<int>(++index);
    read_groups(*static_cast<DcmItem*>(groups), slice);
  }
  return slices;
}

}  // namespace inferad::imaging
