// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/lung_density.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "pipelines/engine/proposal.h"
#include "pipelines/findings/codes.h"
#include "pipelines/findings/uids.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;
using findings::CodedConcept;
using findings::Finding;
using findings::Findings;
using findings::Measurement;
using findings::Presence;

constexpr double kToleranceMm = 0.01;
constexpr double kAxialCosine = 0.95;  // within 18 degrees
constexpr double kLungMinMl = 100;     // less is no lung, but a sinus or bowel
constexpr double kEndAreaMm2 = 100;    // of lung in an end slice: the volume is cut there

double percent_of(const Density& density, std::string_view measure) {
  if (measure == "LAA-950") return density.laa950_percent;
  if (measure == "LAA-910") return density.laa910_percent;
  return density.haa_percent;
}

const CodedConcept& concept_of(std::string_view measure) {
  if (measure == "LAA-950") return codes::kLaa950;
  if (measure == "LAA-910") return codes::kLaa910;
  return codes::kHaa;
}

// More digits than this would only look exact.
double rounded(double value) { return std::round(value * 1000) / 1000; }

std::vector<Measurement> measurements_of(const Density& density, bool truncated) {
  return {{codes::kVolume, rounded(density.volume_ml), codes::kMilliliter, {}, "Volume", truncated},
          {codes::kAttenuation, rounded(density.mean_hu), codes::kHounsfieldUnit, codes::kMean, "Mean", false},
          {codes::kPerc15, rounded(density.perc15_hu), codes::kHounsfieldUnit, {}, "Perc15", false},
          {codes::kLaa950, rounded(density.laa950_percent), codes::kPercent, {}, "LAA-950", false},
          {codes::kLaa910, rounded(density.laa910_percent), codes::kPercent, {}, "LAA-910", false},
          {codes::kHaa, rounded(density.haa_percent), codes::kPercent, {}, "HAA", false}};
}

bool reaches_end(const Mask& mask, const findings::Geometry& geometry) {
  const double pixel = geometry.spacing[0] * geometry.spacing[1];
  return static_cast<double>(mask.voxels(0)) * pixel >= kEndAreaMm2 ||
         static_cast<double>(mask.voxels(mask.grid().slices - 1)) * pixel >= kEndAreaMm2;
}

class Reporter {
 public:
  Reporter(Findings report, const findings::Image& image, const PipelineSpec& spec)
      : report_(std::move(report)), image_(image), spec_(spec) {
    labels_ = {image.geometry.columns, image.geometry.rows, image.geometry.slices, {}};
  }

  LungReport run(const Lungs& lungs) {
    labels_.labels.assign(image_.geometry.voxels(), 0);
    const bool right = add_lung(lungs.sides.right, codes::kRight, "lung-right", {220, 170, 130});
    const bool left = add_lung(lungs.sides.left, codes::kLeft, "lung-left", {130, 170, 220});
    if (!right && !left) return without_lung();
    if (right && left) add_both(lungs);
    if (truncated_) {
      report_.remarks.push_back(
          "Lung reaches the first or last slice: volumes are truncated, and no priority is proposed.");
    }
    for (const auto& rule : spec_.rules) add_finding(rule);
    return {std::move(report_), std::move(labels_)};
  }

 private:
  Finding lung_item(std::string id, const CodedConcept& side, std::vector<Measurement> measurements) const {
    Finding item;
    item.tracking_uid = findings::tracking_uid(report_.study_uid, report_.pipeline, id);
    item.id = std::move(id);
    item.concept_code = codes::kLung;
    item.site = codes::kLung;
    item.laterality = side;
    item.measurements = std::move(measurements);
    return item;
  }

  bool add_lung(const Mask& mask, const CodedConcept& side, const char* id, std::array<std::uint8_t, 3> rgb) {
    const auto density = measure_density(image_, {&mask});
    if (!density || density->volume_ml < kLungMinMl) {
      report_.remarks.push_back(fmt::format("{} lung was not found.", side.meaning));
      return false;
    }
    const bool truncated = reaches_end(mask, image_.geometry);
    truncated_ = truncated_ || truncated;
    whole_ = *density;
    auto item = lung_item(id, side, measurements_of(*density, truncated));
    findings::Segment segment;
    segment.number = static_cast<int>(report_.segments.size()) + 1;
    segment.label = side.meaning + " lung";
    segment.category = codes::kAnatomicalStructure;
    segment.type = codes::kLung;
    segment.laterality = side;
    segment.tracking_id = id;
    segment.tracking_uid = item.tracking_uid;
    segment.rgb = rgb;
    paint(mask, static_cast<std::uint8_t>(segment.number), labels_);
    item.segment = segment.number;
    report_.segments.push_back(std::move(segment));
    report_.items.push_back(std::move(item));
    return true;
  }

