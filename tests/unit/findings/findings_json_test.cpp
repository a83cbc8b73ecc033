// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include "pipelines/findings/json_reader.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::findings;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string error_of(const std::string& text) {
  const auto result = findings_from_json(text);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::invalid_input);
  return result.error().what;
}

}  // namespace

TEST_CASE("findings survive the way through JSON unchanged") {
  for (const auto& original : {samples::analysed(), samples::not_analysed()}) {
    const auto text = to_json(original);
    const auto again = findings_from_json(text);
    REQUIRE(again.has_value());
    CHECK(to_json(*again) == text);
    CHECK(again->items.size() == original.items.size());
  }
}

TEST_CASE("places of findings survive the way through JSON, and must hold together") {
  auto findings = samples::analysed();
  findings.items.push_back(samples::located("nodule-1", samples::box_in_patient()));
  findings.items.push_back(samples::located("nodule-2", samples::point_in_image()));
  const auto again = findings_from_json(to_json(findings));
  REQUIRE(again);
  CHECK(to_json(*again) == to_json(findings));
  CHECK(again->items[3].location->half_axes == samples::box_in_patient().half_axes);
  CHECK(again->items[4].location->images.at(0).frame == 3);
  CHECK(again->items[4].location->frame_of_reference_uid.empty());
  auto& location = *findings.items[3].location;
  SECTION("a box needs an axis for each pair of faces") {
    location.half_axes.pop_back();
    CHECK(error_of(to_json(findings)) == "findings.json: /items/3/location/half_axes: must have 3 elements");
  }
  SECTION("an image is named") {
    location.images.clear();
    CHECK(error_of(to_json(findings)) ==
          "findings.json: /items/3/location/images: must name the images that it lies in");
  }
  SECTION("an image is flat") {
    location.frame_of_reference_uid.clear();
    location.half_axes.pop_back();
    CHECK(error_of(to_json(findings)) ==
          "findings.json: /items/3/location: must be finite, the third number 0 in an image");
  }
  SECTION("a segment is a place already") {
    findings.items[0].location = location;
    CHECK(error_of(to_json(findings)) == "findings.json: /items/0/location: must be absent: the item has a segment");
  }
  SECTION("three coordinates") {
    CHECK(error_of(replaced(to_json(findings), "        -12.5,\n", "")) ==
          "findings.json: /items/3/location/centre: must have 3 elements");
  }
}

