// SPDX-License-Identifier: Apache-2.0
#include "server/web/encode.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace inferad::web {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kDepthMax = 32;

Json write(const std::optional<WallTime>& time) { return time ? Json(to_iso8601(*time)) : Json(nullptr); }
Json write(WallTime time) { return to_iso8601(time); }
Json write(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

// Declared before write_all: a template finds only the overloads above it for types of other namespaces.
Json write(const PriorityDecision& decision);
Json write(const WorklistEntry& entry);
Json write(const JobView& job);
Json write(const DeliveryView& delivery);
Json write(const StudyDetail::Series& series);
Json write(const StudyDetail::Event& event);
Json write(const ReadingRecord& reading);
Json write(const PeerView& peer);
Json write(const RuleView& rule);
Json write(const ModelView& model);

template <class Value>
Json write_all(const std::vector<Value>& values) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back(write(value));
  return out;
}

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string text_of(const Json& json) { return dumped(json) + "\n"; }

Json write(const PriorityDecision& decision) {
  return {{"level", to_string(decision.level)},      {"reason", decision.reason},
          {"pipeline", decision.pipeline},           {"pipeline_version", decision.pipeline_version},
          {"model_sha256", decision.model_sha256},   {"score", write(decision.score)},
          {"threshold", write(decision.threshold)},  {"score_name", decision.score_name},
          {"decided_at", write(decision.decided_at)}};
}

Json write(const WorklistEntry& entry) {
  return {{"id", entry.id},
          {"study_uid", entry.study_uid},
          {"patient_name", entry.patient_name},
          {"patient_id", entry.patient_id},
          {"birth_date", entry.birth_date},
          {"sex", entry.sex},
          {"age", entry.age},
          {"accession_number", entry.accession_number},
          {"modality", entry.modality},
          {"body_part", entry.body_part},
          {"study_description", entry.study_description},
          {"study_date", entry.study_date},
          {"study_time", entry.study_time},
          {"institution", entry.institution},
          {"referring_physician", entry.referring_physician},
          {"instances", entry.instances},
          {"series", entry.series},
          {"arrived_at", write(entry.arrived_at)},
          {"last_image_at", write(entry.last_image_at)},
          {"complete_at", write(entry.complete_at)},
          {"complete_reason", entry.complete_reason},
          {"revision", entry.revision},
          {"order_level", to_string(entry.order_level)},
          {"level", to_string(entry.level)},
          {"decisions", write_all(entry.decisions)},
          {"ai_state", to_string(entry.ai_state)},
          {"ai_reason", entry.ai_reason},
          {"progress", entry.progress},
          {"rule", entry.rule},
          {"patient_location", entry.patient_location},
          {"placer_order_number", entry.placer_order_number},
          {"filler_order_number", entry.filler_order_number},
          {"order_note", entry.order_note},
          {"critical_since", write(entry.critical_since)},
          {"critical_steps", entry.critical_steps},
          {"acknowledged_at", write(entry.acknowledged_at)},
          {"acknowledged_by", entry.acknowledged_by},
          {"reading_finished_at", write(entry.reading_finished_at)},
          {"reading_finished_by", entry.reading_finished_by},
          {"reading_started_at", write(entry.reading_started_at)},
          {"reading_by", entry.reading_by}};
}

// The findings are the node's own, already validated; the depth is limited all the same, for files changed by hand.
Json findings_of(const std::string& text) {
  if (text.empty()) return nullptr;
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, Json&) { return !(too_deep = too_deep || depth > kDepthMax); };
  Json json = Json::parse(text, watch, false);
  return too_deep || !json.is_object() ? Json(nullptr) : json;
}

Json write(const JobView& job) {
  return {{"id", job.id},
          {"study_id", job.study_id},
          {"pipeline", job.pipeline},
          {"pipeline_version", job.pipeline_version},
          {"revision", job.revision},
          {"state", to_string(job.state)},
          {"stage", job.stage},
          {"progress", job.progress},
          {"reason", job.reason},
          {"attempts", job.attempts},
          {"created_at", write(job.created_at)},
          {"started_at", write(job.started_at)},
          {"findings_at", write(job.findings_at)},
          {"finished_at", write(job.finished_at)}};
}

Json write(const DeliveryView& delivery) {
  return {{"id", delivery.id},
          {"study_id", delivery.study_id},
          {"job_id", delivery.job_id},
          {"destination", delivery.destination},
          {"kind", delivery.kind},
          {"state", to_string(delivery.state)},
          {"attempts", delivery.attempts},
          {"last_error", delivery.last_error},
          {"created_at", write(delivery.created_at)},
          {"next_attempt_at", write(delivery.next_attempt_at)},
          {"delivered_at", write(delivery.delivered_at)}};
}

Json write(const StudyDetail::Series& series) {
  return {{"uid", series.uid},
          {"modality", series.modality},
          {"description", series.description},
          {"instances", series.instances},
          {"excluded_because", series.excluded_because}};
}

Json write(const StudyDetail::Event& event) { return {{"at", write(event.at)}, {"what", event.what}}; }

