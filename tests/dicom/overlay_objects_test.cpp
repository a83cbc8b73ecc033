// SPDX-License-Identifier: Apache-2.0
// Secondary captures and parametric maps.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <functional>

#include "pipelines/results/pmap.h"
#include "pipelines/results/results.h"
#include "pipelines/results/sc.h"
#include "pipelines/results/sc_page.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/multi_frame_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

SeriesOptions one_slice() {
  SeriesOptions options;
  options.slices = 1;
  return options;
}

// Findings without segments.
struct Radiograph : SyntheticSeries {
  Radiograph() : SyntheticSeries(one_slice()) {
    make_projection(*this);
    findings.segments.clear();
    findings.items.erase(findings.items.begin(), findings.items.begin() + 2);
  }
};

std::vector<float> heat_of(const SyntheticSeries& series) {
  std::vector<float> heat(series.image.geometry.voxels(), 0);
  for (std::size_t i = 0; i < heat.size(); i += 3) heat[i] = static_cast<float>(i % 40) * 0.0123F;
  return heat;
}

void with_heat(results::ResultRequest& request, const std::vector<float>& heat) {
  request.voxels.heat = {"Pneumonia", heat, *std::max_element(heat.begin(), heat.end())};
}

std::string judged(const SyntheticSeries& series, const fs::path& object, std::span<const std::byte> values,
                   const fs::path& scratch) {
  auto files = series.files;
  files.push_back(object);
  return dciodvfy(object) + dcentvfy(files) + pydicom_values({object}, series.image.sources, values, scratch);
}

std::string complaint(const fs::path& path, const std::function<void(DcmDataset&)>& damage,
                      const std::function<Status()>& check) {
  edit(path, damage);
  const auto status = check();
  return status.has_value() ? std::string() : status.error().what;
}

}  // namespace

TEST_CASE("a secondary capture satisfies every judge and is the same on every run") {
  SyntheticSeries series;
  SECTION("of a series") {}
  SECTION("of a body part that the standard does not know") {
    for (const auto& file : series.files)
      edit(file, [](DcmDataset& data) { data.putAndInsertString(DCM_BodyPartExamined, "TH CT CHEST WO C"); });
  }
  SECTION("of one of a pair") {
    for (const auto& file : series.files)
      edit(file, [](DcmDataset& data) { data.putAndInsertString(DCM_BodyPartExamined, "KNEE"); });
    series.image.laterality = "R";
  }
  SECTION("of an object with many frames") { make_multi_frame(series); }
  fill_voxels(series.image);
  const auto header = series.header();
  const auto request = series.request(header);
  REQUIRE(results::has_overlay(request));
  TempFolder out;
  REQUIRE(results::write_sc(request, out.path() / "sc.dcm").has_value());
  const auto page = results::draw_overlay(results::overlay_input(request));
  CHECK(judged(series, out.path() / "sc.dcm", bytes_of(page.picture.bytes()), out.path()) == "");
  REQUIRE(results::write_sc(request, out.path() / "again.dcm").has_value());
  CHECK(read_bytes(out.path() / "sc.dcm") == read_bytes(out.path() / "again.dcm"));
  CHECK(read_bytes(out.path() / "sc.dcm").find("not for primary") == std::string::npos);  // it is in the pixels alone
}

TEST_CASE("heat over a radiograph is a secondary capture and a parametric map") {
  Radiograph series;
  fill_voxels(series.image);
  const auto header = series.header();
  auto request = series.request(header);
  request.labels = nullptr;
  CHECK_FALSE(results::has_overlay(request));
  const auto heat = heat_of(series);
  with_heat(request, heat);
  REQUIRE(results::has_overlay(request));
  TempFolder out;
  REQUIRE(results::write_sc(request, out.path() / "sc.dcm").has_value());
  const auto page = results::draw_overlay(results::overlay_input(request));
  CHECK(judged(series, out.path() / "sc.dcm", bytes_of(page.picture.bytes()), out.path()) == "");
  const auto map = results::write_pmap(request, out.path() / "pmap.dcm");
  REQUIRE(map.has_value());
  CHECK(judged(series, out.path() / "pmap.dcm", bytes_of(heat), out.path()) == "");
}

TEST_CASE("a parametric map of a volume has the frames with heat, each in its place") {
  SyntheticSeries series;
  if (GENERATE(false, true)) make_multi_frame(series);
  const auto header = series.header();
  auto request = series.request(header);
  auto heat = heat_of(series);
  std::fill_n(heat.begin(), heat.size() / 5, 0.0F);  // the first slice
  with_heat(request, heat);
  TempFolder out;
  const auto path = out.path() / "pmap.dcm";
  REQUIRE(results::write_pmap(request, path).has_value());
  CHECK(judged(series, path, bytes_of(heat), out.path()) == "");
  DcmFileFormat file;
  REQUIRE(file.loadFile(path.c_str()).good());
  OFString frames;
  REQUIRE(file.getDataset()->findAndGetOFString(DCM_NumberOfFrames, frames).good());
  CHECK(frames == "4");
}

