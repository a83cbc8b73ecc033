// SPDX-License-Identifier: Apache-2.0
// Studies made of headers alone, as the ledger would give them.
#pragma once

#include <array>
#include <string>

#include "server/store/ledger_types.h"

namespace inferad::flow::testing {

inline constexpr const char* kCtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr const char* kAxial = "1\\0\\0\\0\\1\\0";
inline constexpr const char* kCoronal = "1\\0\\0\\0\\0\\-1";
inline constexpr const char* kSagittal = "0\\1\\0\\0\\0\\-1";

struct SeriesSpec {
  std::string uid = "1.2.3.1";
  std::string modality = "CT";
  int images = 40;
  double distance = 2.5;
  std::string orientation = kAxial;
  Attributes attributes{{"BodyPartExamined", "CHEST"}, {"ImageType", "ORIGINAL\\PRIMARY\\AXIAL"}};
};

store::ContentSeries made_series(const SeriesSpec& spec);
store::StudyContent made_study(std::vector<store::ContentSeries> series);

}  // namespace inferad::flow::testing
