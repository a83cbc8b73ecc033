// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/find_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/stored.h"
#include "server/base/parallel.h"

namespace inferad::imaging {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 100'000;

struct SeriesFiles {
  findings::JobSeries series;
  bool localizer = false;
};

Status add_files(const fs::path& path, std::vector<fs::path>& files) {
  std::error_code error;
  if (!fs::exists(path, error)) return Error{Errc::not_found, fmt::format("{}: no such file or folder", path.string())};
  if (!fs::is_directory(path, error)) {
    files.push_back(fs::absolute(path));
    return ok();
  }
  auto entry = fs::recursive_directory_iterator(path, error);
  for (const auto end = fs::recursive_directory_iterator(); !error && entry != end; entry.increment(error)) {
    if (!entry->is_regular_file(error)) continue;
    if (files.size() == kFilesMax) return Error{Errc::overload, fmt::format("more than {} files", kFilesMax)};
    files.push_back(fs::absolute(entry->path()));
  }
  if (error) return Error{Errc::io, fmt::format("{}: {}", path.string(), error.message())};
  return ok();
}

bool is_localizer(const SliceHeader& header) {
  return std::find(header.image_type.begin(), header.image_type.end(), "LOCALIZER") != header.image_type.end();
}

// Only the header outlives the call: a data set can be large.
std::optional<SliceHeader> read_image_header(const fs::path& file) {
  auto opened = DicomFile::open(file);
  if (!opened || !std::holds_alternative<DicomFile>(*opened)) return std::nullopt;
  auto header = std::get<DicomFile>(*opened).header();
  if (header.rows == 0 || header.series_uid.empty() || header.study_uid.empty()) return std::nullopt;
  return header;
}

std::vector<findings::JobSeries> best_first(std::map<std::string, SeriesFiles> by_uid) {
  std::vector<SeriesFiles> all;
  for (auto& [uid, series] : by_uid) all.push_back(std::move(series));
  std::stable_sort(all.begin(), all.end(), [](const SeriesFiles& a, const SeriesFiles& b) {
    return std::pair(a.localizer, b.series.files.size()) < std::pair(b.localizer, a.series.files.size());
  });
  std::vector<findings::JobSeries> result;
  for (auto& each : all) result.push_back(std::move(each.series));
  return result;
}

}  // namespace

Result<FoundStudy> find_series(std::span<const fs::path> paths, int threads) {
  prepare_toolkit();
  std::vector<fs::path> files;
  for (const auto& path : paths) INFERAD_TRY_STATUS(add_files(path, files));
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::vector<std::optional<SliceHeader>> headers(files.size());
  parallel_for(files.size(), threads, [&](std::size_t i) { headers[i] = read_image_header(files[i]); });

  FoundStudy study;
  std::map<std::string, SeriesFiles> by_uid;
  for (const auto& header : headers) {
    if (!header) {
      ++study.skipped;
      continue;
    }
    if (study.study_uid.empty()) study.study_uid = header->study_uid;
    if (header->study_uid != study.study_uid) {
      return Error{Errc::invalid_input, "the files belong to more than one study"};
    }
    auto& series = by_uid[header->series_uid];
    series.series.uid = header->series_uid;
    series.series.files.push_back(header->file);
    series.localizer |= is_localizer(*header);
  }
  if (by_uid.empty()) return Error{Errc::invalid_input, fmt::format("no DICOM image among {} files", files.size())};
  study.series = best_first(std::move(by_uid));
  return study;
}

}  // namespace inferad::imaging
