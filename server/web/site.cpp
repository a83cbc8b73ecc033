// SPDX-License-Identifier: Apache-2.0
#include "server/web/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>

#include "server/base/log.h"
#include "server/web/assets.h"
#include "server/web/encode.h"
#include "server/web/evidence_api.h"
#include "server/web/feedback_api.h"

namespace inferad::web {

namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

int status_of(Errc code) {
  switch (code) {
    case Errc::invalid_input:
      return 400;
    case Errc::not_found:
      return 404;
    case Errc::refused:
      return 409;
    case Errc::overload:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::cancelled:
      return 503;
    case Errc::io:
    case Errc::model:
      return 500;
  }
  return 500;
}

HttpResponse failure(const Error& error) {
  return {status_of(error.code), "application/json", error_json(error), {}, false};
}

HttpResponse json(std::string body) { return {200, "application/json", std::move(body), {}, false}; }

HttpResponse not_found() { return failure({Errc::not_found, "There is nothing at this address."}); }

template <class Value, class Encode>
HttpResponse json_of(const Result<Value>& value, Encode encode) {
  return value ? json(encode(*value)) : failure(value.error());
}

// A table that a browser saves under `name`.
template <class Value, class Encode>
HttpResponse table_of(const Result<Value>& value, Encode encode, const std::string& name) {
  if (!value) return failure(value.error());
  return {200,
          "text/csv; charset=utf-8; header=present",
          encode(*value),
          {{"Content-Disposition", "attachment; filename=\"" + name + "\""}},
          false};
}

// If-None-Match is a list of tags or "*" (RFC 9110 13.1.2); ours never contain a comma or need weak comparison.
bool matches_etag(std::string_view condition, std::string_view etag) {
  return condition == "*" || condition.find(etag) != std::string_view::npos;
}

HttpResponse asset_response(const HttpRequest& request, std::string_view name) {
  const Asset* asset = find_asset(name);
  if (asset == nullptr) return not_found();
  HttpResponse response;
  response.content_type = asset->content_type;
  response.headers = {{"ETag", std::string(asset->etag)}, {"Cache-Control", "no-cache"}};  // keep, but ask each time
  if (matches_etag(request.header("if-none-match"), asset->etag)) {
    response.status = 304;
  } else {
    response.body = asset->bytes;
  }
  return response;
}

// "/api/v1/jobs/17/retry" with prefix "/api/v1/jobs/" and suffix "/retry" → 17; ids are positive decimal numbers.
std::optional<std::int64_t> id_between(std::string_view path, std::string_view prefix, std::string_view suffix) {
  if (!path.starts_with(prefix) || !path.ends_with(suffix) || path.size() <= prefix.size() + suffix.size()) return {};
  const auto digits = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc{} || end != digits.data() + digits.size() || id <= 0) return {};
  return id;
}

HttpResponse ready_response(NodeView& node, std::string_view query) {
  if (query != "" && query != "check=inference") {
    return failure({Errc::invalid_input, "The only check that /readyz knows is check=inference."});
  }
  const NodeStatus status = node.status();
  const bool fine = status.ready && (query.empty() || status.inference_ready);
  const std::string why = status.not_ready_because.empty() ? "not ready" : status.not_ready_because;
  return {fine ? 200 : 503, std::string(kText), (fine ? "ready" : why) + "\n", {}, false};
}

std::optional<HttpResponse> api_response(NodeView& node, WorklistFeed& worklist, std::string_view path,
                                         std::string_view query) {
  const WallTime now = wall_now();
  if (path == "worklist") {
    const auto since = query.starts_with("since=") ? query.substr(6) : "";
    return json_of(worklist.answer([&] { return node.worklist(); }, since, now), [](const auto& text) { return text; });
  }
  if (const auto days = path == "readings" ? id_between(query, "days=", "") : std::nullopt) {
    return json_of(node.readings(static_cast<int>(std::min<std::int64_t>(*days, 3660))),
                   [&](const auto& v) { return readings_json(v, now); });
  }
  if (path == "jobs") return json_of(node.jobs(), [&](const auto& v) { return jobs_json(v, now); });
  if (path == "outbox") return json_of(node.deliveries(), [&](const auto& v) { return deliveries_json(v, now); });
  if (path == "status") return json(status_json(node.status(), now));
  if (path == "peers") return json(peers_json(node.peers()));
  if (path == "rules") return json(rules_json(node.rules()));
  if (path.starts_with("models/") && path.ends_with("/card") && path.size() > 12)
    return json_of(node.card(std::string(path.substr(7, path.size() - 12))), [](const auto& text) { return text; });
  if (path == "models") return json(models_json(node.models()));
  if (const auto id = id_between(path, "studies/", "/feedback")) return json_of(node.feedback(*id), feedback_json);
  if (path == "feedback.csv") {
    return table_of(node.feedback(0), feedback_csv, "inferad-feedback.csv");
  }
  if (path == "evidence" || path == "evidence.csv") {
    const auto days = query.empty() ? std::optional<std::int64_t>(0) : id_between(query, "days=", "");
    if (!days || *days > 3660) return failure({Errc::invalid_input, "Expected days=1 to days=3660, or nothing."});
    const auto evidence = node.evidence(static_cast<int>(*days));
    return path == "evidence" ? json_of(evidence, evidence_json)
                              : table_of(evidence, evidence_csv, "inferad-evidence.csv");
  }
  if (const auto id = id_between(path, "studies/", "")) {
    return json_of(node.study(*id), [&](const auto& v) { return study_json(v, node.reading_targets(), now); });
  }
  return std::nullopt;
}

