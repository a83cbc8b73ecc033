// SPDX-License-Identifier: Apache-2.0
#include "server/workers/process_host.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/base/log.h"
#include "server/workers/worker_process.h"

namespace inferad::workers {

namespace {

constexpr int kMessagesMax = 100'000;  // of one worker about one job, or before it is ready
constexpr int kLoadDeathsMax = 2;

// Makes a stop request visible to poll().
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop)
      : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), callback_(stop, [this] { eventfd_write(fd_.get(), 1); }) {}
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace

enum class SlotState {
  off,       // nobody asked for workers yet
  starting,  // the slot's thread brings a process up
  back_off,  // the last start failed; waits
  idle,      // ready for an order; the slot's thread watches for its death
  checked,   // ready, but the slot's thread looks whether it lives: idle again in a moment
  busy,      // claimed
  dead,      // came back from a claim, dead
};

struct ProcessHost::Slot {
  int number = 0;
  // Guarded by the host's mutex.
  SlotState state = SlotState::off;
  int deaths = 0;  // since a job ended well
  // Used by the slot's thread, in state busy by the claim.
  std::unique_ptr<WorkerProcess> process;

  bool up() const { return state == SlotState::idle || state == SlotState::checked || state == SlotState::busy; }
};

struct ProcessHost::Conversation {
  Result<flow::WorkerResult> result;
  bool usable = false;         // the worker waits for the next order
  std::string_view kind = "";  // for metrics: how it became unusable
};

std::vector<std::string> serve_arguments(const WorkerCommand& command) {
  return {command.program.string(),
          "serve",
          "--fd",
          "{fd}",
          "--catalog",
          command.catalog.string(),
          "--models",
          command.models.string(),
          "--threads",
          std::to_string(command.threads),
          "--device",
          command.device,
          "--writable",
          command.writable.string()};
}

ProcessHost::ProcessHost(HostOptions options) : options_(std::move(options)), wanted_(options_.warm_up) {
  for (int i = 0; i < options_.count; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->number = i + 1;
  }
  for (auto& slot : slots_) {
    threads_.emplace_back([this, &slot = *slot](const std::stop_token& stop) { tend(slot, stop); });
  }
}

ProcessHost::~ProcessHost() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool ProcessHost::ready() const {
  const std::lock_guard lock(mutex_);
  return !slots_.empty() && std::all_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->up(); });
}

ProcessHost::State ProcessHost::state() const {
  const std::lock_guard lock(mutex_);
  State out = state_;
  out.workers = static_cast<int>(slots_.size());
  for (const auto& slot : slots_) out.ready += slot->up();
  return out;
}

void ProcessHost::tell() const {
  if (options_.changed) options_.changed();
}

// ---- the thread of a slot -------------------------------------------------------------------------------------------

void ProcessHost::tend(Slot& slot, const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, stop, [&] { return wanted_; });
  }
  while (!stop.stop_requested()) {
    if (bring_up(slot, stop)) watch(slot, stop);
    slot.process.reset();
    wait_back_off(slot, stop);
  }
}

// False: the process did not become ready; noted.
bool ProcessHost::bring_up(Slot& slot, const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    slot.state = SlotState::starting;
  }
  moved_.notify_all();
  auto process = WorkerProcess::start(command());
  std::string why;
  if (process) {
    slot.process = *std::move(process);
    log::info("worker_started", {{"worker", slot.number}, {"pid", slot.process->pid()}});
    why = introduce(slot, stop);
  } else {
    why = process.error().what;
  }
  if (!why.empty() && !stop.stop_requested()) note_death(slot, why, "start");
  {
    const std::lock_guard lock(mutex_);
    slot.state = why.empty() ? SlotState::idle : SlotState::back_off;
    if (why.empty()) state_.trouble.clear();
  }
  moved_.notify_all();
  tell();
  return why.empty();
}

// The command line of the next worker.
std::vector<std::string> ProcessHost::command() const {
  auto out = options_.command;
  const std::lock_guard lock(mutex_);
  for (const auto& pipeline : left_out_) out.push_back("--leave-out=" + pipeline.name);
  return out;
}

// A worker did not survive the loading of the pipeline.
void ProcessHost::blame(const std::string& pipeline, const std::string& why, bool hung) {
  const std::lock_guard lock(mutex_);
  auto& deaths = load_deaths_[pipeline];
  if (deaths >= kLoadDeathsMax) return;  // left out; another worker was loading it, too
  deaths = hung ? kLoadDeathsMax : deaths + 1;
  if (deaths < kLoadDeathsMax) return;
  left_out_.push_back({pipeline, fmt::format("loading it ends the worker ({}); it is left out until the node starts "
                                             "again",
                                             why)});
  log::error("pipeline_left_out", {{"pipeline", pipeline}, {"reason", why}});
}

