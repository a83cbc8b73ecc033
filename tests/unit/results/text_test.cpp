// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/text.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace inferad;
using namespace inferad::results;

TEST_CASE("our text gives way to the character set of the source") {
  CHECK(dicom_text("LAA-950 ≥ 25 %", false, 64) == "LAA-950 >= 25 %");
  CHECK(dicom_text("LAA-950 ≥ 25 %", true, 64) == "LAA-950 ≥ 25 %");
  CHECK(dicom_text("日本", false, 64) == "??");
  CHECK(dicom_text("a\\b\nc\x01", false, 64) == "a/b c");
  CHECK(dicom_text("a\\b\nc", false, 64, TextKind::paragraph) == "a\\b\r\nc");
  CHECK(dicom_text("\xFF\xC3", true, 64).size() <= 4);
}

TEST_CASE("text is cut at characters, not bytes") {
  CHECK(dicom_text("üüü", true, 2) == "üü");
  CHECK(dicom_text("a≥b", false, 2) == "a");
  CHECK(dicom_text(std::string(70, 'x'), false, 64).size() == 64);
  CHECK(dicom_text("  a  ", false, 64) == "a");
}

TEST_CASE("decimal strings have at most 16 characters and say when they are not exact") {
  for (const double value : {0.0, 1.0, -924.0, 31.2345678901234, 1.0 / 3.0, -1.5e-300, 1.23456789012345e308, 0.1 + 0.2,
                             -123456.789012345, 2345.678}) {
    const auto decimal = decimal_string(value);
    INFO(decimal.text);
    CHECK(decimal.text.size() <= 16);
    CHECK((std::stod(decimal.text) == value || !decimal.exact) == true);
    if (value != 0 && std::abs(value) < 1e308) CHECK(std::stod(decimal.text) == Approx(value).epsilon(1e-8));
  }
  CHECK(decimal_string(2345.678).exact);
  CHECK_FALSE(decimal_string(1.0 / 3.0).exact);
}

TEST_CASE("times are local to the site") {
  const auto time = *from_iso8601("2026-11-24T23:30:05.999Z");
  CHECK(dicom_time(time, "").date == "20261124");
  CHECK(dicom_time(time, "").offset == "+0000");
  CHECK(dicom_time(time, "+0100").date == "20261125");
  CHECK(dicom_time(time, "+0100").time == "003005");
  CHECK(dicom_time(time, "-0330").time == "200005");
  CHECK_FALSE(is_timezone_offset("+0160"));
  CHECK_FALSE(is_timezone_offset("0100"));
  CHECK_FALSE(is_timezone_offset("+1500"));
}
