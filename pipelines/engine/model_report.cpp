// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "pipelines/engine/label_measures.h"
#include "pipelines/findings/codes.h"
#include "pipelines/findings/uids.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;
using findings::Finding;
using findings::Findings;
using findings::Measurement;
using findings::Presence;
using recipe::FindingSpec;

constexpr std::array kLevels = {"ROUTINE", "HIGH", "STAT"};  // ascending
const findings::CodedConcept kUnitInterval{"{0:1}", "UCUM", "range: 0:1"};
const findings::CodedConcept kProbability{"122157", "DCM", "Probability"};

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

std::string at_most(std::string text, std::size_t length) {
  if (text.size() > length) text.resize(length);
  return text;
}

// What a finding looks at: the number, and how a report calls it.
struct Looked {
  std::optional<double> value;
  Measurement measurement;
  std::optional<int> segment;
};

class Reporter {
 public:
  Reporter(Findings report, const findings::Image& image, const recipe::PipelineFile& pipeline,
           const recipe::ModelCard& card, int threads)
      : report_(std::move(report)), image_(image), pipeline_(pipeline), card_(card), threads_(threads) {}

  Result<ModelReport> run(ModelOutput output) {
    INFERAD_TRY_STATUS(std::visit([&](const auto& kind) { return add(kind, output); }, pipeline_.output));
    for (const auto& spec : pipeline_.findings) add_finding(spec);
    if (report_.segments.empty()) output.labels = {};
    return ModelReport{std::move(report_), std::move(output.labels)};
  }

 private:
  Finding item(const std::string& id, findings::CodedConcept concept_code) const {
    Finding result;
    result.id = id;
    result.tracking_uid = findings::tracking_uid(report_.study_uid, report_.pipeline, id);
    result.concept_code = std::move(concept_code);
    return result;
  }

  // ---- segmentation

  Status add(const recipe::Segmentation& segmentation, ModelOutput& output) {
    auto& map = output.labels;
    if (map.labels.size() != image_.geometry.voxels()) {
      return Error{Errc::model, fmt::format("the label map has {} voxels, the image {}", map.labels.size(),
                                            image_.geometry.voxels())};
    }
    std::array<std::uint64_t, 256> voxels{};
    for (const auto value : map.labels) ++voxels[value];
    std::array<std::uint8_t, 256> number_of{};
    for (const auto& label : segmentation.labels) {
      if (voxels[static_cast<std::size_t>(label.value)] == 0) {
        report_.remarks.push_back(fmt::format("{} was not found.", label.label));
        numbers_[label.id] = 0;
        continue;
      }
      add_segment(label);
      number_of[static_cast<std::size_t>(label.value)] = numbers_[label.id];
    }
    for (auto& value : map.labels) value = number_of[value];
    measure(segmentation, map);
    return ok();
  }

  void add_segment(const recipe::OutputLabel& label) {
    findings::Segment segment;
    segment.number = static_cast<int>(report_.segments.size()) + 1;
    segment.label = label.label;
    segment.category = label.category;
    segment.type = label.type;
    segment.laterality = label.laterality;
    segment.tracking_id = label.id;
    segment.tracking_uid = findings::tracking_uid(report_.study_uid, report_.pipeline, label.id);
    segment.rgb = label.rgb;
    numbers_[label.id] = static_cast<std::uint8_t>(segment.number);
    auto group = item(label.id, label.type);
    group.site = label.type;
    group.laterality = label.laterality;
    group.segment = segment.number;
    report_.segments.push_back(std::move(segment));
    report_.items.push_back(std::move(group));
  }

  // Measures of one label stand in the group of its segment, those of several labels in a group of their own.
  void measure(const recipe::Segmentation& segmentation, const findings::LabelMap& map) {
    for (const auto& spec : pipeline_.measurements) {
      std::vector<std::uint8_t> numbers;
      for (const auto& id : spec.labels)
        if (numbers_[id] != 0) numbers.push_back(numbers_[id]);
      const auto value = measured(spec, image_, map, numbers, threads_);
      Looked looked{value, {}, {}};
      if (value) looked.measurement = as_measurement(spec, *value, image_.modality);
      if (value && spec.labels.size() == 1 && !numbers.empty()) {
        looked.segment = numbers.front();
        report_.items[numbers.front() - 1U].measurements.push_back(looked.measurement);
      } else if (value && spec.labels.size() > 1) {
        auto group = item(spec.id, concept_of(segmentation, spec.labels.front()));
        group.explanation = fmt::format("{}: over {} regions together.", spec.text, spec.labels.size());
        group.measurements.push_back(looked.measurement);
        report_.items.push_back(std::move(group));
      }
      looked_[spec.id] = std::move(looked);
    }
  }

