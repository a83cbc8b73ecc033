// SPDX-License-Identifier: Apache-2.0
// What our objects say, attribute by attribute, as reviewed text in tests/dicom/golden: DCMTK's dcmdump and dsrdump of
// the objects of a small made study, without pixels (other tests compare those), lengths and our version. When a change
// is meant, script/approve-dumps writes them anew, and the review sees the difference.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "pipelines/findings/uids.h"
#include "pipelines/results/derived.h"
#include "pipelines/results/mgcad.h"
#include "pipelines/results/pmap.h"
#include "pipelines/results/sc.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/sr.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/mammograms.h"
#include "tests/dicom/multi_frame_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// Without what depends on our version.
std::string stable(const std::string& dump, const SyntheticSeries& series) {
  auto text = replaced(dump, findings::observer_device_uid(series.job.device_serial), "UID-OF-THIS-VERSION");
  text = replaced(text, "Inferad " INFERAD_VERSION, "Inferad VERSION");
  text = replaced(text, "INFERAD_" INFERAD_VERSION, "INFERAD_VERSION");
  return replaced(text, "[" INFERAD_VERSION "\\", "[VERSION\\");
}

// Lines of dcmdump without ends of items and without the column of lengths: "(0008,0060) CS [SEG]  Modality".
std::string without_lengths(const std::string& dump) {
  std::istringstream lines(dump);
  std::string line, text;
  while (std::getline(lines, line)) {
    const auto contains = [&](const char* tag) { return line.find(tag) != std::string::npos; };
    if (contains("(fffe,e00d)") || contains("(fffe,e0dd)") || contains("(0002,0000)")) continue;
    const auto comment = line.rfind("# ");
    const auto name =
        comment == std::string::npos ? std::string::npos : line.find_first_not_of(" 0123456789,ul/", comment + 1);
    if (comment != std::string::npos && comment > 0 && name != std::string::npos) {
      const auto end = line.find_last_not_of(' ', comment - 1);
      line = line.substr(0, end + 1) + "  " + line.substr(name);
    }
    text += line + "\n";
  }
  return text;
}

void compare(const std::string& name, const std::string& text) {
  if (text.empty()) return;  // the tool is not installed, and said so
  const auto path = fs::path(INFERAD_SOURCE_DIR) / "tests/dicom/golden" / name;
  if (getenv("INFERAD_APPROVE") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::istringstream ours(text), approved(read_bytes(path));
  std::string our_line, approved_line;
  for (int number = 1;; ++number) {
    const bool more = static_cast<bool>(std::getline(ours, our_line));
    const bool expected = static_cast<bool>(std::getline(approved, approved_line));
    if (!more && !expected) return;
    if (more == expected && our_line == approved_line) continue;
    INFO(name << ":" << number << ": see script/approve-dumps");
    CHECK((more ? our_line : "(end)") == (expected ? approved_line : "(end)"));
    return;
  }
}

}  // namespace

TEST_CASE("objects say what was approved", "[golden]") {
  SeriesOptions options;
  options.slices = 3;
  SyntheticSeries series(options);
  fill_voxels(series.image);
  series.findings.files = {findings::samples::image_file()};
  const auto header = series.header();
  auto request = series.request(header);
  std::vector<float> heat(series.image.geometry.voxels(), 0.25F), derived(heat.size(), -100);
  request.voxels.heat = {"Emphysema", heat, 0.25};
  request.voxels.derived = derived;
  TempFolder out;
  const auto dumped = [&](const std::string& name, const fs::path& object) {
    compare(name, stable(without_lengths(dcmdump(object)), series));
  };
  const auto seg = results::write_seg(request, out.path() / "seg.dcm");
  REQUIRE(seg.has_value());
  dumped("seg.txt", out.path() / "seg.dcm");
  REQUIRE(results::write_seg_fractional(request, out.path() / "seg-fractional.dcm").has_value());
  dumped("seg-fractional.txt", out.path() / "seg-fractional.dcm");
  REQUIRE(results::write_seg_labelmap(request, out.path() / "seg-labelmap.dcm").has_value());
  dumped("seg-labelmap.txt", out.path() / "seg-labelmap.dcm");
  REQUIRE(results::write_pmap(request, out.path() / "pmap.dcm").has_value());
  dumped("pmap.txt", out.path() / "pmap.dcm");
  REQUIRE(results::write_sc(request, out.path() / "sc.dcm").has_value());
  dumped("sc.txt", out.path() / "sc.dcm");
  REQUIRE(results::write_derived(request, out.path()).has_value());
  dumped("derived.txt", out.path() / "derived-0001.dcm");
  REQUIRE(results::write_sr(request, {ResultKind::sr, *seg}, out.path() / "sr.dcm").has_value());
  compare("sr.txt", stable(report_text(out.path() / "sr.dcm").value_or(""), series));
}

TEST_CASE("a mammography CAD report says what was approved", "[golden]") {
  Mammograms study;
  const findings::CodedConcept mass{"129788004", "SCT", "Mammographic breast mass"};
  study.add("left_cc", mass, {5.25, 7.5}, {2.25, 1.5});
  study.claim(mass, findings::Presence::present);
  const auto header = study.header();
  TempFolder out;
  REQUIRE(results::write_mgcad(study.request(header), out.path() / "mgcad.dcm").has_value());
  compare("mgcad.txt", stable(report_text(out.path() / "mgcad.dcm").value_or(""), study));
}
