// SPDX-License-Identifier: Apache-2.0
#include "tests/dicom/synthetic_series.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/unit/findings/samples.h"

namespace inferad::testing {

namespace fs = std::filesystem;

namespace {

constexpr double kSpacing = 0.7, kSliceDistance = 2.5;
const char* const kStudy = "2.25.1001";
const char* const kSeries = "2.25.1002";

void put(DcmDataset& data, const DcmTagKey& tag, const std::string& value) {
  REQUIRE(data.putAndInsertOFStringArray(tag, value.c_str()).good());
}

void put_patient_and_study(DcmDataset& data, const SeriesOptions& options) {
  put(data, DCM_SpecificCharacterSet, options.character_set);
  put(data, DCM_PatientName, options.patient_name);
  put(data, DCM_PatientID, "P 17 ");
  put(data, DCM_PatientBirthDate, "19500102");
  put(data, DCM_PatientSex, "F");
  put(data, DCM_PatientAge, "076Y");
  put(data, DCM_StudyInstanceUID, kStudy);
  put(data, DCM_StudyDate, "20261124");
  put(data, DCM_StudyTime, "081500.123");
  put(data, DCM_StudyID, "S1");
  put(data, DCM_AccessionNumber, "ACC1");
  put(data, DCM_ReferringPhysicianName, "Roe^Richard");
  put(data, DCM_StudyDescription, "CT chest");
  put(data, DCM_InstitutionName, "St. Example");
  if (!options.timezone_offset.empty()) put(data, DCM_TimezoneOffsetFromUTC, options.timezone_offset);
}

void put_series(DcmDataset& data, const SeriesOptions& options) {
  put(data, DCM_SOPClassUID, UID_CTImageStorage);
  put(data, DCM_Modality, "CT");
  put(data, DCM_SeriesInstanceUID, kSeries);
  put(data, DCM_SeriesNumber, "2");
  put(data, DCM_Manufacturer, "Example Scanners");
  put(data, DCM_ManufacturerModelName, "CT 1");
  put(data, DCM_ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
  put(data, DCM_BodyPartExamined, "CHEST");
  put(data, DCM_PatientPosition, "HFS");
  put(data, DCM_KVP, "120");
  put(data, DCM_AcquisitionNumber, "1");
  if (options.frame_of_reference) put(data, DCM_FrameOfReferenceUID, "2.25.1003");
  put(data, DCM_PositionReferenceIndicator, "");
  if (!options.lossy) return;
  put(data, DCM_LossyImageCompression, "01");
  put(data, DCM_LossyImageCompressionRatio, "10");
  put(data, DCM_LossyImageCompressionMethod, "ISO_10918_1");
}

void put_pixels(DcmDataset& data, const SeriesOptions& options, int slice) {
  put(data, DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  put(data, DCM_ImagePositionPatient, fmt::format("-10.123456789\\-20\\{:.3f}", 100 + kSliceDistance * slice));
  put(data, DCM_PixelSpacing, fmt::format("{}\\{}", kSpacing, kSpacing));
  put(data, DCM_SliceThickness, "3");
  data.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(options.rows));
  data.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(options.columns));
  put(data, DCM_PhotometricInterpretation, "MONOCHROME2");
  data.putAndInsertUint16(DCM_SamplesPerPixel, 1);
  data.putAndInsertUint16(DCM_BitsAllocated, 16);
  data.putAndInsertUint16(DCM_BitsStored, 16);
  data.putAndInsertUint16(DCM_HighBit, 15);
  data.putAndInsertUint16(DCM_PixelRepresentation, 0);
  put(data, DCM_RescaleIntercept, "-1024");
  put(data, DCM_RescaleSlope, "1");
  const std::vector<Uint16> pixels(static_cast<std::size_t>(options.rows * options.columns), 100);
  REQUIRE(data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size()).good());
}

findings::Image empty_image(const SeriesOptions& options) {
  findings::Image image;
  image.geometry.columns = options.columns;
  image.geometry.rows = options.rows;
  image.geometry.slices = options.slices;
  image.geometry.origin = {-10.123456789, -20, 100};
  image.geometry.spacing = {kSpacing, kSpacing, kSliceDistance};
  image.modality = "CT";
  image.study_uid = kStudy;
  image.series_uid = kSeries;
  return image;
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "inferad-dicom-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

SyntheticSeries::SyntheticSeries(const SeriesOptions& options) : image(empty_image(options)) {
  for (int slice = 0; slice < options.slices; ++slice) {
    DcmFileFormat file;
    auto& data = *file.getDataset();
    const auto uid = fmt::format("2.25.2{:03}", slice);
    put_patient_and_study(data, options);
    put_series(data, options);
    put(data, DCM_SOPInstanceUID, uid);
    put(data, DCM_InstanceNumber, std::to_string(slice + 1));
    put_pixels(data, options, slice);
    files.push_back(folder.path() / fmt::format("ct{:03}.dcm", slice));
    REQUIRE(file.saveFile(files.back().c_str(), EXS_LittleEndianExplicit).good());
    image.sources.push_back(
        {files.back(), UID_CTImageStorage, uid, 1, {-10.123456789, -20, 100 + kSliceDistance * slice}});
  }
  labels = two_blobs(image.geometry, 7);
  findings = findings_for(image, true);
  not_analysed = findings_for(image, false);
  job = job_for(image);
}

results::SourceHeader SyntheticSeries::header() const {
  auto header = results::SourceHeader::read(files);
  REQUIRE(header.has_value());
  return std::move(*header);
}

results::ResultRequest SyntheticSeries::request(const results::SourceHeader& header) const {
  return {job, findings, header, &image, &labels, {}};
}

results::ResultRequest SyntheticSeries::not_analysed_request(const results::SourceHeader& header) const {
  return {job, not_analysed, header, nullptr, nullptr, {}};
}

findings::LabelMap two_blobs(const findings::Geometry& geometry, unsigned seed) {
  std::mt19937 random(seed);
  findings::LabelMap map{geometry.columns, geometry.rows, geometry.slices, {}};
  map.labels.assign(geometry.voxels(), 0);
  std::size_t at = 0;
  for (int k = 0; k < geometry.slices; ++k)
    for (int j = 0; j < geometry.rows; ++j)
      for (int i = 0; i < geometry.columns; ++i, ++at) {
        if (k == 0 || random() % 8 == 0) continue;  // slice 0 stays empty
        const double x = (i + 0.5) / geometry.columns, y = (j + 0.5) / geometry.rows - 0.5;
        if (std::hypot((x - 0.25) / 0.2, y / 0.4) < 1) map.labels[at] = 1;
        if (std::hypot((x - 0.75) / 0.2, y / 0.4) < 1 && k + 1 < geometry.slices) map.labels[at] = 2;
      }
  return map;
}

findings::Findings findings_for(const findings::Image& image, bool analysed) {
  auto findings = analysed ? findings::samples::analysed() : findings::samples::not_analysed();
  findings.study_uid = image.study_uid;
  findings.series_uid = analysed ? image.series_uid : "";
  for (auto& item : findings.items)
    item.tracking_uid = findings::tracking_uid(image.study_uid, findings.pipeline, item.id);
  for (auto& segment : findings.segments)
    segment.tracking_uid = findings::tracking_uid(image.study_uid, findings.pipeline, segment.tracking_id);
  return findings;
}

findings::Job job_for(const findings::Image& image) {
  auto job = findings::samples::job();
  job.study_uid = image.study_uid;
  job.results = {ResultKind::seg, ResultKind::sr};
  job.series = {{image.series_uid, {}}};
  for (const auto& slice : image.sources) job.series[0].files.push_back(slice.file);
  return job;
}

void edit(const fs::path& file, const std::function<void(DcmDataset&)>& change) {
  DcmFileFormat format;
  REQUIRE(format.loadFile(file.c_str()).good());
  format.loadAllDataIntoMemory();
  change(*format.getDataset());
  REQUIRE(format.saveFile(file.c_str(), EXS_LittleEndianExplicit).good());
}

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace inferad::testing
