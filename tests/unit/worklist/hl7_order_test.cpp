// SPDX-License-Identifier: Apache-2.0
// Incoming messages: what they say of orders, by the positions of the standard, and how they are answered.
#include <algorithm>
#include <catch2/catch.hpp>

#include "server/worklist/hl7_answer.h"
#include "server/worklist/hl7_message.h"

namespace inferad::worklist {

namespace {

// Stands in for dicom::Charset: tells which sets were asked for, and knows Latin-1.
std::string asked;
std::string decode(std::string_view bytes, const std::string& character_set) {
  asked = character_set;
  if (character_set != "ISO_IR 100") return std::string(bytes);
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) out += static_cast<char>(0xC0 | (byte >> 6));
    out += byte >= 0x80 ? static_cast<char>(0x80 | (byte & 0x3F)) : c;
  }
  return out;
}

Hl7Message parsed(const std::string& text) {
  auto message = Hl7Message::parse(text, decode);
  if (!message) FAIL(message.error().what);
  return std::move(message).value();
}

std::string header(const std::string& type, const std::string& rest = "") {
  return "MSH|^~\\&|RIS|HOSP|INFERAD|HOSP|20261125||" + type + "|42|P|2.3.1" + rest + "\r";
}
const std::string kPatient = "PID|1||P1^^^HOSP^MR~N2^^^NHS^NH||Doe^Jane\rPV1|1|E|ED^12^1^HOSP\r";

OrdersRead read(const std::string& text, const OrderProfile& profile = {}) {
  return read_orders(parsed(text), profile);
}
OrderNews one(const std::string& text, const OrderProfile& profile = {}) {
  auto all = read(text, profile);
  if (all.refusal) FAIL(all.refusal->text);
  REQUIRE(all.orders.size() == 1);
  return all.orders.front();
}
ReadingNews report(const std::string& obr_25, const std::string& obx_11 = "F") {
  return one(header("ORU^R01") + kPatient + "OBR|1|PL1|FI1|^CT" + std::string(21, '|') + obr_25 +
             "\rOBX|1|TX|1||normal||||||" + obx_11 + "\rOBX|2|TX|1||text||||||" + obx_11 + "\r")
      .reading;
}

}  // namespace

TEST_CASE("ORM^O01 and OMI^O23 say who, which study, how urgent and where") {
  const auto orm = one(header("ORM^O01") + kPatient +
                       "ORC|NW|PL1^RIS|FI1^PACS^1.2^ISO||||^^^^^S\rOBR|1|PL1^RIS|FI1|71250^CT \\T\\ co^C4|||||||||||||"
                       "|ACC1|||||||||^^^^^R\rZDS|1.2.3^RIS^Application^DICOM\r");
  CHECK(orm.numbers == OrderNumbers{"PL1", "FI1", "ACC1", "PL1^RIS", "FI1^PACS^1.2^ISO", "71250^CT \\T\\ co^C4"});
  CHECK(orm.study_uid == "1.2.3");
  CHECK(orm.patient_ids == std::vector<std::string>{"P1", "N2"});
  CHECK(orm.level == Level::stat);  // ORC-7.6 before OBR-27.6
  CHECK(orm.location == "ED 12 1");
  CHECK(orm.cancelled == false);
  const auto omi =
      one(header("OMI^O23^OMI_O23") + kPatient + "ORC|XO|PL1\nTQ1|1||||||||A\nOBR|1||FI1|x\nIPC|ACC2|RP1|1.2.4||CT\r");
  CHECK(omi.numbers.accession == "ACC2");
  CHECK(omi.study_uid == "1.2.4");
  CHECK(omi.level == Level::high);
  CHECK_FALSE(omi.cancelled);
}

TEST_CASE("the places and codes of priority and accession number are the site's") {
  OrderProfile profile;
  profile.priority = {{"OBR", 5}};
  profile.priority_codes = {{"1", Level::stat}, {"R", Level::low}};
  profile.accession = {{"ORC", 3, 2}};
  const auto text = header("ORM^O01") + kPatient + "ORC|NW|PL1|FI1^ACC9||||^^^^^S\rOBR|1|||x|";
  CHECK(one(text + "1\r", profile).level == Level::stat);
  CHECK(one(text + "r\r", profile).level == Level::low);
  CHECK(one(text + "R\r").level == Level::stat);
  CHECK(one(text + "1\r", profile).numbers.accession == "ACC9");
  const auto unknown = read(text + "URG!\r", profile);
  CHECK(unknown.unknown_priority);
  CHECK_FALSE(unknown.orders.at(0).level);
}

