// SPDX-License-Identifier: Apache-2.0
// Segmentations in RLE Lossless and deflated: DCMTK's tools and pydicom must read what the plain file holds.
#include "pipelines/results/encoded.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "pipelines/results/seg.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/multi_frame_series.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kLabelMapUnknown = {"Information Object Not found",
                                                   "SegmentSequence item number 1 (from one) with SegmentNumber of 0"};

using Names = std::vector<std::string>;

Names names_of(const std::vector<results::ResultFile>& files) {
  Names names;
  for (const auto& each : files) names.push_back(each.name);
  return names;
}

}  // namespace

TEST_CASE("segmentations are written in each encoding that suits them, and every judge reads the same") {
  const auto [columns, rows] = GENERATE(std::pair{16, 8}, std::pair{7, 5});
  SeriesOptions options;
  options.columns = columns, options.rows = rows;
  SyntheticSeries series(options);
  series.job.results = {ResultKind::seg, ResultKind::seg_fractional, ResultKind::seg_labelmap, ResultKind::sr};
  series.job.encodings = {ResultEncoding::rle, ResultEncoding::deflated};
  const auto header = series.header();
  TempFolder out;
  const auto written = results::write_results(series.request(header), out.path());
  REQUIRE(written.has_value());
  CHECK(names_of(*written) == Names{"seg.dcm", "seg-deflated.dcm", "seg-fractional.dcm", "seg-fractional-rle.dcm",
                                    "seg-fractional-deflated.dcm", "seg-labelmap.dcm", "seg-labelmap-rle.dcm",
                                    "seg-labelmap-deflated.dcm", "sr.dcm", "sr-seg-labelmap.dcm",
                                    "sr-seg-fractional.dcm"});
  std::vector<std::uint8_t> occupancy;
  for (int segment = 1; segment <= 2; ++segment)
    for (const auto label : series.labels.labels) occupancy.push_back(label == segment ? 255 : 0);
  for (const auto& each : *written) {
    if (!each.name.ends_with("rle.dcm") && !each.name.ends_with("deflated.dcm")) continue;
    INFO(each.name);
    const bool map = each.kind == ResultKind::seg_labelmap;
    const auto& values = each.kind == ResultKind::seg_fractional ? occupancy : series.labels.labels;
    CHECK(fs::file_size(out.path() / each.name) % 2 == 0);
    if (each.name.ends_with("rle.dcm"))  // dicom3tools read no deflated data sets
      CHECK(dciodvfy(out.path() / each.name, map ? kLabelMapUnknown : Names()) == "");
    CHECK(pydicom_values({out.path() / each.name}, series.image.sources, bytes_of(values), out.path()) == "");
    CHECK(decoded_by_dcmtk(out.path() / each.name, out.path()) ==
          decoded_by_dcmtk(out.path() / results::file_name_of(each.kind), out.path()));
  }
}

TEST_CASE("an encoding that does not hold what it was made of gets no name") {
  const SyntheticSeries series;
  const auto header = series.header();
  TempFolder out;
  const auto plain = out.path() / "seg.dcm";
  REQUIRE(results::write_seg(series.request(header), plain).has_value());
  std::ofstream(plain, std::ios::app | std::ios::binary) << "more";
  const auto status = results::write_encoded(plain, ResultEncoding::deflated, out.path() / "seg-deflated.dcm");
  REQUIRE_FALSE(status);
  CHECK(status.error().code == Errc::model);
  CHECK_FALSE(fs::exists(out.path() / "seg-deflated.dcm"));
  for (const auto& each : fs::directory_iterator(out.path())) CHECK(each.path() == plain);
}

TEST_CASE("nothing is encoded that no destination asks for") {
  const SyntheticSeries series;
  const auto header = series.header();
  TempFolder out;
  const auto written = results::write_results(series.request(header), out.path());
  REQUIRE(written.has_value());
  CHECK(names_of(*written) == Names{"seg.dcm", "sr.dcm"});
}
