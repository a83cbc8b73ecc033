// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/dicom_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcistrmf.h"
#include "dcmtk/dcmdata/dctk.h"
#include "pipelines/imaging/functional_groups.h"
#include "pipelines/imaging/item_values.h"
#include "pipelines/imaging/transfer_syntax.h"

namespace inferad::imaging {

namespace {

constexpr Uint32 kLoadedValueMax = 4096;  // longer values stay on disk

int frames(DcmItem& item) {
  const auto value = text(item, DCM_NumberOfFrames);
  if (value.empty()) return 1;
  const auto count = findings::decimal_number(value);
  return count && *count >= 1 && *count <= std::numeric_limits<int>::max() ? static_cast<int>(*count) : 0;
}

PixelFormat pixel_format(DcmItem& item) {
  PixelFormat format;
  format.samples = integer(item, DCM_SamplesPerPixel, 1);
  format.bits_allocated = integer(item, DCM_BitsAllocated, 0);
  format.bits_stored = integer(item, DCM_BitsStored, 0);
  format.high_bit = integer(item, DCM_HighBit, format.bits_stored - 1);
  format.is_signed = integer(item, DCM_PixelRepresentation, 0) == 1;
  format.photometric = text(item, DCM_PhotometricInterpretation);
  return format;
}

// Whatever VR the file gives them: 16 bits that are signed as the pixels are (PS3.3 C.7.5.1.1.2).
std::optional<int> stored_value(DcmItem& item, const DcmTagKey& key, bool is_signed) {
  DcmElement* element = nullptr;
  Uint16 without_sign = 0;
  Sint16 with_sign = 0;
  if (item.findAndGetElement(key, element).bad() || !element) return std::nullopt;
  if (element->getSint16(with_sign).good())
    without_sign = static_cast<Uint16>(with_sign);
  else if (element->getUint16(without_sign).bad())
    return std::nullopt;
  return is_signed ? static_cast<Sint16>(without_sign) : int{without_sign};
}

std::optional<std::array<int, 2>> read_padding(DcmItem& item, bool is_signed) {
  const auto value = stored_value(item, DCM_PixelPaddingValue, is_signed);
  if (!value) return std::nullopt;
  const auto limit = stored_value(item, DCM_PixelPaddingRangeLimit, is_signed).value_or(*value);
  return std::array{std::min(*value, limit), std::max(*value, limit)};
}

// The first VOI window and the shape of the presentation LUT. A VOI LUT instead of a window is not used.
findings::GreyScale read_grey(DcmItem& item, const std::string& photometric) {
  findings::GreyScale grey;
  grey.inverted = photometric == "MONOCHROME1" || text(item, DCM_PresentationLUTShape) == "INVERSE";
  const auto centres = texts(item, DCM_WindowCenter), widths = texts(item, DCM_WindowWidth);
  if (centres.empty() || widths.empty()) return grey;
  const auto centre = findings::decimal_number(centres.front()), width = findings::decimal_number(widths.front());
  const auto function = text(item, DCM_VOILUTFunction);
  grey.function = function == "SIGMOID"        ? findings::GreyScale::Function::sigmoid
                  : function == "LINEAR_EXACT" ? findings::GreyScale::Function::linear_exact
                                               : findings::GreyScale::Function::linear;
  const double width_min = grey.function == findings::GreyScale::Function::linear ? 1 : 1e-9;  // C.11.2.1.2
  grey.windowed = centre && width && *width >= width_min;
  if (grey.windowed) grey.centre = *centre, grey.width = *width;
  return grey;
}

// Mammography may say the view as a code (CID 4014) only.
std::string coded_view(DcmItem& view) {
  static constexpr std::array<std::array<const char*, 3>, 9> views{{{"399162004", "R-10242", "CC"},
                                                                    {"399368009", "R-10226", "MLO"},
                                                                    {"399260004", "R-10224", "ML"},
                                                                    {"399352003", "R-10228", "LM"},
                                                                    {"399099002", "R-10230", "LMO"},
                                                                    {"399196006", "R-10244", "FB"},
                                                                    {"399188001", "R-102D0", "SIO"},
                                                                    {"399192008", "R-1024A", "XCCL"},
                                                                    {"399101009", "R-1024B", "XCCM"}}};
  const auto value = text(view, DCM_CodeValue);
  for (const auto& [snomed_ct, snomed_rt, name] : views)
    if (value == snomed_ct || value == snomed_rt) return name;
  return {};
}

void read_view(DcmItem& item, SliceHeader& header) {
  header.view_position = text(item, DCM_ViewPosition);
  DcmItem* view = nullptr;
  if (item.findAndGetSequenceItem(DCM_ViewCodeSequence, view).bad()) return;
  if (header.view_position.empty()) header.view_position = coded_view(*view);
  DcmItem* modifier = nullptr;
  header.view_modified = view->findAndGetSequenceItem(DCM_ViewModifierCodeSequence, modifier).good();
}

SliceHeader read_header(DcmItem& item, const std::filesystem::path& path, std::string transfer_syntax) {
  SliceHeader header;
  header.file = path;
  header.transfer_syntax_uid = std::move(transfer_syntax);
  header.sop_class_uid = text(item, DCM_SOPClassUID);
  header.sop_instance_uid = text(item, DCM_SOPInstanceUID);
  header.series_uid = text(item, DCM_SeriesInstanceUID);
  header.study_uid = text(item, DCM_StudyInstanceUID);
  header.frame_of_reference_uid = text(item, DCM_FrameOfReferenceUID);
  header.modality = text(item, DCM_Modality);
  header.rows = integer(item, DCM_Rows, 0);
  header.columns = integer(item, DCM_Columns, 0);
  header.frames = frames(item);
  header.format = pixel_format(item);
  read_plane(item, header);
  header.imager_spacing = numbers<2>(item, DCM_ImagerPixelSpacing);
  header.padding = read_padding(item, header.format.is_signed);
  header.grey = read_grey(item, header.format.photometric);
  read_view(item, header);
  header.laterality = text(item, DCM_ImageLaterality);
  if (header.laterality.empty()) header.laterality = text(item, DCM_Laterality);
  header.body_part = text(item, DCM_BodyPartExamined);
  header.manufacturer = text(item, DCM_Manufacturer);
  header.patient_age = text(item, DCM_PatientAge);
  header.patient_sex = text(item, DCM_PatientSex);
  header.image_type = texts(item, DCM_ImageType);
  read_texts(item, header.header);
  return header;
}

// Transfer syntaxes younger than the toolkit (High-Throughput JPEG 2000, JPEG XL, …) encode their data sets as JPEG
// 2000 does (PS3.5 A.4), so they are read as such, from behind the file meta information.
std::unique_ptr<DcmDataset> load_as_jpeg2000(const std::filesystem::path& path, DcmMetaInfo& meta) {
  Uint32 group_length = 0;
  if (meta.findAndGetUint32(DCM_FileMetaInformationGroupLength, group_length).bad()) return nullptr;
  constexpr offile_off_t kPreamble = 132, kGroupLengthElement = 12;
  const offile_off_t begin = kPreamble + kGroupLengthElement + static_cast<offile_off_t>(group_length);
  // Skipped, not opened there: values that stay on disk are found again by how far the stream has come.
  DcmInputFileStream stream(OFFilename(path.c_str()));
  if (stream.status().bad() || stream.skip(begin) != begin) return nullptr;
  auto dataset = std::make_unique<DcmDataset>();
  dataset->transferInit();
  const auto status = dataset->read(stream, EXS_JPEG2000LosslessOnly, EGL_noChange, kLoadedValueMax);
  dataset->transferEnd();
  return status.good() ? std::move(dataset) : nullptr;
}

}  // namespace

DicomFile::DicomFile(std::unique_ptr<DcmDataset> dataset, SliceHeader header)
    : dataset_(std::move(dataset)), header_(std::move(header)), slices_(slices_of(*dataset_, header_)) {}
DicomFile::DicomFile(DicomFile&&) noexcept = default;
DicomFile& DicomFile::operator=(DicomFile&&) noexcept = default;
DicomFile::~DicomFile() = default;

Result<OrRefusal<DicomFile>> DicomFile::open(const std::filesystem::path& path) {
  if (::access(path.c_str(), R_OK) != 0) return Error{Errc::io, "an image file cannot be opened"};
  DcmFileFormat file;
  const auto status =
      file.loadFile(OFFilename(path.c_str()), EXS_Unknown, EGL_noChange, kLoadedValueMax, ERM_autoDetect);
  std::string syntax = text(*file.getMetaInfo(), DCM_TransferSyntaxUID);
  std::unique_ptr<DcmDataset> dataset;
  if (!syntax.empty() && DcmXfer(syntax.c_str()).getXfer() == EXS_Unknown) {
    dataset = load_as_jpeg2000(path, *file.getMetaInfo());
    if (!dataset && !is_high_throughput(syntax)) {
      return OrRefusal<DicomFile>(
          refuse(refusal::kTransferSyntax,
                 fmt::format("a file is encoded as {}, which is not decoded here", transfer_syntax_in_words(syntax))));
    }
  } else if (status.good()) {
    dataset.reset(file.getAndRemoveDataset());
    if (syntax.empty()) syntax = DcmXfer(dataset->getOriginalXfer()).getXferID();
  }
  if (!dataset) {
    return OrRefusal<DicomFile>(
        refuse(refusal::kNotDicom, fmt::format("a file is not readable DICOM ({})", status.text())));
  }
  auto header = read_header(*dataset, path, std::move(syntax));
  return OrRefusal<DicomFile>(DicomFile(std::move(dataset), std::move(header)));
}

}  // namespace inferad::imaging