TEST_CASE("several orders of one ORM share the study of its ZDS") {
  const auto all =
      read(header("ORM^O01") + kPatient + "ORC|NW|A|FA\rOBR|1|A|FA|x\rORC|CA|B|FB\rOBR|2|B|FB|y\rZDS|1.2.3^RIS\r");
  REQUIRE(all.orders.size() == 2);
  CHECK(all.orders[0].study_uid == "1.2.3");
  CHECK(all.orders[0].cancelled == false);
  CHECK(all.orders[1].cancelled == true);
}

TEST_CASE("OBR-25 tells a final report from others, OBX-11 where it does not") {
  CHECK(report("F") == ReadingNews::finished);
  CHECK(report("C") == ReadingNews::corrected);
  CHECK(report("F", "C") == ReadingNews::corrected);
  CHECK(report("P") == ReadingNews::none);
  CHECK(report("P", "F") == ReadingNews::none);
  CHECK(report("R") == ReadingNews::none);
  CHECK(report("X") == ReadingNews::withdrawn);
  CHECK(report("F", "W") == ReadingNews::withdrawn);
  CHECK(report("", "F") == ReadingNews::finished);
  CHECK(report("", "C") == ReadingNews::corrected);
  CHECK(report("", "P") == ReadingNews::none);
  CHECK(one(header("ORU^R01") + kPatient + "OBR|1||FI1|x\r").reading == ReadingNews::none);
}

TEST_CASE("statuses of an order start and finish reading as the site says") {
  const auto order = [](const char* status) {
    return header("ORM^O01") + kPatient + "ORC|SC|PL1|FI1||" + status + "\rOBR|1|PL1|FI1|x\r";
  };
  CHECK(one(order("CM")).reading == ReadingNews::finished);
  CHECK(one(order("IP")).reading == ReadingNews::none);
  OrderProfile profile;
  profile.started = {{{"ORC", 5}, "IP"}};
  profile.finished = {};
  CHECK(one(order("IP"), profile).reading == ReadingNews::started);
  CHECK(one(order("CM"), profile).reading == ReadingNews::none);
  CHECK(one(order("CA")).cancelled == true);
}

TEST_CASE("escapes and character sets are undone, whatever the delimiters") {
  const auto odd =
      parsed("MSH$%*!@$RIS!F!!S!!T!!R!!E!$$$$$$ORM%O01$1$P$2.3$$$$$$8859/1\rZZZ$J\xF6rg!XF6!!.br!x!H!y*b%c\r");
  CHECK(asked == "ISO_IR 100");
  CHECK(odd.header().text(3) == "RIS$%@*!");
  CHECK(odd.header().text(9, 2) == "O01");
  CHECK(odd.find("ZZZ")->text(1) == "Jörgö xy");
  CHECK(odd.find("ZZZ")->texts(1, 1) == std::vector<std::string>{"Jörgö xy", "b"});
  CHECK(odd.header().rewritten(3) == "RIS$%@*!");
  CHECK(parsed("MSH|^~\\&|\\F\\\\S\\^b\\T\\&c\r").header().rewritten(3) == "\\F\\\\S\\^b\\T\\&c");
  CHECK(dicom_character_set("ASCII~ISO IR87") == "\\ISO 2022 IR 87");
  CHECK(dicom_character_set("UNICODE UTF-8") == "ISO_IR 192");
  CHECK_FALSE(dicom_character_set("KLINGON"));
  for (const char* bad : {"", "PID|1", "MSH", "MSH|^~\\&", "MSH|^^\\&|x", "MSH||||||", "MSH|^~\\&|\r\r\rMSH"})
    CHECK((!Hl7Message::parse(bad, decode) || std::string(bad).ends_with("\rMSH")));
  CHECK(hl7_place("ORC-7.6") == Hl7Place{"ORC", 7, 6});
  for (const char* bad : {"", "ORC", "ORC-", "ORC-0", "orc-1", "ORC-1.", "ORC-1.x", "ORC-100", "OBRX-1"})
    CHECK_FALSE(hl7_place(bad));
}

