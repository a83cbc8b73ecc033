// SPDX-License-Identifier: Apache-2.0
#include "server/evidence/exposition.h"

#include <fmt/format.h>

#include <array>
#include <functional>

namespace inferad::evidence {
namespace {

struct Labels {
  std::string text;
  void add(std::string_view name, std::string_view value) {
    text += fmt::format("{}{}=\"", text.empty() ? "" : ",", name);
    for (const char c : value) {
      if (c == '\\' || c == '"') text += '\\';
      text += c == '\n' ? ' ' : c;
    }
    text += '"';
  }
};

Labels labels_of(const EvidenceRow& row) {
  Labels labels;
  labels.add("pipeline", row.pipeline);
  labels.add("version", row.version);
  return labels;
}

// One family: its samples, or nothing at all.
class Family {
 public:
  Family(std::string_view name, std::string_view help)
      : name_(name), head_(fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name)) {}
  void add(const Labels& labels, double value) { samples_ += fmt::format("{}{{{}}} {}\n", name_, labels.text, value); }
  void add(const Labels& labels, const Proportion& part) {
    if (const auto value = part.value()) add(labels, *value);
  }
  std::string text() const { return samples_.empty() ? std::string() : head_ + samples_; }

 private:
  std::string name_, head_, samples_;
};

using OfRow = std::function<void(Family&, const EvidenceRow&, const Labels&)>;
using OfFinding = std::function<void(Family&, const FindingEvidence&, const Labels&)>;

std::string of_rows(const Evidence& evidence, Family family, const OfRow& add) {
  for (const auto& row : evidence.rows)
    if (row.by == Grouping::all) add(family, row, labels_of(row));
  return family.text();
}

std::string of_findings(const Evidence& evidence, Family family, const OfFinding& add) {
  for (const auto& row : evidence.rows) {
    if (row.by != Grouping::all) continue;
    for (const auto& finding : row.findings) {
      auto labels = labels_of(row);
      labels.add("finding", finding.finding);
      add(family, finding, labels);
    }
  }
  return family.text();
}

void add_gain(Family& family, const EvidenceRow& row, const Labels& labels) {
  const std::array<std::pair<const char*, const WaitEvidence*>, 2> results = {
      {{"raised", &row.positives}, {"nothing_asked", &row.negatives}}};
  for (const auto& [result, waits] : results) {
    auto with_result = labels;
    with_result.add("result", result);
    if (waits->n > 0) family.add(with_result, waits->gained * 60);
  }
}

}  // namespace

std::string exposition(const Evidence& evidence) {
  return of_rows(evidence, {"inferad_evidence_studies", "Studies analysed, in the days that the evidence covers"},
                 [](auto& family, const auto& row, const auto& labels) { family.add(labels, row.studies); }) +
         of_rows(evidence, {"inferad_evidence_asked_ratio", "Of them, part that asked for a higher priority"},
                 [](auto& family, const auto& row, const auto& labels) { family.add(labels, row.asked); }) +
         of_rows(evidence,
                 {"inferad_evidence_gained_seconds",
                  "Mean wait when first in, first out, less the wait as it was; negative: lost"},
                 add_gain) +
         of_findings(evidence, {"inferad_evidence_judged_studies", "Studies whose finding a reader judged"},
                     [](auto& family, const auto& one, const auto& labels) { family.add(labels, one.agreement.n); }) +
         of_findings(evidence, {"inferad_evidence_agreement_ratio", "Of those judged, part that nobody disagreed with"},
                     [](auto& family, const auto& one, const auto& labels) { family.add(labels, one.agreement); }) +
         of_findings(evidence, {"inferad_evidence_ppv_judged_ratio", "The same of those said present"},
                     [](auto& family, const auto& one, const auto& labels) { family.add(labels, one.ppv_judged); }) +
         of_findings(evidence,
                     {"inferad_evidence_ppv_reported_ratio", "Of those said present, part present by the final report"},
                     [](auto& family, const auto& one, const auto& labels) { family.add(labels, one.ppv_reported); }) +
         of_findings(evidence,
                     {"inferad_evidence_sensitivity_ratio", "Of those present by the final report, part said present"},
                     [](auto& family, const auto& one, const auto& labels) { family.add(labels, one.sensitivity); });
}

}  // namespace inferad::evidence
