// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/join.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "pipelines/engine/proposal.h"
#include "pipelines/findings/codes.h"
#include "pipelines/findings/uids.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;
using findings::Finding;
using findings::Findings;
using findings::Outcome;
using findings::Presence;
using recipe::JoinCondition;

enum class Truth { no, unknown, yes };  // ascending

struct Verdict {
  Truth truth = Truth::unknown;
  bool open = false;     // something it looked at is unknown
  bool outside = false;  // something it rests on was analysed outside of its model's domain
  std::vector<std::string> said = {};
  std::vector<findings::Measurement> measurements = {};
};

class Judge {
 public:
  explicit Judge(const std::map<std::string, const JoinInput*>& inputs) : inputs_(inputs) {}

  Verdict judge(const JoinCondition& condition) const {
    switch (condition.kind) {
      case JoinCondition::Kind::all:
        return combined(
            condition, [](Truth a, Truth b) { return std::min(a, b); }, Truth::yes);
      case JoinCondition::Kind::any:
        return combined(
            condition, [](Truth a, Truth b) { return std::max(a, b); }, Truth::no);
      case JoinCondition::Kind::finding:
      case JoinCondition::Kind::measurement:
        break;
    }
    return of_source(condition);
  }

 private:
  template <class Combine>
  Verdict combined(const JoinCondition& condition, Combine combine, Truth begin) const {
    Verdict result{begin};
    for (const auto& part : condition.parts) {
      auto each = judge(part);
      result.truth = combine(result.truth, each.truth);
      result.open = result.open || each.open;
      result.outside = result.outside || each.outside;
      std::move(each.said.begin(), each.said.end(), std::back_inserter(result.said));
      std::move(each.measurements.begin(), each.measurements.end(), std::back_inserter(result.measurements));
    }
    return result;
  }

  static Verdict unknown(std::string why) {
    Verdict result;
    result.open = true;
    result.said.push_back(std::move(why));
    return result;
  }

  Verdict of_source(const JoinCondition& condition) const {
    const auto input = inputs_.find(condition.pipeline);
    const auto what = fmt::format("{} of {}", condition.item, condition.pipeline);
    if (input == inputs_.end()) return unknown(fmt::format("{}: was not asked for", what));
    const auto& findings = input->second->findings;
    if (!findings) return unknown(fmt::format("{}: {}", what, input->second->reason));
    if (findings->outcome != Outcome::analysed) return unknown(fmt::format("{}: {}", what, findings->reason.meaning));
    const auto item = std::find_if(findings->items.begin(), findings->items.end(),
                                   [&](const Finding& each) { return each.id == condition.item; });
    if (item == findings->items.end()) return unknown(fmt::format("{}: is not in its report", what));
    auto result = condition.kind == JoinCondition::Kind::finding ? of_presence(condition, *item, what)
                                                                 : of_measurement(condition, *item, what);
    result.outside = is_outside_domain(*findings);
    return result;
  }

  static Verdict of_presence(const JoinCondition& condition, const Finding& item, const std::string& what) {
    if (item.presence != Presence::present && item.presence != Presence::absent)
      return unknown(fmt::format("{}: {}", what, to_string(item.presence)));
    Verdict result;
    result.truth = (item.presence == Presence::absent) == condition.absent ? Truth::yes : Truth::no;
    result.said.push_back(fmt::format("{}: {}", what, to_string(item.presence)));
    return result;
  }

  static Verdict of_measurement(const JoinCondition& condition, const Finding& item, const std::string& what) {
    const auto measured = std::find_if(item.measurements.begin(), item.measurements.end(),
                                       [&](const auto& each) { return each.label == condition.measurement; });
    if (measured == item.measurements.end())
      return unknown(fmt::format("{}: {} was not measured", what, condition.measurement));
    Verdict result;
    result.truth = condition.range.holds(measured->value) ? Truth::yes : Truth::no;
    result.said.push_back(fmt::format("{}: {} {:.4g}", what, measured->label, measured->value));
    result.measurements.push_back(*measured);
    // The region is cut: the true value is at least this, which decides only what it already reaches.
    const bool bounded = condition.range.most || result.truth == Truth::no;
    if (measured->truncated && bounded) result.truth = Truth::unknown, result.open = true;
    return result;
  }

