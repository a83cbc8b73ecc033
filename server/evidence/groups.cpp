// SPDX-License-Identifier: Apache-2.0
#include "server/evidence/groups.h"

#include <algorithm>
#include <array>
#include <map>

namespace inferad::evidence {
namespace {

constexpr std::size_t kNamesMax = 4;  // of groups that are put together

const std::string& value_of(const Case& one, Grouping by) {
  static const std::string everybody;
  switch (by) {
    case Grouping::age:
      return one.age_band;
    case Grouping::sex:
      return one.sex;
    case Grouping::manufacturer:
      return one.manufacturer;
    case Grouping::site:
      return one.site;
    case Grouping::all:
      break;
  }
  return everybody;
}

bool smaller(const Group& a, const Group& b) {
  return a.cases.size() != b.cases.size() ? a.cases.size() < b.cases.size() : a.name < b.name;
}

// How many of the groups, which stand by size, have to be one so that every group has `least` cases.
std::size_t to_merge(const std::vector<Group>& groups, std::size_t least) {
  std::size_t count = 0, cases = 0;
  while (count < groups.size() && (groups[count].cases.size() < least || (cases > 0 && cases < least)))
    cases += groups[count++].cases.size();
  return count;
}

Group together(std::span<Group> groups) {
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.name < b.name; });
  Group out;
  out.merged = true;
  for (auto& group : groups) {
    out.name += (out.name.empty() ? "" : " + ") + group.name;
    out.cases.insert(out.cases.end(), group.cases.begin(), group.cases.end());
  }
  if (groups.size() > kNamesMax) out.name = std::to_string(groups.size()) + " groups";
  return out;
}

}  // namespace

std::optional<Presence> presence_from(std::string_view word) {
  if (word == "present") return Presence::present;
  if (word == "absent") return Presence::absent;
  if (word == "indeterminate") return Presence::indeterminate;
  if (word == "measured") return Presence::measured;
  return std::nullopt;
}

std::string age_band(std::optional<double> years) {
  struct Band {
    double below;
    const char* name;
  };
  constexpr std::array<Band, 5> kBands = {{{18, "0-17"}, {40, "18-39"}, {60, "40-59"}, {80, "60-79"}, {200, "80+"}}};
  if (!years || *years < 0) return {};
  const auto* band = std::find_if(kBands.begin(), kBands.end(), [&](const Band& one) { return *years < one.below; });
  return band == kBands.end() ? std::string() : band->name;
}

std::string group_name(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : (space ? ' ' : c);
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::vector<Group> groups_by(Grouping by, std::span<const Case* const> cases, int least) {
  std::map<std::string, Group> by_name;
  for (const Case* one : cases) {
    const auto& value = value_of(*one, by);
    by_name[by != Grouping::all && value.empty() ? std::string(kNotStated) : value].cases.push_back(one);
  }
  std::vector<Group> groups;
  for (auto& [name, group] : by_name) {
    group.name = name;
    groups.push_back(std::move(group));
  }
  if (by == Grouping::all) return groups;
  std::sort(groups.begin(), groups.end(), smaller);
  const auto small = to_merge(groups, static_cast<std::size_t>(std::max(1, least)));
  if (small == groups.size()) return {};
  if (small > 1) {
    const Group merged = together(std::span(groups).first(small));
    groups.erase(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(small));
    groups.push_back(merged);
  }
  std::sort(groups.begin(), groups.end(),
            [](const Group& a, const Group& b) { return a.merged != b.merged ? b.merged : a.name < b.name; });
  return groups;
}

}  // namespace inferad::evidence
