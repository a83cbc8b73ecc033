// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

namespace inferad::workers {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kTextMax = 8192, kReasonMax = 1000, kNameMax = 128, kListMax = 256;
constexpr std::size_t kObjectsMax = 1100;  // a derived series has up to 1000 images; a line holds no more
constexpr std::array<std::string_view, 5> kStages{"load", "prepare", "infer", "measure", "write"};

// Reads members of one message; the first thing that is wrong is kept, later reads give empty values.
class Reader {
 public:
  explicit Reader(const Json& object) : object_(object) {}

  std::string text(const char* name, std::size_t bytes_max, bool required = true) {
    const auto found = object_.is_object() ? object_.find(name) : object_.end();
    if (!object_.is_object() || found == object_.end()) {
      if (required) fail(name);
      return {};
    }
    if (!found->is_string()) return fail(name), std::string();
    auto value = found->get<std::string>();
    if (value.size() > bytes_max || (required && value.empty())) fail(name);
    return value;
  }

  double fraction(const char* name) {
    const auto found = object_.is_object() ? object_.find(name) : object_.end();
    const double value =
        object_.is_object() && found != object_.end() && found->is_number() ? found->get<double>() : -1;
    if (!(value >= 0 && value <= 1)) fail(name);
    return value;
  }

  // The elements of an array, none when it is wrong.
  std::vector<Json> list(const char* name, std::size_t most) {
    const auto found = object_.is_object() ? object_.find(name) : object_.end();
    if (!object_.is_object() || found == object_.end() || !found->is_array() || found->size() > most) {
      return fail(name), std::vector<Json>();
    }
    return {found->begin(), found->end()};
  }

  void fail(std::string_view member) {
    if (wrong_.empty()) wrong_ = member;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const Json& object_;
  std::string wrong_;
};

bool is_file_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
         });
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ReadyEvent read_ready(Reader& message) {
  ReadyEvent event;
  for (const auto& item : message.list("pipelines", kListMax)) {
    Reader pipeline(item);
    auto& offered = event.pipelines.emplace_back();
    offered.name = pipeline.text("name", kNameMax);
    offered.version = pipeline.text("version", kNameMax);
    for (const auto& entry : pipeline.list("models", kListMax)) {
      Reader model(entry);
      offered.models.push_back({model.text("name", kNameMax), model.text("sha256", kNameMax)});
      if (!is_sha256(offered.models.back().sha256)) model.fail("sha256");
      if (!model.wrong().empty()) pipeline.fail(model.wrong());
    }
    offered.not_installed = pipeline.text("not_installed", kTextMax, false);
    if (!pipeline.wrong().empty()) message.fail(pipeline.wrong());
  }
  event.blas = message.text("blas", kNameMax, false);
  return event;
}

ProgressEvent read_progress(Reader& message) {
  ProgressEvent event{message.text("job", kNameMax), message.text("stage", kNameMax), message.fraction("fraction")};
  if (std::find(kStages.begin(), kStages.end(), event.stage) == kStages.end()) message.fail("stage");
  return event;
}

DoneEvent read_done(Reader& message) {
  using Outcome = flow::WorkerResult::Outcome;
  DoneEvent event;
  event.job = message.text("job", kNameMax);
  const auto outcome = message.text("outcome", kNameMax);
  event.result.reason = message.text("reason", kTextMax, false);
  if (outcome == "done") {
    event.result.outcome = Outcome::done;
  } else if (outcome == "not_analysed") {
    event.result.outcome = Outcome::not_analysed;
  } else if (outcome == "failed") {
    event.result.outcome = Outcome::failed;
  } else {
    message.fail("outcome");
  }
  for (const auto& item : message.list("objects", kObjectsMax)) {
    Reader object(item);
    const auto refused = object.text("refused", kTextMax, false);
    const auto file = object.text("file", kNameMax, refused.empty());
    const auto kind = result_kind(object.text("kind", kNameMax));
    const auto beside = object.text("beside", kNameMax, false);
    const auto beside_kind = result_kind(beside);
    if (is_file_name(file) != refused.empty() || !kind || (!beside.empty() && !beside_kind)) message.fail("objects");
    event.result.objects.push_back({file, kind.value_or(ResultKind::sr), beside_kind, refused});
  }
  return event;
}

}  // namespace

Result<WorkerEvent> parse_event(std::string_view line) {
  const auto json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return Error{Errc::invalid_input, "the worker's message is not a JSON object"};
  Reader message(json);
  const auto name = message.text("event", kNameMax);
  WorkerEvent event;
  if (name == "ready") {
    event = read_ready(message);
  } else if (name == "loading") {
    event = LoadingEvent{message.text("pipeline", kNameMax)};
  } else if (name == "refused") {
    event = RefusedPipeline{message.text("pipeline", kNameMax), message.text("reason", kTextMax)};
  } else if (name == "progress") {
    event = read_progress(message);
  } else if (name == "findings") {
    event = FindingsEvent{message.text("job", kNameMax)};
  } else if (name == "done") {
    event = read_done(message);
  } else {
    message.fail("event");
  }
  if (message.wrong().empty()) return event;
  return Error{Errc::invalid_input, fmt::format("\"{}\" is missing or wrong in the worker's message", message.wrong())};
}

std::string run_line(const flow::WorkerOrder& order) {
  Json message{{"do", "run"}, {"job", std::to_string(order.job_id)}, {"folder", order.folder.string()}};
  if (!order.failure.empty()) {
    message["do"] = "report_failure";
    message["reason"] = order.failure.substr(0, kReasonMax);
  }
  return message.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace inferad::workers
