// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imaging/made_series.h"

#include <openjpeg.h>
#include <stdlib.h>

#include <fstream>
#include <stdexcept>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dcrleerg.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djencode.h"
#include "dcmtk/dcmjpeg/djrplol.h"
#include "dcmtk/dcmjpls/djencode.h"
#include "dcmtk/dcmjpls/djrparam.h"

namespace inferad::test {

namespace {

void must(const OFCondition& status) {
  if (status.bad()) throw std::runtime_error(status.text());
}

void register_encoders() {
  static const bool once = [] {
    DJEncoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs(0, 0, 0, 0, OFFalse);  // values as they are stored
    DcmRLEEncoderRegistration::registerCodecs();
    return true;
  }();
  static_cast<void>(once);
}

void fill(DcmDataset& data, int k) {
  const auto put = [&](const DcmTagKey& key, const std::string& value) {
    must(data.putAndInsertString(key, value.c_str()));
  };
  put(DCM_SOPClassUID, UID_CTImageStorage);
  put(DCM_SOPInstanceUID, "2.25.1000" + std::to_string(k));
  put(DCM_StudyInstanceUID, "2.25.1");
  put(DCM_SeriesInstanceUID, "2.25.2");
  put(DCM_FrameOfReferenceUID, "2.25.3");
  put(DCM_Modality, "CT");
  put(DCM_ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
  put(DCM_PatientAge, "064Y");
  put(DCM_ImagePositionPatient, "-10\\-20\\" + std::to_string(2.5 * k));
  put(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  put(DCM_PixelSpacing, "0.7\\0.6");
  put(DCM_RescaleSlope, "1");
  put(DCM_RescaleIntercept, "-1024");
  put(DCM_PhotometricInterpretation, "MONOCHROME2");
  for (const auto& [key, value] :
       {std::pair(DCM_Rows, MadeSeries::kRows), std::pair(DCM_Columns, MadeSeries::kColumns),
        std::pair(DCM_SamplesPerPixel, 1), std::pair(DCM_BitsAllocated, 16), std::pair(DCM_BitsStored, 12),
        std::pair(DCM_HighBit, 11), std::pair(DCM_PixelRepresentation, 0)}) {
    must(data.putAndInsertUint16(key, static_cast<Uint16>(value)));
  }
  std::vector<Uint16> pixels;
  for (int row = 0; row < MadeSeries::kRows; ++row) {
    for (int column = 0; column < MadeSeries::kColumns; ++column) {
      pixels.push_back(static_cast<Uint16>(MadeSeries::stored(column, row, k)));
    }
  }
  must(data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), static_cast<unsigned long>(pixels.size())));
}

DcmItem& item_of(DcmItem& parent, const DcmTagKey& sequence, long index = 0) {
  DcmItem* item = nullptr;
  must(parent.findOrCreateSequenceItem(sequence, item, index));
  return *item;
}

void move_to(DcmItem& group, DcmDataset& data, std::initializer_list<DcmTagKey> keys) {
  for (const auto& key : keys) must(group.insert(data.remove(key)));
}

// From slice 0 (fill) to an Enhanced CT of `count` frames.
void make_enhanced(DcmDataset& data, int count) {
  must(data.putAndInsertString(DCM_SOPClassUID, UID_EnhancedCTImageStorage));
  must(data.putAndInsertString(DCM_NumberOfFrames, std::to_string(count).c_str()));
  auto& shared = item_of(data, DCM_SharedFunctionalGroupsSequence);
  move_to(item_of(shared, DCM_PlaneOrientationSequence), data, {DCM_ImageOrientationPatient});
  move_to(item_of(shared, DCM_PixelMeasuresSequence), data, {DCM_PixelSpacing});
  for (const auto& key : {DCM_ImagePositionPatient, DCM_RescaleSlope, DCM_RescaleIntercept}) delete data.remove(key);
  std::vector<Uint16> pixels;
  for (int frame = 0; frame < count; ++frame) {
    const int k = count - 1 - frame;
    auto& groups = item_of(data, DCM_PerFrameFunctionalGroupsSequence, frame);
    must(item_of(groups, DCM_PlanePositionSequence)
             .putAndInsertString(DCM_ImagePositionPatient, ("-10\\-20\\" + std::to_string(2.5 * k)).c_str()));
    auto& rescale = item_of(groups, DCM_PixelValueTransformationSequence);
    must(rescale.putAndInsertString(DCM_RescaleSlope, k == 4 ? "2" : "1"));
    must(rescale.putAndInsertString(DCM_RescaleIntercept, k == 4 ? "-1000" : "-1024"));
    for (int i = 0; i < MadeSeries::kRows * MadeSeries::kColumns; ++i)
      pixels.push_back(static_cast<Uint16>(MadeSeries::stored(i % MadeSeries::kColumns, i / MadeSeries::kColumns, k)));
  }
  must(data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), static_cast<unsigned long>(pixels.size())));
}

