// SPDX-License-Identifier: Apache-2.0
// FHIR R4: a Task "read this study" of our own, one a study, or the priority of the order's ServiceRequest. What the
// server has is read first: a priority there is only ever raised, and what others wrote stays.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "server/base/hash.h"
#include "server/flow/message_channel.h"
#include "server/flow/secret_file.h"
#include "server/flow/way.h"

namespace inferad::flow {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kPriorities = {"routine", "urgent", "asap", "stat"};  // request-priority
// Nobody reads such a one any more (task-status, request-status).
constexpr std::array<std::string_view, 6> kEnded = {"completed", "cancelled",        "rejected",
                                                    "failed",    "entered-in-error", "revoked"};

std::string priority_of(Level level, const std::string& high) {
  if (level == Level::stat) return "stat";
  return level == Level::high ? high : "routine";
}

// A resource without a priority is routine (R4: "If missing, this task should be performed with normal priority").
int rank(std::string_view priority) {
  return static_cast<int>(std::find(kPriorities.begin(), kPriorities.end(), priority) - kPriorities.begin()) %
         static_cast<int>(kPriorities.size());
}

std::string text_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json identifier(const std::string& system, std::string_view value) {
  Json out = Json::object();
  if (!system.empty()) out["system"] = system;
  out["value"] = value;
  return out;
}

// Of the orders that the RIS sent, else what the images say.
std::vector<std::string> accessions(const Notice& notice) {
  auto numbers = accessions_of(notice.orders);
  if (numbers.empty() && !notice.one_of_several) numbers.emplace_back(attribute(notice.study, "AccessionNumber"));
  std::erase(numbers, "");
  return numbers;
}

Json reference(const char* type, Json identifier) { return {{"type", type}, {"identifier", std::move(identifier)}}; }

// FHIR has no empty texts: what the images do not tell is left out.
Json task_of(const Notice& notice, const config::FhirServer& settings) {
  const auto& decision = notice.decision;
  const auto text = [&](const char* keyword) { return attribute(notice.study, keyword); };
  const auto at = to_iso8601(decision.decided_at);
  Json task = {{"resourceType", "Task"}, {"id", "inferad-" + sha256_hex(notice.job.study_uid).substr(0, 32)}};
  for (const auto& number : accessions(notice)) {
    auto accession = identifier(settings.accession_system, number);
    accession["type"]["coding"] = {
        {{"system", "http://terminology.hl7.org/CodeSystem/v2-0203"}, {"code", "ACSN"}, {"display", "Accession ID"}}};
    task["basedOn"].push_back(reference("ServiceRequest", std::move(accession)));
  }
  task["status"] = "requested";
  task["intent"] = "order";
  task["priority"] = priority_of(decision.level, settings.high);
  task["code"]["text"] = "Read imaging study";
  task["focus"] = reference("ImagingStudy", identifier("urn:dicom:uid", "urn:oid:" + notice.job.study_uid));
  if (!text("PatientID").empty())
    task["for"] = reference("Patient", identifier(settings.patient_system, text("PatientID")));
  task["authoredOn"] = at;
  task["lastModified"] = at;
  task["requester"]["display"] = fmt::format("Inferad, {} {}", decision.pipeline, decision.pipeline_version);
  task["note"] = {{{"time", at}, {"text", "AI triage (assists, not for primary diagnosis): " + decision.reason}}};
  return task;
}

// (RFC 3986 2.3) of a form.
std::string form_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// The steps of one delivery. Each gives what became of it, or nullopt: told to stop.
class Conversation {
 public:
  Conversation(WebSender& web, const config::FhirServer& settings, const std::stop_token& stop)
      : web_(web), settings_(settings), stop_(stop) {}

  std::optional<Judgement> raise(const Json& message) {
    if (!settings_.token_file.empty()) {
      const auto token = read_secret(settings_.token_file);
      if (!token) return judge_error(token.error());
      token_ = *token;
    }
    return settings_.resource == config::FhirResource::task ? raise_task(message) : raise_order(message);
  }

 private:
  using Reply = Result<WebReply>;

  Reply ask(const char* method, const std::string& path, const std::string& body = "",
            const char* type = "application/fhir+json", const std::string& if_match = "") {
    WebRequest request;
    request.peer = settings_.name;
    request.method = method;
    request.url = settings_.base_url + "/" + path;
    request.body = body;
    request.ca_file = settings_.ca_file;
    request.timeout = settings_.timeout;
    request.headers = {{"Accept", "application/fhir+json"}};
    if (!body.empty()) request.headers.emplace_back("Content-Type", type);
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    if (!if_match.empty()) request.headers.emplace_back("If-Match", if_match);
    return web_.send(request, stop_);
  }

  static std::optional<Judgement> judge(const Reply& reply) {
    if (!reply && reply.error().code == Errc::cancelled) return std::nullopt;
    if (!reply) return judge_error(reply.error());
    // Somebody changed it in between: read it again.
    if (reply->status == 409 || reply->status == 412) return Judgement{Verdict::retry, "changed by others meanwhile"};
    return judge_http_status(reply->status, reply->retry_after);
  }

