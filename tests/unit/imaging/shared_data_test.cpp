// SPDX-License-Identifier: Apache-2.0
// Real images, when they lie beside the repository.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>

#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/digest.h"
#include "pipelines/imaging/pixels.h"
#include "pipelines/imaging/series.h"
#include "pipelines/imaging/stored.h"

namespace inferad::imaging {
namespace {

std::vector<std::filesystem::path> shared_files(const std::string& folder) {
  const auto path = std::filesystem::path(INFERAD_SHARED_DIR) / "data" / "dicom" / folder;
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::is_directory(path)) {
    std::cout << "SKIPPED: no " << folder << " beside the repository\n";
    return files;
  }
  for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<float> values_of(const std::filesystem::path& path) {
  prepare_toolkit();
  const auto opened = DicomFile::open(path);
  REQUIRE(opened);
  if (const auto* refusal = std::get_if<Refusal>(&*opened)) FAIL(refusal->text);
  const auto& file = std::get<DicomFile>(*opened);
  const auto wrong = check_pixels(file.header(), "image");
  if (wrong) FAIL(wrong->text);
  std::vector<float> values(static_cast<std::size_t>(file.header().rows * file.header().columns));
  const std::span<float> out(values);
  const auto damaged = decode_pixels(file, "image", std::span(&out, 1));
  if (damaged) FAIL(damaged->text);
  return values;
}

std::string code_of(const std::string& folder) {
  const auto files = shared_files(folder);
  if (files.empty()) return "";
  const auto loaded = load_series(files);
  REQUIRE(loaded);
  const auto* refusal = std::get_if<Refusal>(&*loaded);
  if (refusal) std::cout << folder << ": " << refusal->text << "\n";
  return refusal ? refusal->reason.value : "accepted";
}

TEST_CASE("one CT image in fifteen transfer syntaxes has the same values") {
  const auto files = shared_files("ts-ct-same-image");
  if (files.empty()) return;
  const std::map<std::string, double> lossy{{".4.50.", 32}, {".4.51.", 8},  {".4.53.", 8},
                                            {".4.55.", 8},  {".4.81.", 16}, {".4.91.", 16}};
  const auto reference = values_of(*std::find_if(files.begin(), files.end(), [](const auto& file) {
    return file.string().ends_with("_1.2.840.10008.1.2.1.dcm");
  }));
  for (const auto& file : files) {
    const auto values = values_of(file);
    REQUIRE(values.size() == reference.size());
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += std::abs(values[i] - reference[i]);
    const double mean = sum / static_cast<double>(values.size());
    const auto loss = std::find_if(lossy.begin(), lossy.end(), [&](const auto& each) {
      return file.filename().string().find(each.first) != std::string::npos;
    });
    INFO(file.filename() << ": mean difference " << mean);
    CHECK(mean <= (loss == lossy.end() ? 0.0 : loss->second));
  }
}

TEST_CASE("the chest series loads from JPEG Lossless") {
  const auto files = shared_files("ct-chest-lungfcp");
  if (files.empty()) return;
  const auto loaded = load_series(files);
  REQUIRE(loaded);
  if (const auto* refusal = std::get_if<Refusal>(&*loaded)) FAIL(refusal->text);
  const auto& image = std::get<findings::Image>(*loaded);
  CHECK(image.geometry.slices == 98);
  CHECK(image.geometry.spacing[2] == Approx(1.0));
  CHECK(image.geometry.spacing[0] == Approx(0.759765625));
  CHECK(image.has_rescale);
}

TEST_CASE("real enhanced images become volumes of their frames, or say why not") {
  const std::map<std::string, std::string> expected{{"IM-0001-0001-0001.dcm", "8 slices, 0.900 mm"},
                                                    {"IM-0001-0170-0001.dcm", "8 slices, 1.200 mm"},
                                                    {"eCT_Supplemental.dcm", "2 slices, 10.000 mm"}};
  for (const auto* folder : {"enhanced-multiframe", "mr-enhanced-knee"}) {
    for (const auto& file : shared_files(folder)) {
      const auto loaded = load_series(std::vector{file});
      REQUIRE(loaded);
      std::string found;
      if (const auto* image = std::get_if<findings::Image>(&*loaded))
        found = fmt::format("{} slices, {:.3f} mm", image->geometry.slices, image->geometry.spacing[2]);
      const auto name = file.filename().string();
      INFO(name << ": " << found);
      CHECK(found == (expected.contains(name) ? expected.at(name) : ""));
      if (found.empty()) std::cout << name << ": " << std::get<Refusal>(*loaded).text << "\n";
    }
  }
}

TEST_CASE("real series that are no volume are refused") {
  const auto refused_as = [](const std::string& folder, const std::string& code) {
    const auto found = code_of(folder);
    if (!found.empty()) CHECK(found == code);
  };
  refused_as("ct-gantry-tilt", "GANTRY_TILT");
  refused_as("ct-irregular-spacing", "SLICE_GAP");
  refused_as("mr-siemens-mosaic", "TOO_FEW_SLICES");
  refused_as("us", "MULTI_FRAME");
}

TEST_CASE("broken files are refused or loaded, never a crash") {
  for (const auto* folder : {"broken", "broken-synthetic", "non-image-and-other", "charset", "xa", "nm",
                             "mr-enhanced-knee", "ts-wg04", "ct-misc", "us"}) {
    for (const auto& file : shared_files(folder)) {
      INFO(file);
      const auto loaded = load_series(std::vector{file});
      if (loaded) CHECK(std::holds_alternative<Refusal>(*loaded));
    }
  }
}

}  // namespace
}  // namespace inferad::imaging
