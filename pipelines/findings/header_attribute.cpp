// SPDX-License-Identifier: Apache-2.0
#include "pipelines/findings/header_attribute.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace inferad::findings {

namespace {

using Kind = HeaderAttribute::Kind;

constexpr double kDaysOfYear = 365.25;

constexpr HeaderUnit kAge[] = {{"a", 1}, {"mo", 12}, {"d", kDaysOfYear}};
constexpr HeaderUnit kMass[] = {{"kg", 1}, {"g", 1000}};
constexpr HeaderUnit kHeight[] = {{"m", 1}, {"cm", 100}};
constexpr HeaderUnit kMillimetres[] = {{"mm", 1}, {"cm", 0.1}};
constexpr HeaderUnit kKilovolts[] = {{"kV", 1}};
constexpr HeaderUnit kMilliseconds[] = {{"ms", 1}, {"s", 0.001}};
constexpr HeaderUnit kTesla[] = {{"T", 1}};
constexpr HeaderUnit kDegrees[] = {{"deg", 1}};

constexpr HeaderAttribute kAttributes[] = {
    {"PatientAge", 0x0010, 0x1010, Kind::age, false, kAge},
    {"PatientSex", 0x0010, 0x0040, Kind::word, false, {}},
    {"PatientSize", 0x0010, 0x1020, Kind::number, true, kHeight},
    {"PatientWeight", 0x0010, 0x1030, Kind::number, true, kMass},
    {"BodyPartThickness", 0x0018, 0x11a0, Kind::number, true, kMillimetres},
    {"EchoTime", 0x0018, 0x0081, Kind::number, true, kMilliseconds},
    {"FlipAngle", 0x0018, 0x1314, Kind::number, true, kDegrees},
    {"FrameTime", 0x0018, 0x1063, Kind::number, true, kMilliseconds},
    {"ImageLaterality", 0x0020, 0x0062, Kind::word, false, {}},
    {"KVP", 0x0018, 0x0060, Kind::number, true, kKilovolts},
    {"MagneticFieldStrength", 0x0018, 0x0087, Kind::number, true, kTesla},
    {"RepetitionTime", 0x0018, 0x0080, Kind::number, true, kMilliseconds},
    {"SliceThickness", 0x0018, 0x0050, Kind::number, true, kMillimetres},
    {"ViewPosition", 0x0018, 0x5101, Kind::word, false, {}},
};

}  // namespace

std::span<const HeaderAttribute> header_attributes() { return kAttributes; }

const HeaderAttribute* find_header_attribute(std::string_view keyword) {
  const auto found = std::find_if(std::begin(kAttributes), std::end(kAttributes),
                                  [&](const HeaderAttribute& each) { return each.keyword == keyword; });
  return found == std::end(kAttributes) ? nullptr : &*found;
}

std::optional<double> decimal_number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> header_number(const HeaderAttribute& attribute, std::string_view text) {
  if (attribute.kind == Kind::age) return age_in_years(text);
  if (attribute.kind == Kind::word) return std::nullopt;
  const auto value = decimal_number(text);
  return value && attribute.above_zero && *value <= 0 ? std::nullopt : value;
}

std::optional<double> age_in_years(std::string_view text) {
  static constexpr std::array units = {std::pair('Y', 1.0), std::pair('M', 1.0 / 12), std::pair('W', 7 / kDaysOfYear),
                                       std::pair('D', 1 / kDaysOfYear)};
  if (text.size() != 4) return std::nullopt;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 3, count);
  if (error != std::errc() || end != text.data() + 3 || count < 0) return std::nullopt;
  for (const auto& [unit, years] : units)
    if (unit == text[3]) return count * years;
  return std::nullopt;
}

}  // namespace inferad::findings