  static findings::CodedConcept concept_of(const recipe::Segmentation& segmentation, const std::string& id) {
    for (const auto& label : segmentation.labels)
      if (label.id == id) return label.type;
    return codes::kAnatomicalStructure;
  }

  // ---- classification

  Status add(const recipe::Classification& classification, ModelOutput& output) {
    const auto& numbers = output.numbers;
    if (numbers.size() != classification.classes.size()) {
      return Error{Errc::model, fmt::format("the model gave {} numbers, the pipeline names {} classes", numbers.size(),
                                            classification.classes.size())};
    }
    const bool bounded = classification.scores == recipe::Scores::probability;
    auto group = item("classes", codes::ours("CLASSES", "Classes of the model"));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!std::isfinite(numbers[i]) || (bounded && (numbers[i] < -1e-6 || numbers[i] > 1 + 1e-6))) {
        return Error{Errc::model, fmt::format("the model gave {} for class {}", numbers[i], classification.classes[i])};
      }
      group.measurements.push_back(
          {codes::ours(fmt::format("CLASS{}", i), at_most("Score of class " + classification.classes[i], 64)),
           rounded(numbers[i]),
           bounded ? kUnitInterval : codes::kNoUnits,
           {},
           classification.classes[i],
           false});
      class_[classification.classes[i]] = numbers[i];
    }
    group.explanation = calibrated(bounded) ? "Probabilities of the classes, calibrated as the model's card says."
                                            : "Scores of the classes; they are not calibrated probabilities.";
    report_.items.push_back(std::move(group));
    bounded_ = bounded;
    return ok();
  }

  bool calibrated(bool bounded) const { return bounded && card_.calibrated; }

  // ---- detection

  // One item for each detection, numbered by label in the order of the scores; no claim of presence: a finding makes
  // it.
  Status add(const recipe::Detection& detection, ModelOutput& output) {
    bounded_ = detection.scores == recipe::Scores::probability;
    const auto selection = select(output.candidates, detection);
    std::map<int, int> numbers;
    std::size_t outside = 0;
    for (const auto& candidate : selection.kept) {
      const auto location = locate(candidate, output.candidates.to_patient, image_);
      if (!location) {
        ++outside;
        continue;
      }
      const auto& label = *std::find_if(detection.labels.begin(), detection.labels.end(),
                                        [&](const auto& each) { return each.value == candidate.label; });
      auto group = detection_item(label, *location, ++numbers[label.value]);
      group.measurements.push_back(score_measurement(candidate.score));
      if (location->form == findings::Location::Form::box && image_.spacing_known) {
        group.measurements.push_back({codes::ours("BOX_EDGE", "Longest edge of the bounding box"),
                                      rounded(longest_edge_mm(candidate, output.candidates.to_patient)),
                                      codes::kMillimeter,
                                      {},
                                      "longest edge",
                                      false});
      }
      detected_[label.id].push_back(candidate.score);
      report_.items.push_back(std::move(group));
    }
    if (outside > 0) report_.remarks.push_back(fmt::format("Detections outside the image were dropped: {}.", outside));
    if (selection.more) {
      report_.remarks.push_back(
          fmt::format("There are more detections: the {} with the highest scores are reported.", detection.count_max));
    }
    return ok();
  }

  // Its number may be another one's in the next revision, its place not: the tracking UID derives from that.
  Finding detection_item(const recipe::DetectionLabel& label, const findings::Location& location, int number) const {
    auto group = item(fmt::format("{}-{}", label.id, number), label.concept_code);
    auto place = fmt::format("{}@{:.2f}", label.id, fmt::join(location.centre, ","));
    for (const auto& axis : location.half_axes) place += fmt::format("/{:.2f}", fmt::join(axis, ","));
    if (location.frame_of_reference_uid.empty()) place += '@' + location.images.front().sop_instance_uid;
    group.tracking_uid = findings::tracking_uid(report_.study_uid, report_.pipeline, place);
    group.site = label.site;
    group.laterality = label.laterality;
    group.location = location;
    group.explanation = fmt::format("{} {}, by score.", label.label, number);
    return group;
  }

  Measurement score_measurement(double score) const {
    const bool probability = calibrated(bounded_);
    return {probability ? kProbability : codes::ours("SCORE", "Score of the model, not calibrated"),
            rounded(score),
            bounded_ ? kUnitInterval : codes::kNoUnits,
            {},
            probability ? "probability" : "score",
            false};
  }

  // How many of its detections reach the operating point.
  Looked counted(const FindingSpec& spec) {
    double count = 0;
    for (const auto& label : spec.detections)
      for (const double score : detected_[label]) count += score >= spec.score_at_least ? 1 : 0;
    return {
        count,
        {codes::ours("DETECTIONS", "Number of detections"), count, codes::kNoUnits, {}, "number of detections", false},
        {}};
  }

  // ---- regression

  Status add(const recipe::Regression& regression, ModelOutput& output) {
    for (const auto& spec : regression.values) {
      INFERAD_TRY(const double value, number_at(output, spec.index, spec.id));
      if (!spec.range.holds(value)) {
        return Error{Errc::model, fmt::format("the model gave {:g} for {}, outside its range", value, spec.id)};
      }
      auto group = item(spec.id, spec.name);
      const Measurement measurement{spec.name, rounded(value), spec.unit, {}, spec.id, false};
      group.measurements.push_back(measurement);
      std::optional<std::pair<double, double>> interval;
      if (spec.half_width) interval = {value - *spec.half_width, value + *spec.half_width};
      if (spec.bounds) {
        INFERAD_TRY(const double low, number_at(output, (*spec.bounds)[0], spec.id));
        INFERAD_TRY(const double high, number_at(output, (*spec.bounds)[1], spec.id));
        if (low > high) return Error{Errc::model, fmt::format("the interval of {} is upside down", spec.id)};
        interval = {low, high};
      }
      if (interval) add_interval(spec, *interval, group);
      report_.items.push_back(std::move(group));
      looked_[spec.id] = {value, measurement, {}};
    }
    return ok();
  }

  static Result<double> number_at(const ModelOutput& output, int index, const std::string& id) {
    if (static_cast<std::size_t>(index) >= output.numbers.size()) {
      return Error{Errc::model,
                   fmt::format("the model gave {} numbers, {} is number {}", output.numbers.size(), id, index)};
    }
    const double value = output.numbers[static_cast<std::size_t>(index)];
    if (!std::isfinite(value)) return Error{Errc::model, fmt::format("the model gave no number for {}", id)};
    return value;
  }

  static void add_interval(const recipe::RegressionValue& spec, std::pair<double, double> interval, Finding& group) {
    const auto bound = [&](double value, const char* code, const char* meaning) {
      return Measurement{spec.name, rounded(value), spec.unit, codes::ours(code, meaning), spec.id, false};
    };
    group.measurements.push_back(bound(interval.first, "LOWER", "Lower bound of the interval"));
    group.measurements.push_back(bound(interval.second, "UPPER", "Upper bound of the interval"));
    group.explanation =
        fmt::format("{:g} % interval: {:.6g} to {:.6g}.", spec.confidence_percent, interval.first, interval.second);
  }

  // ---- findings

  Looked looked_at(const FindingSpec& spec) {
    if (!spec.detections.empty()) return counted(spec);
    if (spec.classes.empty()) return looked_[spec.measurement.empty() ? spec.value : spec.measurement];
    double sum = 0;
    for (const auto& name : spec.classes) sum += class_[name];
    return {sum, score_measurement(sum), {}};
  }

  static Presence presence_of(const FindingSpec& spec, double value) {
    const double threshold = spec.at_least ? *spec.at_least : *spec.at_most;
    const bool up = spec.at_least.has_value();
    if (up ? value >= threshold : value <= threshold) return Presence::present;
    if (spec.indeterminate && (up ? value >= *spec.indeterminate : value <= *spec.indeterminate))
      return Presence::indeterminate;
    return Presence::absent;
  }

  void add_finding(const FindingSpec& spec) {
    const auto looked = looked_at(spec);
    auto group = item(spec.id, spec.concept_code);
    group.site = spec.site;
    group.laterality = spec.laterality;
    if (!looked.value) {
      group.presence = Presence::indeterminate;
      group.explanation = "What it is judged by could not be measured.";
      report_.items.push_back(std::move(group));
      return;
    }
    const double value = *looked.value;
    const double threshold = spec.at_least ? *spec.at_least : *spec.at_most;
    group.presence = presence_of(spec, value);
    group.measurements.push_back(looked.measurement);
    group.explanation = explain(spec, looked, threshold);
    const bool present = group.presence == Presence::present;
    report_.items.push_back(std::move(group));
    if (present && !spec.level.empty()) propose(spec, looked, threshold);
  }

  static std::string explain(const FindingSpec& spec, const Looked& looked, double threshold) {
    const bool reached = spec.at_least ? *looked.value >= threshold : *looked.value <= threshold;
    auto text = fmt::format("{} is {:.4g}{}, {} the threshold of {:g}.", looked.measurement.label, *looked.value,
                            unit_text(looked), reached ? "at or beyond" : "short of", threshold);
    if (!spec.operating_point.empty()) text += fmt::format(" Operating point: {}.", spec.operating_point);
    if (spec.sensitivity && spec.specificity) {
      text += fmt::format(" Stated sensitivity {:.0f} %, specificity {:.0f} %.", 100 * *spec.sensitivity,
                          100 * *spec.specificity);
    }
    return text;
  }

  static std::string unit_text(const Looked& looked) {
    const auto& unit = looked.measurement.unit.value;
    if (unit == "1" || unit == kUnitInterval.value) return "";
    return " " + (unit == codes::kHounsfieldUnit.value ? std::string("HU") : unit);
  }

  // The highest level wins; of equals the first finding.
  void propose(const FindingSpec& spec, const Looked& looked, double threshold) {
    const auto rank = [](std::string_view level) {
      return std::find(kLevels.begin(), kLevels.end(), level) - kLevels.begin();
    };
    if (report_.priority && rank(report_.priority->level) >= rank(spec.level)) return;
    report_.priority =
        findings::PriorityProposal{spec.level,
                                   fmt::format("{}: {} {:.4g}{} (threshold {:g})", spec.name, looked.measurement.label,
                                               *looked.value, unit_text(looked), threshold),
                                   spec.id,
                                   looked.measurement.label,
                                   rounded(*looked.value),
                                   threshold};
  }

  Findings report_;
  const findings::Image& image_;
  const recipe::PipelineFile& pipeline_;
  const recipe::ModelCard& card_;
  int threads_;
  std::map<std::string, std::uint8_t> numbers_;  // of the segments, by label; 0: without voxels
  std::map<std::string, double> class_;
  std::map<std::string, std::vector<double>> detected_;  // scores by label
  std::map<std::string, Looked> looked_;                 // measurements and values by id
  bool bounded_ = false;
};

}  // namespace

