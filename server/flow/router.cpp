// SPDX-License-Identifier: Apache-2.0
#include "server/flow/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace inferad::flow {
namespace {

using config::Preference;
using config::Rule;

constexpr double kCoverageNoDifferenceMm = 20;
constexpr double kDistanceNoDifferenceMm = 0.01;
constexpr std::size_t kSeriesMax = 1000;    // of one job (config/schema/job.schema.json)
constexpr std::size_t kFilesMax = 100'000;  // of one series

// Smaller is better; two values within `tolerance` of the best are equal.
struct Measure {
  double value = 0, tolerance = 0;
};

Measure measure(const Preference& preference, const StudyView& study, std::size_t series) {
  const SeriesFacts& facts = study.facts[series];
  switch (preference.kind) {
    case Preference::Kind::condition:
      return {is_met(preference.condition, study, series) ? 0.0 : 1.0, 0};
    case Preference::Kind::longest:
      return {-facts.coverage, kCoverageNoDifferenceMm};
    case Preference::Kind::thinnest:
      return {facts.slice_distance.value_or(1e9), kDistanceNoDifferenceMm};
    case Preference::Kind::most_images:
      return {-static_cast<double>(facts.images), 0};
  }
  return {};
}

// "Less than 20 mm is no difference" is no ordering (it is not transitive), so the best series is chosen again and
// again: each preference leaves those that are as good as the best one.
class Ranking {
 public:
  Ranking(const Rule& rule, const StudyView& study, std::vector<std::size_t> series) : left_(std::move(series)) {
    for (const auto& preference : rule.prefer) {
      auto& column = measures_.emplace_back(study.facts.size());
      for (const auto index : left_) column[index] = measure(preference, study, index);
    }
  }

  std::vector<std::size_t> best_first() {
    std::vector<std::size_t> order;
    while (!left_.empty()) {
      const auto best = best_of_left();
      order.push_back(best);
      left_.erase(std::find(left_.begin(), left_.end(), best));
    }
    return order;
  }

 private:
  std::size_t best_of_left() const {
    auto equal = left_;
    for (const auto& column : measures_) {
      double best = column[equal.front()].value;
      for (const auto index : equal) best = std::min(best, column[index].value);
      std::erase_if(equal, [&](std::size_t i) { return column[i].value - best > column[i].tolerance; });
    }
    return equal.front();
  }

  std::vector<std::size_t> left_;
  std::vector<std::vector<Measure>> measures_;  // by preference, by series
};

std::string why_excluded(const Rule& rule, const StudyView& study, std::size_t series) {
  const SeriesFacts& facts = study.facts[series];
  if (facts.localizer) return "localizer";
  if (study.content.series[series].instances.size() > kFilesMax) return fmt::format("more than {} images", kFilesMax);
  const auto result = check(rule.series, study, series);
  return result.met ? std::string() : why_unmet(result);
}

RoutedJob make_job(const Rule& rule, const StudyView& study, const SeriesChoice& choice) {
  RoutedJob job{rule.name, rule.pipeline, {}, rule.joins};
  for (const auto index : choice.order) {
    const auto& series = study.content.series[index];
    Candidate candidate{series.uid, {}};
    for (const auto& instance : series.instances) candidate.spool_ids.push_back(instance.spool_id);
    job.series.push_back(std::move(candidate));
  }
  return job;
}

class Routing {
 public:
  explicit Routing(const StudyView& study) : study_(study) {}

  void take(const Rule& rule) {
    result_.rule += result_.rule.empty() ? rule.name : ", " + rule.name;
    if (rule.pipeline.empty()) {
      add_reason(rule.not_analysed, rule.because);
      return;
    }
    const auto has_pipeline = [&](const RoutedJob& job) { return job.pipeline == rule.pipeline; };
    if (std::any_of(result_.jobs.begin(), result_.jobs.end(), has_pipeline)) return;
    const auto choice = choose_series(rule, study_);
    excluded_.insert(excluded_.end(), choice.excluded.begin(), choice.excluded.end());
    if (choice.order.empty()) {
      add_reason(true, fmt::format("no series suits {}: {}", rule.pipeline, reasons_of(choice)));
    } else {
      result_.jobs.push_back(make_job(rule, study_, choice));
    }
  }

  Routed finish() {
    if (!result_.jobs.empty()) {
      result_.without_jobs.reset();
      result_.reason.clear();
    } else if (!result_.without_jobs) {
      add_reason(false, "no rule asks for an analysis of this study");
    }
    std::set<std::string, std::less<>> settled;
    for (const auto& job : result_.jobs)
      for (const auto& candidate : job.series) settled.insert(candidate.uid);
    for (auto& excluded : excluded_)
      if (settled.insert(excluded.uid).second) result_.excluded.push_back(std::move(excluded));
    return std::move(result_);
  }

 private:
  void add_reason(bool not_analysed, const std::string& reason) {
    // "AI should have looked but could not" is the one a reader has to see.
    const bool stronger = not_analysed && result_.without_jobs == AiState::not_applicable;
    if (result_.without_jobs && !stronger) return;
    result_.without_jobs = not_analysed ? AiState::not_analysed : AiState::not_applicable;
    result_.reason = reason;
  }

  static std::string reasons_of(const SeriesChoice& choice) {
    std::set<std::string> distinct;
    for (const auto& excluded : choice.excluded) distinct.insert(excluded.why);
    std::string text;
    std::size_t shown = 0;
    for (const auto& why : distinct) {
      if (shown++ == 3) break;
      text += (text.empty() ? "" : "; ") + why;
    }
    return text.empty() ? "the study has no images" : text;
  }

  const StudyView& study_;
  Routed result_;
  std::vector<store::ExcludedSeries> excluded_;
};

}  // namespace

SeriesChoice choose_series(const Rule& rule, const StudyView& study) {
  SeriesChoice choice;
  std::vector<std::size_t> suitable;
  for (std::size_t i = 0; i < study.facts.size(); ++i) {
    auto why =
        suitable.size() == kSeriesMax ? fmt::format("more than {} series", kSeriesMax) : why_excluded(rule, study, i);
    if (why.empty()) {
      suitable.push_back(i);
    } else {
      choice.excluded.push_back({study.content.series[i].uid, std::move(why)});
    }
  }
  choice.order = Ranking(rule, study, std::move(suitable)).best_first();
  return choice;
}

Routed route(const config::Routing& routing, const store::StudyContent& content) {
  const StudyView study(content);
  Routing result(study);
  for (const auto& rule : routing.rules) {
    if (!is_met(rule.when, study, std::nullopt)) continue;
    result.take(rule);
    if (!routing.all_matches) break;
  }
  return result.finish();
}

}  // namespace inferad::flow