TEST_CASE("the checks of secondary captures and parametric maps notice damage") {
  SyntheticSeries series;
  fill_voxels(series.image);
  const auto header = series.header();
  auto request = series.request(header);
  const auto heat = heat_of(series);
  with_heat(request, heat);
  TempFolder out;
  const auto sc = out.path() / "sc.dcm", map = out.path() / "pmap.dcm";
  REQUIRE(results::write_sc(request, sc).has_value());
  REQUIRE(results::write_pmap(request, map).has_value());
  const auto check_sc = [&] { return results::check_sc(request, sc); };
  const auto check_map = [&] { return results::check_pmap(request, map); };
  SECTION("a pixel of the picture") {
    CHECK(complaint(
              sc,
              [](DcmDataset& data) {
                DcmElement* element = nullptr;
                Uint8* pixels = nullptr;
                REQUIRE(data.findAndGetElement(DCM_PixelData, element).good());
                REQUIRE(element->getUint8Array(pixels).good());
                pixels[1000] ^= 0x80;
              },
              check_sc) == "SC check: it shows another picture than was drawn");
  }
  SECTION("a source of the picture") {
    CHECK(complaint(
              sc,
              [](DcmDataset& data) {
                DcmItem* source = nullptr;
                REQUIRE(data.findAndGetSequenceItem(DCM_SourceImageSequence, source).good());
                source->putAndInsertString(DCM_ReferencedSOPInstanceUID, "1.2.3");
              },
              check_sc) == "SC check: it does not refer to the slices that it shows");
  }
  SECTION("burned-in text that is not declared, seen by dciodvfy too") {
    CHECK(complaint(
              sc, [](DcmDataset& data) { data.findAndDeleteElement(DCM_ConversionType); }, check_sc) ==
          "SC check: ConversionType has no value");
    CHECK(dciodvfy(sc).find("ConversionType") != std::string::npos);
  }
  SECTION("a value of the map") {
    CHECK(complaint(
              map,
              [](DcmDataset& data) {
                const Float32* values = nullptr;
                unsigned long count = 0;
                REQUIRE(data.findAndGetFloat32Array(DCM_FloatPixelData, values, &count).good());
                std::vector<Float32> copy(values, values + count);
                copy[130] += 1e-6F;
                REQUIRE(data.putAndInsertFloat32Array(DCM_FloatPixelData, copy.data(), count).good());
              },
              check_map)
              .find("has other values") != std::string::npos);
  }
  SECTION("the meaning of the map") {
    CHECK(complaint(
              map,
              [](DcmDataset& data) {
                DcmItem *shared = nullptr, *mapping = nullptr;
                REQUIRE(data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared).good());
                REQUIRE(shared->findAndGetSequenceItem(DCM_RealWorldValueMappingSequence, mapping).good());
                mapping->findAndDeleteElement(DCM_QuantityDefinitionSequence);
              },
              check_map) == "PMAP check: QuantityDefinitionSequence has no value");
  }
}

TEST_CASE("what cannot be drawn or mapped is refused") {
  SyntheticSeries series;
  const auto header = series.header();
  auto request = series.request(header);
  TempFolder out;
  CHECK(results::write_sc(request, out.path() / "sc.dcm").error().what == "the image has no voxels to show");
  CHECK(results::write_pmap(request, out.path() / "pmap.dcm").error().what == "there is no heat map");
  std::vector<float> heat(3, 1.0F);
  with_heat(request, heat);
  CHECK(results::write_pmap(request, out.path() / "pmap.dcm").error().what == "heat map and image differ in size");
  heat.assign(series.image.geometry.voxels(), std::numeric_limits<float>::quiet_NaN());
  request.voxels.heat = {"x", heat, 1};
  CHECK(results::write_pmap(request, out.path() / "pmap.dcm").error().what ==
        "the heat map has values that are no numbers");
  CHECK(fs::is_empty(out.path()));
}

TEST_CASE("a job gets the kinds that it asks for and that the study gives, in sending order") {
  SyntheticSeries series;
  fill_voxels(series.image);
  const auto header = series.header();
  series.job.results = {ResultKind::sr,   ResultKind::sc,     ResultKind::seg_labelmap, ResultKind::seg_fractional,
                        ResultKind::pmap, ResultKind::derived};
  auto request = series.request(header);
  TempFolder out;
  const auto kinds_written = [&] {
    const auto files = results::write_results(request, out.path());
    REQUIRE(files.has_value());
    std::vector<std::string> kinds;
    for (const auto& file : *files) {
      CHECK(fs::exists(out.path() / file.name));
      if (kinds.empty() || kinds.back() != to_string(file.kind)) kinds.emplace_back(to_string(file.kind));
    }
    return kinds;
  };
  CHECK(kinds_written() == std::vector<std::string>{"SEG_FRACTIONAL", "SEG_LABELMAP", "SC", "SR"});
  const auto heat = heat_of(series);
  with_heat(request, heat);
  series.findings.files = {findings::samples::image_file()};
  request.voxels.derived = series.image.voxels;
  CHECK(kinds_written() == std::vector<std::string>{"SEG_FRACTIONAL", "SEG_LABELMAP", "PMAP", "DERIVED", "SC", "SR"});
}