  void add_both(const Lungs& lungs) {
    whole_ = *measure_density(image_, {&lungs.sides.right, &lungs.sides.left});
    report_.items.push_back(lung_item("lungs", codes::kBilateral, measurements_of(whole_, truncated_)));
  }

  void add_finding(const FindingRule& rule) {
    const double value = rounded(percent_of(whole_, rule.measure));
    const bool present = value >= rule.threshold;
    Finding item;
    item.id = rule.id;
    item.tracking_uid = findings::tracking_uid(report_.study_uid, report_.pipeline, rule.id);
    item.concept_code = rule.concept_code;
    item.site = codes::kLung;
    if (report_.segments.size() == 2)
      item.laterality = codes::kBilateral;
    else
      item.laterality = report_.segments.front().laterality;
    item.presence = present ? Presence::present : Presence::absent;
    item.measurements = {{concept_of(rule.measure), value, codes::kPercent, {}, rule.measure, false}};
    item.explanation = fmt::format("{} is {:.1f} %, {} the threshold of {:g} %.", rule.measure, value,
                                   present ? "at or above" : "below", rule.threshold);
    report_.items.push_back(std::move(item));
    if (!present || rule.level.empty() || truncated_) return;
    propose(
        {rule.level, fmt::format("{}: {} {:.1f} % (threshold {:g} %)", rule.name, rule.measure, value, rule.threshold),
         rule.id, rule.measure, value, rule.threshold},
        report_);
  }

  LungReport without_lung() {
    report_.outcome = findings::Outcome::not_analysed;
    report_.reason = codes::kNoLung;
    report_.reason_text = fmt::format("no lung of at least {:g} mL was found", kLungMinMl);
    report_.remarks.clear();
    return {std::move(report_), {}};
  }

  Findings report_;
  const findings::Image& image_;
  const PipelineSpec& spec_;
  findings::LabelMap labels_;
  Density whole_;  // of what was found
  bool truncated_ = false;
};

bool is_axial(const findings::Geometry& geometry) {
  return std::abs(geometry.column_direction[0]) >= kAxialCosine && std::abs(geometry.row_direction[1]) >= kAxialCosine;
}

}  // namespace

std::optional<Ineligible> check_eligibility(const findings::Image& image, const Eligibility& eligibility) {
  const auto& geometry = image.geometry;
  const auto& spacing = geometry.spacing;
  if (image.modality != eligibility.modality) {
    return Ineligible{codes::kModality, fmt::format("modality {}, must be {}", image.modality, eligibility.modality)};
  }
  if (std::find(image.image_type.begin(), image.image_type.end(), "LOCALIZER") != image.image_type.end()) {
    return Ineligible{codes::kNotAxial, "the series is a localizer"};
  }
  if (!is_axial(geometry)) return Ineligible{codes::kNotAxial, "slices are not axial"};
  if (eligibility.rescale_required && !image.has_rescale) {
    return Ineligible{codes::kNoRescale, "Rescale Slope or Intercept is missing: values are no Hounsfield units"};
  }
  if (spacing[2] > eligibility.slice_distance_max_mm + kToleranceMm) {
    return Ineligible{codes::kSliceDistance, fmt::format("slice distance {:.4g} mm, at most {:g} mm", spacing[2],
                                                         eligibility.slice_distance_max_mm)};
  }
  const double coverage = geometry.slices * spacing[2];
  if (coverage < eligibility.coverage_min_mm) {
    return Ineligible{codes::kCoverage, fmt::format("{:.4g} mm are covered, at least {:g} mm are needed", coverage,
                                                    eligibility.coverage_min_mm)};
  }
  const double pixel = std::max(spacing[0], spacing[1]);
  if (pixel > eligibility.pixel_spacing_max_mm + kToleranceMm) {
    return Ineligible{codes::ours("PIXEL_SPACING", "Pixel spacing is too large"),
                      fmt::format("pixel spacing {:.4g} mm, at most {:g} mm", pixel, eligibility.pixel_spacing_max_mm)};
  }
  return std::nullopt;
}

findings::Algorithm algorithm_of(const PipelineSpec& spec, const recipe::ModelFile& model,
                                 const std::string& model_sha256) {
  std::string parameters = fmt::format("model {} {}", model.name, model.version);
  for (const auto& rule : spec.rules)
    parameters += fmt::format("; {}: {} >= {:g} %", rule.id, rule.measure, rule.threshold);
  return {spec.title, spec.version, spec.manufacturer, model_sha256, std::move(parameters)};
}

LungReport report_lungs(Findings report, const Lungs& lungs, const findings::Image& image, const PipelineSpec& spec) {
  return Reporter(std::move(report), image, spec).run(lungs);
}

}  // namespace inferad::engine
