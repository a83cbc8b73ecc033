// SPDX-License-Identifier: Apache-2.0
#include "server/flow/clerk.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "server/base/crash_point.h"
#include "server/base/log.h"
#include "server/base/result_kind.h"
#include "server/flow/outbox.h"
#include "server/flow/persist.h"
#include "server/flow/router.h"

namespace inferad::flow {
namespace {

constexpr Millis kLinger{50};           // how long a group of instances may grow
constexpr std::size_t kGroupMax = 256;  // instances of one transaction
constexpr Millis kLedgerWait{1000};     // after the ledger could not write
constexpr std::size_t kReconcileChunk = 1000;
constexpr std::size_t kReconciledIdsMax = 1'000'000;

std::string_view word(Disposition disposition) {
  switch (disposition) {
    case Disposition::current:
      return "current";
    case Disposition::duplicate_identical:
      return "duplicate_identical";
    case Disposition::duplicate_conflict:
      return "duplicate_conflict";
    case Disposition::own_result:
      return "own_result";
    case Disposition::not_image:
      return "not_image";
  }
  return "not_image";
}

Assembler::Object object_of(Disposition disposition) {
  switch (disposition) {
    case Disposition::current:
      return Assembler::Object::image;
    case Disposition::not_image:
      return Assembler::Object::other;
    case Disposition::duplicate_identical:
    case Disposition::duplicate_conflict:
    case Disposition::own_result:
      break;
  }
  return Assembler::Object::duplicate;
}

}  // namespace

Clerk::Clerk(Parts parts, const config::Settings& settings, std::shared_ptr<const config::Routing> routing)
    : parts_(std::move(parts)),
      age_max_(settings.assembler.max_age),
      quiet_(settings.assembler.quiet),
      assembler_(settings.assembler),
      routing_(std::move(routing)) {
  if (const auto* peer = settings.peer(settings.assembler.query_peer)) {
    queries_ = std::make_unique<CountQueries>(parts_.counter, dicom_peer(*peer, settings.ae_title),
                                              [this](CountAnswer answer) {
                                                const std::lock_guard lock(mutex_);
                                                events_.counts.push_back(answer);
                                                changed_.notify_all();
                                              });
  }
}

Clerk::~Clerk() = default;

void Clerk::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Clerk::set_routing(std::shared_ptr<const config::Routing> routing) {
  const std::lock_guard lock(mutex_);
  routing_ = std::move(routing);
}

bool Clerk::reconciled() const {
  const std::lock_guard lock(mutex_);
  return reconciled_;
}

void Clerk::received(ReceivedInstance instance) {
  const std::lock_guard lock(mutex_);
  events_.instances.push_back(std::move(instance));
  changed_.notify_all();
}

void Clerk::association_ended(std::uint64_t association, bool released) {
  const std::lock_guard lock(mutex_);
  events_.ended.emplace_back(association, released);
  changed_.notify_all();
}

bool Clerk::overloaded() const {
  const std::lock_guard lock(mutex_);
  return events_.instances.size() >= kQueueMax;
}

void Clerk::run(const std::stop_token& stop) {
  crash_point("start.before_reconcile");
  // Until the ledger knows all of the spool and we all of its open studies, nothing else is decided.
  if (reconcile(stop) && load_open_studies(stop)) {
    crash_point("start.after_reconcile");
    const std::lock_guard lock(mutex_);
    reconciled_ = true;
  }
  while (true) {
    const bool last = stop.stop_requested();  // what came before the stop is still recorded
    handle(wait_for_events(stop));
    if (last) return;
    act(steady_now());
    parts_.metrics.set(Gauge::open_studies, assembler_.open_studies());
  }
}

Clerk::Events Clerk::wait_for_events(const std::stop_token& stop) {
  SteadyTime until = steady_now() + Millis(60'000);
  if (const auto deadline = assembler_.next_deadline()) until = std::min(until, *deadline);
  std::unique_lock lock(mutex_);
  if (!unrecorded_.empty()) {
    // While the ledger cannot write, the queue grows instead of our memory: overloaded() then refuses new objects.
    changed_.wait_until(lock, stop, std::min(until, record_again_at_), [&] { return !events_.counts.empty(); });
    Events some;
    std::swap(some.counts, events_.counts);
    return some;
  }
  changed_.wait_until(lock, stop, until, [&] { return !events_.empty(); });
  const auto urgent = [&] {
    return !events_.ended.empty() || !events_.counts.empty() || events_.instances.size() >= kGroupMax;
  };
  if (!events_.instances.empty()) changed_.wait_for(lock, stop, kLinger, urgent);
  return std::exchange(events_, {});
}

void Clerk::handle(Events events) {
  if (!unrecorded_.empty()) {
    if (steady_now() >= record_again_at_) record(std::exchange(unrecorded_, {}));
  } else if (!events.instances.empty()) {
    std::erase_if(events.instances, [&](const auto& each) { return reconciled_ids_.contains(each.spool.id); });
    record(std::move(events.instances));
  }
  const SteadyTime now = steady_now();
  for (const auto& [association, released] : events.ended) assembler_.association_ended(association, released, now);
  for (const auto& answer : events.counts) assembler_.counted(answer.study_id, answer.reported, now);
}

// ---- start ----------------------------------------------------------------------------------------------------------

bool Clerk::reconcile(const std::stop_token& stop) {
  const auto ids = persist(stop, "spool_not_listed", [&] { return parts_.spool.ids(); });
  if (!ids) return false;
  std::size_t found = 0;
  for (std::size_t from = 0; from < ids->size() && !stop.stop_requested(); from += kReconcileChunk) {
    const auto chunk = std::span(*ids).subspan(from, std::min(kReconcileChunk, ids->size() - from));
    const auto missing = persist(stop, "spool_not_compared", [&] { return parts_.ledger.unrecorded(chunk); });
    if (!missing) return false;
    std::vector<ReceivedInstance> instances;
    for (const auto id : *missing) {
      auto instance = read_spooled(id, stop);
      if (!instance) continue;
      if (reconciled_ids_.size() < kReconciledIdsMax) reconciled_ids_.insert(id);
      instances.push_back(*std::move(instance));
    }
    found += instances.size();
    bool recorded = record(std::move(instances));
    while (!recorded && !stop.stop_requested()) {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, stop, record_again_at_, [] { return false; });
      lock.unlock();
      recorded = record(std::exchange(unrecorded_, {}));
    }
  }
  if (found > 0) log::info("spool_reconciled", {{"objects", found}});
  return !stop.stop_requested();
}

std::optional<ReceivedInstance> Clerk::read_spooled(std::int64_t spool_id, const std::stop_token& stop) {
  const auto path = parts_.spool.path(spool_id);
  auto object = persist(stop, "spooled_object_not_read", [&] { return parts_.spool.examine(spool_id); });
  auto header = object ? persist(stop, "spooled_object_not_read", [&] { return parts_.reader.read(path); })
                       : Result<InstanceHeader>(object.error());
  if (!header) {  // it was read once before it was acknowledged: the disk, or somebody else, changed it
    log::error("spooled_object_unreadable", {{"object", spool_id}, {"error", header.error().what}});
    return std::nullopt;
  }
  header->transfer_syntax_uid = object->meta.transfer_syntax_uid;
  struct stat info {};
  const bool known = ::stat(path.c_str(), &info) == 0;
  const WallTime received_at = known ? from_unix_ms(info.st_mtim.tv_sec * 1000) : wall_now();
  return ReceivedInstance{object->ref, *std::move(header), object->meta.source_ae, 0, received_at};
}

bool Clerk::load_open_studies(const std::stop_token& stop) {
  const auto studies = persist(stop, "open_studies_not_read", [&] { return parts_.ledger.open_studies(); });
  if (!studies) return false;
  const WallTime now = wall_now();
  for (const auto& study : *studies) {
    if (assembler_.knows(study.id)) continue;
    // Since when an opened-again study collects is not recorded; its last image is near. Nobody could send while we
    // were down: the rest gets its quiet time before age can end the study.
    const Millis age = now - (study.revision > 0 ? study.last_image_at : study.first_image_at);
    open_in_assembler(study.id, std::min(age, std::max(Millis(0), age_max_ - quiet_)));
  }
  return true;
}

// ---- instances ------------------------------------------------------------------------------------------------------

bool Clerk::record(std::vector<ReceivedInstance> instances) {
  std::span<const ReceivedInstance> rest = instances;
  while (!rest.empty()) {
    const auto group = rest.first(std::min(kGroupMax, rest.size()));
    if (const auto status = record_group(group); !status) {
      log::error("instances_not_recorded", {{"objects", rest.size()}, {"error", status.error().what}});
      unrecorded_.assign(rest.begin(), rest.end());
      record_again_at_ = steady_now() + kLedgerWait;
      return false;
    }
    rest = rest.subspan(group.size());
  }
  return true;
}

Status Clerk::record_group(std::span<const ReceivedInstance> instances) {
  crash_point("clerk.before_instances");
  const auto recorded = parts_.ledger.record_instances(instances);
  if (recorded) {
    crash_point("clerk.after_instances");
    note_recorded(instances, *recorded);
    return ok();
  }
  if (recorded.error().code != Errc::invalid_input) return recorded.error();
  if (instances.size() == 1) {  // the file stays; a start tries it again
    log::error("instance_refused", {{"object", instances[0].spool.id}, {"error", recorded.error().what}});
    return ok();
  }
  for (std::size_t i = 0; i < instances.size(); ++i) INFERAD_TRY_STATUS(record_group(instances.subspan(i, 1)));
  return ok();
}

void Clerk::note_recorded(std::span<const ReceivedInstance> instances, std::span<const store::Recorded> recorded) {
  const SteadyTime now = steady_now();
  std::set<std::int64_t> studies, opened;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const auto& each = recorded[i];
    parts_.metrics.count(Counter::instances, {word(each.disposition)});
    studies.insert(each.study_id);
    if (each.disposition == Disposition::duplicate_identical) {
      if (const auto removed = parts_.spool.remove(instances[i].spool.id); !removed)
        log::warning("duplicate_not_removed", {{"object", instances[i].spool.id}, {"error", removed.error().what}});
    }
    if (each.disposition == Disposition::current && each.revision_open > 0 && !assembler_.knows(each.study_id)) {
      open_in_assembler(each.study_id, Millis(0));
      opened.insert(each.study_id);
      log::info(each.reopened ? "study_reopened" : "study_opened", {{"study", each.study_id}});
    }
    // A study that opened just now was counted in the ledger, this group included.
    const auto object = opened.contains(each.study_id) ? Assembler::Object::duplicate : object_of(each.disposition);
    assembler_.received(each.study_id, object, instances[i].association, now);
  }
  if (!parts_.changed) return;
  for (const auto study : studies) parts_.changed(study);
}

