// SPDX-License-Identifier: Apache-2.0
#include "server/web/encode.h"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/unit/web/still_node.h"

namespace inferad::web {

namespace {

using Json = nlohmann::json;

const WallTime kNow = from_unix_ms(1'795'597'260'000);

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> out;
  for (const auto& [key, value] : object.items()) out.push_back(key);
  return out;
}

}  // namespace

TEST_CASE("the worklist carries the AI priority beside the order's, with its reason") {
  ReadingList list;
  list.targets = {Millis(0), std::chrono::minutes(120), std::chrono::minutes(240), std::chrono::minutes(480)};
  list.unlisted = 812;
  const auto head = Json::parse(worklist_head_json(list, kNow));
  CHECK(head["unlisted"] == 812);
  CHECK(head["generated_at"] == "2026-11-25T09:01:00.000Z");
  CHECK(head["targets_minutes"] == Json({{"STAT", 0}, {"HIGH", 120}, {"ROUTINE", 240}, {"LOW", 480}}));
  const auto entry = Json::parse(entry_json(sample_entry()));
  CHECK(entry["id"] == 17);
  CHECK(entry["level"] == "STAT");
  CHECK(entry["order_level"] == "LOW");
  CHECK(entry["ai_state"] == "done");
  CHECK(entry["arrived_at"] == "2026-11-25T09:00:00.123Z");
  CHECK(entry["complete_at"].is_null());
  const auto& decision = entry["decisions"].at(0);
  CHECK(decision["reason"] == "Emphysema: LAA-950 31.2 % (threshold 25 %)");
  CHECK(decision["model_sha256"] == "abc");
  CHECK(decision["score"] == 31.2);
  CHECK(decision["threshold"].is_null());
  CHECK(decision["decided_at"] == "2026-11-25T09:00:04.123Z");
}

TEST_CASE("member names are those of the views") {
  const auto entry = Json::parse(entry_json(sample_entry()));
  CHECK(keys(entry) == std::vector<std::string>{"accession_number",
                                                "acknowledged_at",
                                                "acknowledged_by",
                                                "age",
                                                "ai_reason",
                                                "ai_state",
                                                "arrived_at",
                                                "birth_date",
                                                "body_part",
                                                "complete_at",
                                                "complete_reason",
                                                "critical_since",
                                                "critical_steps",
                                                "decisions",
                                                "filler_order_number",
                                                "id",
                                                "instances",
                                                "institution",
                                                "last_image_at",
                                                "level",
                                                "modality",
                                                "order_level",
                                                "order_note",
                                                "patient_id",
                                                "patient_location",
                                                "patient_name",
                                                "placer_order_number",
                                                "progress",
                                                "reading_by",
                                                "reading_finished_at",
                                                "reading_finished_by",
                                                "reading_started_at",
                                                "referring_physician",
                                                "revision",
                                                "rule",
                                                "series",
                                                "sex",
                                                "study_date",
                                                "study_description",
                                                "study_time",
                                                "study_uid"});
  const auto job = Json::parse(jobs_json({JobView{}}, kNow))["jobs"].at(0);
  CHECK(keys(job) == std::vector<std::string>{"attempts", "created_at", "findings_at", "finished_at", "id", "pipeline",
                                              "pipeline_version", "progress", "reason", "revision", "stage",
                                              "started_at", "state", "study_id"});
  const auto delivery = Json::parse(deliveries_json({DeliveryView{}}, kNow))["deliveries"].at(0);
  CHECK(keys(delivery) == std::vector<std::string>{"attempts", "created_at", "delivered_at", "destination", "id",
                                                   "job_id", "kind", "last_error", "next_attempt_at", "state",
                                                   "study_id"});
}

TEST_CASE("every state has its word") {
  const std::vector<std::pair<AiState, std::string>> words = {{AiState::receiving, "receiving"},
                                                              {AiState::pending, "pending"},
                                                              {AiState::running, "running"},
                                                              {AiState::done, "done"},
                                                              {AiState::not_analysed, "not_analysed"},
                                                              {AiState::failed, "failed"},
                                                              {AiState::not_applicable, "not_applicable"}};
  for (const auto& [state, word] : words) {
    auto entry = sample_entry();
    entry.ai_state = state;
    CHECK(Json::parse(entry_json(entry))["ai_state"] == word);
  }
  for (const auto& [state, word] :
       std::vector<std::pair<DeliveryState, std::string>>{{DeliveryState::waiting, "waiting"},
                                                          {DeliveryState::sending, "sending"},
                                                          {DeliveryState::delivered, "delivered"},
                                                          {DeliveryState::parked, "parked"}}) {
    DeliveryView delivery;
    delivery.state = state;
    CHECK(Json::parse(deliveries_json({delivery}, kNow))["deliveries"][0]["state"] == word);
  }
}