// "studies/17/jobs/117/images" and "…/images/picture-1.png".
std::optional<HttpResponse> picture_response(NodeView& node, std::string_view path) {
  const auto jobs = path.find("/jobs/"), images = path.find("/images");
  if (jobs == std::string_view::npos || images == std::string_view::npos || images < jobs) return std::nullopt;
  const auto study = id_between(path.substr(0, jobs), "studies/", "");
  const auto job = id_between(path.substr(jobs, images - jobs), "/jobs/", "");
  const auto name = path.substr(images + 7);
  if (!study || !job || (!name.empty() && name.front() != '/')) return std::nullopt;
  if (name.empty()) return json_of(node.pictures(*study, *job), [](const auto& text) { return text; });
  auto bytes = node.picture(*study, *job, std::string(name.substr(1)));
  if (!bytes) return failure(bytes.error());
  return HttpResponse{200, "image/png", *std::move(bytes), {}, false};
}

HttpResponse get(NodeView& node, WorklistFeed& worklist, const HttpRequest& request) {
  const std::string_view path = request.path;
  if (path == "/") return asset_response(request, "worklist.html");
  if (path == "/operations") return asset_response(request, "operations.html");
  if (path == "/evidence") return asset_response(request, "evidence.html");
  if (id_between(path, "/study/", "")) return asset_response(request, "study.html");
  if (path.starts_with("/assets/")) return asset_response(request, path.substr(8));
  if (path == "/favicon.ico") return asset_response(request, "icon.svg");
  if (path == "/healthz") return {200, std::string(kText), "alive\n", {}, false};
  if (path == "/readyz") return ready_response(node, request.query);
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", node.metrics_text(), {}, false};
  if (path == "/api/v1/events") return {200, "text/event-stream", "", {}, true};
  if (path.starts_with("/api/v1/")) {
    if (auto response = picture_response(node, path.substr(8))) return *std::move(response);
    if (auto response = api_response(node, worklist, path.substr(8), request.query)) return *std::move(response);
  }
  return not_found();
}

HttpResponse retry(const Status& status, std::string_view what, std::int64_t id) {
  if (!status) return failure(status.error());
  log::info("retry_asked", {{"what", what}, {"id", id}});
  return json("{\"retried\":true}\n");
}

HttpResponse start_reading(NodeView& node, std::int64_t study, std::string_view body) {
  const auto reader = reader_of(body);
  if (!reader) return failure(reader.error());
  const auto started = node.start_reading(study, *reader);
  return started ? json("{\"started\":true}\n") : failure(started.error());
}

HttpResponse release_reading(NodeView& node, std::int64_t study) {
  const auto released = node.release_reading(study);
  return released ? json("{\"released\":true}\n") : failure(released.error());
}

HttpResponse give_feedback(NodeView& node, std::int64_t study, std::string_view body) {
  const auto said = feedback_from(body, study);
  if (!said) return failure(said.error());
  const auto id = node.give_feedback(*said);
  return id ? json("{\"id\":" + std::to_string(*id) + "}\n") : failure(id.error());
}

HttpResponse take_report(NodeView& node, std::string_view body) {
  const auto news = report_from(body);
  if (!news) return failure(news.error());
  const auto studies = node.take_report(*news);
  return studies ? json("{\"studies\":" + std::to_string(*studies) + "}\n") : failure(studies.error());
}

// By a person, who has a name.
HttpResponse acknowledge(NodeView& node, std::int64_t study, std::string_view body) {
  const auto reader = reader_of(body);
  if (!reader) return failure(reader.error());
  if (reader->empty()) return failure({Errc::invalid_input, "Say who acknowledges: {\"reader\": \"AB\"}."});
  const auto done = node.acknowledge(study, *reader);
  return done ? json("{\"acknowledged\":true}\n") : failure(done.error());
}

HttpResponse post(NodeView& node, const HttpRequest& request) {
  if (const auto id = id_between(request.path, "/api/v1/studies/", "/acknowledge"))
    return acknowledge(node, *id, request.body);
  if (const auto id = id_between(request.path, "/api/v1/worklist/", "/start"))
    return start_reading(node, *id, request.body);
  if (const auto id = id_between(request.path, "/api/v1/worklist/", "/release")) return release_reading(node, *id);
  if (const auto id = id_between(request.path, "/api/v1/studies/", "/feedback"))
    return give_feedback(node, *id, request.body);
  if (request.path == "/api/v1/reports") return take_report(node, request.body);
  if (const auto id = id_between(request.path, "/api/v1/jobs/", "/retry"))
    return retry(node.retry_job(*id), "job", *id);
  if (const auto id = id_between(request.path, "/api/v1/outbox/", "/retry")) {
    return retry(node.retry_delivery(*id), "delivery", *id);
  }
  return not_found();
}

}  // namespace

Site::Site(NodeView& node)
    : node_(node), worklist_(fmt::format("{:08x}{:08x}", std::random_device()(), std::random_device()())) {}

HttpResponse Site::handle(const HttpRequest& request) {
  return request.method == "POST" ? post(node_, request) : get(node_, worklist_, request);
}

std::string Site::changed_data(std::int64_t study_id) { return "{\"study\":" + std::to_string(study_id) + "}"; }

}  // namespace inferad::web
