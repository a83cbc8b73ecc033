// SPDX-License-Identifier: Apache-2.0
// pipeline.json of the kind "model" as values (schema: config/schema/pipeline.schema.json): any TorchScript model, what
// is done before and after it, and what its output means. Plain values; no LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/recipe/detection.h"
#include "pipelines/recipe/eligibility.h"
#include "pipelines/recipe/finding_head.h"
#include "pipelines/recipe/image_output.h"
#include "pipelines/recipe/input.h"
#include "pipelines/recipe/localisation.h"
#include "pipelines/recipe/recipe.h"
#include "pipelines/recipe/uncertainty.h"
#include "server/base/result.h"

namespace inferad::recipe {

// Segmentation: the entry pred after postprocessing is a label map, [1, …] with whole numbers. Values without a label
// here are background.
struct OutputLabel {
  int value = 1;      // in the label map
  std::string id;     // "spleen"; what measurements and findings refer to
  std::string label;  // "Spleen"
  findings::CodedConcept category, type;
  std::optional<findings::CodedConcept> laterality;
  std::array<std::uint8_t, 3> rgb{};  // given, or a colour that differs for each of the first labels
  int channel = 1;                    // of the network's answer: its probability
};
struct Segmentation {
  // How the network's answer becomes probabilities, which are kept when a job asks for SEG_FRACTIONAL.
  enum class Probabilities { none, softmax, sigmoid, given };
  std::vector<OutputLabel> labels;  // ascending by value; the segments, in this order
  Probabilities probabilities = Probabilities::none;
};

// Classification: pred has one number for each class.
struct Classification {
  using Scores = recipe::Scores;
  std::vector<std::string> classes;  // in the order of the output
  Scores scores = Scores::probability;
};

// Regression: pred is a row of numbers.
struct RegressionValue {
  std::string id;
  int index = 0;  // in the row
  findings::CodedConcept name, unit;
  Range range;  // values outside are the model's mistake: the study is "failed"
  // The uncertainty that is reported beside the value: a constant half width, or two other numbers of the row.
  std::optional<double> half_width;
  std::optional<std::array<int, 2>> bounds;  // index of the lower and of the upper one
  double confidence_percent = 95;            // that the interval stands for
  std::string image;                         // as FindingSpec::image
};
struct Regression {
  std::vector<RegressionValue> values;
};

// A measure over voxels of a segmentation, for each label or for several together. Intensities are those of the input
// (struct Input), on the grid of the source.
struct MeasurementSpec {
  enum class Measure {
    volume,
    count,
    mean,
    standard_deviation,
    minimum,
    maximum,
    median,
    percentile,
    share_below,
    share_above
  };
  std::string id;  // what findings refer to
  Measure measure = Measure::volume;
  std::vector<std::string> labels;  // ids of OutputLabels, together; never empty
  double parameter = 0;             // percentile: percent; share_below, share_above: intensity, itself not counted
  std::string text;                 // short, for people: "LAA-950"
  // count: connected components (face, edge and corner neighbours) of at least this volume, mL
  double component_ml_min = 0;
};

// A finding is present when what it looks at reaches its threshold.
struct FindingSpec : FindingHead {
  // Exactly one of these four:
  std::vector<std::string> classes;     // sum of their probabilities (score: one class)
  std::string measurement;              // MeasurementSpec::id
  std::string value;                    // RegressionValue::id
  std::vector<std::string> detections;  // DetectionLabel::ids: how many there are with at least score_at_least
  double score_at_least = 0;
  std::optional<double> at_least, at_most;  // exactly one
  std::optional<double> indeterminate;      // between this and the threshold neither present nor absent
  // Where the threshold comes from, for reports; "" and absent when not stated.
  std::string operating_point;
  std::optional<double> sensitivity, specificity;  // 0 to 1
  std::string image;                               // of several: the WantedView that it is of; "" = of all together
};

struct PipelineFile {
  std::string name, version, title, manufacturer;
  std::string model;  // folder in models/
  Eligibility eligibility;
  Input input;
  bool from_bundle = false;  // the recipe is the bundle's own: read_bundle(models/<model>)
  Recipe recipe;             // empty when from_bundle
  std::variant<Segmentation, Classification, Regression, Detection, ImageOutput> output;
  std::vector<MeasurementSpec> measurements;
  std::vector<FindingSpec> findings;     // of several priorities the highest is proposed, of equals the first
  bool priority_outside_domain = false;  // may a result that is remarked as outside the domain ask for a priority
  std::optional<Localisation> localisation;
  Uncertainty uncertainty;  // not asked for: one model looks once
};

// "model", "lung-density" or "join": which reader pipeline.json is for.
Result<std::string> read_pipeline_kind(const std::filesystem::path& folder);

// `folder` holds pipeline.json; its name must be the pipeline's name. Errc::invalid_input tells every mistake with
// file, line, JSON pointer and what was expected, one a line.
Result<PipelineFile> read_pipeline_file(const std::filesystem::path& folder);

}  // namespace inferad::recipe