void ProcessHost::accept(Slot& slot, ReadyEvent offer, std::vector<RefusedPipeline> refused) {
  log::info("worker_ready", {{"worker", slot.number}, {"pipelines", offer.pipelines.size()}, {"blas", offer.blas}});
  const std::lock_guard lock(mutex_);
  refused.insert(refused.end(), left_out_.begin(), left_out_.end());
  state_.pipelines = std::move(offer.pipelines);
  state_.refused = std::move(refused);
}

// Listens until the worker is ready; gives why it is not.
std::string ProcessHost::introduce(Slot& slot, const std::stop_token& stop) {
  using Wait = WorkerProcess::Wait;
  auto deadline = steady_now() + options_.start_deadline;
  const StopSignal signal(stop);
  std::vector<RefusedPipeline> refused;
  std::string loading;  // the pipeline
  for (int messages = 0; messages < kMessagesMax && steady_now() < deadline; ++messages) {
    const auto received = slot.process->next_line(deadline, signal.fd());
    if (received.what == Wait::woken) return "the node stops";
    if (received.what == Wait::closed) {
      const auto how = slot.process->end(false);
      if (!loading.empty()) blame(loading, how, false);
      return how + " before it was ready";
    }
    if (received.what == Wait::too_long) return "a line is too long";
    if (received.what == Wait::deadline) break;
    auto event = parse_event(received.line);
    if (!event) return event.error().what;
    if (auto* one = std::get_if<RefusedPipeline>(&*event)) {
      log::warning("pipeline_refused", {{"pipeline", one->name}, {"reason", one->reason}});
      refused.push_back(std::move(*one));
    } else if (auto* next = std::get_if<LoadingEvent>(&*event)) {
      loading = std::move(next->pipeline);
      deadline = steady_now() + options_.load_deadline;
    } else if (auto* offer = std::get_if<ReadyEvent>(&*event)) {
      accept(slot, std::move(*offer), std::move(refused));
      return {};
    } else {
      return "it speaks of a job before it is ready";
    }
  }
  if (loading.empty()) return fmt::format("not ready after {} s", options_.start_deadline.count() / 1000);
  const auto why = fmt::format("not done after {} s", options_.load_deadline.count() / 1000);
  blame(loading, why, true);
  return fmt::format("loading pipeline {}: {}", loading, why);
}

// Returns when the process is dead, or at a stop.
void ProcessHost::watch(Slot& slot, const std::stop_token& stop) {
  const StopSignal signal(stop);
  for (;;) {
    slot.process->wait_readable(signal.fd());
    std::unique_lock lock(mutex_);
    if (slot.state == SlotState::busy) moved_.wait(lock, stop, [&] { return slot.state != SlotState::busy; });
    if (stop.stop_requested()) return;
    if (slot.state == SlotState::dead) return;
    slot.state = SlotState::checked;  // nobody may borrow it while we look
    lock.unlock();
    const auto received = slot.process->next_line(steady_now(), -1);
    // Nothing to read: it woke us with the answers to the last order.
    const bool well = received.what == WorkerProcess::Wait::deadline && !slot.process->has_unread();
    lock.lock();
    slot.state = well ? SlotState::idle : SlotState::starting;
    lock.unlock();
    moved_.notify_all();
    if (well) continue;
    const bool closed = received.what == WorkerProcess::Wait::closed;
    note_death(slot, closed ? slot.process->end(false) : "it speaks without being asked", closed ? "exit" : "protocol");
    tell();
    return;
  }
}

void ProcessHost::note_death(Slot& slot, const std::string& why, std::string_view kind) {
  if (options_.metrics) options_.metrics->count(Counter::worker_deaths, {kind});
  log::warning("worker_died", {{"worker", slot.number}, {"reason", why}});
  const std::lock_guard lock(mutex_);
  ++slot.deaths;
  state_.trouble = "a worker died: " + why;
}

void ProcessHost::wait_back_off(Slot& slot, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (slot.deaths < 2) return;
  const auto wait = std::min(options_.back_off_first * (1 << std::min(slot.deaths - 2, 16)), options_.back_off_longest);
  moved_.wait_for(lock, stop, wait, [] { return false; });
}

// ---- jobs -----------------------------------------------------------------------------------------------------------

class ProcessHost::Claim final : public flow::FreeWorker {
 public:
  Claim(ProcessHost& host, Slot& slot) : host_(host), slot_(&slot) {}
  ~Claim() override {
    if (slot_) host_.give_back(*slot_, true);
  }
  Result<flow::WorkerResult> run(const flow::WorkerOrder& order, flow::JobObserver& observer,
                                 std::stop_token stop) override {
    INFERAD_CHECK(slot_ != nullptr);
    return host_.run(*std::exchange(slot_, nullptr), order, observer, stop);
  }

