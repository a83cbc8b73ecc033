// SPDX-License-Identifier: Apache-2.0
// A node whose answers are the members: a test sets what it needs.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/web/node_view.h"

namespace inferad::web {

struct StillNode final : NodeView {
  static constexpr Millis kMinute = std::chrono::minutes(1);
  std::vector<WorklistEntry> entries;
  std::vector<JobView> job_list;
  std::vector<DeliveryView> delivery_list;
  std::vector<Feedback> feedback_list;
  StudyDetail detail;
  Evidence evidence_now;
  int evidence_days = -1;  // asked for
  std::vector<ReportNews> reports;
  NodeStatus now;
  std::optional<Error> failure;  // of every method that can fail
  std::vector<std::pair<std::string, std::int64_t>> retried;
  std::vector<std::pair<std::string, std::int64_t>> started;  // reader and study
  std::pair<std::string, std::int64_t> acknowledged;          // reader and study

  Result<std::shared_ptr<const ReadingList>> worklist() override {
    ReadingList list;
    for (const auto& entry : entries) list.entries.push_back(std::make_shared<const WorklistEntry>(entry));
    list.waiting = entries.size();
    list.targets = reading_targets();
    list.starts_recorded = !started.empty();
    return answer(std::make_shared<const ReadingList>(std::move(list)));
  }
  std::array<Millis, 4> reading_targets() override { return {Millis(0), kMinute * 120, kMinute * 240, kMinute * 480}; }
  Status start_reading(std::int64_t study, const std::string& reader) override {
    if (failure) return *failure;
    started.emplace_back(reader, study);
    return ok();
  }
  Status acknowledge(std::int64_t study, const std::string& reader) override {
    acknowledged = {reader, study};
    return study == 17 ? ok() : Status(Error{Errc::refused, "nothing waits"});
  }
  Status release_reading(std::int64_t study) override {
    if (failure) return *failure;
    return std::erase_if(started, [&](const auto& one) { return one.second == study; }) > 0
               ? ok()
               : Status(Error{Errc::refused, "not started"});
  }
  Result<std::vector<ReadingRecord>> readings(int days) override { return answer(reading_list(days)); }
  Result<StudyDetail> study(std::int64_t id) override {
    if (id != detail.entry.id) return Error{Errc::not_found, "There is no such study."};
    return answer(detail);
  }
  Result<std::vector<JobView>> jobs() override { return answer(job_list); }
  Result<std::vector<DeliveryView>> deliveries() override { return answer(delivery_list); }
  Status retry_job(std::int64_t id) override { return retry("job", id); }
  Status retry_delivery(std::int64_t id) override { return retry("delivery", id); }
  NodeStatus status() override { return now; }
  std::vector<PeerView> peers() override {
    return {{"pacs", "receives results", "PACS @ 127.0.0.1:4242", 1, 2, {}, {}, "no"}};
  }
  std::vector<RuleView> rules() override { return {{"ct", "Modality is CT", "ct-lung-density", 7}}; }
  std::vector<ModelView> models() override { return {{"ct-lung-density", "1.0.0", "m", "ab", "ready", ""}}; }
  Result<std::int64_t> give_feedback(const Feedback& said) override {
    if (failure) return *failure;
    feedback_list.push_back(said);
    feedback_list.back().id = static_cast<std::int64_t>(feedback_list.size());
    return feedback_list.back().id;
  }
  Result<std::vector<Feedback>> feedback(std::int64_t) override { return answer(feedback_list); }
  Result<std::string> pictures(std::int64_t study, std::int64_t job) override {
    if (study != 17 || job != 117) return Error{Errc::not_found, "This study has no such analysis."};
    return answer(std::string("{\"pictures\":[]}\n"));
  }
  Result<std::string> picture(std::int64_t study, std::int64_t job, const std::string& name) override {
    if (study != 17 || job != 117 || name != "picture-1.png")
      return Error{Errc::not_found, "There is no such picture."};
    return answer(std::string("\x89PNG"));
  }
  Result<Evidence> evidence(int days) override {
    evidence_days = days;
    return answer(evidence_now);
  }
  Result<int> take_report(const ReportNews& news) override {
    if (failure) return *failure;
    reports.push_back(news);
    return 2;
  }
  Result<std::string> card(const std::string& pipeline) override {
    if (pipeline != "ct-lung-density") return Error{Errc::not_found, "There is no pipeline of this name."};
    return answer(std::string("{}\n"));
  }
  std::string metrics_text() override { return "inferad_up 1\n"; }

  static std::vector<ReadingRecord> reading_list(int days) {
    return {{from_unix_ms(60'000), from_unix_ms(1000LL * days), Level::low, Level::stat, from_unix_ms(61'000)}};
  }

 private:
  template <class Value>
  Result<Value> answer(const Value& value) const {
    if (failure) return *failure;
    return value;
  }
  Status retry(const char* what, std::int64_t id) {
    if (failure) return *failure;
    retried.emplace_back(what, id);
    return ok();
  }
};

inline WorklistEntry sample_entry() {
  WorklistEntry entry;
  entry.id = 17;
  entry.study_uid = "1.2.3";
  entry.patient_name = "Doe^Jane";
  entry.patient_id = "P1";
  entry.modality = "CT";
  entry.instances = 120;
  entry.series = 2;
  entry.arrived_at = from_unix_ms(1'795'597'200'123);
  entry.order_level = Level::low;
  entry.level = Level::stat;
  entry.ai_state = AiState::done;
  entry.ai_reason = "Emphysema: LAA-950 31.2 % (threshold 25 %)";
  entry.decisions.push_back({Level::stat, entry.ai_reason, "ct-lung-density", "1.0.0", "abc", 31.2, std::nullopt,
                             "LAA-950 %", entry.arrived_at + Millis(4000)});
  entry.rule = "ct";
  return entry;
}

}  // namespace inferad::web