  // What needs no writing: nullopt when it does.
  static std::optional<Judgement> settled(const Json& resource, const std::string& priority) {
    const auto status = text_of(resource, "status"), there = text_of(resource, "priority");
    if (std::find(kEnded.begin(), kEnded.end(), status) != kEnded.end())
      return Judgement{Verdict::delivered, "not changed: it is " + status};
    if (rank(there) >= rank(priority))
      return Judgement{Verdict::delivered, "not changed: priority is already " + (there.empty() ? "routine" : there)};
    return std::nullopt;
  }

  static std::string version_of(const WebReply& reply, const Json& resource) {
    if (!reply.etag.empty()) return reply.etag;
    const auto meta = resource.find("meta");
    const auto version = meta != resource.end() && meta->is_object() ? text_of(*meta, "versionId") : "";
    return version.empty() ? "" : fmt::format("W/\"{}\"", version);
  }

  std::optional<Judgement> raise_task(const Json& message) {
    const auto path = "Task/" + text_of(message, "id");
    const auto there = ask("GET", path);
    if (there && (there->status == 404 || there->status == 410)) return judge(ask("PUT", path, message.dump()));
    if (!there || there->status != 200) return judge(there);
    auto task = Json::parse(there->body, nullptr, false);
    if (!task.is_object()) return Judgement{Verdict::park, "the answer is no FHIR resource"};
    const auto priority = text_of(message, "priority");
    if (auto done = settled(task, priority)) return done;
    task["priority"] = priority;
    task["lastModified"] = message.at("lastModified");
    task["note"].push_back(message.at("note").at(0));
    return judge(ask("PUT", path, task.dump(), "application/fhir+json", version_of(*there, task)));
  }

  std::optional<Judgement> raise_order(const Json& message) {
    const auto system = text_of(message, "system");
    const auto token = (system.empty() ? "" : system + "|") + text_of(message, "accession");
    // By POST: an accession number has no place in the address, which servers log.
    const auto found =
        ask("POST", "ServiceRequest/_search", "identifier=" + form_encoded(token), "application/x-www-form-urlencoded");
    if (!found || found->status != 200) return judge(found);
    const auto bundle = Json::parse(found->body, nullptr, false);
    std::vector<Json> orders;
    if (bundle.is_object() && bundle.contains("entry"))
      for (const auto& entry : bundle["entry"])
        if (entry.contains("resource") && text_of(entry["resource"], "resourceType") == "ServiceRequest")
          orders.push_back(entry["resource"]);
    // Of a known system, all with this number are procedures of one order; else of orders that nobody can tell apart.
    if (orders.empty() || (orders.size() > 1 && system.empty()))
      return Judgement{Verdict::park, fmt::format("{} orders have this accession number", orders.size())};
    std::optional<Judgement> worst;
    for (const auto& order : orders) {
      auto one = patch_order(order, text_of(message, "priority"));
      if (!one) return std::nullopt;
      if (!worst || one->verdict > worst->verdict) worst = std::move(one);
    }
    return worst;
  }

  std::optional<Judgement> patch_order(const Json& order, const std::string& priority) {
    if (auto done = settled(order, priority)) return done;
    const Json patch = {{{"op", "add"}, {"path", "/priority"}, {"value", priority}}};  // RFC 6902 4.1: add replaces
    return judge(ask("PATCH", "ServiceRequest/" + text_of(order, "id"), patch.dump(), "application/json-patch+json",
                     version_of({}, order)));
  }

  WebSender& web_;
  const config::FhirServer& settings_;
  const std::stop_token& stop_;
  std::string token_;
};

class FhirWay final : public Way {
 public:
  explicit FhirWay(config::FhirServer settings) : settings_(std::move(settings)) {}

  const std::string& name() const override { return settings_.name; }
  std::string address() const override { return settings_.base_url; }
  bool wants(const Notice& notice) const override { return notice.decision.level <= settings_.least_level; }

  // One task for the study; a request is one of an order.
  bool tells_orders_apart() const override { return settings_.resource != config::FhirResource::task; }
  store::NewDelivery message(const Notice& notice) const override {
    const bool task = settings_.resource == config::FhirResource::task;
    const auto numbers = accessions(notice);
    const auto accession = numbers.empty() ? std::string() : numbers.front();
    const Json order = {{"accession", accession},
                        {"system", settings_.accession_system},
                        {"priority", priority_of(notice.decision.level, settings_.high)}};
    store::NewDelivery delivery;
    delivery.destination = settings_.name;
    delivery.kind = "FHIR";
    delivery.message = (task ? task_of(notice, settings_) : order).dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!task && accession.empty()) delivery.parked_because = "there is no accession number to find the order by";
    return delivery;
  }

  std::unique_ptr<Channel> channel(const Edges& edges, Metrics&) const override {
    return make_message_channel([&web = edges.web, settings = settings_](const auto& delivery, const auto& stop) {
      return Conversation(web, settings, stop).raise(Json::parse(delivery.message));
    });
  }

 private:
  const config::FhirServer settings_;
};

}  // namespace

void add_fhir_ways(const config::Settings& settings, Ways& ways) {
  for (const auto& each : settings.notices.fhir) ways.push_back(std::make_unique<FhirWay>(each));
}

}  // namespace inferad::flow
