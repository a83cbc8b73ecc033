// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/header_values.h"

#include <catch2/catch.hpp>

using namespace inferad;
using namespace inferad::engine;

namespace {

recipe::HeaderInput asked(std::string_view keyword, std::size_t unit = 0) {
  recipe::HeaderInput input;
  input.attribute = findings::find_header_attribute(keyword);
  REQUIRE(input.attribute != nullptr);
  if (!input.attribute->units.empty()) input.unit = input.attribute->units[unit];
  return input;
}

std::variant<HeaderRow, Unsuitable> row(const char* keyword, const std::string& text, recipe::HeaderInput input) {
  findings::Image image;
  image.header[keyword].text = text;
  return header_row(std::span(&image, 1), std::span(&input, 1));
}

double given(const char* keyword, const std::string& text, const recipe::HeaderInput& input) {
  const auto result = row(keyword, text, input);
  if (const auto* reason = std::get_if<Unsuitable>(&result)) FAIL(reason->text);
  return std::get<HeaderRow>(result).values.at(0).given;
}

std::string refused(const char* keyword, const std::string& text, const recipe::HeaderInput& input) {
  const auto result = row(keyword, text, input);
  const auto* reason = std::get_if<Unsuitable>(&result);
  return reason ? reason->reason.value + ": " + reason->text : "";
}

}  // namespace

TEST_CASE("numbers come in the unit that is asked for, then scale and offset") {
  CHECK(given("PatientAge", "018M", asked("PatientAge")) == Approx(1.5));
  CHECK(given("PatientAge", "002Y", asked("PatientAge", 1)) == Approx(24));
  CHECK(given("PatientAge", "010D", asked("PatientAge", 2)) == Approx(10));
  CHECK(given("PatientAge", "000D", asked("PatientAge", 2)) == 0);
  CHECK(given("PatientWeight", " +3.42 ", asked("PatientWeight", 1)) == Approx(3420));
  auto age = asked("PatientAge");
  age.scale = 0.01, age.offset = -0.5;
  CHECK(given("PatientAge", "064Y", age) == Approx(0.14));
}

TEST_CASE("what is no number, or 0 where 0 means nothing, is not stated") {
  for (const auto* text : {"", "heavy", "70 kg", "70\\71", "0", "0.0", "-5", "nan", "1e400"})
    CHECK(refused("PatientWeight", text, asked("PatientWeight")) ==
          "HEADER_MISSING: the model needs PatientWeight, which the images do not state");
  CHECK(refused("PatientAge", "64", asked("PatientAge")).starts_with("HEADER_MISSING"));
}

TEST_CASE("a refusal names the attribute and what is known, never another patient's words") {
  auto weight = asked("PatientWeight");
  weight.range = {40, {}};
  weight.fallback = 70;
  CHECK(refused("PatientWeight", "12.25", weight) ==
        "HEADER_RANGE: PatientWeight is 12.25 kg, the model knows 40 to …");
  auto sex = asked("PatientSex");
  sex.codes = {{"F", 0}, {"M", 1}};
  sex.fallback = 0.5;
  CHECK(refused("PatientSex", "Q", sex) == "HEADER_WORD: PatientSex is none of F, M, which the model knows");
}

TEST_CASE("the pipeline's own value stands in only for what is not stated, with scale, and is told") {
  auto weight = asked("PatientWeight");
  weight.fallback = 70;
  weight.scale = 0.1;
  const auto result = header_row(std::vector<findings::Image>(1), std::span(&weight, 1));
  const auto& filled = std::get<HeaderRow>(result);
  CHECK(filled.values.at(0).given == Approx(7));
  CHECK(filled.values.at(0).fallback);
  CHECK(filled.remarks.at(0) == "The images do not state PatientWeight: 70 kg was assumed.");
}

TEST_CASE("images that are analysed together must say the same") {
  std::vector<findings::Image> images(2);
  auto weight = asked("PatientWeight");
  weight.fallback = 70;
  const auto code = [&] {
    const auto result = header_row(images, std::span(&weight, 1));
    const auto* reason = std::get_if<Unsuitable>(&result);
    return reason ? reason->reason.value : "";
  };
  CHECK(code().empty());
  images[1].header["PatientWeight"].text = "60";
  CHECK(code() == "HEADER_DIFFERS");
  images[0].header["PatientWeight"].text = "61";
  CHECK(code() == "HEADER_DIFFERS");
  images[0].header["PatientWeight"].text = "60";
  CHECK(code().empty());
}

TEST_CASE("the table of attributes holds nothing that names a patient") {
  for (const auto& attribute : findings::header_attributes())
    for (const auto* word : {"Name", "ID", "Birth", "Address", "Telephone", "UID", "Accession", "Date"})
      CHECK(attribute.keyword.find(word) == std::string_view::npos);
}
