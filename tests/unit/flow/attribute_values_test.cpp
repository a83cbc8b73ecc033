// SPDX-License-Identifier: Apache-2.0
#include "server/flow/attribute_values.h"

#include <catch2/catch.hpp>

using namespace inferad::flow;

TEST_CASE("values are split at backslashes and trimmed, empty ones are left out") {
  CHECK(values_of("ORIGINAL\\PRIMARY \\\\ AXIAL") == std::vector<std::string_view>{"ORIGINAL", "PRIMARY", "AXIAL"});
  CHECK(values_of("").empty());
  CHECK(values_of("  ").empty());
  CHECK(values_of("one") == std::vector<std::string_view>{"one"});
  CHECK(values_of("\\").empty());
}

TEST_CASE("case and outer spaces do not count when texts are compared") {
  CHECK(same_text(" Chest ", "CHEST"));
  CHECK_FALSE(same_text("CHEST", "CHEST ABDOMEN"));
  CHECK(same_text("", "  "));
}

TEST_CASE("numbers are whole values, ages are years") {
  struct Row {
    const char* text;
    std::optional<double> number;
  };
  const Row rows[] = {{"3.5", 3.5},  {" -2e1 ", -20}, {"+7", 7},    {"007", 7},  {"061Y", 61},
                      {"006M", 0.5}, {"3.5mm", {}},   {"", {}},     {"nan", {}}, {"inf", {}},
                      {"1e999", {}}, {"12Y", {}},     {"1\\2", {}}, {"0x10", {}}};
  for (const auto& row : rows) {
    INFO(row.text);
    const auto number = number_of(row.text);
    REQUIRE(number.has_value() == row.number.has_value());
    if (number) CHECK(*number == Approx(*row.number));
  }
  CHECK(integer_of("12") == 12);
  CHECK(integer_of("12.5") == std::nullopt);
  CHECK(integer_of("3000000000") == std::nullopt);
  CHECK(numbers_of("1\\2\\3") == std::vector<double>{1, 2, 3});
  CHECK(numbers_of("1\\x\\3").empty());
}
