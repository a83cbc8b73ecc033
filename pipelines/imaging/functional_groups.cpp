// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/functional_groups.h"

#include <initializer_list>
#include <limits>
#include <string>
#include <utility>

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
  header.slope = findings::decimal_number(slope).value_or(std::numeric_limits<double>::quiet_NaN());
  header.intercept = findings::decimal_number(intercept).value_or(std::numeric_limits<double>::quiet_NaN());
}

void read_phase(DcmItem& item, std::initializer_list<DcmTagKey> keys, SliceHeader& header) {
  for (const auto& key : keys)
    if (const auto said = text(item, key); !said.empty()) header.phase += said + '/';
}

// Each functional group is a sequence of one item: whatever of header_attribute.h stands there, an attribute that was
// not converted among them (PS3.3 C.7.6.16.2.26).
void read_group_texts(DcmItem& groups, findings::HeaderTexts& header) {
  for (unsigned long i = 0; i < groups.card(); ++i) {
    auto* group = dynamic_cast<DcmSequenceOfItems*>(groups.getElement(i));
    if (group != nullptr && group->card() > 0) read_texts(*group->getItem(0), header);
  }
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
  if (auto* item = first_item(groups, DCM_FrameContentSequence)) read_phase(*item, {DCM_TemporalPositionIndex}, header);
  if (auto* item = first_item(groups, DCM_MREchoSequence)) read_phase(*item, {DCM_EffectiveEchoTime}, header);
  if (auto* item = first_item(groups, DCM_MRDiffusionSequence)) read_phase(*item, {DCM_DiffusionBValue}, header);
  read_group_texts(groups, header.header);
}

}  // namespace

void read_texts(DcmItem& item, findings::HeaderTexts& header) {
  for (const auto& attribute : findings::header_attributes())
    if (auto said = text(item, DcmTagKey(attribute.group, attribute.element)); !said.empty())
      header.insert_or_assign(std::string(attribute.keyword), findings::HeaderText{std::move(said)});
  // PS3.3 C.8.13.5.4: an Enhanced MR says its echo time under another tag.
  if (auto said = text(item, DCM_EffectiveEchoTime); !said.empty())
    header.insert_or_assign("EchoTime", findings::HeaderText{std::move(said)});
}

void read_plane(DcmItem& item, SliceHeader& header) {
  header.position = numbers<3>(item, DCM_ImagePositionPatient);
  header.orientation = numbers<6>(item, DCM_ImageOrientationPatient);
  header.pixel_spacing = numbers<2>(item, DCM_PixelSpacing);
  header.convolution_kernel = text(item, DCM_ConvolutionKernel);
  read_rescale(item, header);
  read_phase(item, {DCM_TemporalPositionIdentifier, DCM_EchoNumbers, DCM_DiffusionBValue}, header);
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