 private:
  ProcessHost& host_;
  Slot* slot_;  // nullptr: had its order
};

std::unique_ptr<flow::FreeWorker> ProcessHost::claim() {
  std::unique_lock lock(mutex_);
  if (!wanted_) {
    wanted_ = true;
    for (auto& slot : slots_) slot->state = SlotState::starting;
    moved_.notify_all();
  }
  const auto in = [&](SlotState state) {
    return std::find_if(slots_.begin(), slots_.end(), [&](const auto& slot) { return slot->state == state; });
  };
  // One that is just looked at is idle in a moment, or dead.
  moved_.wait(lock, [&] { return in(SlotState::idle) != slots_.end() || in(SlotState::checked) == slots_.end(); });
  const auto idle = in(SlotState::idle);
  if (idle == slots_.end()) return nullptr;
  (*idle)->state = SlotState::busy;
  return std::make_unique<Claim>(*this, **idle);
}

void ProcessHost::give_back(Slot& slot, bool usable) {
  {
    const std::lock_guard lock(mutex_);
    slot.state = usable ? SlotState::idle : SlotState::dead;
  }
  moved_.notify_all();
}

std::string ProcessHost::not_offered_because(const std::string& pipeline) const {
  const std::lock_guard lock(mutex_);
  for (const auto& offered : state_.pipelines) {
    if (offered.name == pipeline) return {};
  }
  for (const auto& refused : state_.refused) {
    if (refused.name == pipeline) return fmt::format("pipeline {} cannot be used: {}", pipeline, refused.reason);
  }
  return fmt::format("pipeline {} is not installed", pipeline);
}

Result<flow::WorkerResult> ProcessHost::run(Slot& slot, const flow::WorkerOrder& order, flow::JobObserver& observer,
                                            const std::stop_token& stop) {
  const auto why = order.failure.empty() ? not_offered_because(order.pipeline) : std::string();
  auto conversation = why.empty()
                          ? converse(slot, order, observer, stop)
                          : Conversation{flow::WorkerResult{flow::WorkerResult::Outcome::failed, why, {}}, true};
  if (conversation.usable) {
    const std::lock_guard lock(mutex_);
    slot.deaths = 0;
  } else {
    slot.process->end(true);
    if (!stop.stop_requested()) {
      note_death(slot, conversation.result ? "it speaks without being asked" : conversation.result.error().what,
                 conversation.kind);
    }
  }
  give_back(slot, conversation.usable);
  if (!conversation.usable) tell();
  return std::move(conversation.result);
}

ProcessHost::Conversation ProcessHost::converse(Slot& slot, const flow::WorkerOrder& order, flow::JobObserver& observer,
                                                const std::stop_token& stop) {
  using Wait = WorkerProcess::Wait;
  const auto died = [](std::string what, std::string_view kind) {
    return Conversation{Error{Errc::model, std::move(what)}, false, kind};
  };
  const StopSignal signal(stop);
  const auto deadline = steady_now() + order.deadline;
  const auto job = std::to_string(order.job_id);
  if (!slot.process->write(run_line(order)))  // died idle: nobody noticed yet, and the job is not to blame
    return {Error{Errc::unavailable, "the worker died before it took the job"}, false, "exit"};
  for (int messages = 0;; ++messages) {
    if (stop.stop_requested()) return {Error{Errc::cancelled, "the node stops"}, false};
    if (steady_now() >= deadline) break;
    if (messages == kMessagesMax) return died("the worker floods us with messages", "protocol");
    const auto received = slot.process->next_line(deadline, signal.fd());
    if (received.what == Wait::woken || received.what == Wait::deadline) continue;
    if (received.what == Wait::closed) return died("the worker died in the job: " + slot.process->end(false), "exit");
    if (received.what == Wait::too_long) return died("the worker sent a line that is too long", "protocol");
    auto event = parse_event(received.line);
    if (!event) return died(event.error().what, "protocol");
    const auto* progress = std::get_if<ProgressEvent>(&*event);
    const auto* findings = std::get_if<FindingsEvent>(&*event);
    auto* done = std::get_if<DoneEvent>(&*event);
    if (!(progress && progress->job == job) && !(findings && findings->job == job) && !(done && done->job == job)) {
      return died("the worker spoke of something else than its job", "protocol");
    }
    if (done) return {std::move(done->result), !slot.process->has_unread(), "protocol"};
    if (progress) observer.progress(progress->stage, progress->fraction);
    if (!findings) continue;
    if (auto accepted = observer.findings_ready(); !accepted) return {std::move(accepted).error(), false, "refused"};
  }
  return died(fmt::format("the worker was killed at its deadline of {} s", order.deadline.count()), "deadline");
}

}  // namespace inferad::workers
