// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/worklist/sample_messages.h"

namespace inferad::worklist {

namespace {

std::string lines(std::string text) {
  std::replace(text.begin(), text.end(), '\r', '\n');
  return text;
}

constexpr const char* kReason =
    "AI triage (assists, not for primary diagnosis): Emphysema: LAA-950 31.2 % (threshold 25 %) [ct-lung-density "
    "1.0.0]";

}  // namespace

TEST_CASE("the priority goes out as OMI^O23 with the priority in every configured place") {
  Hl7Profile profile;
  profile.sending_facility = "HOSP";
  profile.receiving_application = "RIS";
  profile.receiving_facility = "HOSP";
  profile.obr_5 = true;
  CHECK(lines(priority_message(sample_message(), profile)) ==
        "MSH|^~\\&|INFERAD|HOSP|RIS|HOSP|20261125090000+0000||OMI^O23^OMI_O23|17-1-HL7|P|2.5.1||||||UNICODE UTF-8\n"
        "PID|1||P1^^^HOSP^MR||Doe^Jane^Q^PhD^Dr^^L^A~X^Y^^^^^L^I||19700101|F\n"
        "ORC|XO|PL1|FI1||||^^^^^S||20261125090000+0000\n"
        "TQ1|1||||||||S\n"
        "OBR|1|PL1|FI1|^CT chest|S||||||||" +
            std::string(kReason) +
            "|||||ACC1|RP1|||||CT|||^^^^^S\n"
            "NTE|1|L|" +
            kReason + "\nIPC|ACC1|RP1|2.25.4001||CT\n");
}

TEST_CASE("the priority goes out as ORM^O01 with the study in ZDS") {
  Hl7Profile profile;
  profile.message = OrderMessage::orm_o01;
  profile.order_control = "SC";
  profile.processing_id = "T";
  profile.enhanced_acknowledgement = true;
  profile.obr_27_6 = false;
  CHECK(lines(priority_message(sample_message(Level::high), profile)) ==
        "MSH|^~\\&|INFERAD||||20261125090000+0000||ORM^O01|17-1-HL7|T|2.3.1|||AL|AL||UNICODE UTF-8\n"
        "PID|1||P1^^^HOSP^MR||Doe^Jane^Q^PhD^Dr^^L^A~X^Y^^^^^L^I||19700101|F\n"
        "ORC|SC|PL1|FI1||||^^^^^A||20261125090000+0000\n"
        "OBR|1|PL1|FI1|^CT chest|||||||||" +
            std::string(kReason) +
            "|||||ACC1|RP1|||||CT\n"
            "NTE|1|L|" +
            kReason + "\nZDS|2.25.4001^INFERAD^Application^DICOM\n");
}

TEST_CASE("the finding goes out as ORU^R01 that nobody can take for a report") {
  Hl7Profile profile;
  profile.message = OrderMessage::oru_r01;
  profile.enhanced_acknowledgement = true;
  profile.application_acknowledgement = false;
  profile.orc_7_6 = profile.obr_27_6 = false;
  auto message = sample_message();
  message.decision.model_sha256 = "abc";
  message.order = OrderNumbers{"1", "2", "ACC9", "1^RIS", "2^PACS&x", "71250^CT^C4"};
  const std::string method = "|||P|||20261125090000+0000|||ct-lung-density^ct-lung-density 1.0.0^99INFERAD\n";
  CHECK(lines(priority_message(message, profile)) ==
        "MSH|^~\\&|INFERAD||||20261125090000+0000||ORU^R01^ORU_R01|17-1-HL7|P|2.5.1|||AL|NE||UNICODE UTF-8\n"
        "PID|1||P1^^^HOSP^MR||Doe^Jane^Q^PhD^Dr^^L^A~X^Y^^^^^L^I||19700101|F\n"
        "ORC|RE|1^RIS|2^PACS&x||||||20261125090000+0000\n"
        "OBR|1|1^RIS|2^PACS&x|71250^CT^C4|||20261125090000+0000||||||" +
            std::string(kReason) + "|||||ACC9|RP1|||20261125090000+0000||CT|P\nNTE|1|L|" + kReason +
            "\n"
            "OBX|1|CWE|87433001^Pulmonary emphysema^SCT|1|52101004^Present^SCT|||AA" +
            method + "OBX|2|NM|SCORE^LAA-950 %^99INFERAD|1|31.2|||AA" + method +
            "OBX|3|NM|THRESHOLD^LAA-950 %^99INFERAD|1|25|||" + method +
            "OBX|4|ST|MODEL^AI model^99INFERAD|1|ct-lung-density 1.0.0, SHA-256 abc|||" + method +
            "OBX|5|ST|STATUS^Status^99INFERAD|1|AI result, not verified, not for primary diagnosis|||" + method +
            "OBX|6|HD|113014^DICOM Study^DCM|1|2.25.4001|||" + method);
}

TEST_CASE("an order of the RIS is called what the RIS calls it") {
  auto message = sample_message();
  message.order = OrderNumbers{"1", "", "ACC9", "1^RIS", "", "71250^CT^C4"};
  const auto text = lines(priority_message(message, {}));
  CHECK(text.find("ORC|XO|1^RIS|FI1|") != std::string::npos);
  CHECK(text.find("OBR|1|1^RIS|FI1|71250^CT^C4|") != std::string::npos);
  CHECK(text.find("IPC|ACC9|RP1|2.25.4001||CT") != std::string::npos);
}

TEST_CASE("a name in several scripts keeps all of them, an alphabetic one stands alone") {
  const auto pid_5 = [](const char* name) {
    auto message = sample_message();
    message.study["PatientName"] = name;
    const auto text = priority_message(message, {});
    const auto from = text.find("MR||") + 4;
    return text.substr(from, text.find("||", from) - from);
  };
  CHECK(pid_5("Yamada^Tarou=山田^太郎=やまだ^たろう") ==
        "Yamada^Tarou^^^^^L^A~山田^太郎^^^^^L^I~やまだ^たろう^^^^^L^P");
  CHECK(pid_5("=山田^太郎") == "山田^太郎^^^^^L^I");
  CHECK(pid_5("Wang^XiaoDong==") == "Wang^XiaoDong");
  CHECK(pid_5("Buc^Jérôme") == "Buc^Jérôme");
  CHECK(pid_5("A~B^C=D|E") == "A\\R\\B^C^^^^^L^A~D\\F\\E^^^^^^L^I");
}

TEST_CASE("levels become table 0485") {
  CHECK(hl7_priority(Level::stat) == "S");
  CHECK(hl7_priority(Level::high) == "A");
  CHECK(hl7_priority(Level::routine) == "R");
  CHECK(hl7_priority(Level::low) == "R");
}

TEST_CASE("a value can neither end its field nor start a segment") {
  CHECK(hl7_escape("a|b^c~d\\e&f") == "a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f");
  CHECK(hl7_escape("a\rMSH|\nb\tc") == "a MSH\\F\\ b c");
  CHECK(hl7_escape("a\xE2\x80\xA8"
                   "b\xE2\x80\xA9"
                   "c\xC2\x85"
                   "d") == "a b c d");
  CHECK(hl7_escape(std::string_view("\x0B\x1C\x00\x7F\x1B[31m\xC2\x9B", 11)) == " [31m");
  CHECK(hl7_escape("\xC3\x85ngstr\xC3\xB6m \xE5\xB1\xB1") == "\xC3\x85ngstr\xC3\xB6m \xE5\xB1\xB1");
  CHECK(hl7_escape("\xFF\xC3"
                   "a\xED\xA0\x80") ==
        "\xEF\xBF\xBD\xEF\xBF\xBD"
        "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");

  for (const auto kind : {OrderMessage::omi_o23, OrderMessage::orm_o01}) {
    Hl7Profile profile;
    profile.message = kind;
    const std::string text = priority_message(hostile_message(), profile);
    const std::string normal = priority_message(sample_message(), profile);
    CHECK(std::count(text.begin(), text.end(), '\r') == std::count(normal.begin(), normal.end(), '\r'));
    CHECK(text.find_first_of("\n\x0B\x1C\x7F") == std::string::npos);
    CHECK(text.find("MSH|", 1) == std::string::npos);
  }
}

TEST_CASE("a long reason is cut between characters") {
  PriorityMessage message = sample_message();
  message.decision.reason.clear();
  for (int i = 0; i < 500; ++i) message.decision.reason += "\xE5\xB1\xB1";
  const std::string text = priority_message(message, {});
  const auto start = text.find("NTE|1|L|") + 8;
  const std::string note = text.substr(start, text.find('\r', start) - start);
  CHECK(note.size() <= 300);
  CHECK(note.size() > 290);
  CHECK(note.find("\xEF\xBF\xBD") == std::string::npos);  // what an incomplete character would have become
}

TEST_CASE("a study without an order still makes a message") {
  PriorityMessage message = sample_message();
  message.study = {{"StudyInstanceUID", "2.25.1"}, {"Modality", "CT"}};
  const std::string text = lines(priority_message(message, {}));
  CHECK(text.find("PID|1||^^^^MR||||") == std::string::npos);  // an identifier without a number says nothing
  CHECK(text.find("\nPID|1|||||||U\n") != std::string::npos);
  CHECK(text.find("\nOBR|1|||^CT|") != std::string::npos);
}

TEST_CASE("an acknowledgement is read in either mode") {
  const auto accepted = parse_acknowledgement("MSH|^~\\&|RIS|H|INFERAD||20261125||ACK|9|P|2.5.1\rMSA|AA|17-1-HL7\r");
  REQUIRE(accepted);
  CHECK(accepted->accepted());
  CHECK_FALSE(accepted->rejected());
  CHECK(accepted->control_id == "17-1-HL7");

  const auto refused = parse_acknowledgement("MSH|^~\\&|RIS\r\nMSA|AR|17-1-HL7|unknown\x1B[1m order\xFF|\r\n");
  REQUIRE(refused);
  CHECK(refused->rejected());
  CHECK(refused->text == "unknown [1m order?");

  const auto commit = parse_acknowledgement("MSH|^~\\&|RIS\rMSA|CA|1");
  REQUIRE(commit);
  CHECK(commit->accepted());
  const auto error = parse_acknowledgement("MSH$^~\\&$RIS\rMSA$CE$1$" + std::string(5000, 'x'));
  REQUIRE(error);
  CHECK_FALSE(error->accepted());
  CHECK(error->text.size() == 300);
}

TEST_CASE("what is no acknowledgement is refused") {
  for (const std::string_view garbage :
       {"", "\r", "MSA", "MSA|", "MSA|XX|1", "MSA||", "HTTP/1.1 400 Bad Request\r\n\r\n", "MSH|^~\\&|RIS\r",
        "\xFF\xFE\x00\r\n\n\nMSA", "MSA|aa|1", "XMSA|AA|1"}) {
    INFO(garbage);
    const auto answer = parse_acknowledgement(garbage);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::invalid_input);
  }
}

}  // namespace inferad::worklist
