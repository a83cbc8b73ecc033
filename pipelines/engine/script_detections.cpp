// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/script_detections.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <torch/script.h>

#include <cmath>

namespace inferad::engine {

namespace {

using recipe::Detection;

constexpr std::int64_t kCandidatesMax = 100'000;

Error wrong(std::string what) { return {Errc::model, "the detector gave " + std::move(what)}; }

struct Parts {
  at::Tensor places, scores, labels;  // no labels: undefined
};

Result<Parts> parts_of(const c10::IValue& answer, const Detection& detection) {
  Parts parts;
  if (answer.isTuple()) {
    const auto& elements = answer.toTupleRef().elements();
    if (elements.size() < 2 || elements.size() > 3) return wrong(fmt::format("a tuple of {}", elements.size()));
    for (const auto& each : elements)
      if (!each.isTensor()) return wrong("a tuple of something else than tensors");
    parts = {elements[0].toTensor(), elements[1].toTensor(), {}};
    if (elements.size() == 3) parts.labels = elements[2].toTensor();
    return parts;
  }
  if (!answer.isGenericDict()) return wrong("neither a tuple nor a dictionary");
  for (const auto& each : answer.toGenericDict()) {
    if (!each.key().isString() || !each.value().isTensor()) return wrong("a dictionary of something else than tensors");
    const auto& name = each.key().toStringRef();
    if (name == (detection.form == Detection::Form::point ? "points" : "boxes")) parts.places = each.value().toTensor();
    if (name == "scores") parts.scores = each.value().toTensor();
    if (name == "labels") parts.labels = each.value().toTensor();
  }
  if (!parts.places.defined() || !parts.scores.defined()) return wrong("a dictionary without places or scores");
  return parts;
}

// On the CPU, float64, without a batch axis of 1 in front.
at::Tensor plain(const at::Tensor& tensor, std::int64_t axes) {
  auto result = tensor.to(at::kCPU, at::kDouble);
  if (result.dim() == axes + 1 && result.size(0) == 1) result = result.squeeze(0);
  return result.contiguous();
}

// `row`: its coordinates as the network gave them.
Candidate candidate_of(const double* row, const Detection& detection, std::size_t axes) {
  Candidate candidate;
  const double shift = detection.from_corner ? -0.5 : 0;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const double first = row[axis] + shift;
    candidate.low[axis] = candidate.high[axis] = first;
    if (detection.form == Detection::Form::box_corners) candidate.high[axis] = row[axes + axis] + shift;
    if (detection.form == Detection::Form::box_centre_size) {
      candidate.low[axis] = first - row[axes + axis] / 2;
      candidate.high[axis] = first + row[axes + axis] / 2;
    }
  }
  if (axes == 2 && detection.form != Detection::Form::point) candidate.low[2] = -0.5, candidate.high[2] = 0.5;
  return candidate;
}

Status check(const Candidate& candidate, const Detection& detection) {
  bool finite = std::isfinite(candidate.score), ordered = true;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    finite = finite && std::isfinite(candidate.low[axis]) && std::isfinite(candidate.high[axis]);
    ordered = ordered && candidate.low[axis] <= candidate.high[axis];
  }
  if (!finite) return wrong("values that are no numbers");
  if (!ordered) return wrong("a box whose upper corner lies below the lower one");
  if (detection.scores == recipe::Scores::probability && (candidate.score < -1e-6 || candidate.score > 1 + 1e-6))
    return wrong(fmt::format("the probability {:g}", candidate.score));
  return ok();
}

}  // namespace

Result<std::vector<Candidate>> candidates_of(const c10::IValue& answer, const Detection& detection, int dimensions) {
  INFERAD_TRY(auto parts, parts_of(answer, detection));
  const auto places = plain(parts.places, 2), scores = plain(parts.scores, 1);
  const auto axes = static_cast<std::int64_t>(dimensions);
  const auto count = scores.numel(), numbers = detection.form == Detection::Form::point ? axes : 2 * axes;
  if (scores.dim() != 1 || places.dim() != 2 || places.size(0) != count || (count > 0 && places.size(1) != numbers)) {
    return wrong(fmt::format("places of the shape {} and scores of the shape {}: [n, {}] and [n] are expected",
                             fmt::streamed(places.sizes()), fmt::streamed(scores.sizes()), numbers));
  }
  if (count > kCandidatesMax)
    return wrong(fmt::format("{} candidates, at most {} are possible", count, kCandidatesMax));
  if (!parts.labels.defined() && detection.labels.size() > 1) return wrong("no labels, and the pipeline names several");
  at::Tensor labels;
  if (parts.labels.defined()) {
    labels = plain(parts.labels, 1);
    if (labels.dim() != 1 || labels.numel() != count) return wrong("another number of labels than of scores");
  }
  std::vector<Candidate> candidates;
  candidates.reserve(static_cast<std::size_t>(count));
  for (std::int64_t n = 0; n < count; ++n) {
    auto candidate =
        candidate_of(places.data_ptr<double>() + n * numbers, detection, static_cast<std::size_t>(dimensions));
    candidate.score = scores.data_ptr<double>()[n];
    const double label = labels.defined() ? labels.data_ptr<double>()[n] : detection.labels.front().value;
    if (!(std::abs(label) < 1e9)) return wrong("a label that is no number");
    candidate.label = static_cast<int>(std::lround(label));
    INFERAD_TRY_STATUS(check(candidate, detection));
    candidates.push_back(candidate);
  }
  return candidates;
}

}  // namespace inferad::engine
