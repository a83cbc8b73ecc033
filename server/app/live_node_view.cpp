// SPDX-License-Identifier: Apache-2.0
#include "server/app/live_node_view.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "server/evidence/exposition.h"
#include "server/flow/pipeline_card.h"
#include "server/flow/way.h"
#include "server/store/criticals.h"

namespace inferad::app {

namespace {

int jobs_in(const store::LedgerCounts& counts, AiState state) {
  const auto found = counts.jobs.find(state);
  return found == counts.jobs.end() ? 0 : found->second;
}

// Why the node does not take studies, or does not analyse them; "" when it does both.
std::string trouble(bool draining, bool low_disk, const workers::ProcessHost::State& workers) {
  if (draining) return "The node is stopping.";
  if (low_disk) return "The disk is nearly full: images are not accepted.";
  if (workers.workers == 0) return "No worker is configured: nothing is analysed.";
  if (workers.ready == workers.workers) return {};
  if (!workers.trouble.empty()) return "Workers are not ready: " + workers.trouble;
  return "Workers are loading and warming up their models.";
}

std::string roles_text(const config::Peer& peer) {
  std::string text;
  const auto add = [&](config::PeerRole role, const char* words) {
    if (peer.has(role)) text += (text.empty() ? "" : ", ") + std::string(words);
  };
  add(config::PeerRole::send, "sends studies");
  add(config::PeerRole::receive_results, "receives results");
  add(config::PeerRole::query, "counts images");
  add(config::PeerRole::ups, "has a worklist");
  add(config::PeerRole::worklist, "uses our worklist");
  return text;
}

std::string address_text(const config::Peer& peer) {
  const std::string ae_title = peer.ae_title == config::kAnyAeTitle ? "any AE title" : peer.ae_title;
  if (!peer.host.empty()) return fmt::format("{} @ {}:{}", ae_title, peer.host, peer.port);
  return fmt::format("{} from {}", ae_title, fmt::join(peer.addresses, ", "));
}

std::string then_text(const config::Rule& rule) { return rule.pipeline.empty() ? rule.because : rule.pipeline; }

// How sending to each destination went lately.
struct Deliveries {
  explicit Deliveries(const Result<std::vector<DeliveryView>>& deliveries) {
    if (!deliveries) return;
    for (const auto& delivery : *deliveries) {
      auto& last = by_destination[delivery.destination];
      if (delivery.delivered_at) last.success = std::max(last.success, delivery.delivered_at);
      if (delivery.last_error.empty() || delivery.delivered_at) continue;
      last.error = delivery.last_error;
    }
  }
  struct Last {
    std::optional<WallTime> success;
    std::string error;
  };
  std::map<std::string, Last> by_destination;
};

}  // namespace

// Whoever comes while it is made waits for it and shares it.
Result<std::shared_ptr<const flow::OrderedList>> LiveNodeView::ordered_list() {
  const std::lock_guard lock(list_mutex_);
  const auto configuration = parts_.configuration.get();
  const auto& settings = configuration->settings.worklist;
  INFERAD_TRY(const auto starts, parts_.ledger.stat_starts(settings.reserve, wall_now()));
  INFERAD_TRY(auto studies, parts_.ledger.listed());
  if (list_ && studies == list_studies_ && configuration == list_configuration_ && starts == list_starts_) return list_;
  const auto policy = flow::reading_policy(settings, starts.has_value());
  auto made = flow::reading_list(*studies, policy, starts);
  if (made.list.waiting >= store::kListedMax) {
    INFERAD_TRY(made.list.unlisted, parts_.ledger.unlisted());
  }
  list_ = std::make_shared<const flow::OrderedList>(std::move(made));
  list_studies_ = std::move(studies);
  list_configuration_ = configuration;
  list_starts_ = starts;
  return list_;
}

Result<std::shared_ptr<const ReadingList>> LiveNodeView::worklist() {
  INFERAD_TRY(auto ordered, ordered_list());
  return std::shared_ptr<const ReadingList>(ordered, &ordered->list);
}

std::array<Millis, 4> LiveNodeView::reading_targets() {
  const auto configuration = parts_.configuration.get();
  const auto& settings = configuration->settings.worklist;
  const auto starts = parts_.ledger.stat_starts(settings.reserve, wall_now());
  return flow::reading_policy(settings, starts && *starts).targets;
}

Status LiveNodeView::start_reading(std::int64_t study, const std::string& reader) {
  INFERAD_TRY_STATUS(parts_.ledger.start_reading(study, reader, wall_now()));
  if (parts_.study_changed) parts_.study_changed(study);
  return ok();
}

Status LiveNodeView::release_reading(std::int64_t study) {
  INFERAD_TRY_STATUS(parts_.ledger.release_reading(study, wall_now()));
  if (parts_.study_changed) parts_.study_changed(study);
  return ok();
}

Status LiveNodeView::acknowledge(std::int64_t study, const std::string& reader) {
  INFERAD_TRY_STATUS(store::CriticalLedger(parts_.ledger).acknowledge(study, reader, wall_now()));
  if (parts_.study_changed) parts_.study_changed(study);
  return ok();
}

Result<std::vector<ReadingRecord>> LiveNodeView::readings(int days) {
  return parts_.ledger.readings(wall_now() - std::chrono::hours(24) * days);
}

Result<StudyDetail> LiveNodeView::study(std::int64_t id) {
  INFERAD_TRY(auto detail, parts_.ledger.study_detail(id));
  if (!detail) return Error{Errc::not_found, "There is no study with this number."};
  // Its place alone: the list was read later, and the rest must be of the same moment as jobs and deliveries.
  INFERAD_TRY(const auto ordered, ordered_list());
  detail->place = flow::place_of(id, *ordered, wall_now());
  return *std::move(detail);
}

Result<std::vector<JobView>> LiveNodeView::jobs() {
  INFERAD_TRY(auto jobs, parts_.ledger.jobs());
  std::stable_sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.state != AiState::failed, -a.id) < std::tuple(b.state != AiState::failed, -b.id);
  });
  return jobs;
}

