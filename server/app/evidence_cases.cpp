// SPDX-License-Identifier: Apache-2.0
#include "server/app/evidence_cases.h"

#include <cmath>

#include "server/evidence/groups.h"
#include "server/flow/attribute_values.h"
#include "server/flow/finding_items.h"
#include "server/simulation/replay.h"

namespace inferad::app {

namespace {

// Of a DA value "19610423" as years; nullopt: not of that form.
std::optional<double> years_of(const std::string& date) {
  if (date.size() != 8 || date.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoi(date.substr(0, 4)) + (std::stoi(date.substr(4, 2)) - 1) / 12.0 +
         (std::stoi(date.substr(6)) - 1) / 372.0;
}

// At the study: as the header says, else from the dates.
std::optional<double> age_of(const store::AnalysedStudy& study) {
  if (const auto age = flow::number_of(study.age)) return age;
  const auto born = years_of(study.birth_date), then = years_of(study.study_date);
  return born && then ? std::optional(*then - *born) : std::nullopt;
}

evidence::Case case_of(const store::AnalysedStudy& study) {
  evidence::Case one;
  one.pipeline = study.pipeline;
  one.version = study.pipeline_version;
  one.age_band = evidence::age_band(age_of(study));
  one.sex = evidence::group_name(study.sex);
  one.site = evidence::group_name(study.institution);
  one.arrived_at = study.arrived_at;
  return one;
}

}  // namespace

std::string EvidenceCases::Known::name_of(const std::string& finding) const {
  const auto found = names.find(evidence::group_name(finding));
  return found == names.end() ? std::string() : found->second;
}

Result<const EvidenceCases::Known*> EvidenceCases::known(std::int64_t job_id) {
  if (const auto found = known_.find(job_id); found != known_.end()) return &found->second;
  INFERAD_TRY(const auto facts, evidence_.facts(job_id));
  const auto said = flow::finding_items(facts.findings_json);
  Known known;
  known.analysed = said.analysed;
  known.manufacturer = evidence::group_name(facts.manufacturer);
  for (const auto& item : said.items) {
    const auto presence = evidence::presence_from(item.presence);
    if (!presence) continue;
    known.items.push_back({item.label, *presence});
    known.names.emplace(evidence::group_name(item.id), item.label);
    known.names.emplace(evidence::group_name(item.label), item.label);
  }
  known.reason = known.name_of(said.reason);
  return &known_.emplace(job_id, std::move(known)).first->second;
}

Result<EvidenceCases::Entries> EvidenceCases::analysed(WallTime since) {
  INFERAD_TRY(const auto studies, evidence_.analysed(since));
  Entries entries;
  for (const auto& study : studies) {  // the later revision last
    INFERAD_TRY(const Known* const known, this->known(study.job_id));
    if (!known->analysed) continue;
    auto& entry = entries[{study.study_id, study.pipeline}];
    const bool raised_before = entry.one.raised;  // what raised it stays
    entry.one = case_of(study);
    entry.one.items = known->items;
    entry.one.manufacturer = known->manufacturer;
    entry.one.reason = known->reason;
    entry.one.raised = study.raised || raised_before;
    entry.one.asked = study.asked || raised_before;
    entry.known = known;
    entry.job_id = study.job_id;
  }
  return entries;
}

Status EvidenceCases::add_words(Entries& entries, WallTime since) {
  INFERAD_TRY(const auto feedback, ledger_.feedback_since(since));
  std::map<std::int64_t, Entry*> by_job;
  for (auto& [key, entry] : entries) by_job[entry.job_id] = &entry;
  for (const auto& word : feedback) {
    const auto found = by_job.find(word.job_id);
    if (found == by_job.end() || word.superseded_by != 0 || word.opinion == Opinion::none) continue;
    auto& entry = *found->second;
    entry.one.words.push_back({entry.known->name_of(word.finding), word.opinion == Opinion::agree});
  }
  return ok();
}

Status EvidenceCases::add_statements(Entries& entries, WallTime since) {
  INFERAD_TRY(const auto statements, evidence_.statements(since));
  for (const auto& statement : statements) {
    const auto begin = entries.lower_bound({statement.study_id, ""});
    for (auto it = begin; it != entries.end() && it->first.first == statement.study_id; ++it) {
      const auto name = it->second.known->name_of(statement.finding);
      if (!name.empty()) it->second.one.statements.push_back({name, statement.present});
    }
  }
  return ok();
}

// First in, first out over the whole list, whichever pipeline looked at a study, or none.
Result<int> EvidenceCases::add_waits(Entries& entries, WallTime since) {
  INFERAD_TRY(const auto readings, ledger_.readings(since));
  const auto waits = simulation::against_fifo(readings);
  const auto minutes = [](simulation::Time time) { return static_cast<double>(time) / simulation::kMinute; };
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (waits[i].fifo == simulation::kNever) continue;
    const auto begin = entries.lower_bound({readings[i].study_id, ""});
    for (auto it = begin; it != entries.end() && it->first.first == readings[i].study_id; ++it)
      it->second.one.wait = evidence::Wait{minutes(waits[i].as_it_was), minutes(waits[i].fifo)};
  }
  return static_cast<int>(readings.size());
}

Result<EvidenceCases::Collected> EvidenceCases::collect(WallTime since) {
  INFERAD_TRY(auto entries, analysed(since));
  INFERAD_TRY_STATUS(add_words(entries, since));
  INFERAD_TRY_STATUS(add_statements(entries, since));
  Collected out;
  INFERAD_TRY(out.starts, add_waits(entries, since));
  for (auto& [key, entry] : entries) out.cases.push_back(std::move(entry.one));
  return out;
}

}  // namespace inferad::app
