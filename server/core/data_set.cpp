// SPDX-License-Identifier: Apache-2.0
#include "server/core/data_set.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "server/core/attributes.h"
#include "server/core/ups.h"

namespace inferad {
namespace {

struct TagVr {
  std::uint32_t tag;
  std::string_view vr;
};

// What attributes.cpp does not list: sequences, and attributes of workitems (PS3.6 2024e).
constexpr TagVr kVrs[] = {
    {0x00080100, "SH"}, {0x00080102, "SH"}, {0x00080103, "SH"}, {0x00080104, "LO"}, {0x00081080, "LO"},
    {0x00081084, "SQ"}, {0x00081110, "SQ"}, {0x00081111, "SQ"}, {0x00081115, "SQ"}, {0x00081150, "UI"},
    {0x00081155, "UI"}, {0x00081190, "UR"}, {0x00081195, "UI"}, {0x00081198, "SQ"}, {0x00081199, "SQ"},
    {0x00100024, "SQ"}, {0x00101002, "SQ"}, {0x00321031, "SQ"}, {0x00321033, "LO"}, {0x00321064, "SQ"},
    {0x00380014, "SQ"}, {0x00400031, "UT"}, {0x00400032, "UT"}, {0x00400033, "CS"}, {0x00400400, "LT"},
    {0x00401101, "SQ"}, {0x00404005, "DT"}, {0x00404008, "SQ"}, {0x00404009, "SQ"}, {0x00404010, "DT"},
    {0x00404011, "DT"}, {0x00404018, "SQ"}, {0x00404019, "SQ"}, {0x00404021, "SQ"}, {0x00404025, "SQ"},
    {0x00404026, "SQ"}, {0x00404027, "SQ"}, {0x00404028, "SQ"}, {0x00404033, "SQ"}, {0x00404034, "SQ"},
    {0x00404035, "SQ"}, {0x00404036, "LO"}, {0x00404037, "PN"}, {0x00404041, "CS"}, {0x00404050, "DT"},
    {0x00404051, "DT"}, {0x00404052, "DT"}, {0x0040A010, "CS"}, {0x0040A040, "CS"}, {0x0040A043, "SQ"},
    {0x0040A160, "UT"}, {0x0040A168, "SQ"}, {0x0040A370, "SQ"}, {0x0040E020, "CS"}, {0x0040E021, "SQ"},
    {0x00741000, "CS"}, {0x00741002, "SQ"}, {0x00741004, "DS"}, {0x00741006, "ST"}, {0x00741007, "SQ"},
    {0x00741008, "SQ"}, {0x0074100A, "UR"}, {0x0074100C, "LO"}, {0x0074100E, "SQ"}, {0x00741200, "CS"},
    {0x00741202, "LO"}, {0x00741204, "LO"}, {0x00741210, "SQ"}, {0x00741212, "SQ"}, {0x00741216, "SQ"},
    {0x00741224, "SQ"}, {0x00741230, "LO"}, {0x00741234, "AE"}, {0x00741236, "AE"}, {0x00741238, "LT"},
    {0x00741242, "CS"}, {0x00741244, "CS"}, {0x00741246, "CS"},
};
static_assert(std::is_sorted(std::begin(kVrs), std::end(kVrs), [](auto& a, auto& b) { return a.tag < b.tag; }));

constexpr std::array<std::string_view, 17> kTextVrs{"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT",
                                                    "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"};

}  // namespace

std::string_view DataSet::text(std::uint32_t tag) const {
  const auto found = elements.find(tag);
  return found == elements.end() ? std::string_view() : std::string_view(found->second.value);
}

const std::vector<DataSet>& DataSet::items(std::uint32_t tag) const {
  static const std::vector<DataSet> kNone;
  const auto found = elements.find(tag);
  return found == elements.end() ? kNone : found->second.items;
}

const DataSet& DataSet::item(std::uint32_t tag) const {
  static const DataSet kEmpty;
  const auto& all = items(tag);
  return all.empty() ? kEmpty : all.front();
}

bool DataSet::has_value(std::uint32_t tag) const { return !text(tag).empty() || !items(tag).empty(); }

DataSet& DataSet::set(std::uint32_t tag, std::string_view value) {
  elements[tag] = {std::string(vr_of(tag)), std::string(value), {}};
  return *this;
}

DataSet& DataSet::set_items(std::uint32_t tag, std::vector<DataSet> items) {
  elements[tag] = {"SQ", {}, std::move(items)};
  return *this;
}

bool operator==(const DataElement& a, const DataElement& b) {
  return a.vr == b.vr && a.value == b.value && a.items == b.items;
}
bool operator==(const DataSet& a, const DataSet& b) { return a.elements == b.elements; }

std::string_view vr_of(std::uint32_t tag) {
  const auto* found = std::lower_bound(std::begin(kVrs), std::end(kVrs), tag,
                                       [](const TagVr& each, std::uint32_t t) { return each.tag < t; });
  if (found != std::end(kVrs) && found->tag == tag) return found->vr;
  const auto* info = find_attribute(tag);
  return info ? info->vr : std::string_view("UN");
}

bool is_text_vr(std::string_view vr) { return std::find(kTextVrs.begin(), kTextVrs.end(), vr) != kTextVrs.end(); }

DataSet code_item(std::string_view value, std::string_view scheme, std::string_view meaning) {
  DataSet item;
  return item.set(tag::code_value, value).set(tag::coding_scheme, scheme).set(tag::code_meaning, meaning);
}

}  // namespace inferad
