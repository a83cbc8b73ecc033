// SPDX-License-Identifier: Apache-2.0
// A JSON document by HTTP POST (config/schema/webhook.schema.json). The receiver knows a repetition by its
// Idempotency-Key, and us by an HMAC-SHA256 of the body.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/base/hash.h"
#include "server/flow/message_channel.h"
#include "server/flow/secret_file.h"
#include "server/flow/way.h"

namespace inferad::flow {
namespace {

using Json = nlohmann::ordered_json;

Json decision_json(const PriorityDecision& decision) {
  Json json = {{"pipeline", decision.pipeline},
               {"pipeline_version", decision.pipeline_version},
               {"model_sha256", decision.model_sha256},
               {"reason", decision.reason}};
  if (decision.score) json["score"] = {{"name", decision.score_name}, {"value", *decision.score}};
  if (decision.score && decision.threshold) json["score"]["threshold"] = *decision.threshold;
  return json;
}

class WebhookWay final : public Way {
 public:
  explicit WebhookWay(config::Webhook settings) : settings_(std::move(settings)) {}

  const std::string& name() const override { return settings_.name; }
  std::string address() const override { return settings_.url; }
  bool wants(const Notice& notice) const override {
    return settings_.priority_changes && notice.decision.level <= settings_.least_level;
  }

  store::NewDelivery message(const Notice& notice) const override {
    Json study = Json::object();
    for (const auto& [field, keyword] : settings_.study) study[field] = attribute(notice.study, keyword);
    const bool escalated = notice.escalation.step > 0;
    Json body = {
        {"id", sha256_hex(notice.key() + "|" + settings_.name)},
        {"event", escalated ? "critical_unacknowledged" : "priority_raised"},
        {"at", to_iso8601(escalated ? notice.escalation.at : notice.decision.decided_at)},
        {"priority", {{"level", to_string(notice.decision.level)}, {"order_level", to_string(notice.order_level)}}},
        {"finding", decision_json(notice.decision)},
        {"study_id", notice.job.study_id},
        {"study", std::move(study)}};
    if (escalated)
      body["escalation"] = {{"step", notice.escalation.step}, {"found_at", to_iso8601(notice.escalation.found_at)}};
    store::NewDelivery delivery;
    delivery.destination = settings_.name;
    delivery.kind = "WEBHOOK";
    delivery.message = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return delivery;
  }

  std::unique_ptr<Channel> channel(const Edges& edges, Metrics&) const override {
    return make_message_channel([&web = edges.web, settings = settings_](const auto& delivery, const auto& stop) {
      return post(web, settings, delivery.message, stop);
    });
  }

 private:
  static std::optional<Judgement> post(WebSender& web, const config::Webhook& settings, const std::string& body,
                                       const std::stop_token& stop) {
    WebRequest request;
    request.peer = settings.name;
    request.url = settings.url;
    request.ca_file = settings.ca_file;
    request.timeout = settings.timeout;
    request.body = body;
    request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", Json::parse(body).at("id")}};
    if (!settings.secret_file.empty()) {
      const auto key = read_secret(settings.secret_file);
      if (!key) return judge_error(key.error());
      request.headers.emplace_back("X-Inferad-Signature", "sha256=" + hmac_sha256_hex(*key, body));
    }
    const auto reply = web.send(request, stop);
    if (!reply && reply.error().code == Errc::cancelled) return std::nullopt;
    return reply ? judge_http_status(reply->status, reply->retry_after) : judge_error(reply.error());
  }

  const config::Webhook settings_;
};

}  // namespace

void add_webhook_ways(const config::Settings& settings, Ways& ways) {
  for (const auto& each : settings.notices.webhooks) ways.push_back(std::make_unique<WebhookWay>(each));
}

}  // namespace inferad::flow
