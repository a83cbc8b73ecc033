// SPDX-License-Identifier: Apache-2.0
#include "pipelines/findings/codes.h"

namespace inferad::findings::codes {

CodedConcept ours(std::string_view value, std::string_view meaning) {
  return {std::string(value), std::string(kPrivateScheme), std::string(meaning)};
}

const CodedConcept kAnatomicalStructure{"91723000", "SCT", "Anatomical Structure"};
const CodedConcept kMorphologicallyAbnormalStructure{"49755003", "SCT", "Morphologically Abnormal Structure"};

const CodedConcept kLung{"39607008", "SCT", "Lung"};
const CodedConcept kLeft{"7771000", "SCT", "Left"};
const CodedConcept kRight{"24028007", "SCT", "Right"};
const CodedConcept kBilateral{"51440002", "SCT", "Bilateral"};

const CodedConcept kPulmonaryEmphysema{"87433001", "SCT", "Pulmonary emphysema"};
const CodedConcept kHighAttenuation = ours("HIGHATTENUATION", "Extensive increased attenuation of lung");

const CodedConcept kVolume{"118565006", "SCT", "Volume"};
const CodedConcept kAttenuation{"112031", "DCM", "Attenuation Coefficient"};
const CodedConcept kPerc15 = ours("PERC15", "15th percentile of attenuation coefficient");
const CodedConcept kLaa950 = ours("LAA950", "Share of volume at or below -950 HU");
const CodedConcept kLaa910 = ours("LAA910", "Share of volume at or below -910 HU");
const CodedConcept kHaa = ours("HAA600-250", "Share of volume from -600 to -250 HU");

const CodedConcept kMean{"373098007", "SCT", "Mean"};
const CodedConcept kMedian{"373099004", "SCT", "Median"};
const CodedConcept kMinimum{"255605001", "SCT", "Minimum"};
const CodedConcept kMaximum{"56851009", "SCT", "Maximum"};
const CodedConcept kStandardDeviation{"386136009", "SCT", "Standard Deviation"};

const CodedConcept kUncertainty{"371884006", "SCT", "+/-, range of measurement uncertainty"};

const CodedConcept kMilliliter{"mL", "UCUM", "milliliter"};
const CodedConcept kHounsfieldUnit{"[hnsf'U]", "UCUM", "Hounsfield unit"};
const CodedConcept kPercent{"%", "UCUM", "percent"};
const CodedConcept kNoUnits{"1", "UCUM", "no units"};
const CodedConcept kMillimeter{"mm", "UCUM", "millimeter"};

const CodedConcept kCtOfChest{"169069000", "SCT", "CT of chest"};
const CodedConcept kImagingProcedure{"363679005", "SCT", "Imaging procedure"};

const CodedConcept kNoModel = ours("NO_MODEL", "No model is installed");
const CodedConcept kNoSeries = ours("NO_SERIES", "No suitable series");
const CodedConcept kModality = ours("MODALITY", "Modality is not supported");
const CodedConcept kNotAxial = ours("NOT_AXIAL", "Series is not an axial volume");
const CodedConcept kSliceDistance = ours("SLICE_DISTANCE", "Slice distance is too large");
const CodedConcept kIrregularSpacing = ours("IRREGULAR", "Slice positions are irregular");
const CodedConcept kCoverage = ours("COVERAGE", "Coverage is too small");
const CodedConcept kOutsideDomain = ours("OUTSIDE_DOMAIN", "Values of the image are outside the model's domain");
const CodedConcept kNoRescale = ours("NO_RESCALE", "Rescale slope or intercept is missing");
const CodedConcept kNotDecodable = ours("NOT_DECODABLE", "Pixel data cannot be decoded");
const CodedConcept kNoLung = ours("NO_LUNG", "No lung was found");
const CodedConcept kInconsistentSource = ours("INCONSISTENT", "Source images contradict each other");
const CodedConcept kTooLarge = ours("TOO_LARGE", "Series exceeds a limit");
const CodedConcept kAnalysisFailed = ours("FAILED", "Analysis failed");

}  // namespace inferad::findings::codes
