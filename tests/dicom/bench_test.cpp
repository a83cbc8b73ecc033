// SPDX-License-Identifier: Apache-2.0
// Hidden, for tests/bench/results_rate.py: writes and checks a segmentation of 512 x 512 x 300 and prints one line of
// JSON. INFERAD_BENCH_SEGMENTS: how many segments; INFERAD_BENCH_FORM: SEG, SEG_FRACTIONAL or SEG_LABELMAP;
// INFERAD_BENCH_FOLDER: where to leave the object, and the mask (mask.u8, slice by slice) and slices for others.
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>

#include "pipelines/results/seg.h"
#include "tests/dicom/synthetic_series.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

constexpr int kSize = 512, kSlices = 300;

std::string setting(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value ? value : otherwise;
}

// Segments lie beside each other; one alone is in all slices, five are in 107 each, many in 41 each.
void put_segments(SyntheticSeries& series, int count) {
  auto& segments = series.findings.segments;
  const auto first = segments.front();
  series.findings.items.clear(), series.findings.priority.reset(), segments.clear();
  series.labels.labels.assign(series.image.geometry.voxels(), 0);
  const int across = static_cast<int>(std::ceil(std::sqrt(count))), cell = kSize / across;
  const int half_length = count == 1 ? kSlices : count <= 5 ? 53 : 20;
  for (int s = 0; s < count; ++s) {
    segments.push_back(first);
    segments.back().number = s + 1;
    segments.back().tracking_uid = fmt::format("2.25.88{}", s + 1);
    const int x0 = s % across * cell, y0 = s / across * cell;
    const int middle = count == 1 ? kSlices / 2 : 55 + (s * 37) % 190;
    const int begin = std::max(0, middle - half_length), end = std::min(kSlices, middle + half_length + 1);
    for (int k = begin; k < end; ++k)
      for (int y = 0; y < cell; ++y)
        for (int x = 0; x < cell; ++x)
          if (std::hypot(x - cell / 2.0, y - cell / 2.0) < cell * 0.45)
            series.labels.labels[(static_cast<std::size_t>(k) * kSize + static_cast<std::size_t>(y0 + y)) * kSize +
                                 static_cast<std::size_t>(x0 + x)] = static_cast<std::uint8_t>(s + 1);
  }
}

double cpu_ms() { return static_cast<double>(clock()) * 1000 / CLOCKS_PER_SEC; }

template <class Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double resident_mb() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1000;
}

}  // namespace

TEST_CASE("a segmentation of a large series", "[.][bench]") {
  SeriesOptions options;
  options.columns = options.rows = kSize;
  options.slices = kSlices;
  SyntheticSeries series(options);
  const int segments = std::stoi(setting("INFERAD_BENCH_SEGMENTS", "5"));
  put_segments(series, segments);
  const auto form = setting("INFERAD_BENCH_FORM", "SEG");
  const auto folder = setting("INFERAD_BENCH_FOLDER", "");
  if (!folder.empty()) {
    std::ofstream(fs::path(folder) / "mask.u8", std::ios::binary)
        .write(reinterpret_cast<const char*>(series.labels.labels.data()),
               static_cast<std::streamsize>(series.labels.labels.size()));
    fs::create_directories(fs::path(folder) / "ct");
    for (const auto& file : series.files)
      fs::copy_file(file, fs::path(folder) / "ct" / file.filename(), fs::copy_options::overwrite_existing);
  }
  TempFolder out;
  const auto path = folder.empty() ? out.path() / "seg.dcm" : fs::path(folder) / "seg.dcm";
  std::optional<results::SourceHeader> header;
  const auto headers = milliseconds([&] { header.emplace(series.header()); });
  const auto request = series.request(*header);
  const auto write = form == "SEG_LABELMAP"     ? results::write_seg_labelmap
                     : form == "SEG_FRACTIONAL" ? results::write_seg_fractional
                                                : results::write_seg;
  const auto check = form == "SEG_LABELMAP"     ? results::check_seg_labelmap
                     : form == "SEG_FRACTIONAL" ? results::check_seg_fractional
                                                : results::check_seg;
  const double before = resident_mb();
  const double cpu = cpu_ms();
  const auto written = milliseconds([&] { REQUIRE(write(request, path).has_value()); });
  const double peak = resident_mb(), used = cpu_ms() - cpu;
  const auto checked = milliseconds([&] { REQUIRE(check(request, path).has_value()); });
  constexpr auto* line =
      R"({{"form":"{}","segments":{},"bytes":{},"write_ms":{:.1f},"cpu_ms":{:.1f},"check_ms":{:.1f},)"
      R"("headers_ms":{:.1f},"added_mb":{:.0f}}})";
  std::cout << fmt::format(line, form, segments, fs::file_size(path), written, used, checked, headers, peak - before)
            << "\n";
}
