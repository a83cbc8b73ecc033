// SPDX-License-Identifier: Apache-2.0
#include "server/config/condition.h"

#include <fmt/format.h>

namespace inferad::config {

namespace {

using Kind = Condition::Kind;

std::string joined(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? fmt::format(" {} ", last) : ", ";
    text += words[i];
  }
  return text;
}

// Parts joined by "and" or "or"; a part that is itself joined stands in parentheses.
std::string joined_parts(const Condition& condition, std::string_view word) {
  std::string text;
  for (const auto& part : condition.parts) {
    if (!text.empty()) text += fmt::format(" {} ", word);
    const bool compound = (part.kind == Kind::all || part.kind == Kind::any) && part.parts.size() > 1;
    text += compound ? '(' + to_string(part) + ')' : to_string(part);
  }
  return text;
}

std::string slice_distance_text(const Condition& condition) {
  const bool limited = condition.range.min || condition.range.max;
  std::string text = "slice distance is";
  if (limited) text += fmt::format(" {} mm", to_string(condition.range));
  if (condition.wanted) text += limited ? " and uniform" : " uniform";
  return text;
}

}  // namespace

std::string to_string(const Range& range) {
  if (range.min && range.max) return fmt::format("from {} to {}", *range.min, *range.max);
  if (range.min) return fmt::format("at least {}", *range.min);
  if (range.max) return fmt::format("at most {}", *range.max);
  return "any";
}

std::string to_string(const Condition& condition) {
  const std::string names = joined(condition.attributes, "or");
  switch (condition.kind) {
    case Kind::all:
      return condition.parts.empty() ? "always" : joined_parts(condition, "and");
    case Kind::any:
      return condition.parts.empty() ? "never" : joined_parts(condition, "or");
    case Kind::negation:
      return fmt::format("not ({})", to_string(condition.parts.front()));
    case Kind::some_series:
      return fmt::format("a series for which ({})", to_string(condition.parts.front()));
    case Kind::one_of:
      return fmt::format("{} is {}", names, joined(condition.values, "or"));
    case Kind::range:
      return fmt::format("{} is {}", names, to_string(condition.range));
    case Kind::matches:
      return fmt::format("{} matches /{}/", names, condition.pattern.text());
    case Kind::exists:
      return fmt::format("{} {}", names, condition.wanted ? "is given" : "is absent");
    case Kind::images:
      return fmt::format("number of images is {}", to_string(condition.range));
    case Kind::calling_ae:
      return fmt::format("calling AE title is {}", joined(condition.values, "or"));
    case Kind::orientation:
      return fmt::format("orientation is {}", joined(condition.values, "or"));
    case Kind::slice_distance:
      return slice_distance_text(condition);
  }
  return {};
}

}  // namespace inferad::config
