// SPDX-License-Identifier: Apache-2.0
#include "server/flow/escalation.h"

#include <nlohmann/json.hpp>

#include "tests/unit/flow/ways_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;
using std::chrono::minutes;

namespace {

// Acknowledge within 10 minutes; then a webhook, 5 minutes later mail too, then every 20 minutes.
struct Bench : WaysBench {
  std::int64_t study = 0;
  std::unique_ptr<Escalation> escalation;

  Bench() {
    config::Webhook hook;
    hook.name = "hook";
    hook.priority_changes = false;
    settings.notices.webhooks.push_back(hook);
    config::MailDestination duty;
    duty.name = "duty";
    duty.from = "inferad@example.org";
    duty.to = {"duty@example.org"};
    duty.link = "https://inferad.example.org";
    settings.notices.mail.push_back(duty);
    auto& critical = settings.notices.critical;
    critical.acknowledge_within = minutes(10);
    critical.steps = {{Millis(0), {"hook"}}, {minutes(5), {"hook", "duty"}}};
    critical.repeat = minutes(20);
    study = node.study_with_job("1.2.3", 1, next_spool_id++);
    const auto job = *must(node.ledger->lease_job(now));
    must(node.ledger->record_findings(job.id, "{}", sample_decision(), {}, now, "", true));
    restart();
  }
  void restart() {
    escalation.reset();
    node.restart();
    escalation = std::make_unique<Escalation>(Escalation::Parts{*node.ledger, node.bells, node.metrics, node.changed()},
                                              settings);
  }
  // Destinations of what was sent when it is `after` the finding.
  std::vector<std::string> told(Millis after) {
    const auto before = node.detail(study).deliveries.size();
    escalation->round(now + after);
    std::vector<std::string> out;
    const auto all = node.detail(study).deliveries;
    for (auto i = before; i < all.size(); ++i) out.push_back(all[i].destination);
    return out;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a finding that nobody acknowledges is told on step by step, each once, also over restarts") {
  Bench bench;
  CHECK(bench.told(minutes(9)).empty());
  CHECK(bench.told(minutes(10)) == Names{"hook"});
  CHECK(bench.told(minutes(11)).empty());
  bench.restart();
  CHECK(bench.told(minutes(14)).empty());
  CHECK(bench.told(minutes(15)) == Names{"hook", "duty"});
  bench.restart();
  CHECK(bench.told(minutes(34)).empty());
  CHECK(bench.told(minutes(35)) == Names{"hook", "duty"});  // the last step again
  CHECK(bench.told(minutes(55)) == Names{"hook", "duty"});
  const auto detail = bench.node.detail(bench.study);
  CHECK(detail.entry.critical_steps == 4);
  CHECK(detail.history.back().what == "critical finding not acknowledged for 55 min: escalation 4 to hook, duty");
  CHECK_THAT(bench.node.metrics.text(), Catch::Contains("inferad_critical_escalations_total{step=\"4\"} 1"));
  must(store::CriticalLedger(*bench.node.ledger).acknowledge(bench.study, "AB", bench.now + minutes(56)));
  CHECK(bench.told(minutes(500)).empty());
}

TEST_CASE("after a long outage every step is made, in order") {
  Bench bench;
  CHECK(bench.told(minutes(300)) == Names{"hook"});
  CHECK(bench.told(minutes(300)) == Names{"hook", "duty"});
  CHECK(bench.told(minutes(300)).empty());
}

TEST_CASE("without steps the page and the history say so, once") {
  Bench bench;
  bench.settings.notices.critical.steps.clear();
  bench.restart();
  CHECK(bench.told(minutes(10)).empty());
  CHECK(bench.told(minutes(900)).empty());
  const auto detail = bench.node.detail(bench.study);
  CHECK(detail.entry.critical_steps == 1);
  CHECK(detail.history.back().what == "critical finding not acknowledged for 10 min: escalation 1, on the page only");
}

TEST_CASE("a webhook and a mail say what waits since when; the mail names no patient unless the site says so") {
  Bench bench;
  auto notice = sample_notice();
  notice.escalation = {2, from_unix_ms(1'700'000'000'000), from_unix_ms(1'700'000'900'000)};
  const auto ways = ways_of(bench.settings);
  const auto hook = nlohmann::json::parse(ways.at(0)->message(notice).message);
  CHECK(hook["event"] == "critical_unacknowledged");
  CHECK(hook["at"] == "2023-11-14T22:28:20.000Z");
  CHECK(hook["escalation"] == nlohmann::json{{"step", 2}, {"found_at", "2023-11-14T22:13:20.000Z"}});
  auto other = notice;
  other.escalation.step = 3;
  CHECK(nlohmann::json::parse(ways[0]->message(other).message)["id"] != hook["id"]);

  const auto mail = ways.at(1)->message(notice).message;
  CHECK_THAT(mail, Catch::Contains("waits to be acknowledged since 2023-11-14T22:13:20.000Z (15 min). Escalation 2."));
  CHECK_THAT(mail, Catch::Contains("https://inferad.example.org/study/17"));
  CHECK_THAT(mail, Catch::Contains("accession_number"));
  CHECK_FALSE(Catch::Contains("sop").match(mail));
  bench.settings.notices.mail[0].study = {{"patient", "PatientName"}};
  CHECK_THAT(ways_of(bench.settings).at(1)->message(notice).message, Catch::Contains("patient: Äsop^Jürgen"));
}

TEST_CASE("a mail is sent as the destination says, and tried again while its server is busy") {
  Bench bench;
  bench.settings.notices.webhooks.clear();
  bench.settings.notices.critical.steps = {{Millis(0), {"duty"}}};
  bench.restart();
  REQUIRE(bench.told(minutes(10)) == Names{"duty"});
  const auto courier = bench.courier();
  bench.mail.outcome = Error{Errc::overload, "duty: SMTP status 451"};
  courier->round(bench.now + minutes(11), {});
  CHECK(bench.only_delivery(bench.study).state == DeliveryState::waiting);
  bench.mail.outcome = ok();
  courier->round(bench.now + minutes(20), {});
  CHECK(bench.only_delivery(bench.study).state == DeliveryState::delivered);
  REQUIRE(bench.mail.mails.size() == 2);
  CHECK(bench.mail.mails[1].to == Names{"duty@example.org"});
  CHECK(bench.mail.mails[1].id == bench.mail.mails[0].id);
  CHECK_THAT(bench.mail.mails[1].subject, Catch::StartsWith("STAT finding not acknowledged: study "));
}
