// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/header_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "pipelines/findings/codes.h"

namespace inferad::engine {

namespace {

using findings::HeaderValue;
using recipe::HeaderInput;
using OneValue = std::variant<HeaderValue, Unsuitable>;

Unsuitable unsuitable(const char* code, const char* meaning, std::string text) {
  return {findings::codes::ours(code, meaning), std::move(text)};
}

// The header does not say it.
OneValue fallback_of(const HeaderInput& input) {
  const auto& keyword = input.attribute->keyword;
  if (!input.fallback) {
    return unsuitable("HEADER_MISSING", "A value that the model needs is not in the header",
                      fmt::format("the model needs {}, which the images do not state", keyword));
  }
  HeaderValue value{std::string(keyword), {}, std::string(input.unit.ucum), "", *input.fallback, true};
  if (input.codes.empty()) {
    value.value = *input.fallback;
    value.given = input.scale * *input.fallback + input.offset;
  }
  return value;
}

OneValue word_of(const HeaderInput& input, const std::string& word) {
  const auto code = input.codes.find(word);
  if (code != input.codes.end())
    return HeaderValue{std::string(input.attribute->keyword), {}, "", word, code->second, false};
  std::vector<std::string> known;
  for (const auto& [each, number] : input.codes) known.push_back(each);
  return unsuitable(
      "HEADER_WORD", "A word in the header is none that the model knows",
      fmt::format("{} is none of {}, which the model knows", input.attribute->keyword, fmt::join(known, ", ")));
}

OneValue number_of(const HeaderInput& input, double number) {
  const double value = number * input.unit.factor;
  if (!input.range.holds(value)) {
    const auto bound = [](const std::optional<double>& limit) { return limit ? fmt::format("{:g}", *limit) : "…"; };
    return unsuitable("HEADER_RANGE", "A value in the header is outside the model's range",
                      fmt::format("{} is {:.6g} {}, the model knows {} to {}", input.attribute->keyword, value,
                                  input.unit.ucum, bound(input.range.least), bound(input.range.most)));
  }
  return HeaderValue{std::string(input.attribute->keyword), value, std::string(input.unit.ucum), "",
                     input.scale * value + input.offset,    false};
}

// What all images say; nullptr: none says anything.
const findings::HeaderText* said_by(std::span<const findings::Image> images, std::string_view keyword, bool& differs) {
  const findings::HeaderText* said = nullptr;
  std::size_t saying = 0;
  for (const auto& image : images) {
    const auto found = image.header.find(keyword);
    if (found == image.header.end()) continue;
    differs = differs || found->second.differs || (said && said->text != found->second.text);
    said = &found->second;
    ++saying;
  }
  differs = differs || (saying > 0 && saying < images.size());
  return said;
}

OneValue value_of(std::span<const findings::Image> images, const HeaderInput& input) {
  bool differs = false;
  const auto* said = said_by(images, input.attribute->keyword, differs);
  if (said == nullptr) return fallback_of(input);
  if (differs) {
    return unsuitable("HEADER_DIFFERS", "The images differ in a value of the header",
                      fmt::format("the images do not agree in {}, which the model needs", input.attribute->keyword));
  }
  if (!input.codes.empty()) return word_of(input, said->text);
  const auto number = findings::header_number(*input.attribute, said->text);
  return number ? number_of(input, *number) : fallback_of(input);
}

}  // namespace

std::variant<HeaderRow, Unsuitable> header_row(std::span<const findings::Image> images,
                                               std::span<const recipe::HeaderInput> inputs) {
  HeaderRow row;
  for (const auto& input : inputs) {
    auto value = value_of(images, input);
    if (auto* reason = std::get_if<Unsuitable>(&value)) return std::move(*reason);
    auto& known = std::get<HeaderValue>(value);
    if (known.fallback) {
      row.remarks.push_back(
          known.value ? fmt::format("The images do not state {}: {:g} {} was assumed.", known.attribute, *known.value,
                                    known.unit)
                      : fmt::format("The images do not state {}: {:g} was assumed.", known.attribute, known.given));
    }
    row.values.push_back(std::move(known));
  }
  return row;
}

}  // namespace inferad::engine