findings::Algorithm algorithm_of(const recipe::PipelineFile& pipeline, const recipe::ModelFile& model) {
  std::string parameters = fmt::format("model {} {}", model.name, model.version);
  if (const auto* detection = std::get_if<recipe::Detection>(&pipeline.output)) {
    parameters += fmt::format("; score >= {:g}, overlap <= {:g}, distance >= {:g} mm, at most {}", detection->score_min,
                              detection->overlap_max, detection->distance_min_mm, detection->count_max);
  }
  for (const auto& spec : pipeline.findings) {
    if (!spec.detections.empty()) parameters += fmt::format("; {}: score >= {:g}", spec.id, spec.score_at_least);
    parameters += fmt::format("; {}: {} {:g}", spec.id,
                              spec.at_least ? ">=" : "<=", spec.at_least ? *spec.at_least : *spec.at_most);
  }
  return {pipeline.title, pipeline.version, pipeline.manufacturer, model.sha256, std::move(parameters)};
}

Result<ModelReport> report_model(Findings report, ModelOutput output, const findings::Image& image,
                                 const recipe::PipelineFile& pipeline, const recipe::ModelCard& card, int threads) {
  return Reporter(std::move(report), image, pipeline, card, threads).run(std::move(output));
}

}  // namespace inferad::engine
