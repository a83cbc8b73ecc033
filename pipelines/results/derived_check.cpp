// SPDX-License-Identifier: Apache-2.0
// The second look at a derived image: reads the file, trusts nothing of how it was built.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "pipelines/results/derived.h"
#include "pipelines/results/derived_scale.h"
#include "pipelines/results/frame_file.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/object_check.h"

namespace inferad::results {

namespace {

// Type 1 in the modules that all three classes share: present, with a value.
const std::vector<DcmTagKey> kRequired = {DCM_ImageType,
                                          DCM_DerivationDescription,
                                          DCM_SourceImageSequence,
                                          DCM_SamplesPerPixel,
                                          DCM_PhotometricInterpretation,
                                          DCM_Rows,
                                          DCM_Columns,
                                          DCM_BitsAllocated,
                                          DCM_BitsStored,
                                          DCM_HighBit,
                                          DCM_PixelRepresentation,
                                          DCM_RescaleIntercept,
                                          DCM_RescaleSlope,
                                          DCM_RescaleType,
                                          DCM_LossyImageCompression,
                                          DCM_PixelData};
const std::vector<DcmTagKey> kPlace = {DCM_FrameOfReferenceUID, DCM_ImagePositionPatient, DCM_ImageOrientationPatient,
                                       DCM_PixelSpacing, DCM_SliceThickness};

Error wrong(int slice, std::string_view what) {
  return {Errc::model, fmt::format("DERIVED check: image {} {}", slice + 1, what)};
}

Status check_source(const ResultRequest& request, DcmItem& data, int slice) {
  FrameInFile frame;
  DcmItem* source = nullptr;
  if (data.findAndGetSequenceItem(DCM_SourceImageSequence, source).good()) {
    frame.source_uid = text_of(*source, DCM_ReferencedSOPInstanceUID);
    const auto number = text_of(*source, DCM_ReferencedFrameNumber);
    if (!number.empty()) frame.source_frame = std::atoi(number.c_str());
  }
  frame.position = text_of(data, DCM_ImagePositionPatient);
  const FrameSources sources(*request.image);
  if (sources.slice(frame, {frame.source_uid}) != slice) return wrong(slice, "refers to another slice");
  if (!frame.position.empty() && !sources.in_place(frame, slice)) return wrong(slice, "lies elsewhere than its source");
  return ok();
}

Status check_values(const ResultRequest& request, DcmItem& data, int slice) {
  Scale scale;
  scale.slope = std::strtod(text_of(data, DCM_RescaleSlope).c_str(), nullptr);
  scale.intercept = std::strtod(text_of(data, DCM_RescaleIntercept).c_str(), nullptr);
  scale.is_signed = text_of(data, DCM_PixelRepresentation) == "1";
  const auto size = request.image->geometry.voxels() / static_cast<std::size_t>(request.image->geometry.slices);
  const auto expected = request.voxels.derived.subspan(static_cast<std::size_t>(slice) * size, size);
  const Uint16* words = nullptr;
  unsigned long count = 0;
  if (data.findAndGetUint16Array(DCM_PixelData, words, &count).bad() || count < size)
    return wrong(slice, "has not as many values as the source");
  for (std::size_t i = 0; i < size; ++i) {
    const double value = static_cast<double>(expected[i]);
    const double noise = std::abs(value) * static_cast<double>(std::numeric_limits<float>::epsilon());
    if (std::abs(scale.value(words[i]) - value) > scale.slope * 0.5001 + noise)
      return wrong(slice, "has values that are not those of the network");
  }
  return ok();
}

}  // namespace

Status check_derived(const ResultRequest& request, int slice, const std::filesystem::path& path) {
  if (!has_derived(request)) return wrong(slice, "has nothing to compare with");
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong(slice, "is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_common(data, "DERIVED check"));
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, {}, "DERIVED check"));
  if (text_of(data, DCM_SOPClassUID) != UID_SecondaryCaptureImageStorage)
    INFERAD_TRY_STATUS(check_attributes(data, kPlace, {}, "DERIVED check"));
  if (text_of(data, DCM_InstanceNumber) != std::to_string(slice + 1)) return wrong(slice, "has another number");
  if (text_of(data, DCM_Rows) != std::to_string(request.image->geometry.rows) ||
      text_of(data, DCM_Columns) != std::to_string(request.image->geometry.columns))
    return wrong(slice, "has another size than its source");
  INFERAD_TRY_STATUS(check_source(request, data, slice));
  return check_values(request, data, slice);
}

}  // namespace inferad::results
