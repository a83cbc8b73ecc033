// SPDX-License-Identifier: Apache-2.0
// The contract between pipelines and everyone else: what a pipeline says about a study. findings.json is this, in JSON
// (schema: config/schema/findings.schema.json). Plain values; units are UCUM; codes as in DICOM PS3.16.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/findings/facts.h"
#include "pipelines/findings/location.h"
#include "server/base/result.h"

namespace inferad::findings {

// One number with its name and unit. `value` is finite; a value that could not be measured is left out and said so in
// Findings::remarks.
struct Measurement {
  CodedConcept name;  // (118565006,SCT,"Volume")
  double value = 0;
  CodedConcept unit;                       // (mL,UCUM,"milliliter")
  std::optional<CodedConcept> derivation;  // (373098007,SCT,"Mean")
  std::string label;                       // short, for people and thresholds: "LAA-950"
  bool truncated = false;                  // the region is cut by the end of the series: a lower bound
  std::optional<double> deviation = {};    // standard deviation over several answers (members); never negative
};

// How a finding stands. A reader must be able to tell "absent" from "not looked for".
enum class Presence { present, absent, indeterminate, measured };  // measured: numbers only, no claim of presence

// One group of the report: TID 1411 when it has a segment or is a box in the patient, TID 1410 when it has another
// location, else TID 1501.
struct Finding {
  std::string id;                          // stable in the document: "lung-left", "emphysema"
  std::string tracking_uid;                // derived; shared with the segment
  CodedConcept concept_code;               // what: (39607008,SCT,"Lung"), (87433001,SCT,"Pulmonary emphysema")
  std::optional<CodedConcept> site;        // where
  std::optional<CodedConcept> laterality;  // (7771000,SCT,"Left")
  Presence presence = Presence::measured;
  std::optional<int> segment;        // number of the Segment this group measures
  std::optional<Location> location;  // never beside a segment
  std::string input_image;           // InputImage::name: it is of this image alone; "" = of all that were looked at
  std::optional<HeatMapReference> heat_map;
  std::vector<Measurement> measurements;
  std::string explanation;  // one sentence a clinician reads: "LAA-950 is 31.2 %, at or above 25 %"
};

struct Segment {
  int number = 1;     // 1..n, the label in the LabelMap
  std::string label;  // "Left lung"
  CodedConcept category, type;
  std::optional<CodedConcept> laterality;
  std::string tracking_id, tracking_uid;
  std::array<std::uint8_t, 3> rgb{220, 170, 130};
};

struct Algorithm {
  std::string name, version, manufacturer;
  std::string model_sha256;  // of the weights file
  std::string parameters;    // thresholds and operating point, for (111002,DCM,"Algorithm Parameters")
};

// What the pipeline asks of the worklist. The node decides; it only ever raises.
struct PriorityProposal {
  std::string level;    // "STAT", "HIGH", "ROUTINE"
  std::string reason;   // "Emphysema: LAA-950 31.2 % (threshold 25 %)"
  std::string finding;  // Finding::id
  std::string score_name;
  double score = 0, threshold = 0;
};

// A remark on this analysis that programs must be able to see: (OUTSIDE_DOMAIN, 99INFERAD, …).
struct Qualifier {
  CodedConcept code;
  std::string text;  // one sentence with the numbers
};

enum class Outcome { analysed, not_analysed, failed };

struct Findings {
  std::string job, pipeline, pipeline_version;
  std::string study_uid, series_uid;  // the series that was analysed; empty when none was
  int revision = 1;
  Outcome outcome = Outcome::analysed;
  CodedConcept reason;      // for not_analysed / failed: ("SLICE_DISTANCE","99INFERAD","Slice distance above 5 mm")
  std::string reason_text;  // one sentence with the numbers: "slice distance 7.5 mm, at most 5 mm"
  Algorithm algorithm;
  std::vector<HeaderValue> header_values;  // in the order in which the network got them
  std::vector<InputImage> input_images;    // in the order in which the network got them; empty when there was one
  std::vector<ImageFile> files;
  std::vector<CodedConcept> looked_for;  // by a detector, whether or not it found any
  std::vector<Segment> segments;
  std::vector<Finding> items;
  std::optional<PriorityProposal> priority;
  std::vector<std::string> remarks;  // limits of this analysis: "lung touches both end slices: volumes are truncated"
  std::vector<Qualifier> qualifiers;
  std::string analysed_at;  // ISO 8601 UTC, the job's created_at (deterministic on a re-run)
};

std::string_view to_string(Presence presence);
std::string_view to_string(Location::Form form);
std::string_view to_string(Outcome outcome);

// What must hold between values: segments are numbered 1..n, items name existing segments (and share their tracking
// UID), the priority names an item, a reason stands where nothing was analysed. The error names the JSON pointer.
Status validate(const Findings& findings);

// JSON in and out. from_json refuses unknown members, applies limits, calls validate(), and names the JSON pointer of
// what is wrong. to_json(from_json(x)) is x.
std::string to_json(const Findings& findings);
Result<Findings> findings_from_json(std::string_view text);

}  // namespace inferad::findings
