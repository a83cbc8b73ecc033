// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/serve.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "pipelines/worker/job_runner.h"
#include "server/base/log.h"

namespace inferad::worker {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReasonMax = 2000;  // characters: a line stays far below kLineMax

struct Order {
  std::string job;
  std::filesystem::path folder;
  std::string failure;  // not empty: only a report of it
};

// A peer that is gone is noticed by the next read; until then there is nothing better to do than to go on.
void tell(Channel& channel, const Json& message) {
  const auto sent = channel.write_line(message.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!sent) log::warning("channel_write_failed", {{"reason", sent.error().what}});
}

std::string outcome_of(const Result<JobResult>& result) {
  if (!result || result->outcome == findings::Outcome::failed) return "failed";
  return result->outcome == findings::Outcome::analysed ? "done" : "not_analysed";
}

class Session {
 public:
  Session(Channel& channel, engine::Engine& engine, int threads)
      : channel_(channel), engine_(engine), runner_(engine, threads) {}

  int run() {
    introduce();
    for (;;) {
      const auto line = channel_.read_line();
      if (!line) {
        log::error("protocol_error", {{"reason", line.error().what}});
        return 1;
      }
      if (!*line) return 0;
      const auto order = parse(**line);
      if (!order) {
        log::error("protocol_error", {{"reason", order.error().what}});
        return 1;
      }
      execute(*order);
    }
  }

 private:
  void introduce() {
    for (const auto& refused : engine_.refused()) {
      send({{"event", "refused"}, {"pipeline", refused.name}, {"reason", refused.reason.substr(0, kReasonMax)}});
    }
    auto pipelines = Json::array();
    for (const auto& pipeline : engine_.pipelines()) {
      auto models = Json::array();
      for (const auto& model : pipeline.models) models.push_back({{"name", model.name}, {"sha256", model.sha256}});
      pipelines.push_back({{"name", pipeline.name}, {"version", pipeline.version}, {"models", std::move(models)}});
      if (!pipeline.not_installed.empty())
        pipelines.back()["not_installed"] = pipeline.not_installed.substr(0, kReasonMax);
    }
    send({{"event", "ready"}, {"pipelines", std::move(pipelines)}, {"blas", engine_.blas()}});
  }

  static Result<Order> parse(const std::string& line) {
    const auto message = Json::parse(line, nullptr, false);
    const auto text = [&](const char* key) {
      return message.is_object() && message.contains(key) && message[key].is_string() ? message[key].get<std::string>()
                                                                                      : std::string();
    };
    Order order{text("job"), text("folder"), text("reason")};
    const bool known = text("do") == (order.failure.empty() ? "run" : "report_failure");
    if (!known || order.job.empty() || !order.folder.is_absolute()) {
      return Error{Errc::invalid_input, "the node sent no order to run a job in an absolute folder"};
    }
    return order;
  }

  void execute(const Order& order) {
    const auto begin = std::chrono::steady_clock::now();
    log::info("job_started", {{"job", order.job}});
    const auto result = order.failure.empty() ? runner_.run(order.folder, events(order.job))
                                              : runner_.report_failure(order.folder, order.failure);
    const auto outcome = outcome_of(result);
    const std::string reason = result ? result->reason : result.error().what;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    log::info("job_ended", {{"job", order.job}, {"outcome", outcome}, {"seconds", seconds.count()}});
    if (!result) log::error("job_failed", {{"job", order.job}, {"reason", reason}});
    auto objects = Json::array();
    if (result)
      for (const auto& object : result->objects) {
        objects.push_back({{"file", object.name}, {"kind", to_string(object.kind)}});
        if (!object.refused.empty())
          objects.back() = {{"kind", to_string(object.kind)}, {"refused", object.refused.substr(0, kReasonMax)}};
        if (object.beside) objects.back()["beside"] = to_string(*object.beside);
      }
    send({{"event", "done"},
          {"job", order.job},
          {"outcome", outcome},
          {"reason", reason.substr(0, kReasonMax)},
          {"objects", std::move(objects)}});
  }

  JobEvents events(const std::string& job) {
    return {.progress =
                [this, job](std::string_view stage, double fraction) {
                  if (stage == stage_ && fraction < told_ + 0.05 && fraction < 1) return;
                  stage_ = stage;
                  told_ = fraction;
                  send({{"event", "progress"}, {"job", job}, {"stage", stage}, {"fraction", fraction}});
                },
            .findings_ready =
                [this, job] {
                  send({{"event", "findings"}, {"job", job}});
                }};
  }

  void send(const Json& message) { tell(channel_, message); }

  Channel& channel_;
  engine::Engine& engine_;
  JobRunner runner_;
  std::string stage_;
  double told_ = 0;
};

}  // namespace

void announce_loading(Channel& channel, const std::string& pipeline) {
  tell(channel, {{"event", "loading"}, {"pipeline", pipeline}});
}

int serve(Channel& channel, engine::Engine& engine, int threads) { return Session(channel, engine, threads).run(); }

void exit_when_closed(int fd) {
  std::thread([fd] {
    pollfd watched{fd, POLLRDHUP, 0};
    while (poll(&watched, 1, -1) <= 0) continue;
    _exit(0);
  }).detach();
}

}  // namespace inferad::worker
