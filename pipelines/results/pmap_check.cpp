// SPDX-License-Identifier: Apache-2.0
// The second look at a parametric map: reads the file, trusts nothing of how it was built.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "pipelines/results/frame_file.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/pmap.h"

namespace inferad::results {

namespace {

// Type 1 in PS3.3 A.75 and its modules: present, with a value.
const std::vector<DcmTagKey> kRequired = {DCM_ImageType,
                                          DCM_FrameOfReferenceUID,
                                          DCM_ContentQualification,
                                          DCM_SamplesPerPixel,
                                          DCM_PhotometricInterpretation,
                                          DCM_NumberOfFrames,
                                          DCM_Rows,
                                          DCM_Columns,
                                          DCM_BitsAllocated,
                                          DCM_BurnedInAnnotation,
                                          DCM_RecognizableVisualFeatures,
                                          DCM_LossyImageCompression,
                                          DCM_PresentationLUTShape,
                                          DCM_ContentLabel,
                                          DCM_DimensionOrganizationSequence,
                                          DCM_DimensionIndexSequence,
                                          DCM_ReferencedSeriesSequence,
                                          DCM_SharedFunctionalGroupsSequence,
                                          DCM_PerFrameFunctionalGroupsSequence,
                                          DCM_FloatPixelData};
// Type 2: present.
const std::vector<DcmTagKey> kPresent = {DCM_PositionReferenceIndicator, DCM_ContentDescription, DCM_ContentCreatorName,
                                         DCM_AcquisitionContextSequence};

Error wrong(std::string_view what) { return {Errc::model, fmt::format("PMAP check: {}", what)}; }

// Quantity and unit stand with the mapping, else the numbers mean nothing.
Status check_meaning(DcmItem& data) {
  DcmItem *shared = nullptr, *mapping = nullptr;
  if (data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared).bad() ||
      shared->findAndGetSequenceItem(DCM_RealWorldValueMappingSequence, mapping).bad())
    return wrong("the values have no meaning");
  return check_attributes(*mapping,
                          {DCM_RealWorldValueSlope, DCM_RealWorldValueIntercept, DCM_LUTExplanation, DCM_LUTLabel,
                           DCM_MeasurementUnitsCodeSequence, DCM_QuantityDefinitionSequence},
                          {}, "PMAP check");
}

Status check_values(const ResultRequest& request, DcmDataset& data) {
  const auto& heat = request.voxels.heat.values;
  const auto frames = read_frame_items(data);
  const auto referenced = referenced_instances(data);
  const FrameSources sources(*request.image);
  const Float32* found = nullptr;
  unsigned long count = 0;
  const auto size = heat.size() / static_cast<std::size_t>(request.image->geometry.slices);
  if (data.findAndGetFloat32Array(DCM_FloatPixelData, found, &count).bad() || count != frames.size() * size)
    return wrong("Float Pixel Data has not as many values as its frames");
  std::set<int> seen;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto slice = sources.slice(frames[i], referenced);
    if (!slice) return wrong(fmt::format("frame {} refers to no source image", i + 1));
    if (!sources.in_place(frames[i], *slice))
      return wrong(fmt::format("frame {} lies elsewhere than its source", i + 1));
    if (!seen.insert(*slice).second) return wrong(fmt::format("frame {} is there twice", i + 1));
    if (std::memcmp(found + i * size, heat.data() + static_cast<std::size_t>(*slice) * size, size * sizeof(float)) != 0)
      return wrong(fmt::format("frame {} has other values", i + 1));
  }
  for (std::size_t i = 0; i < heat.size(); ++i)
    if (heat[i] > 0 && !seen.contains(static_cast<int>(i / size))) return wrong("a part of the heat is in no frame");
  return ok();
}

}  // namespace

Status check_pmap(const ResultRequest& request, const std::filesystem::path& path) {
  if (!has_heat(request)) return wrong("there is no heat map to compare with");
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong("the file is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_common(data, "PMAP check"));
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, kPresent, "PMAP check"));
  INFERAD_TRY_STATUS(check_meaning(data));
  if (text_of(data, DCM_Rows) != std::to_string(request.image->geometry.rows) ||
      text_of(data, DCM_Columns) != std::to_string(request.image->geometry.columns))
    return wrong("it has another size than the image");
  return check_values(request, data);
}

}  // namespace inferad::results
