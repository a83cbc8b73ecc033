// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/derived.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "pipelines/results/derived_scale.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/multi_frame_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

const findings::CodedConcept kGray{"Gy", "UCUM", "Gray"};

// The findings of an image pipeline: a file, no segment.
void make_image_findings(SyntheticSeries& series, const findings::CodedConcept& unit) {
  series.findings.segments.clear();
  series.findings.items.erase(series.findings.items.begin(), series.findings.items.begin() + 2);
  series.findings.files = {findings::samples::image_file()};
  series.findings.files.front().unit = unit;
}

// The classic series as an MR would send it.
void make_mr(SyntheticSeries& series) {
  series.image.modality = "MR";
  for (std::size_t i = 0; i < series.files.size(); ++i) {
    series.image.sources[i].sop_class_uid = UID_MRImageStorage;
    edit(series.files[i], [](DcmDataset& data) {
      data.putAndInsertString(DCM_SOPClassUID, UID_MRImageStorage);
      data.putAndInsertString(DCM_Modality, "MR");
      data.putAndInsertString(DCM_ScanningSequence, "SE");
      data.putAndInsertString(DCM_SequenceVariant, "SK");
      data.putAndInsertString(DCM_RepetitionTime, "500");
      data.putAndInsertString(DCM_EchoTime, "12");
    });
  }
}

std::vector<float> wave(std::size_t count, float scale) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(scale * std::sin(static_cast<float>(i) * 0.37F));
  return values;
}

std::string judged(const SyntheticSeries& series, const results::ResultRequest& request, const std::string& sop_class) {
  TempFolder out;
  const auto written = results::write_derived(request, out.path());
  if (!written) return written.error().what;
  auto files = series.files;
  Paths objects;
  std::string complaints;
  for (const auto& file : *written) {
    CHECK(file.object.sop_class_uid == sop_class);
    objects.push_back(out.path() / file.name);
    files.push_back(objects.back());
  }
  for (const auto& object : {objects.front(), objects.back()}) complaints += dciodvfy(object);
  const auto values = std::as_bytes(request.voxels.derived);
  return complaints + dcentvfy(files) + pydicom_values(objects, series.image.sources, values, out.path());
}

}  // namespace

TEST_CASE("the image of a network is a series that satisfies every judge") {
  SyntheticSeries series;
  std::string sop_class = UID_CTImageStorage;
  auto unit = findings::codes::kHounsfieldUnit;
  SECTION("CT") {}
  SECTION("dose on a CT") { unit = kGray; }
  SECTION("CT from an object with many frames") { make_multi_frame(series); }
  SECTION("synthetic CT from an MR") { make_mr(series); }
  SECTION("MR") {
    make_mr(series);
    unit = findings::codes::kNoUnits;
    sop_class = UID_MRImageStorage;
  }
  make_image_findings(series, unit);
  const auto header = series.header();
  auto request = series.request(header);
  request.labels = nullptr;
  const auto values = wave(series.image.geometry.voxels(), 987.6F);
  request.voxels.derived = values;
  CHECK(judged(series, request, sop_class) == "");
}

TEST_CASE("the image of a network from a radiograph is a secondary capture") {
  SeriesOptions options;
  options.slices = 1;
  SyntheticSeries series(options);
  make_projection(series);
  make_image_findings(series, findings::codes::kNoUnits);
  const auto header = series.header();
  auto request = series.request(header);
  request.labels = nullptr;
  const auto values = wave(series.image.geometry.voxels(), 0.001F);
  request.voxels.derived = values;
  CHECK(judged(series, request, UID_SecondaryCaptureImageStorage) == "");
}

TEST_CASE("the scale holds any range, and refuses what is no number") {
  const float top = GENERATE(1e-20F, 3.0F, 40'000.0F, 3e30F);
  const auto values = wave(1000, top);
  const auto scale = results::scale_for(values, true);
  REQUIRE(scale.has_value());
  CHECK(scale->is_signed == (top <= 3));
  for (const float value : values)
    REQUIRE(std::abs(scale->value(scale->stored(value)) - static_cast<double>(value)) <=
            scale->slope * 0.5001 + std::abs(static_cast<double>(value)) * 1e-7);
  CHECK(results::scale_for(std::vector<float>{5, 5}, false)->value(0) == 5);
  CHECK_FALSE(results::scale_for(std::vector<float>{1, std::nanf("")}, true).has_value());
}

TEST_CASE("the check of a derived image notices damage") {
  SyntheticSeries series;
  make_image_findings(series, findings::codes::kHounsfieldUnit);
  const auto header = series.header();
  auto request = series.request(header);
  request.labels = nullptr;
  const auto values = wave(series.image.geometry.voxels(), 500);
  request.voxels.derived = values;
  TempFolder out;
  REQUIRE(results::write_derived(request, out.path()).has_value());
  const auto path = out.path() / "derived-0002.dcm";
  const auto complaint = [&] { return results::check_derived(request, 1, path).error().what; };
  SECTION("a value") {
    edit(path, [](DcmDataset& data) {
      const Uint16* words = nullptr;
      unsigned long count = 0;
      REQUIRE(data.findAndGetUint16Array(DCM_PixelData, words, &count).good());
      std::vector<Uint16> copy(words, words + count);
      ++copy[40];
      REQUIRE(data.putAndInsertUint16Array(DCM_PixelData, copy.data(), count).good());
    });
    CHECK(complaint() == "DERIVED check: image 2 has values that are not those of the network");
  }
  SECTION("the image of another slice") {
    fs::copy_file(out.path() / "derived-0003.dcm", path, fs::copy_options::overwrite_existing);
    CHECK(complaint() == "DERIVED check: image 2 has another number");
    edit(path, [](DcmDataset& data) { data.putAndInsertString(DCM_InstanceNumber, "2"); });
    CHECK(complaint() == "DERIVED check: image 2 refers to another slice");
  }
  SECTION("a place") {
    edit(path, [](DcmDataset& data) { data.putAndInsertString(DCM_ImagePositionPatient, "1\\2\\3"); });
    CHECK(complaint() == "DERIVED check: image 2 lies elsewhere than its source");
  }
}
