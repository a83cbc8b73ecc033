// SPDX-License-Identifier: Apache-2.0
// Keeps inferad-worker processes running and gives jobs to them: flow's WorkerHost.
//
// Operation: a thread for each worker starts it, waits until it is ready, notices when it dies idle, and starts another
// one: at once after the first death, then after 1 s, 2 s, … 60 s until a job ends well. claim() gives a ready worker.
// A pipeline in whose loading workers hang once or die twice is left out from then on, so that the others run. What a
// worker says is checked; a wrong message, a flood, silence until the deadline, or the end of the process end
// the job with Errc::model, and the worker is killed. Concurrency: thread-safe; as many jobs at a time as there are
// workers. The destructor kills all workers; no claim may be held then (request its stop first).
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/flow/worker_ports.h"
#include "server/telemetry/metrics.h"
#include "server/workers/worker_messages.h"

namespace inferad::workers {

struct HostOptions {
  std::vector<std::string> command;                   // program and arguments; "{fd}" stands for the socket
  int count = 1;                                      // 0: claim() never gives one
  bool warm_up = true;                                // false: the first claim() starts the workers
  std::chrono::milliseconds start_deadline{300'000};  // until it loads a pipeline or is ready
  std::chrono::milliseconds load_deadline{300'000};   // for each pipeline
  std::chrono::milliseconds back_off_first{1000}, back_off_longest{60'000};
  Metrics* metrics = nullptr;     // outlives the host; nullptr = not counted
  std::function<void()> changed;  // the state below changed; any thread, must not call back
};

// inferad-worker serve --fd {fd} …
struct WorkerCommand {
  std::filesystem::path program, catalog, models, writable;
  std::string device = "cpu";
  int threads = 1;
};
std::vector<std::string> serve_arguments(const WorkerCommand& command);

class ProcessHost final : public flow::WorkerHost {
 public:
  explicit ProcessHost(HostOptions options);
  ~ProcessHost() override;

  std::unique_ptr<flow::FreeWorker> claim() override;
  bool ready() const override;  // false without workers

  struct State {
    int workers = 0, ready = 0;              // a worker that runs a job is ready, too
    std::vector<OfferedPipeline> pipelines;  // as the worker that came up last told
    std::vector<RefusedPipeline> refused;
    std::string trouble;  // why the last worker did not come up or died; "" when all is well
  };
  State state() const;

 private:
  struct Slot;
  struct Conversation;
  class Claim;
  void tend(Slot& slot, const std::stop_token& stop);
  bool bring_up(Slot& slot, const std::stop_token& stop);
  std::string introduce(Slot& slot, const std::stop_token& stop);
  void accept(Slot& slot, ReadyEvent offer, std::vector<RefusedPipeline> refused);
  std::vector<std::string> command() const;
  void blame(const std::string& pipeline, const std::string& why, bool hung);
  void watch(Slot& slot, const std::stop_token& stop);
  void note_death(Slot& slot, const std::string& why, std::string_view kind);
  void wait_back_off(Slot& slot, const std::stop_token& stop);
  Result<flow::WorkerResult> run(Slot& slot, const flow::WorkerOrder& order, flow::JobObserver& observer,
                                 const std::stop_token& stop);
  void give_back(Slot& slot, bool usable);
  Conversation converse(Slot& slot, const flow::WorkerOrder& order, flow::JobObserver& observer,
                        const std::stop_token& stop);
  std::string not_offered_because(const std::string& pipeline) const;
  void tell() const;

  const HostOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any moved_;       // a slot changed its state
  bool wanted_;                             // workers are to be started
  State state_;                             // pipelines, refused, trouble
  std::map<std::string, int> load_deaths_;  // by pipeline
  std::vector<RefusedPipeline> left_out_;   // workers are started without them
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace inferad::workers