TEST_CASE("hostile names are JSON strings and nothing else") {
  for (const std::string& name :
       {std::string("\"},{\"id\":1"), std::string("</script><script>alert(1)</script>"), std::string("a\0b", 3),
        std::string("\x1b[2J\r\n\t"), std::string("\xE5\xB1\xB1^\xE2\x80\xAE"), std::string(100'000, 'W')}) {
    auto entry = sample_entry();
    entry.patient_name = name;
    CHECK(Json::parse(entry_json(entry))["patient_name"] == name);
  }
  auto entry = sample_entry();
  entry.patient_name = "\xFF\xFE broken \xC3";
  CHECK(Json::parse(entry_json(entry))["patient_name"] == "\xEF\xBF\xBD\xEF\xBF\xBD broken \xEF\xBF\xBD");
}

TEST_CASE("a number that JSON does not know becomes null") {
  auto entry = sample_entry();
  entry.decisions[0].score = std::numeric_limits<double>::quiet_NaN();
  entry.progress = std::numeric_limits<double>::infinity();
  const auto json = Json::parse(entry_json(entry));
  CHECK(json["decisions"][0]["score"].is_null());
  CHECK(json["progress"].is_null());
}

TEST_CASE("findings appear as an object, or not at all") {
  const auto findings_of = [](const std::string& text) {
    StudyDetail detail;
    detail.entry = sample_entry();
    detail.jobs.emplace_back().findings_json = text;
    return Json::parse(study_json(detail, {}, kNow))["jobs"][0]["findings"];
  };
  CHECK(findings_of(R"({"items":[{"id":"left"}]})")["items"][0]["id"] == "left");
  CHECK(findings_of("").is_null());
  CHECK(findings_of("{\"items\":[").is_null());
  CHECK(findings_of("[1]").is_null());
  CHECK(findings_of("\"text\"").is_null());
  CHECK(findings_of("{} trailing").is_null());
  CHECK(findings_of("{\"a\":" + std::string(30, '[') + std::string(30, ']') + "}").is_object());
  CHECK(findings_of("{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}").is_null());
  CHECK(findings_of(std::string(200'000, '[')).is_null());
  CHECK(findings_of("{\"a\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}").is_null());
}

TEST_CASE("a study shows jobs, deliveries, series and history") {
  StudyDetail detail;
  detail.entry = sample_entry();
  detail.series = {{"1.2.3.4", "CT", "Scout", 2, "a localizer is no volume"}};
  detail.history = {{kNow, "complete"}};
  detail.deliveries.emplace_back().kind = "SR";
  detail.place = {3, kNow, "3 of 7"};
  const std::array<Millis, 4> targets{Millis(0), Millis(60'000), Millis(120'000), Millis(180'000)};
  const auto json = Json::parse(study_json(detail, targets, kNow));
  CHECK(json["entry"]["id"] == 17);
  CHECK(json["entry"]["position"] == 3);
  CHECK(json["entry"]["deadline_at"] == "2026-11-25T09:01:00.000Z");
  CHECK(json["entry"]["position_reason"] == "3 of 7");
  CHECK(json["series"][0]["excluded_because"] == "a localizer is no volume");
  CHECK(json["history"][0] == Json({{"at", "2026-11-25T09:01:00.000Z"}, {"what", "complete"}}));
  CHECK(json["deliveries"][0]["kind"] == "SR");
  CHECK(json["jobs"].empty());
  CHECK(json["targets_minutes"]["LOW"] == 3);
}

TEST_CASE("five thousand studies are written in no time a reader would notice") {
  const auto before = steady_now();
  std::string text;
  for (int i = 0; i < 5000; ++i) text += entry_json(sample_entry());
  CHECK(steady_now() - before < std::chrono::seconds(5));  // under sanitizers too
  CHECK(text.size() > 1'000'000);
}

}  // namespace inferad::web
