// SPDX-License-Identifier: Apache-2.0
// Coded observations of a report: what they say of findings, and what says nothing.
#include "server/worklist/hl7_observation.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "server/worklist/hl7_order.h"

namespace inferad::worklist {

namespace {

const std::vector<ObservationMapping> kMappings = {
    {"RID5350", "RADLEX", "pneumothorax", {"Y", "RID28472"}, {"N"}, {}},
    {"88", "", "effusion", {}, {}, 12.5},
    {"BLEED", "", "bleed", {"present"}, {"absent"}, {}},
};

// "pneumothorax=1 bleed=0 effusion=?", of a report with these OBX
std::string said(const std::vector<std::string>& observations, const std::string& obr_25 = "F") {
  std::string text =
      "MSH|^~\\&|RIS|H|INFERAD|H|1||ORU^R01|1|P|2.5.1\rPID|1||P1\rOBR|1||F1|x" + std::string(21, '|') + obr_25 + "\r";
  for (const auto& each : observations) text += each + "\r";
  OrderProfile profile;
  profile.observations = kMappings;
  const auto message = Hl7Message::parse(text, [](auto bytes, const auto&) { return std::string(bytes); });
  REQUIRE(message);
  const auto read = read_orders(*message, profile);
  std::string out;
  for (const auto& one : read.orders.at(0).statements)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", one.finding,
                       one.present ? std::to_string(static_cast<int>(*one.present)) : "?");
  return out;
}

std::string obx(const std::string& type, const std::string& code, const std::string& value,
                const std::string& obx_11 = "F") {
  return "OBX|1|" + type + "|" + code + "||" + value + "||||||" + obx_11;
}

}  // namespace

TEST_CASE("codes, exact texts and numbers say what the site's mapping says, any other value says nothing") {
  const auto code = [](const std::string& value, const std::string& type = "CWE") {
    return said({obx(type, "RID5350^Pneumothorax^RADLEX", value)});
  };
  CHECK(code("Y^Yes^HL70136") == "pneumothorax=1");
  CHECK(code("N^No^HL70136", "CE") == "pneumothorax=0");
  CHECK(code("L1^Local^99X^RID28472^present^RADLEX") == "pneumothorax=1");
  CHECK(code("U^Uncertain^99X") == "pneumothorax=?");
  CHECK(code("y") == "pneumothorax=?");
  CHECK(code("") == "pneumothorax=?");
  CHECK(code("Y^Yes~N^No") == "pneumothorax=1");
  CHECK(code("N^No~U^Uncertain") == "pneumothorax=?");
  CHECK(code("N^No^X^Y^Yes^X") == "pneumothorax=?");  // contradicts itself
  CHECK(said({obx("ST", "BLEED", "present")}) == "bleed=1");
  CHECK(said({obx("ST", "BLEED", "absent")}) == "bleed=0");
  CHECK(said({obx("ST", "BLEED", "not present")}) == "bleed=?");
  CHECK(said({obx("TX", "BLEED", "present")}) == "bleed=?");  // free text is not interpreted
  CHECK(said({obx("NM", "88^Volume", "12.5")}) == "effusion=1");
  CHECK(said({obx("NM", "88^Volume", "+13")}) == "effusion=1");
  CHECK(said({obx("NM", "88^Volume", "12.4")}) == "effusion=0");
  for (const char* no_number : {"", "12,6", "1e3", "nan", "inf", "13 ml", "++13"})
    CHECK(said({obx("NM", "88^Volume", no_number)}) == "effusion=?");
  CHECK(said({obx("ST", "88^Volume", "13")}) == "effusion=?");
}

TEST_CASE("an observation is known by its code and coding system, or by the alternate") {
  CHECK(said({obx("CWE", "RID5350^x^SCT", "Y")}).empty());
  CHECK(said({obx("CWE", "RID5350", "Y")}).empty());
  CHECK(said({obx("CWE", "PTX^x^99LOCAL^RID5350^Pneumothorax^RADLEX", "Y")}) == "pneumothorax=1");
  CHECK(said({obx("ST", "BLEED^x^99A", "present"), obx("CWE", "OTHER", "Y")}) == "bleed=1");
}

TEST_CASE("only what is final counts, and what was wrong is taken back") {
  const auto status = [](const std::string& obr_25, const std::string& obx_11) {
    return said({obx("ST", "BLEED", "present", obx_11)}, obr_25);
  };
  for (const char* report : {"F", "C", ""})
    for (const char* result : {"F", "C"}) CHECK(status(report, result) == "bleed=1");
  for (const char* report : {"P", "R", "A", "S"}) CHECK(status(report, "F").empty());
  for (const char* result : {"P", "R", "S", "I", ""}) CHECK(status("F", result).empty());
  for (const char* result : {"W", "D", "X"}) CHECK(status("C", result) == "bleed=?");
}

TEST_CASE("of several observations of one finding any may say present, all must say absent") {
  const auto both = [](const char* left, const char* right) {
    return said({obx("ST", "BLEED", left), obx("ST", "BLEED", right)});
  };
  CHECK(both("absent", "present") == "bleed=1");
  CHECK(both("absent", "absent") == "bleed=0");
  CHECK(both("absent", "unclear") == "bleed=?");
  CHECK(both("unclear", "present") == "bleed=1");
}

}  // namespace inferad::worklist