Result<std::vector<DeliveryView>> LiveNodeView::deliveries() {
  INFERAD_TRY(auto deliveries, parts_.ledger.deliveries());
  const auto rank = [](const DeliveryView& d) {
    if (d.state == DeliveryState::parked) return std::pair(0, d.id);
    if (d.state == DeliveryState::delivered) return std::pair(2, -d.id);
    return std::pair(1, d.id);
  };
  std::sort(deliveries.begin(), deliveries.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return deliveries;
}

Status LiveNodeView::retry_job(std::int64_t id) {
  INFERAD_TRY_STATUS(parts_.ledger.retry_job(id, wall_now()));
  if (parts_.jobs_changed) parts_.jobs_changed();
  return ok();
}

Status LiveNodeView::retry_delivery(std::int64_t id) {
  INFERAD_TRY_STATUS(parts_.ledger.retry_delivery(id, wall_now()));
  if (parts_.deliveries_changed) parts_.deliveries_changed();
  return ok();
}

web::NodeStatus LiveNodeView::status() {
  web::NodeStatus out;
  const auto counts = parts_.ledger.counts();
  const auto workers = parts_.workers.state();
  const bool low_disk = parts_.spool.below_watermark();
  out.version = INFERAD_VERSION;
  out.ae_title = parts_.configuration.get()->settings.ae_title;
  out.viewer_url = parts_.configuration.get()->settings.site.viewer_url;
  out.started_at = started_at_;
  out.ready = !draining_ && !low_disk && counts.has_value();
  out.inference_ready = out.ready && workers.workers > 0 && workers.ready == workers.workers;
  out.not_ready_because =
      counts ? trouble(draining_, low_disk, workers) : "The ledger cannot be read: " + counts.error().what;
  out.workers = workers.workers;
  out.workers_ready = workers.ready;
  out.disk_free_bytes = parts_.spool.free_bytes();
  struct statvfs disk {};
  if (statvfs(parts_.spool.data_folder().c_str(), &disk) == 0) {
    out.disk_total_bytes = static_cast<std::int64_t>(disk.f_blocks) * static_cast<std::int64_t>(disk.f_frsize);
  }
  if (!counts) return out;
  out.receiving = counts->open_studies;
  out.pending = jobs_in(*counts, AiState::pending);
  out.running = jobs_in(*counts, AiState::running);
  out.failed = jobs_in(*counts, AiState::failed);
  for (const auto& [name, outbox] : counts->outbox) {
    out.waiting += outbox.waiting;
    out.sending += outbox.sending;
    out.parked += outbox.parked;
    if (!outbox.oldest_at) continue;
    out.oldest_waiting_at = std::min(out.oldest_waiting_at.value_or(*outbox.oldest_at), *outbox.oldest_at);
  }
  return out;
}

std::vector<web::PeerView> LiveNodeView::peers() {
  const auto configuration = parts_.configuration.get();
  const auto counts = parts_.ledger.counts();
  const Deliveries deliveries(parts_.ledger.deliveries());
  std::vector<web::PeerView> out;
  const auto add = [&](const std::string& name, std::string role, std::string address) {
    auto& view = out.emplace_back();
    view.name = name;
    view.role = std::move(role);
    view.address = std::move(address);
    if (counts) {
      if (const auto found = counts->outbox.find(name); found != counts->outbox.end()) {
        view.waiting = found->second.waiting + found->second.sending;
        view.parked = found->second.parked;
      }
    }
    if (const auto last = deliveries.by_destination.find(name); last != deliveries.by_destination.end()) {
      view.last_success_at = last->second.success;
      view.last_error = last->second.error;
    }
  };
  for (const auto& peer : configuration->settings.peers) add(peer.name, roles_text(peer), address_text(peer));
  for (const auto& way : flow::ways_of(configuration->settings)) add(way->name(), "receives messages", way->address());
  return out;
}

std::vector<web::RuleView> LiveNodeView::rules() {
  const auto configuration = parts_.configuration.get();
  const auto studies = parts_.ledger.studies_by_rule();
  std::vector<web::RuleView> out;
  for (const auto& rule : configuration->routing.rules) {
    auto& view = out.emplace_back(web::RuleView{rule.name, config::to_string(rule.when), then_text(rule), 0});
    if (!studies) continue;
    if (const auto found = studies->find(rule.name); found != studies->end()) view.studies = found->second;
  }
  return out;
}

std::string LiveNodeView::held_text(const std::string& pipeline) {
  const int results = parts_.configuration.get()->settings.worklist.alarm_results;
  const auto rate = parts_.ledger.raise_rate(pipeline, results);
  if (!rate || !rate->held) return {};
  return fmt::format("raises are held: {} of its latest {} results ask for one", rate->raises, rate->results);
}

std::vector<web::ModelView> LiveNodeView::models() {
  std::vector<web::ModelView> out;
  const auto state = parts_.workers.state();
  for (const auto& pipeline : state.pipelines) {
    const bool here = pipeline.not_installed.empty();
    const auto row = [&](const std::string& model, const std::string& sha256) {
      out.push_back({pipeline.name, pipeline.version, model, sha256, here ? "ready" : "not_installed",
                     here ? held_text(pipeline.name) : pipeline.not_installed});
    };
    for (const auto& model : pipeline.models) row(model.name, model.sha256);
    if (pipeline.models.empty()) row("", "");
  }
  for (const auto& refused : state.refused) out.push_back({refused.name, "", "", "", "refused", refused.reason});
  const auto configuration = parts_.configuration.get();
  for (const auto& rule : configuration->routing.rules) {
    const bool known = rule.pipeline.empty() || std::any_of(out.begin(), out.end(), [&](const auto& model) {
                         return model.pipeline == rule.pipeline;
                       });
    if (!known) out.push_back({rule.pipeline, "", "", "", "loading", state.trouble});
  }
  return out;
}

Result<std::string> LiveNodeView::card(const std::string& pipeline) {
  const auto configuration = parts_.configuration.get();
  return flow::pipeline_card(configuration->settings.pipelines_folder, configuration->settings.models_folder, pipeline);
}

std::string LiveNodeView::metrics_text() {
  if (const auto counts = parts_.ledger.counts()) refresh(*counts);
  if (parts_.refresh_gauges) parts_.refresh_gauges();
  const auto settings = parts_.configuration.get()->settings.evidence;
  const auto evidence = evidence_.evidence(settings.days, settings.group_min, Millis(0));  // never waits
  return parts_.metrics.text() + (evidence ? evidence::exposition(*evidence) : std::string());
}

void LiveNodeView::refresh(const store::LedgerCounts& counts) {
  auto& metrics = parts_.metrics;
  const auto workers = parts_.workers.state();
  int waiting = 0, parked = 0;
  std::optional<WallTime> oldest;
  for (const auto& [name, outbox] : counts.outbox) {
    waiting += outbox.waiting + outbox.sending;
    parked += outbox.parked;
    if (outbox.oldest_at) oldest = std::min(oldest.value_or(*outbox.oldest_at), *outbox.oldest_at);
  }
  const double age = oldest ? static_cast<double>((wall_now() - *oldest).count()) / 1000 : 0;
  metrics.set(Gauge::open_studies, counts.open_studies);
  metrics.set(Gauge::orders_waiting, counts.orders_waiting);
  metrics.set(Gauge::orders_joined, counts.orders_joined);
  metrics.set(Gauge::orders_mismatched, counts.orders_mismatched);
  metrics.set(Gauge::jobs_pending, jobs_in(counts, AiState::pending));
  metrics.set(Gauge::jobs_running, jobs_in(counts, AiState::running));
  metrics.set(Gauge::deliveries_waiting, waiting);
  metrics.set(Gauge::deliveries_parked, parked);
  metrics.set(Gauge::oldest_delivery_age_seconds, std::max(0.0, age));
  metrics.set(Gauge::workers, workers.workers);
  metrics.set(Gauge::workers_ready, workers.ready);
  if (const auto critical = store::CriticalLedger(parts_.ledger).counts()) {
    const auto since = critical->oldest_at ? wall_now() - *critical->oldest_at : Millis(0);
    metrics.set(Gauge::critical_waiting, critical->waiting);
    metrics.set(Gauge::critical_escalated, critical->escalated);
    metrics.set(Gauge::critical_oldest_age_seconds, std::max(0.0, std::chrono::duration<double>(since).count()));
    metrics.set(Gauge::critical_acknowledged, static_cast<double>(critical->acknowledged));
    metrics.set(Gauge::critical_acknowledge_seconds, std::chrono::duration<double>(critical->acknowledge_time).count());
    metrics.set(Gauge::pipelines_held, critical->pipelines_held);
  }
  metrics.set(Gauge::disk_free_bytes, static_cast<double>(parts_.spool.free_bytes()));
}

}  // namespace inferad::app
