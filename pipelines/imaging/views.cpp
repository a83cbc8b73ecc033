// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/views.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/stored.h"

namespace inferad::imaging {

namespace {

using Files = std::vector<std::filesystem::path>;
using findings::WantedView;

bool shows(const SliceHeader& header, const WantedView& wanted) {
  const auto& views = wanted.views;
  if (header.view_modified) return false;
  return (wanted.laterality.empty() || header.laterality == wanted.laterality) &&
         (views.empty() || std::find(views.begin(), views.end(), header.view_position) != views.end());
}

std::string said(const WantedView& wanted) {
  const auto views = fmt::format("{}", fmt::join(wanted.views, " or "));
  return fmt::format("{} ({}{}{})", wanted.name, wanted.laterality,
                     wanted.laterality.empty() || views.empty() ? "" : " ", views);
}

}  // namespace

Result<OrRefusal<Files>> find_views(std::span<const std::filesystem::path> files, std::span<const WantedView> wanted) {
  prepare_toolkit();
  std::vector<SliceHeader> headers;
  std::set<std::string> seen;
  for (const auto& path : files) {
    INFERAD_TRY(auto opened, DicomFile::open(path));
    if (auto* refusal = std::get_if<Refusal>(&opened)) return OrRefusal<Files>(std::move(*refusal));
    const auto& header = std::get<DicomFile>(opened).header();
    if (header.rows > 0 && seen.insert(header.sop_instance_uid).second) headers.push_back(header);
  }
  Files chosen;
  for (const auto& view : wanted) {
    const auto fits = [&](const SliceHeader& header) { return shows(header, view); };
    const auto count = std::count_if(headers.begin(), headers.end(), fits);
    if (count == 0)
      return OrRefusal<Files>(refuse(refusal::kViewMissing, fmt::format("there is no image of {}", said(view))));
    if (count > 1) {
      return OrRefusal<Files>(
          refuse(refusal::kViewAmbiguous, fmt::format("{} images show {}, one is needed", count, said(view))));
    }
    chosen.push_back(std::find_if(headers.begin(), headers.end(), fits)->file);
  }
  return OrRefusal<Files>(std::move(chosen));
}

}  // namespace inferad::imaging
