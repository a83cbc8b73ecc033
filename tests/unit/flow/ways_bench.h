// SPDX-License-Identifier: Apache-2.0
// A notice to be told, and a study whose ledger takes it.
#pragma once

#include "server/flow/way.h"
#include "tests/unit/flow/flow_support.h"

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

struct NoHl7 final : Hl7Sender {
  Result<std::string> send(const Hl7Peer&, const std::string&, std::stop_token) override {
    return Error{Errc::unavailable, "no receiver"};
  }
};

inline PriorityDecision sample_decision(Level level = Level::stat) {
  PriorityDecision decision;
  decision.level = level;
  decision.reason = "Emphysema: LAA-950 31.2 % (threshold 25 %)";
  decision.pipeline = "ct-lung-density";
  decision.pipeline_version = "1.0.0";
  decision.model_sha256 = std::string(64, 'a');
  decision.score_name = "LAA-950 %";
  decision.score = 31.2;
  decision.threshold = 25;
  decision.decided_at = from_unix_ms(1'700'000'000'000);
  return decision;
}

inline Notice sample_notice(Level level = Level::stat) {
  Notice notice;
  notice.job.id = 42;
  notice.job.study_id = 17;
  notice.job.study_uid = "1.2.3";
  notice.job.pipeline = "ct-lung-density";
  notice.job.created_at = from_unix_ms(1'699'999'000'000);
  notice.decision = sample_decision(level);
  notice.study = {{"StudyInstanceUID", "1.2.3"},
                  {"AccessionNumber", "A\"1"},
                  {"PatientName", "Äsop^Jürgen"},
                  {"PatientID", "4711"},
                  {"PatientBirthDate", "19500102"},
                  {"PatientSex", "M"},
                  {"Modality", "CT"},
                  {"StudyDescription", "Chest"},
                  {"StudyDate", "20261129"}};
  return notice;
}

struct WaysBench {
  Node node;
  FakeWeb web;
  NoHl7 hl7;
  config::Settings settings;
  WallTime now = wall_now();

  Edges edges() { return {hl7, web}; }
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
