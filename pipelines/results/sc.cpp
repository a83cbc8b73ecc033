// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sc.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipelines/results/grid_frames.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/part10.h"
#include "pipelines/results/planar.h"
#include "pipelines/results/pmap.h"
#include "pipelines/results/sc_page.h"
#include "pipelines/results/seg.h"

namespace inferad::results {

namespace {

// Type 1 in PS3.3 A.8.1 and its modules, and what a result must say: present, with a value.
const std::vector<DcmTagKey> kRequired = {DCM_ConversionType,
                                          DCM_ImageType,
                                          DCM_DerivationDescription,
                                          DCM_SourceImageSequence,
                                          DCM_SamplesPerPixel,
                                          DCM_PhotometricInterpretation,
                                          DCM_PlanarConfiguration,
                                          DCM_Rows,
                                          DCM_Columns,
                                          DCM_BitsAllocated,
                                          DCM_BitsStored,
                                          DCM_HighBit,
                                          DCM_PixelRepresentation,
                                          DCM_BurnedInAnnotation,
                                          DCM_LossyImageCompression,
                                          DCM_PixelData};
// Type 2: present.
const std::vector<DcmTagKey> kPresent = {DCM_PatientOrientation};

Error wrong(std::string_view what) { return {Errc::model, fmt::format("SC check: {}", what)}; }

void write_image_modules(ItemWriter& out, const ResultRequest& request, const OverlayPage& page) {
  out.value(DCM_ConversionType, "WSD").value(DCM_ImageType, "DERIVED\\SECONDARY\\OTHER").empty(DCM_PatientOrientation);
  out.paragraph(DCM_DerivationDescription, "Key slices with what the algorithm found drawn over them", 1024);
  std::vector<findings::SourceSlice> sources;
  for (const auto& slice : slices_of(request)) sources.push_back(slice.source());
  write_frame_sources(out, sources, page.slices);
  out.number(DCM_SamplesPerPixel, std::uint16_t{3}).value(DCM_PhotometricInterpretation, "RGB");
  out.number(DCM_PlanarConfiguration, std::uint16_t{0});
  out.number(DCM_Rows, static_cast<std::uint16_t>(page.picture.height()));
  out.number(DCM_Columns, static_cast<std::uint16_t>(page.picture.width()));
  out.number(DCM_BitsAllocated, std::uint16_t{8}).number(DCM_BitsStored, std::uint16_t{8});
  out.number(DCM_HighBit, std::uint16_t{7}).number(DCM_PixelRepresentation, std::uint16_t{0});
  out.value(DCM_BurnedInAnnotation, "YES");
  write_lossy_history(out, request);
  const auto& bytes = page.picture.bytes();
  std::copy(bytes.begin(), bytes.end(), out.pixel_bytes((bytes.size() + 1) / 2 * 2).begin());
}

// The overlay draws voxels, labels and heat by one grid.
Status check_overlay(const ResultRequest& request) {
  if (!has_overlay(request)) return Error{Errc::invalid_input, "there is nothing to draw over the image"};
  for (const auto& slice : slices_of(request))
    if (slice.image->voxels.size() != slice.image->geometry.voxels())
      return Error{Errc::invalid_input, "the image has no voxels to show"};
  if (request.image == nullptr) return ok();
  INFERAD_TRY_STATUS(check_image(request));
  const auto voxels = request.image->geometry.voxels();
  if (!request.voxels.heat.values.empty() && request.voxels.heat.values.size() != voxels)
    return Error{Errc::invalid_input, "heat map and image differ in size"};
  return ok();
}

}  // namespace

bool has_overlay(const ResultRequest& request) {
  if (request.image == nullptr && request.views.empty()) return false;
  return !marks_of(request).empty() || (request.image != nullptr && (has_voxels(request) || has_heat(request)));
}

Result<WrittenObject> write_sc(const ResultRequest& request, const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  INFERAD_TRY_STATUS(check_overlay(request));
  const auto page = draw_overlay(overlay_input(request));
  auto identity = identity_of(request, ResultKind::sc);
  identity.sop_class_uid = UID_SecondaryCaptureImageStorage;
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_pixel_common(out, request, identity);
  write_body_part(out, request);
  write_image_modules(out, request, page);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_sc(request, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

Status check_sc(const ResultRequest& request, const std::filesystem::path& path) {
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong("the file is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_common(data, "SC check"));
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, kPresent, "SC check"));
  const auto page = draw_overlay(overlay_input(request));
  std::set<std::string> known;
  for (const auto& image : request.source.images()) known.insert(image.sop_instance_uid);
  std::size_t references = 0;
  for_each_item(data, DCM_SourceImageSequence, [&](DcmItem& item) {
    references += known.contains(text_of(item, DCM_ReferencedSOPInstanceUID)) ? 1 : 0;
  });
  if (references != page.slices.size()) return wrong("it does not refer to the slices that it shows");
  if (text_of(data, DCM_Rows) != std::to_string(page.picture.height()) ||
      text_of(data, DCM_Columns) != std::to_string(page.picture.width()))
    return wrong("it has another size than the page");
  const Uint8* bytes = nullptr;
  unsigned long length = 0;
  const auto& expected = page.picture.bytes();
  if (data.findAndGetUint8Array(DCM_PixelData, bytes, &length).bad() || length < expected.size() ||
      !std::equal(expected.begin(), expected.end(), bytes))
    return wrong("it shows another picture than was drawn");
  return ok();
}

}  // namespace inferad::results
