// SPDX-License-Identifier: Apache-2.0
// HL7 messages into the ledger: accepted once, refused with the place of the mistake, tried again when it is our
// trouble.
#include "server/flow/order_intake.h"

#include "server/worklist/hl7_message.h"
#include "tests/unit/flow/flow_support.h"

namespace inferad::flow::testing {

namespace {

struct Listener {
  std::string codes(const std::string& message) {
    std::string out;
    for (const auto& answer : intake.receive(message)) out += worklist::parse_acknowledgement(answer)->code + " ";
    return out;
  }
  bool counted(const std::string& line) const { return metrics.text().find(line) != std::string::npos; }

  TempFolder folder;
  std::unique_ptr<store::Ledger> ledger = must(store::Ledger::open(folder.path() / "ledger.db"));
  Metrics metrics{"1"};
  std::vector<std::int64_t> changed;
  OrderIntake intake{{*ledger, metrics, [this](std::int64_t study) { changed.push_back(study); },
                      [](auto bytes, const auto&) { return std::string(bytes); }},
                     {},
                     ""};
};

std::string order(const std::string& time, const std::string& priority, const std::string& msh_10 = "7") {
  return "MSH|^~\\&|RIS|H|INFERAD|H|" + time + "||ORM^O01|" + msh_10 + "|P|2.3.1\rPID|1||4711\rORC|NW|P1|F1||||^^^^^" +
         priority + "\rOBR|1|P1|F1|x||||||||||||||A1\r";
}

}  // namespace

TEST_CASE("a message is taken once, whatever time its repetition has; other words are another message") {
  Listener node;
  auto image = ct_header("1.2", 1);
  must(node.ledger->record_instances(std::vector{ReceivedInstance{{1, 100, "aa"}, image, "PACS", 1, wall_now()}}));
  CHECK(node.codes(order("20261125", "S")) == "AA ");
  CHECK(node.changed == std::vector<std::int64_t>{1});
  CHECK(node.codes(order("20261126", "S")) == "AA ");
  CHECK(node.changed.size() == 1);
  CHECK(node.counted("outcome=\"repeated\",type=\"ORM O01\"} 1"));
  CHECK(node.codes(order("20261126", "R")) == "AA ");
  CHECK(node.changed.size() == 2);
  CHECK(must(node.ledger->worklist()).at(0).order_level == Level::routine);
}

TEST_CASE("what is not for us or not usable is refused, and counted without words of the sender") {
  Listener node;
  CHECK(node.codes("hello") == "AR ");
  CHECK(node.codes("MSH|^~\\&|RIS||||||EVIL^TYPE|1|P|2.3\r") == "AR ");
  CHECK(node.codes("MSH|^~\\&|RIS||||||ORM^O01|1|P|2.3\rPID|1||1\r") == "AE ");
  CHECK(node.counted("outcome=\"rejected\",type=\"other\"} 1"));
  CHECK(node.counted("outcome=\"error\",type=\"ORM O01\"} 1"));
  CHECK_FALSE(node.counted("EVIL"));
  CHECK(node.codes(order("1", "S", "8")) == "AA ");  // a refused message leaves nothing
}

}  // namespace inferad::flow::testing
