// SPDX-License-Identifier: Apache-2.0
#include "server/web/feedback_api.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "server/web/csv.h"

namespace inferad::web {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBodyBytesMax = 8192, kFindingBytesMax = 64;

Error bad(const std::string& what) { return {Errc::invalid_input, what}; }

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }

// A member that may be absent: "" then. Line breaks only where `lines` says so.
Result<std::string> text_of(const Json& object, const char* name, std::size_t bytes_max, bool lines = false) {
  const auto found = object.find(name);
  if (found == object.end()) return std::string();
  if (!found->is_string()) return bad(std::string("\"") + name + "\" must be a text.");
  auto text = found->get<std::string>();
  const bool control = std::any_of(text.begin(), text.end(),
                                   [&](char c) { return is_control(c) && !(lines && (c == '\n' || c == '\t')); });
  if (control || text.size() > bytes_max) {
    return bad(std::string("\"") + name + "\" must be a text of at most " + std::to_string(bytes_max) +
               " bytes without control characters.");
  }
  return text;
}

Result<Opinion> opinion_of(const Json& object) {
  const auto found = object.find("opinion");
  if (found != object.end()) {
    for (const Opinion opinion : {Opinion::none, Opinion::agree, Opinion::disagree}) {
      if (*found == std::string(to_string(opinion))) return opinion;
    }
  }
  return bad("\"opinion\" must be \"agree\", \"disagree\" or \"none\".");
}

Status check_members(const Json& object) {
  constexpr std::array<std::string_view, 5> known = {"job", "finding", "opinion", "reader", "comment"};
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return bad("Expected job, finding, opinion, reader and comment; found another member.");
  }
  return ok();
}

Json json_of(const Feedback& one) {
  return {{"id", one.id},
          {"study_id", one.study_id},
          {"job_id", one.job_id},
          {"finding", one.finding},
          {"label", one.label},
          {"presence", one.presence},
          {"opinion", to_string(one.opinion)},
          {"reader", one.reader},
          {"comment", one.comment},
          {"pipeline", one.pipeline},
          {"pipeline_version", one.pipeline_version},
          {"model_sha256", one.model_sha256},
          {"at", to_iso8601(one.at)},
          {"superseded_by", one.superseded_by > 0 ? Json(one.superseded_by) : Json(nullptr)}};
}

}  // namespace

Result<Feedback> feedback_from(std::string_view body, std::int64_t study) {
  const Json json = body.size() > kBodyBytesMax ? Json() : Json::parse(body, nullptr, false);
  if (!json.is_object())
    return bad("Expected a JSON object with job, opinion, reader, and finding and comment if wanted.");
  INFERAD_TRY_STATUS(check_members(json));
  Feedback feedback;
  feedback.study_id = study;
  const auto job = json.find("job");
  if (job == json.end() || !job->is_number_integer() || job->get<std::int64_t>() <= 0)
    return bad("\"job\" must be the number of an analysis.");
  feedback.job_id = job->get<std::int64_t>();
  INFERAD_TRY(feedback.finding, text_of(json, "finding", kFindingBytesMax));
  INFERAD_TRY(feedback.opinion, opinion_of(json));
  INFERAD_TRY(feedback.reader, text_of(json, "reader", kReaderBytesMax));
  INFERAD_TRY(feedback.comment, text_of(json, "comment", kCommentBytesMax, true));
  if (feedback.reader.find_first_not_of(' ') == std::string::npos)
    return bad("\"reader\" is missing: say who you are, so that the feedback can be weighed.");
  return feedback;
}

std::string feedback_json(const std::vector<Feedback>& all) {
  Json list = Json::array();
  for (const auto& one : all) list.push_back(json_of(one));
  return Json{{"feedback", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string feedback_csv(const std::vector<Feedback>& all) {
  std::string text = csv_line({"id", "at", "study", "job", "pipeline", "pipeline_version", "model_sha256", "finding",
                               "finding_name", "ai_said", "opinion", "commented", "reader", "superseded_by"});
  for (const auto& one : all) {
    text += csv_line({std::to_string(one.id), to_iso8601(one.at), std::to_string(one.study_id),
                      std::to_string(one.job_id), one.pipeline, one.pipeline_version, one.model_sha256, one.finding,
                      one.label, one.presence, to_string(one.opinion), one.comment.empty() ? "no" : "yes", one.reader,
                      one.superseded_by > 0 ? std::to_string(one.superseded_by) : ""});
  }
  return text;
}

}  // namespace inferad::web
