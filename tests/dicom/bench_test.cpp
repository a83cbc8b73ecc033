// SPDX-License-Identifier: Apache-2.0
// Hidden: run with `dicom_results "[bench]"`. Time to write and check both objects of 512 x 512 x 300.
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "pipelines/results/bits.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/sr.h"
#include "tests/dicom/synthetic_series.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

template <class Work>
auto timed(const char* what, Work work) {
  const auto start = std::chrono::steady_clock::now();
  auto result = work();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  std::cout << what << ": " << ms.count() << " ms\n";
  return result;
}

}  // namespace

TEST_CASE("results of a large series", "[.][bench]") {
  SeriesOptions options;
  options.columns = options.rows = 512;
  options.slices = 300;
  const SyntheticSeries series(options);
  const auto header = timed("read 300 source headers", [&] { return series.header(); });
  const auto request = series.request(header);
  TempFolder out;
  const auto mask = timed("pack the mask", [&] { return results::pack_mask(series.labels, 2); });
  CHECK(mask.frames.size() > 500);
  const auto seg =
      timed("SEG, written and checked", [&] { return results::write_seg(request, out.path() / "seg.dcm"); });
  REQUIRE(seg.has_value());
  timed("check of the SEG alone", [&] { return results::check_seg(request, out.path() / "seg.dcm").has_value(); });
  REQUIRE(timed("SR, written and checked", [&] {
            return results::write_sr(request, {ResultKind::sr, *seg}, out.path() / "sr.dcm");
          }).has_value());
  std::cout << "seg.dcm " << std::filesystem::file_size(out.path() / "seg.dcm") << " bytes, sr.dcm "
            << std::filesystem::file_size(out.path() / "sr.dcm") << " bytes\n";
}