TEST_CASE("a file that the network made is named plainly, with the hash of its bytes") {
  auto findings = samples::analysed();
  findings.files = {samples::image_file()};
  const auto text = to_json(findings);
  const auto again = findings_from_json(text);
  REQUIRE(again);
  CHECK(to_json(*again) == text);
  CHECK(again->files.at(0).size_bytes == 3'000'000'352);
  CHECK(error_of(replaced(text, "synthetic-ct.nii", "../ct.nii")) ==
        "findings.json: /files/0/name: must be a plain name, used once");
  CHECK(error_of(replaced(text, "bbbb", "bBbb")) ==
        "findings.json: /files/0/sha256: must be 64 hexadecimal digits in lower case");
  CHECK(error_of(replaced(text, "NIfTI-1", "MetaIO")) == "findings.json: /files/0/format: must be NIfTI-1");
}

TEST_CASE("what the network was given survives the way through JSON") {
  auto findings = samples::analysed();
  findings.header_values = samples::header_values();
  findings.input_images = samples::input_images();
  findings.items.at(0).input_image = "right_cc";
  const auto text = to_json(findings);
  const auto again = findings_from_json(text);
  REQUIRE(again);
  CHECK(to_json(*again) == text);
  CHECK(again->header_values.at(0).value == 64.0);
  CHECK(again->header_values.at(1).word == "F");
  CHECK_FALSE(again->header_values.at(1).value);
  CHECK(again->header_values.at(2).fallback);
  CHECK(again->input_images.at(1).image.sop_instance_uid == "1.2.3.4.5.2");
  CHECK(again->items.at(0).input_image == "right_cc");
  CHECK(error_of(replaced(text, "\"input_image\": \"right_cc\"", "\"input_image\": \"right\"")) ==
        "findings.json: /items/0/input_image: names none of input_images");
  CHECK(error_of(replaced(text, "\"given\": 0.64", "\"give\": 0.64")) ==
        "findings.json: /header_values/0/give: is not a member of this object");
}

TEST_CASE("a standard deviation stands beside its value and is never negative") {
  auto findings = samples::analysed();
  findings.items[0].measurements[0].deviation = 12.5;
  const auto again = findings_from_json(to_json(findings));
  REQUIRE(again);
  CHECK(again->items[0].measurements[0].deviation == 12.5);
  CHECK_FALSE(again->items[0].measurements[1].deviation);
  findings.items[0].measurements[0].deviation = -0.1;
  CHECK(error_of(to_json(findings)) ==
        "findings.json: /items/0/measurements/0/deviation: must be finite and not negative");
}

TEST_CASE("coded limits survive the way through JSON and say something") {
  auto findings = samples::analysed();
  CHECK(to_json(findings).find("qualifiers") == std::string::npos);
  findings.qualifiers = {{codes::kOutsideDomain, "Outside the model's domain: mean 812."}};
  const auto again = findings_from_json(to_json(findings));
  REQUIRE(again);
  REQUIRE(again->qualifiers.size() == 1);
  CHECK(again->qualifiers[0].code == codes::kOutsideDomain);
  CHECK(again->qualifiers[0].text == findings.qualifiers[0].text);
  findings.qualifiers[0].text.clear();
  CHECK(error_of(to_json(findings)).find("/qualifiers/0/text") != std::string::npos);
}

TEST_CASE("a heat map is a file beside the findings, nowhere else") {
  auto findings = samples::analysed();
  findings.items[2].heat_map = HeatMapReference{"heatmap-emphysema.pgm", {12.5, 7.25}, 0.375};
  const auto again = findings_from_json(to_json(findings));
  REQUIRE(again);
  CHECK(to_json(*again) == to_json(findings));
  CHECK(again->items[2].heat_map->peak == std::array<double, 2>{12.5, 7.25});
  for (const char* name : {"../heat.pgm", "/heat.pgm", ".heat", "a/b.pgm"}) {
    findings.items[2].heat_map->file = name;
    CHECK(error_of(to_json(findings)) ==
          "findings.json: /items/2/heat_map/file: must be the name of a file in the same folder");
  }
}

TEST_CASE("numbers keep every digit") {
  const auto again = findings_from_json(to_json(samples::analysed()));
  REQUIRE(again.has_value());
  CHECK(again->items[0].measurements[2].value == 31.2345678901234);
}

TEST_CASE("an error names the JSON pointer of what is wrong") {
  const auto good = to_json(samples::analysed());
  CHECK(error_of(replaced(good, "\"value\": 2345.678", "\"value\": \"2345.678\"")) ==
        "findings.json: /items/0/measurements/0/value: must be a number");
  CHECK(error_of(replaced(good, "\"presence\": \"measured\"", "\"presence\": \"maybe\"")) ==
        "findings.json: /items/0/presence: must be one of: present, absent, indeterminate, measured");
  CHECK(error_of(replaced(good, "\"label\": \"LAA-950\"", "\"lable~/\": \"LAA-950\"")) ==
        "findings.json: /items/0/measurements/2/lable~0~1: is not a member of this object");
  CHECK(error_of(replaced(good, "\"study_uid\": \"1.2.3.4\"", "\"study_uid\": \"1.2.a3\"")) ==
        "findings.json: /study_uid: must be a DICOM UID");
  CHECK(error_of(replaced(good, "\"revision\": 1", "\"revision\": 1.5")) ==
        "findings.json: /revision: must be a whole number from 1 to 1000000");
  CHECK(error_of(replaced(good, "\"revision\": 1,", "")) == "findings.json: /revision: is missing");
  CHECK(error_of(replaced(good, "\"level\": \"HIGH\"", "\"level\": \"URGENT\"")) ==
        "findings.json: /priority/level: must be one of: STAT, HIGH, ROUTINE");
  CHECK(error_of("{\"job\":") == "not JSON: syntax error at byte 8");
  CHECK(error_of("[]") == "findings.json: /: must be an object");
}

TEST_CASE("what must hold between values is checked") {
  auto findings = samples::analysed();
  SECTION("segments count up from one") {
    findings.segments[1].number = 3;
    CHECK(error_of(to_json(findings)) == "findings.json: /segments/1/number: must be 2");
  }
  SECTION("an item names an existing segment") {
    findings.items[0].segment = 3;
    CHECK(error_of(to_json(findings)) == "findings.json: /items/0/segment: names no segment");
  }
  SECTION("an item and its segment share the tracking UID") {
    findings.items[0].tracking_uid = "1.2";
    CHECK(error_of(to_json(findings)) ==
          "findings.json: /items/0/tracking_uid: differs from the tracking_uid of its segment");
  }
  SECTION("ids are unique") {
    findings.items[1].id = findings.items[0].id;
    CHECK(error_of(to_json(findings)) == "findings.json: /items/1/id: is used twice");
  }
  SECTION("the priority names an item") {
    findings.priority->finding = "nodule";
    CHECK(error_of(to_json(findings)) == "findings.json: /priority/finding: names no item");
  }
  SECTION("nothing analysed asks for no priority") {
    findings.outcome = Outcome::failed;
    findings.reason = codes::kAnalysisFailed;
    CHECK(error_of(to_json(findings)) == "findings.json: /priority: must be absent: nothing was analysed");
  }
  SECTION("nothing analysed needs a reason") {
    auto none = samples::not_analysed();
    none.reason = {};
    CHECK_FALSE(validate(none).has_value());
  }
  SECTION("numbers are finite") {
    findings.items[0].measurements[0].value = std::numeric_limits<double>::quiet_NaN();
    CHECK_FALSE(validate(findings).has_value());
    CHECK(error_of(to_json(findings)) == "findings.json: /items/0/measurements/0/value: must be a number");
  }
}

TEST_CASE("limits hold") {
  auto findings = samples::analysed();
  SECTION("characters are counted, not bytes") {
    findings.segments[0].label = std::string();
    for (int i = 0; i < 64; ++i) findings.segments[0].label += "ü";
    CHECK(findings_from_json(to_json(findings)).has_value());
    findings.segments[0].label += "x";
    CHECK(error_of(to_json(findings)) == "findings.json: /segments/0/label: has 65 characters, at most 64");
  }
  SECTION("list length") {
    findings.remarks.assign(101, "x");
    CHECK(error_of(to_json(findings)) == "findings.json: /remarks: has 101 elements, at most 100");
  }
  SECTION("text size") { CHECK_FALSE(findings_from_json(std::string(kJsonBytesMax + 1, ' ')).has_value()); }
  SECTION("deep nesting neither crashes nor passes") {
    CHECK_FALSE(findings_from_json(std::string(1'000'000, '[')).has_value());
    CHECK_FALSE(findings_from_json(std::string(200'000, '[') + std::string(200'000, ']')).has_value());
  }
}

TEST_CASE("every truncation of the text is refused") {
  const auto text = to_json(samples::analysed());
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    REQUIRE_FALSE(findings_from_json(std::string_view(text).substr(0, size)).has_value());
}

TEST_CASE("UIDs follow PS3.5 9.1, leading zeros tolerated") {
  for (const auto* good : {"1", "0.0", "1.02.3", "1.2.840.10008.1.1", "2.25.340282366920938463463374607431768211455"})
    CHECK(is_uid(good));
  for (const auto* bad : {"", ".", "1.", ".1", "1..2", "1.2a", "1 2"}) CHECK_FALSE(is_uid(bad));
  CHECK_FALSE(is_uid(std::string(65, '1')));
}
