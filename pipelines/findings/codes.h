// SPDX-License-Identifier: Apache-2.0
// The one reviewed table of codes (DICOM PS3.16). The same concept has the same code everywhere: the Finding Site of a
// report is the Segmented Property Type of the mask. Codes without a standard equivalent are ours, scheme "99INFERAD",
// which each object that uses it declares in Coding Scheme Identification Sequence (0008,0110).
// Initialised before main: do not use them from static initialisers of other files.
#pragma once

#include <string_view>

#include "pipelines/findings/findings.h"

namespace inferad::findings::codes {

inline constexpr std::string_view kPrivateScheme = "99INFERAD";

// Our own code; value at most 16 characters, meaning at most 64.
CodedConcept ours(std::string_view value, std::string_view meaning);

// Segmented Property Category (CID 7150)
extern const CodedConcept kAnatomicalStructure;  // also Finding category
extern const CodedConcept kMorphologicallyAbnormalStructure;

// Anatomy and its side (CID 4, CID 244)
extern const CodedConcept kLung, kLeft, kRight, kBilateral;

// Findings
extern const CodedConcept kPulmonaryEmphysema;
extern const CodedConcept kHighAttenuation;  // ours: increased attenuation in a large part of the lung

// Measurements
extern const CodedConcept kVolume;
extern const CodedConcept kAttenuation;      // with a derivation: kMean, kMedian …
extern const CodedConcept kPerc15;           // ours: 15th percentile of attenuation
extern const CodedConcept kLaa950, kLaa910;  // ours: share of voxels at or below the threshold
extern const CodedConcept kHaa;              // ours: share of voxels from -600 to -250 HU

// Derivations (CID 7464)
extern const CodedConcept kMean, kMedian, kMinimum, kMaximum, kStandardDeviation;

// Measurement uncertainty (CID 225)
extern const CodedConcept kUncertainty;

// Units (UCUM)
extern const CodedConcept kMilliliter, kHounsfieldUnit, kPercent, kNoUnits, kMillimeter;

// Procedures reported when the source names none
extern const CodedConcept kCtOfChest, kImagingProcedure;

// Why a study was not analysed (ours). Pipelines may add their own with ours().
extern const CodedConcept kNoModel, kNoSeries, kModality, kNotAxial, kSliceDistance, kIrregularSpacing, kCoverage;
// A remark of a finding list (Qualifier): the image is not such as the model knows.
extern const CodedConcept kOutsideDomain;
extern const CodedConcept kNoRescale, kNotDecodable, kNoLung, kInconsistentSource, kTooLarge, kAnalysisFailed;

}  // namespace inferad::findings::codes