Json write(const ReadingRecord& reading) {
  return {{"arrived_at", write(reading.arrived_at)},
          {"started_at", write(reading.started_at)},
          {"order_level", to_string(reading.order_level)},
          {"level", to_string(reading.level)},
          {"raised_at", write(reading.raised_at)}};
}

Json write(const PeerView& peer) {
  return {{"name", peer.name},
          {"role", peer.role},
          {"address", peer.address},
          {"waiting", peer.waiting},
          {"parked", peer.parked},
          {"last_success_at", write(peer.last_success_at)},
          {"last_failure_at", write(peer.last_failure_at)},
          {"last_error", peer.last_error}};
}

Json write(const RuleView& rule) {
  return {{"name", rule.name}, {"when", rule.when}, {"then", rule.then}, {"studies", rule.studies}};
}

Json write(const ModelView& model) {
  return {{"pipeline", model.pipeline}, {"pipeline_version", model.pipeline_version},
          {"model", model.model},       {"sha256", model.sha256},
          {"state", model.state},       {"reason", model.reason}};
}

Json minutes_of(const std::array<Millis, 4>& targets) {
  Json out = Json::object();
  for (const Level level : {Level::stat, Level::high, Level::routine, Level::low}) {
    out[std::string(to_string(level))] = targets.at(static_cast<std::size_t>(level)) / std::chrono::minutes(1);
  }
  return out;
}

}  // namespace

std::string entry_json(const WorklistEntry& entry) { return dumped(write(entry)); }

std::string worklist_head_json(const ReadingList& list, WallTime now) {
  return dumped({{"generated_at", write(now)},
                 {"targets_minutes", minutes_of(list.targets)},
                 {"starts_recorded", list.starts_recorded},
                 {"unlisted", list.unlisted}});
}

Result<std::string> reader_of(std::string_view body) {
  const Error bad{Errc::invalid_input, "Expected {\"reader\": \"a name of at most 64 characters\"}, or no body."};
  if (body.empty()) return std::string();
  const Json json = body.size() > 1024 ? Json() : Json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("reader") || !json["reader"].is_string()) return bad;
  auto reader = json["reader"].get<std::string>();
  const bool control =
      std::any_of(reader.begin(), reader.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  if (control || reader.size() > 64) return bad;
  return reader;
}

std::string study_json(const StudyDetail& detail, const std::array<Millis, 4>& targets, WallTime now) {
  Json entry = write(detail.entry);
  entry["position"] = detail.place.position > 0 ? Json(detail.place.position) : Json(nullptr);
  entry["deadline_at"] = write(detail.place.deadline_at);
  entry["position_reason"] = detail.place.reason;
  Json jobs = Json::array();
  for (const auto& job : detail.jobs) {
    jobs.push_back(write(job));
    jobs.back()["findings"] = findings_of(job.findings_json);
  }
  return text_of({{"generated_at", write(now)},
                  {"targets_minutes", minutes_of(targets)},
                  {"entry", std::move(entry)},
                  {"jobs", std::move(jobs)},
                  {"deliveries", write_all(detail.deliveries)},
                  {"series", write_all(detail.series)},
                  {"history", write_all(detail.history)}});
}

std::string readings_json(const std::vector<ReadingRecord>& readings, WallTime now) {
  return text_of({{"generated_at", write(now)}, {"readings", write_all(readings)}});
}

std::string jobs_json(const std::vector<JobView>& jobs, WallTime now) {
  return text_of({{"generated_at", write(now)}, {"jobs", write_all(jobs)}});
}

std::string deliveries_json(const std::vector<DeliveryView>& deliveries, WallTime now) {
  return text_of({{"generated_at", write(now)}, {"deliveries", write_all(deliveries)}});
}

std::string status_json(const NodeStatus& status, WallTime now) {
  return text_of({{"generated_at", write(now)},
                  {"version", status.version},
                  {"ae_title", status.ae_title},
                  {"viewer_url", status.viewer_url},
                  {"started_at", write(status.started_at)},
                  {"ready", status.ready},
                  {"inference_ready", status.inference_ready},
                  {"not_ready_because", status.not_ready_because},
                  {"receiving", status.receiving},
                  {"pending", status.pending},
                  {"running", status.running},
                  {"failed", status.failed},
                  {"waiting", status.waiting},
                  {"sending", status.sending},
                  {"parked", status.parked},
                  {"oldest_waiting_at", write(status.oldest_waiting_at)},
                  {"workers", status.workers},
                  {"workers_ready", status.workers_ready},
                  {"disk_free_bytes", status.disk_free_bytes},
                  {"disk_total_bytes", status.disk_total_bytes}});
}

std::string peers_json(const std::vector<PeerView>& peers) { return text_of({{"peers", write_all(peers)}}); }

std::string rules_json(const std::vector<RuleView>& rules) { return text_of({{"rules", write_all(rules)}}); }

std::string models_json(const std::vector<ModelView>& models) { return text_of({{"models", write_all(models)}}); }

std::string error_json(const Error& error) {
  return text_of({{"error", {{"code", to_string(error.code)}, {"message", error.what}}}});
}

}  // namespace inferad::web
