// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/suitability.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "pipelines/findings/codes.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;
using recipe::Range;

constexpr double kAlongCosine = 0.95;
constexpr double kToleranceMm = 0.01;

std::string upper(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

class Judge {
 public:
  Judge(const recipe::Eligibility& asked, std::string_view who) : asked_(asked), who_(who) {}

  // `exact`: one of the list, else one that the value begins with.
  void word(const findings::CodedConcept& code, std::string_view what, const std::string& value,
            const std::vector<std::string>& accepted, bool exact = true) {
    if (accepted.empty()) return;
    if (value.empty()) return unknown(code, what, fmt::format("{}", fmt::join(accepted, ", ")));
    const auto found = upper(value);
    const bool fits = std::any_of(accepted.begin(), accepted.end(), [&](const auto& each) {
      return exact ? found == upper(each) : found.starts_with(upper(each));
    });
    if (!fits) {
      refuse(code, fmt::format("{} is {}, {} accepts {}", what, value, who_, fmt::join(accepted, ", ")));
    }
  }

  void number(const findings::CodedConcept& code, std::string_view what, std::optional<double> value,
              const Range& range, std::string_view unit) {
    if (range.is_open()) return;
    if (!value) return unknown(code, what, said(range, unit));
    const double slack = unit == " mm" ? kToleranceMm : 0;
    if ((range.least && *value < *range.least - slack) || (range.most && *value > *range.most + slack)) {
      refuse(code, fmt::format("{} is {:.4g}{}, {} accepts {}", what, *value, unit, who_, said(range, unit)));
    }
  }

  void refuse(const findings::CodedConcept& code, std::string text) {
    if (!result_.reason) result_.reason = Unsuitable{code, std::move(text)};
  }

  Suitability result() && { return std::move(result_); }

 private:
  void unknown(const findings::CodedConcept& code, std::string_view what, const std::string& accepted) {
    if (asked_.refuse_unknown) {
      refuse(code, fmt::format("{} is not stated, {} accepts {}", what, who_, accepted));
    } else {
      result_.remarks.push_back(fmt::format("The images do not state the {}; {} accepts {}.", what, who_, accepted));
    }
  }

  const recipe::Eligibility& asked_;
  std::string_view who_;
  Suitability result_;
};

bool is_localizer(const findings::Image& image) {
  return std::find(image.image_type.begin(), image.image_type.end(), "LOCALIZER") != image.image_type.end();
}

void judge_geometry(const findings::Image& image, const recipe::Eligibility& asked, Judge& judge) {
  const auto& geometry = image.geometry;
  const auto& spacing = geometry.spacing;
  const auto pixel_spacing = codes::ours("PIXEL_SPACING", "Pixel spacing is outside the accepted range");
  const auto size = codes::ours("IMAGE_SIZE", "Number of rows, columns or slices is not accepted");
  for (const auto axis : {0, 1}) {
    judge.number(pixel_spacing, "pixel spacing",
                 image.spacing_known ? std::optional(spacing[static_cast<std::size_t>(axis)]) : std::nullopt,
                 asked.pixel_spacing_mm, " mm");
  }
  judge.number(size, "number of rows", geometry.rows, asked.rows, "");
  judge.number(size, "number of columns", geometry.columns, asked.columns, "");
  if (image.projection) return;
  judge.word(codes::ours("ORIENTATION", "Orientation of the slices is not accepted"), "orientation",
             std::string(orientation_of(image)), asked.orientation);
  judge.number(codes::kSliceDistance, "slice distance", spacing[2], asked.slice_distance_mm, " mm");
  judge.number(codes::kCoverage, "coverage", geometry.slices * spacing[2], asked.coverage_mm, " mm");
  judge.number(size, "number of slices", geometry.slices, asked.slices, "");
}

}  // namespace

std::string said(const recipe::Range& range, std::string_view unit) {
  if (range.least && range.most) return fmt::format("{:g} to {:g}{}", *range.least, *range.most, unit);
  return range.least ? fmt::format("at least {:g}{}", *range.least, unit)
                     : fmt::format("at most {:g}{}", *range.most, unit);
}

std::string_view orientation_of(const findings::Image& image) {
  if (image.projection) return "";
  const auto& normal = image.geometry.slice_direction;
  static constexpr std::array<std::string_view, 3> names = {"sagittal", "coronal", "axial"};
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (std::abs(normal[axis]) >= kAlongCosine) return names[axis];
  return "oblique";
}

Suitability judge(const findings::Image& image, const recipe::Eligibility& asked, std::string_view who) {
  Judge judge(asked, who);
  judge.word(codes::kModality, "modality", image.modality, asked.modality);
  if (!image.projection && is_localizer(image)) judge.refuse(codes::kNotAxial, "the series is a localizer");
  judge.word(codes::ours("BODY_PART", "Body part is not accepted"), "body part", image.body_part, asked.body_part);
  judge.word(codes::ours("VIEW", "View position is not accepted"), "view position", image.view_position, asked.view);
  judge.word(codes::ours("SEX", "Sex of the patient is not accepted"), "sex of the patient", image.patient_sex,
             asked.sex);
  judge.word(codes::ours("MANUFACTURER", "Manufacturer is not accepted"), "manufacturer", image.manufacturer,
             asked.manufacturer, false);
  judge.number(codes::ours("AGE", "Age of the patient is outside the accepted range"), "age of the patient",
               findings::age_in_years(image.patient_age), asked.age_years, " years");
  if (asked.rescale_required && !image.has_rescale) {
    judge.refuse(codes::kNoRescale, "Rescale Slope or Intercept is missing: values are no physical units");
  }
  judge_geometry(image, asked, judge);
  return std::move(judge).result();
}

}  // namespace inferad::engine
