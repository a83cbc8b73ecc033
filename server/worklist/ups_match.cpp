// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/ups_match.h"

#include <algorithm>
#include <string>
#include <vector>

#include "server/core/ups.h"

namespace inferad::worklist {
namespace {

// `*` any characters, `?` one. Linear in both texts but for the last star.
bool wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool has_time(std::string_view vr) { return vr == "DT" || vr == "DA" || vr == "TM"; }
bool has_wildcards(std::string_view vr) {
  return is_text_vr(vr) && vr != "UI" && vr != "DS" && vr != "IS" && vr != "AS";
}

std::string_view without_zone(std::string_view text) {
  if (text.size() > 5 && (text[text.size() - 5] == '+' || text[text.size() - 5] == '-')) text.remove_suffix(5);
  return text;
}

// A date-time with fewer digits stands for all that begin so.
bool within(std::string_view key, std::string_view value) {
  value = without_zone(value);
  if (value.empty()) return false;
  // The '-' of a range, not that of a zone: behind digits, with digits or nothing following.
  const auto dash = key.find('-');
  if (dash == std::string_view::npos) return value.starts_with(without_zone(key));
  const auto low = without_zone(key.substr(0, dash)), high = without_zone(key.substr(dash + 1));
  if (!low.empty() && value < low) return false;
  return high.empty() || value.substr(0, high.size()) <= high;
}

bool one_of(std::string_view list, std::string_view value) {
  for (std::size_t begin = 0;;) {
    const auto end = std::min(list.find('\\', begin), list.size());
    if (list.substr(begin, end - begin) == value) return true;
    if (end == list.size()) return false;
    begin = end + 1;
  }
}

bool matches_value(const DataElement& key, std::string_view value) {
  if (key.value.empty()) return true;
  if (has_time(key.vr)) return within(key.value, value);
  if (key.vr == "UI") return one_of(key.value, value);
  if (has_wildcards(key.vr)) return wildcard(key.value, value);
  return key.value == value;
}

bool is_universal(const DataSet& keys) {
  return std::all_of(keys.elements.begin(), keys.elements.end(), [](const auto& pair) {
    const auto& items = pair.second.items;
    return pair.second.value.empty() && std::all_of(items.begin(), items.end(), is_universal);
  });
}

DataElement cut(const DataElement& key, const DataElement& have) {
  if (key.vr != "SQ" || key.items.empty() || key.items[0].elements.empty()) return have;
  DataElement out{"SQ", {}, {}};
  for (const auto& item : have.items) {
    auto& made = out.items.emplace_back();
    for (const auto& [number, inner] : key.items[0].elements) {
      const auto found = item.elements.find(number);
      made.elements[number] = found == item.elements.end() ? DataElement{inner.vr, {}, {}} : cut(inner, found->second);
    }
  }
  return out;
}

}  // namespace

std::string_view matching_of(std::string_view vr) {
  if (vr == "SQ") return "sequence";
  if (has_time(vr)) return "range, beginning";
  if (vr == "UI") return "list of UIDs";
  return has_wildcards(vr) ? "wildcards" : "single value";
}

bool matches(const DataSet& keys, const DataSet& workitem) {
  return std::all_of(keys.elements.begin(), keys.elements.end(), [&](const auto& pair) {
    const auto number = pair.first;
    const DataElement& key = pair.second;
    if (key.vr != "SQ") return matches_value(key, workitem.text(number));
    if (key.items.empty() || is_universal(key.items[0])) return true;
    const auto& items = workitem.items(number);
    return std::any_of(items.begin(), items.end(), [&](const DataSet& item) { return matches(key.items[0], item); });
  });
}

DataSet requested(const DataSet& keys, const DataSet& workitem) {
  DataSet out;
  for (const auto& [number, key] : keys.elements) {
    const auto found = workitem.elements.find(number);
    out.elements[number] = found == workitem.elements.end() ? DataElement{key.vr, {}, {}} : cut(key, found->second);
  }
  return out.set(tag::sop_class_uid, ups::push).set(tag::sop_instance_uid, workitem.text(tag::sop_instance_uid));
}

}  // namespace inferad::worklist