TEST_CASE("what cannot be used is refused with its place and code") {
  const auto refusal = [](const std::string& text) {
    const auto refused = read(text).refusal;
    return refused ? refused->segment + "-" + std::to_string(refused->field) + " " + std::to_string(refused->code)
                   : "taken";
  };
  CHECK(refusal(header("ORM^O01") + "ORC|NW|1|2\rOBR|1\r") == "PID-0 100");
  CHECK(refusal(header("ORM^O01") + "PID|1||^^^HOSP\rORC|NW|1|2\rOBR|1\r") == "PID-3 101");
  CHECK(refusal(header("ORM^O01") + kPatient) == "ORC-0 100");
  CHECK(refusal(header("ORU^R01") + kPatient) == "OBR-0 100");
  CHECK(refusal(header("ORM^O01") + kPatient + "ORC|NW\rOBR|1\r") == "ORC-3 101");
  const auto code = [](const std::string& text) {
    const auto refused = hl7_refusal(hl7_header(parsed(text)), {});
    return refused ? refused->code : 0;
  };
  CHECK(code(header("ORM^O01")) == 0);
  CHECK(code(header("ADT^A01")) == 200);
  CHECK(code(header("ORM^O99")) == 201);
  CHECK(code("MSH|^~\\&|RIS|||||20261125|ORM^O01||P|2.3\r") == 101);
  CHECK(code("MSH|^~\\&|RIS||||||ORM^O01|1|T|2.3\r") == 202);
  CHECK(code("MSH|^~\\&|RIS||||||ORM^O01|1|P|3.0\r") == 203);
}

TEST_CASE("acknowledgements: one in original mode, one or two in enhanced mode, as the sender asks") {
  const WallTime now = from_unix_ms(1'795'597'200'000);
  const auto codes = [&](const std::string& conditions, Taken taken) {
    std::optional<Hl7Refusal> refusal;
    if (taken != Taken::accepted) refusal.emplace();
    std::string out;
    for (const auto& text : hl7_answers(hl7_header(parsed(header("ORM^O01", conditions))), {taken, refusal, ""}, now)) {
      const auto acknowledgement = parse_acknowledgement(text);
      REQUIRE(acknowledgement);
      CHECK(acknowledgement->control_id == "42");
      out += acknowledgement->code + " ";
    }
    return out;
  };
  CHECK(codes("", Taken::accepted) == "AA ");
  CHECK(codes("", Taken::error) == "AE ");
  CHECK(codes("", Taken::rejected) == "AR ");
  CHECK(codes("", Taken::failed) == "AR ");
  CHECK(codes("|||AL|AL", Taken::accepted) == "CA AA ");
  CHECK(codes("|||AL|NE", Taken::accepted) == "CA ");
  CHECK(codes("|||NE|AL", Taken::accepted) == "AA ");
  CHECK(codes("|||AL|AL", Taken::error) == "CA AE ");
  CHECK(codes("|||AL|ER", Taken::accepted) == "CA ");
  CHECK(codes("|||ER|ER", Taken::error) == "AE ");
  CHECK(codes("|||SU|SU", Taken::accepted) == "CA AA ");
  CHECK(codes("|||AL|AL", Taken::rejected) == "CR ");
  CHECK(codes("|||ER|AL", Taken::failed) == "CE ");
  CHECK(codes("|||NE|NE", Taken::rejected).empty());
}

TEST_CASE("an acknowledgement goes back to who sent the message, with the error where its version has it") {
  const WallTime now = from_unix_ms(1'795'597'200'000);
  const auto answer = [&](const std::string& text) {
    return hl7_answers(hl7_header(parsed(text)), {Taken::error, Hl7Refusal{false, "PID", 3, 101, "no id"}, "no id"},
                       now)
        .at(0);
  };
  const auto old = parsed(answer(header("ORM^O01")));
  CHECK(old.header().text(3) == "INFERAD");
  CHECK(old.header().text(5) == "RIS");
  CHECK(old.header().text(9, 1) == "ACK");
  CHECK(old.header().text(9, 2) == "O01");
  CHECK(old.header().text(12) == "2.3.1");
  CHECK(old.header().text(18) == "UNICODE UTF-8");
  CHECK(old.find("MSA")->text(3) == "no id");
  CHECK(old.find("ERR")->text(1, 1) == "PID");
  CHECK(old.find("ERR")->text(1, 3) == "3");
  CHECK(old.find("ERR")->text(1, 4) == "101");
  const auto later = parsed(answer("MSH|^~\\&|RIS||||||OMI^O23|42|P|2.5.1|||NE|AL\r"));
  CHECK(later.find("ERR")->text(2, 1) == "PID");
  CHECK(later.find("ERR")->text(2, 3) == "3");
  CHECK(later.find("ERR")->text(3) == "101");
  CHECK(later.find("ERR")->text(4) == "E");
  CHECK(later.find("ERR")->text(8) == "no id");
  CHECK(later.header().text(15) == "NE");
  CHECK(later.header().text(16) == "NE");
  CHECK(parsed(hl7_unreadable("what is this", now)).find("MSA")->text(1) == "AR");
}

}  // namespace inferad::worklist