void Clerk::open_in_assembler(std::int64_t study_id, Millis age) {
  Assembler::Opening opening{.age = age};
  const auto detail = parts_.ledger.study_detail(study_id);
  if (detail && *detail) {
    const auto& study = **detail;
    opening.images = study.entry.instances;
    for (const auto& series : study.series) opening.others += series.instances;
    opening.others -= opening.images;
    std::set<std::pair<std::int64_t, std::string>> results;
    for (const auto& delivery : study.deliveries)
      if (delivery.state == DeliveryState::delivered && result_kind(delivery.kind))
        results.emplace(delivery.job_id, delivery.kind);
    opening.own_results = static_cast<int>(results.size());
    study_uids_[study_id] = study.entry.study_uid;
  }
  assembler_.open(study_id, opening, steady_now());
}

// ---- decisions ------------------------------------------------------------------------------------------------------

void Clerk::act(SteadyTime now) {
  for (const auto& action : assembler_.due(now)) {
    switch (action.kind) {
      case AssemblerAction::Kind::ask_count:
        ask_count(action.study_id, now);
        break;
      case AssemblerAction::Kind::examine:
        examine(action.study_id, now);
        break;
      case AssemblerAction::Kind::complete:
        complete(action, now);
        break;
    }
  }
}

void Clerk::ask_count(std::int64_t study_id, SteadyTime now) {
  const auto uid = study_uids_.find(study_id);
  if (queries_ && uid != study_uids_.end()) {
    queries_->ask(study_id, uid->second);
  } else {
    assembler_.counted(study_id, std::nullopt, now);
  }
}