  const std::map<std::string, const JoinInput*>& inputs_;
};

Presence presence_of(const Verdict& verdict) {
  if (verdict.truth == Truth::yes) return Presence::present;
  return verdict.truth == Truth::no && !verdict.open ? Presence::absent : Presence::indeterminate;
}

void add(const recipe::JoinFinding& spec, const Verdict& verdict, Findings& report) {
  Finding item;
  item.id = spec.id;
  item.tracking_uid = findings::tracking_uid(report.study_uid, report.pipeline, spec.id);
  item.concept_code = spec.concept_code;
  item.site = spec.site;
  item.laterality = spec.laterality;
  item.presence = presence_of(verdict);
  item.measurements = verdict.measurements;
  item.explanation = fmt::format("{}.", fmt::join(verdict.said, "; "));
  const bool asks = item.presence == Presence::present && !spec.level.empty() && !verdict.outside;
  if (asks)
    propose({spec.level, fmt::format("{}: {}", spec.name, item.explanation), spec.id, "joined rule", 1, 1}, report);
  report.items.push_back(std::move(item));
}

// What became of each input, coded; and in the identity of the result, which depends on it.
void tell_input(const std::string& name, const JoinInput* input, Findings& report) {
  const auto tell = [&](std::string_view code, std::string_view meaning, const std::string& text) {
    report.qualifiers.push_back({codes::ours(code, meaning), text});
    report.algorithm.parameters += fmt::format("; input {}", text);
  };
  if (input == nullptr)
    return tell("INPUT_MISSING", "A joined analysis was not asked for", fmt::format("{}: was not asked for", name));
  if (!input->findings)
    return tell("INPUT_FAILED", "A joined analysis failed", fmt::format("{}: {}", name, input->reason));
  const auto& findings = *input->findings;
  const auto who = fmt::format("{} {}", name, findings.pipeline_version);
  if (findings.outcome == Outcome::analysed)
    return tell("INPUT_ANALYSED", "A joined analysis was done", fmt::format("{}: analysed", who));
  const auto why = findings.reason_text.empty() ? findings.reason.meaning : findings.reason_text;
  if (findings.outcome == Outcome::failed)
    return tell("INPUT_FAILED", "A joined analysis failed", fmt::format("{}: failed: {}", who, why));
  tell("INPUT_NOT_DONE", "A joined analysis was not done", fmt::format("{}: not analysed: {}", who, why));
}

}  // namespace

findings::Algorithm algorithm_of(const recipe::JoinFile& file) {
  return {file.title, file.version, file.manufacturer, "", fmt::format("joins {}", fmt::join(file.inputs, ", "))};
}

Findings join(Findings report, const recipe::JoinFile& file, std::span<const JoinInput> inputs) {
  std::map<std::string, const JoinInput*> known;
  for (const auto& input : inputs)
    if (std::find(file.inputs.begin(), file.inputs.end(), input.pipeline) != file.inputs.end())
      known[input.pipeline] = &input;
  bool any = false;
  for (const auto& name : file.inputs) {
    const auto found = known.find(name);
    const auto* input = found == known.end() ? nullptr : found->second;
    tell_input(name, input, report);
    any = any || (input && input->findings && input->findings->outcome == Outcome::analysed);
  }
  if (!any) {
    report.outcome = Outcome::not_analysed;
    report.reason = codes::ours("NO_INPUT", "None of the joined analyses was done");
    report.reason_text = "none of the joined analyses was done";
    return report;
  }
  const Judge judge(known);
  for (const auto& spec : file.findings) add(spec, judge.judge(spec.when), report);
  return report;
}

}  // namespace inferad::engine
