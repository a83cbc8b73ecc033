// SPDX-License-Identifier: Apache-2.0
#include "server/flow/condition_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "server/flow/attribute_values.h"

namespace inferad::flow {
namespace {

using config::Condition;
using Kind = Condition::Kind;

constexpr std::size_t kValuesShownMax = 4;
constexpr std::size_t kValueShownMax = 48;  // bytes
constexpr std::size_t kDistinctValuesMax = 100'000;

bool is_one_of(std::string_view value, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return same_text(value, word); });
}

class Checker {
 public:
  Checker(const StudyView& study, std::optional<std::size_t> series) : study_(study), series_(series) {}

  Check run(const Condition& condition) const {
    Check result;
    result.kind = condition.kind;
    result.condition = config::to_string(condition);
    switch (condition.kind) {
      case Kind::all:
        add_parts(condition, result);
        break;
      case Kind::any:
        add_parts(condition, result);
        break;
      case Kind::negation:
        add_parts(condition, result);
        break;
      case Kind::some_series:
        check_series(condition, result);
        break;
      case Kind::images:
        check_images(condition, result);
        break;
      case Kind::calling_ae:
        check_calling_ae(condition, result);
        break;
      case Kind::orientation:
        check_orientation(condition, result);
        break;
      case Kind::slice_distance:
        check_slice_distance(condition, result);
        break;
      case Kind::one_of:
      case Kind::range:
      case Kind::matches:
      case Kind::exists:
        check_attribute(condition, result);
        break;
    }
    return result;
  }

 private:
  void add_parts(const Condition& condition, Check& result) const {
    for (const auto& part : condition.parts) result.parts.push_back(run(part));
    const auto met = [](const Check& part) { return part.met; };
    const auto& parts = result.parts;
    if (condition.kind == Kind::all) result.met = std::all_of(parts.begin(), parts.end(), met);
    if (condition.kind == Kind::any) result.met = std::any_of(parts.begin(), parts.end(), met);
    if (condition.kind == Kind::negation) result.met = !parts.empty() && !parts.front().met;
  }

  void check_series(const Condition& condition, Check& result) const {
    for (std::size_t i = 0; i < study_.facts.size() && !result.met; ++i) {
      auto part = Checker(study_, i).run(condition.parts.front());
      result.met = part.met;
      if (part.met) result.parts.clear();
      part.condition = fmt::format("series {}: {}", i + 1, part.condition);
      if (result.parts.size() < kValuesShownMax) result.parts.push_back(std::move(part));
    }
    if (!result.met) result.found = fmt::format("none of {} series", study_.facts.size());
    result.found_is_ours = true;
  }

  const SeriesFacts* facts() const { return series_ ? &study_.facts[*series_] : nullptr; }

  void check_images(const Condition& condition, Check& result) const {
    const int images = facts() ? facts()->images : study_.images;
    result.met = condition.range.contains(images);
    result.found = fmt::format("{}", images);
    result.found_is_ours = true;
  }

  void check_calling_ae(const Condition& condition, Check& result) const {
    const auto caller = trimmed(study_.content.calling_ae);  // AE titles: case counts
    result.met = std::any_of(condition.values.begin(), condition.values.end(),
                             [&](const std::string& value) { return trimmed(value) == caller; });
    result.found = std::string(caller);
  }

  void check_orientation(const Condition& condition, Check& result) const {
    const auto orientation = facts() ? facts()->orientation : Orientation::unknown;
    result.met = is_one_of(to_string(orientation), condition.values);
    result.found = facts() && facts()->mixed_orientation ? "mixed" : to_string(orientation);
    result.found_is_ours = true;
  }

  void check_slice_distance(const Condition& condition, Check& result) const {
    result.found_is_ours = true;
    result.found = "unknown";
    if (!facts() || !facts()->slice_distance) return;
    result.met = condition.range.contains(*facts()->slice_distance) && (!condition.wanted || facts()->uniform);
    result.found = fmt::format("{:.3g} mm{}", *facts()->slice_distance, facts()->uniform ? "" : ", not uniform");
  }

  std::span<const store::ContentSeries> series_in_scope() const {
    const std::span all(study_.content.series);
    return series_ ? all.subspan(*series_, 1) : all;
  }

  static bool value_meets(const Condition& condition, std::string_view value) {
    if (condition.kind == Kind::one_of) return is_one_of(value, condition.values);
    if (condition.kind == Kind::matches) return condition.pattern.found_in(value);
    const auto number = number_of(value);
    return number && condition.range.contains(*number);
  }

  static bool text_meets(const Condition& condition, std::string_view text) {
    if (condition.kind != Kind::range && value_meets(condition, trimmed(text))) return true;
    const auto values = values_of(text);
    return std::any_of(values.begin(), values.end(), [&](std::string_view v) { return value_meets(condition, v); });
  }

  std::set<std::string_view> distinct_values(const std::vector<std::string>& keywords) const {
    std::set<std::string_view> values;
    for (const auto& series : series_in_scope())
      for (const auto& instance : series.instances)
        for (const auto& keyword : keywords) {
          const auto value = attribute(instance.attributes, keyword);
          if (!trimmed(value).empty() && values.size() < kDistinctValuesMax) values.insert(value);
        }
    return values;
  }

  void check_attribute(const Condition& condition, Check& result) const {
    const auto values = distinct_values(condition.attributes);
    result.met = condition.kind == Kind::exists
                     ? values.empty() != condition.wanted
                     : std::any_of(values.begin(), values.end(),
                                   [&](std::string_view value) { return text_meets(condition, value); });
    std::size_t shown = 0;
    for (const auto value : values) {
      if (shown++ == kValuesShownMax) break;
      result.found += fmt::format("{}{}{}", result.found.empty() ? "" : ", ", value.substr(0, kValueShownMax),
                                  value.size() > kValueShownMax ? "…" : "");
    }
    if (values.size() > kValuesShownMax) result.found += ", …";
    if (values.empty()) result.found = "absent";
  }

  const StudyView& study_;
  const std::optional<std::size_t> series_;
};

}  // namespace

StudyView::StudyView(const store::StudyContent& study_content) : content(study_content) {
  for (const auto& series : content.series) {
    facts.push_back(facts_of(series));
    images += facts.back().images;
  }
}

Check check(const Condition& condition, const StudyView& study, std::optional<std::size_t> series) {
  return Checker(study, series).run(condition);
}

bool is_met(const Condition& condition, const StudyView& study, std::optional<std::size_t> series) {
  return check(condition, study, series).met;
}

std::string why_unmet(const Check& check) {
  if (check.kind == Kind::all) {
    for (const auto& part : check.parts)
      if (!part.met) return why_unmet(part);
  }
  if (check.kind == Kind::negation && !check.parts.empty())
    return fmt::format("the rule leaves out series where {}", check.parts.front().condition);
  if (check.found_is_ours && !check.found.empty())
    return fmt::format("the rule asks that {} (found: {})", check.condition, check.found);
  return fmt::format("the rule asks that {}", check.condition);
}

}  // namespace inferad::flow
