// SPDX-License-Identifier: Apache-2.0
#include "server/flow/explain.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "server/flow/router.h"
#include "server/store/image_classes.h"

namespace inferad::flow {
namespace {

// Values come from strangers: nothing in them may steer a terminal.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

std::string series_line(const StudyView& study, std::size_t index) {
  const auto& series = study.content.series[index];
  const auto& facts = study.facts[index];
  const auto description = attribute(series.instances.front().attributes, "SeriesDescription");
  std::string text = fmt::format("series {}: {} \"{}\", {} image{}, {}", index + 1, printable(series.modality),
                                 printable(description), facts.images, facts.images == 1 ? "" : "s",
                                 facts.mixed_orientation ? "mixed orientation" : to_string(facts.orientation));
  if (facts.slice_distance) {
    text += fmt::format(", {:.3g} mm apart{}, {:.0f} mm long", *facts.slice_distance,
                        facts.uniform ? "" : " (not uniform)", facts.coverage);
  }
  return text + (facts.localizer ? ", localizer" : "");
}

std::string_view group_word(const Check& check) {
  using Kind = config::Condition::Kind;
  switch (check.kind) {
    case Kind::all:
      return "all of:";
    case Kind::any:
      return "at least one of:";
    case Kind::negation:
      return "not:";
    case Kind::some_series:
      return "one series with:";
    default:
      return {};
  }
}

void add_check(const Check& check, std::size_t depth, std::string& out) {
  const std::string indent(depth * 2, ' ');
  const std::string_view sign = check.met ? "yes" : "no ";
  if (check.parts.empty()) {
    out += fmt::format("{}{} {}{}\n", indent, sign, check.condition,
                       check.found.empty() ? "" : fmt::format("   [{}]", printable(check.found)));
    return;
  }
  const bool series = check.kind == config::Condition::Kind::some_series;
  out += fmt::format("{}{} {}\n", indent, sign, group_word(check));
  for (const auto& part : check.parts) {
    if (series) out += fmt::format("{}  {}\n", indent, part.condition);
    add_check(part, depth + (series ? 2 : 1), out);
  }
}

void add_choice(const config::Rule& rule, const StudyView& study, std::string& out) {
  if (rule.pipeline.empty()) {
    out +=
        fmt::format("  then: {} because {}\n", rule.not_analysed ? "not analysed" : "nothing to analyse", rule.because);
    return;
  }
  const auto choice = choose_series(rule, study);
  out += fmt::format("  then: {} gets {}\n", rule.pipeline, choice.order.empty() ? "no series: not analysed" : "");
  std::size_t rank = 0;
  for (const auto index : choice.order) out += fmt::format("    {}. {}\n", ++rank, series_line(study, index));
  for (std::size_t i = 0; i < study.facts.size(); ++i)
    for (const auto& excluded : choice.excluded)
      if (excluded.uid == study.content.series[i].uid)
        out += fmt::format("    left out: {}\n              because {}\n", series_line(study, i), excluded.why);
}

}  // namespace

std::vector<store::StudyContent> studies_of(std::span<const InstanceHeader> headers, const std::string& calling_ae) {
  std::vector<store::StudyContent> studies;
  std::map<std::string, std::size_t> study_index;
  std::map<std::pair<std::size_t, std::string>, std::size_t> series_index;
  std::set<std::string> seen;
  std::int64_t number = 0;
  for (const auto& header : headers) {
    ++number;
    if (header.made_by_us || !store::is_image_class(header.sop_class_uid)) continue;
    if (!seen.insert(header.study_uid + ' ' + header.instance_uid).second) continue;
    const auto [study_at, new_study] = study_index.try_emplace(header.study_uid, studies.size());
    if (new_study) {
      auto& study = studies.emplace_back();
      study.id = static_cast<std::int64_t>(studies.size());
      study.study_uid = header.study_uid;
      study.calling_ae = calling_ae;
    }
    auto& series = studies[study_at->second].series;
    const auto [series_at, new_series] =
        series_index.try_emplace(std::pair(study_at->second, header.series_uid), series.size());
    if (new_series) series.push_back({header.series_uid, header.modality, {}});
    series[series_at->second].instances.push_back({number, header.instance_uid, header.sop_class_uid,
                                                   header.transfer_syntax_uid, header.frames, header.attributes});
  }
  return studies;
}

std::string explain(const config::Routing& routing, const store::StudyContent& content) {
  const StudyView study(content);
  std::string out =
      fmt::format("study of {} image{} in {} series\n", study.images, study.images == 1 ? "" : "s", study.facts.size());
  for (std::size_t i = 0; i < study.facts.size(); ++i) out += fmt::format("  {}\n", series_line(study, i));
  std::string taken_by;
  for (const auto& rule : routing.rules) {
    const auto result = check(rule.when, study, std::nullopt);
    const bool takes = result.met && (routing.all_matches || taken_by.empty());
    out += fmt::format("\nrule \"{}\": {}\n", rule.name,
                       takes        ? "takes the study"
                       : result.met ? fmt::format("would match, but rule \"{}\" came first", taken_by)
                                    : "does not match");
    add_check(result, 1, out);
    if (takes) add_choice(rule, study, out);
    if (takes && taken_by.empty()) taken_by = rule.name;
  }
  const auto routed = route(routing, content);
  if (routed.jobs.empty()) {
    out += fmt::format("\nresult: {}: {}\n",
                       routed.without_jobs == AiState::not_analysed ? "not analysed" : "not applicable", routed.reason);
  }
  for (const auto& job : routed.jobs) out += fmt::format("\nresult: {} (rule \"{}\")\n", job.pipeline, job.rule);
  return out;
}

}  // namespace inferad::flow
