// SPDX-License-Identifier: Apache-2.0
// A notice to be told, and a study whose ledger takes it.
#pragma once

#include "server/flow/way.h"
#include "tests/unit/flow/flow_support.h"
#include "tests/unit/flow/sample_notice.h"

namespace inferad::flow::testing {

struct FakeWeb final : WebSender {
  std::function<Result<WebReply>(const WebRequest&)> answer = [](const WebRequest&) {
    return WebReply{200, "", "", {}};
  };
  std::vector<WebRequest> requests;
  Result<WebReply> send(const WebRequest& request, std::stop_token) override {
    requests.push_back(request);
    return answer(request);
  }
};

struct FakeFiles final : WorklistFiles {
  Result<WorklistOutcome> outcome = WorklistOutcome::raised;
  std::vector<WorklistRaise> raises;
  Result<WorklistOutcome> raise(const WorklistRaise& raise, std::stop_token) override {
    raises.push_back(raise);
    return outcome;
  }
};

struct FakeMail final : MailSender {
  Status outcome = ok();
  std::vector<Mail> mails;
  Status send(const Mail& mail, std::stop_token) override {
    mails.push_back(mail);
    return outcome;
  }
};

struct NoHl7 final : Hl7Sender {
  Result<std::string> send(const Hl7Peer&, const std::string&, std::stop_token) override {
    return Error{Errc::unavailable, "no receiver"};
  }
};

struct WaysBench {
  Node node;
  FakeWeb web;
  NoHl7 hl7;
  FakeFiles files;
  FakeMail mail;
  config::Settings settings;
  WallTime now = wall_now();

  Edges edges() { return {hl7, web, files, mail}; }
  // What the only way says of a notice, as a delivery of a study of the ledger.
  std::int64_t queue(const Notice& notice) {
    const auto study = node.study_with_job(notice.job.study_uid, 1, next_spool_id++);
    const auto job = *must(node.ledger->lease_job(now));
    must(node.ledger->record_findings(job.id, "{}", notice.decision, messages_about(notice, ways_of(settings)), now));
    return study;
  }
  std::unique_ptr<Courier> courier() {
    const auto ways = ways_of(settings);
    return std::make_unique<Courier>(
        ways.at(0)->name(), ways[0]->channel(edges(), node.metrics),
        Courier::Parts{*node.ledger, node.bells, node.metrics, node.changed(), settings.retry, [] { return 0.5; }});
  }
  DeliveryView only_delivery(std::int64_t study) {
    const auto deliveries = node.detail(study).deliveries;
    REQUIRE(deliveries.size() == 1);
    return deliveries[0];
  }
  int next_spool_id = 1;
};

}  // namespace inferad::flow::testing
