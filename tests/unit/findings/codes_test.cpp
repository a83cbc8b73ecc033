// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include "tests/unit/findings/samples.h"

using namespace inferad::findings;

namespace {

std::vector<CodedConcept> all_codes() {
  using namespace codes;
  return {kAnatomicalStructure,
          kMorphologicallyAbnormalStructure,
          kLung,
          kLeft,
          kRight,
          kBilateral,
          kPulmonaryEmphysema,
          kHighAttenuation,
          kVolume,
          kAttenuation,
          kPerc15,
          kLaa950,
          kLaa910,
          kHaa,
          kMean,
          kMedian,
          kMinimum,
          kMaximum,
          kStandardDeviation,
          kMilliliter,
          kHounsfieldUnit,
          kPercent,
          kNoUnits,
          kMillimeter,
          kCtOfChest,
          kImagingProcedure,
          kNoModel,
          kNoSeries,
          kModality,
          kNotAxial,
          kSliceDistance,
          kIrregularSpacing,
          kCoverage,
          kNoRescale,
          kNotDecodable,
          kNoLung,
          kInconsistentSource,
          kTooLarge,
          kAnalysisFailed};
}

}  // namespace

TEST_CASE("codes fit the attributes that carry them") {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& code : all_codes()) {
    INFO(code.value);
    CHECK((!code.value.empty() && code.value.size() <= 16));      // Code Value: SH
    CHECK((!code.meaning.empty() && code.meaning.size() <= 64));  // Code Meaning: LO
    CHECK((code.scheme == "SCT" || code.scheme == "DCM" || code.scheme == "UCUM" ||
           code.scheme == codes::kPrivateScheme));
    CHECK(seen.insert({code.scheme, code.value}).second);
  }
}
