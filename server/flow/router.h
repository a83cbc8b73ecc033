// SPDX-License-Identifier: Apache-2.0
// Which pipelines get a complete study, with which series in which order, or why none does. Pure: the rules of
// config/routing.json over the study's headers. Localizers never reach a pipeline, whatever the rules say; what else
// keeps a series out is in the rules, where an administrator reads it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/config/rules.h"
#include "server/flow/candidates.h"
#include "server/flow/condition_check.h"

namespace inferad::flow {

struct SeriesChoice {
  std::vector<std::size_t> order;  // indices into StudyContent::series, best first
  std::vector<store::ExcludedSeries> excluded;
};
SeriesChoice choose_series(const config::Rule& rule, const StudyView& study);

struct RoutedJob {
  std::string rule, pipeline;
  std::vector<Candidate> series;  // at least one
  bool joins = false;             // waits for the others
};

struct Routed {
  std::string rule;                             // the rules that took the study; empty when none matches
  std::vector<RoutedJob> jobs;                  // one a pipeline
  std::optional<AiState> without_jobs;          // not_analysed or not_applicable, exactly when jobs is empty
  std::string reason;                           // of without_jobs, for people, without patient data
  std::vector<store::ExcludedSeries> excluded;  // series that no job gets
};
Routed route(const config::Routing& routing, const store::StudyContent& content);

}  // namespace inferad::flow