void Clerk::examine(std::int64_t study_id, SteadyTime now) {
  const auto content = parts_.ledger.study_content(study_id);
  assembler_.examined(study_id, content ? study_wholeness(*content) : Wholeness::unknown, now);
}

void Clerk::complete(const AssemblerAction& action, SteadyTime now) {
  const auto status = close(action);
  if (!status && status.error().code != Errc::refused && status.error().code != Errc::not_found) {
    log::error("study_not_completed", {{"study", action.study_id}, {"error", status.error().what}});
    assembler_.postponed(action.study_id, now + kLedgerWait);
    return;
  }
  assembler_.closed(action.study_id);
  study_uids_.erase(action.study_id);
  if (parts_.changed) parts_.changed(action.study_id);
}

Status Clerk::close(const AssemblerAction& action) {
  INFERAD_TRY(const auto content, parts_.ledger.study_content(action.study_id));
  std::shared_ptr<const config::Routing> routing;
  {
    const std::lock_guard lock(mutex_);
    routing = routing_;
  }
  auto routed = route(*routing, content);
  store::StudyComplete complete{
      action.study_id, action.reason, routed.rule, {}, routed.without_jobs, routed.reason, std::move(routed.excluded)};
  for (const auto& job : routed.jobs)
    complete.jobs.push_back({job.pipeline, candidates_to_json(job.series), job.joins});
  crash_point("clerk.before_study_ready");
  const WallTime now = wall_now();
  INFERAD_TRY(const int revision, parts_.ledger.complete_study(complete, now));
  crash_point("clerk.after_study_ready");
  if (!complete.jobs.empty()) parts_.bells.jobs.ring();
  parts_.metrics.count(Counter::studies, {to_string(action.evidence)});
  parts_.metrics.observe(Stage::assemble, std::chrono::duration<double>(now - content.last_image_at).count());
  log::info("study_complete", {{"study", action.study_id},
                               {"revision", revision},
                               {"evidence", to_string(action.evidence)},
                               {"reason", action.reason},
                               {"rule", routed.rule},
                               {"jobs", complete.jobs.size()}});
  return ok();
}

}  // namespace inferad::flow