int value_of(DcmDataset& data, const DcmTagKey& key) {
  Uint16 value = 0;
  must(data.findAndGetUint16(key, value));
  return value;
}

// Sample `index` of the data set's native pixels, as a number.
int sample_at(DcmDataset& data, std::size_t index) {
  const Uint8* bytes = nullptr;
  const Uint16* words = nullptr;
  const bool narrow = value_of(data, DCM_BitsAllocated) == 8;
  must(narrow ? data.findAndGetUint8Array(DCM_PixelData, bytes) : data.findAndGetUint16Array(DCM_PixelData, words));
  const int sample = narrow ? bytes[index] : words[index];
  const int sign = 1 << (value_of(data, DCM_BitsStored) - 1);
  return value_of(data, DCM_PixelRepresentation) == 1 && (sample & sign) != 0 ? (sample & (sign - 1)) - sign : sample;
}

// Frame `frame` of the native pixels. Of three samples a pixel OpenJPEG makes YBR_RCT.
std::vector<Uint8> encode_jpeg2000(DcmDataset& data, int frame, const std::filesystem::path& scratch) {
  const auto width = static_cast<OPJ_UINT32>(value_of(data, DCM_Columns));
  const auto height = static_cast<OPJ_UINT32>(value_of(data, DCM_Rows));
  const auto samples = static_cast<OPJ_UINT32>(value_of(data, DCM_SamplesPerPixel));
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.numresolution = 2;
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = 1;
  parameters.tcp_mct = samples == 3;
  opj_image_cmptparm_t component{};
  component.dx = component.dy = 1;
  component.w = width;
  component.h = height;
  component.prec = static_cast<OPJ_UINT32>(value_of(data, DCM_BitsStored));
  component.sgnd = static_cast<OPJ_UINT32>(value_of(data, DCM_PixelRepresentation));
  std::vector components(samples, component);
  opj_image_t* image = opj_image_create(samples, components.data(), samples == 3 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY);
  image->x1 = width;
  image->y1 = height;
  const std::size_t pixels = std::size_t{width} * height, first = static_cast<std::size_t>(frame) * pixels * samples;
  for (std::size_t i = 0; i < pixels * samples; ++i)
    image->comps[i % samples].data[i / samples] = sample_at(data, first + i);
  opj_codec_t* codec = opj_create_compress(OPJ_CODEC_J2K);
  opj_stream_t* stream = opj_stream_create_default_file_stream(scratch.c_str(), OPJ_FALSE);
  const bool done = opj_setup_encoder(codec, &parameters, image) && opj_start_compress(codec, image, stream) &&
                    opj_encode(codec, stream) && opj_end_compress(codec, stream);
  opj_stream_destroy(stream);
  opj_destroy_codec(codec);
  opj_image_destroy(image);
  if (!done) throw std::runtime_error("OpenJPEG cannot encode");
  std::ifstream in(scratch, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

using Fragments = MadeSeries::Fragments;

// Two fragments, so that putting them together is tested too.
Fragments in_two(std::vector<Uint8> stream) {
  const auto middle = stream.begin() + static_cast<long>(stream.size() / 4 * 2);
  return {{stream.begin(), middle}, {middle, stream.end()}};
}

// The first is the offset table.
void put_jpeg2000(DcmDataset& data, Fragments parts) {
  for (auto& part : parts)
    if (part.size() % 2) part.push_back(0);
  auto* sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
  for (const auto& part : parts) {
    auto* item = new DcmPixelItem(DCM_PixelItemTag);
    if (!part.empty()) must(item->putUint8Array(part.data(), static_cast<unsigned long>(part.size())));
    must(sequence->insert(item));
  }
  auto* pixels = new DcmPixelData(DCM_PixelData);
  pixels->putOriginalRepresentation(EXS_JPEG2000LosslessOnly, nullptr, sequence);
  must(data.insert(pixels, OFTrue));
}

int count_of(DcmDataset& data) {
  OFString frames;
  return data.findAndGetOFString(DCM_NumberOfFrames, frames).good() ? std::atoi(frames.c_str()) : 1;
}

// False when the toolkit has no encoder for it.
bool encode(DcmDataset& data, E_TransferSyntax syntax) {
  const DJ_RPLossless jpeg;
  const DJLSRepresentationParameter jpeg_ls(2, OFTrue);
  const DcmRepresentationParameter* parameter = nullptr;
  if (syntax == EXS_JPEGProcess14SV1 || syntax == EXS_JPEGProcess14) parameter = &jpeg;
  if (syntax == EXS_JPEGLSLossless) parameter = &jpeg_ls;
  const bool plain = syntax != EXS_Unknown && !DcmXfer(syntax).isEncapsulated();
  if (!plain && syntax != EXS_RLELossless && parameter == nullptr) return false;
  must(data.chooseRepresentation(syntax, parameter));
  return true;
}

// Replaces (0002,0010) and corrects the group length, which stands at a fixed place (PS3.10 7.1).
void relabel(const std::filesystem::path& path, std::string syntax) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  in.close();
  if (syntax.size() % 2) syntax.push_back('\0');
  const auto at = bytes.find(std::string("\x02\x00\x10\x00UI", 6)) + 6;
  const auto old = static_cast<unsigned char>(bytes[at]);
  bytes.replace(at, old + 2u, std::string{static_cast<char>(syntax.size()), '\0'} + syntax);
  constexpr std::size_t kGroupLength = 140;
  bytes[kGroupLength] = static_cast<char>(bytes[kGroupLength] + static_cast<int>(syntax.size()) - old);
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

MadeSeries::MadeSeries() {
  std::string name = (std::filesystem::temp_directory_path() / "inferad-imaging-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

MadeSeries::~MadeSeries() { std::filesystem::remove_all(folder_); }

std::filesystem::path MadeSeries::add(int k, const std::function<void(DcmDataset&)>& edit,
                                      const std::string& transfer_syntax) {
  register_encoders();
  DcmFileFormat file;
  auto& data = *file.getDataset();
  fill(data, k);
  if (edit) edit(data);
  const auto syntax = DcmXfer(transfer_syntax.c_str()).getXfer();
  if (encode(data, syntax)) return save(file, syntax, transfer_syntax);
  auto streams = code_streams(data);
  if (streams.size() == 1) streams = in_two(std::move(streams[0]));
  streams.insert(streams.begin(), {{}});  // no offset table
  put_jpeg2000(data, std::move(streams));
  return save(file, EXS_JPEG2000LosslessOnly, transfer_syntax);
}

std::filesystem::path MadeSeries::add_encapsulated(const std::function<Fragments(DcmDataset&)>& make,
                                                   const std::string& transfer_syntax) {
  DcmFileFormat file;
  auto& data = *file.getDataset();
  fill(data, 0);
  put_jpeg2000(data, make(data));
  return save(file, EXS_JPEG2000LosslessOnly, transfer_syntax);
}

MadeSeries::Fragments MadeSeries::code_streams(DcmDataset& data) const {
  Fragments streams;
  for (int frame = 0; frame < count_of(data); ++frame)
    streams.push_back(encode_jpeg2000(data, frame, folder_ / "scratch.j2k"));
  std::filesystem::remove(folder_ / "scratch.j2k");
  return streams;
}

std::filesystem::path MadeSeries::save(DcmFileFormat& file, int syntax, const std::string& transfer_syntax) {
  const auto path = folder_ / (std::to_string(1000 - static_cast<int>(files_.size())) + ".dcm");
  const auto written = static_cast<E_TransferSyntax>(syntax);
  must(file.saveFile(path.c_str(), written));
  if (DcmXfer(written).getXferID() != transfer_syntax) relabel(path, transfer_syntax);
  files_.push_back(path);
  return path;
}

std::filesystem::path MadeSeries::add_enhanced(const std::function<void(DcmDataset&)>& edit,
                                               const std::string& transfer_syntax) {
  return add(
      0,
      [&](DcmDataset& data) {
        make_enhanced(data, 10);
        if (edit) edit(data);
      },
      transfer_syntax);
}

void MadeSeries::add_ten(const std::function<void(DcmDataset&, int)>& edit, const std::string& transfer_syntax) {
  for (int k = 0; k < 10; ++k) {
    add(
        k,
        [&](DcmDataset& data) {
          if (edit) edit(data, k);
        },
        transfer_syntax);
  }
}

}  // namespace inferad::test
