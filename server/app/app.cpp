// SPDX-License-Identifier: Apache-2.0
#include "server/app/app.h"

#include "server/app/ask_node.h"
#include "server/app/installation.h"
#include "server/app/restart_settings.h"
#include "server/app/worker_program.h"
#include "server/base/durable.h"
#include "server/base/log.h"

namespace inferad::app {
namespace {

constexpr int kSyncThreads = 4;
constexpr Millis kLastWords{2000};  // for those who follow the worklist

std::shared_ptr<const config::Routing> routing_of(const config::Configuration& configuration) {
  return std::make_shared<const config::Routing>(configuration.routing);
}

config::AccessPolicy access_of(const config::Settings& settings) {
  return config::AccessPolicy(settings.ae_title, settings.peers);
}

workers::HostOptions host_options(const config::Settings& settings, Metrics& metrics, std::function<void()> changed) {
  workers::HostOptions options;
  options.command = workers::serve_arguments({.program = worker_program(settings),
                                              .catalog = settings.pipelines_folder,
                                              .models = settings.models_folder,
                                              .writable = settings.data_folder / "jobs",
                                              .device = settings.workers.device,
                                              .threads = worker_threads(settings.workers)});
  options.count = settings.workers.count;
  options.load_deadline = settings.workers.deadline;  // of a pipeline: it includes a run to warm up
  options.warm_up = settings.workers.warm_up;
  options.metrics = &metrics;
  options.changed = std::move(changed);
  return options;
}

net::DicomServerOptions listener_options(const config::DicomSettings& settings) {
  net::DicomServerOptions options;
  options.address = settings.bind;
  options.port = settings.port;
  options.associations_max = static_cast<std::size_t>(settings.associations_max);
  options.connections_max = 3 * options.associations_max;
  options.limits.pdu_bytes_max = settings.pdu_bytes_max;
  options.limits.object_bytes_max = static_cast<std::uint64_t>(settings.object_bytes_max);
  options.limits.request_deadline = settings.association_timeout;
  options.limits.pdu_deadline = settings.pdu_timeout;
  options.limits.idle_deadline = settings.idle_timeout;
  options.limits.rate_bytes_per_second_min = static_cast<std::uint64_t>(settings.bytes_per_second_min);
  return options;
}

}  // namespace

App::App(config::Configuration configuration)
    : configuration_(std::move(configuration)),
      settings_(configuration_.get()->settings),
      metrics_(INFERAD_VERSION),
      admission_(access_of(settings_)),
      listener_log_(admission_, metrics_) {}

App::~App() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<App>> App::start(config::Configuration configuration) {
  std::unique_ptr<App> app(new App(std::move(configuration)));
  INFERAD_TRY_STATUS(app->open_stores());
  app->make_flow();
  INFERAD_TRY_STATUS(app->open_doors());
  return app;
}

Status App::open_stores() {
  INFERAD_TRY_STATUS(make_folders_durable(settings_.data_folder));
  INFERAD_TRY(spool_, store::Spool::open({.data_folder = settings_.data_folder,
                                          .free_bytes_min = settings_.storage.free_bytes_min,
                                          .quarantine_files_max = settings_.storage.quarantine_files_max,
                                          .quarantine_bytes_max = settings_.storage.quarantine_bytes_max}));
  INFERAD_TRY(ledger_, store::Ledger::open(settings_.data_folder / "ledger.db"));
  INFERAD_TRY(const int quarantined, ledger_->recover(wall_now()));
  if (quarantined > 0) log::error("jobs_quarantined", {{"jobs", quarantined}});
  INFERAD_TRY(installation_id_, installation_id(settings_.data_folder));
  return make_folders_durable(settings_.data_folder / "jobs");
}

void App::make_flow() {
  const auto changed = [this](std::int64_t study_id) { study_changed(study_id); };
  workers_ = std::make_unique<workers::ProcessHost>(host_options(settings_, metrics_, [this] {
    bells_.jobs.ring();  // a job may wait for this worker
    study_changed(0);
  }));
  outbox_ = std::make_unique<flow::Outbox>(
      *ledger_, dicom_client_, flow::Edges{mllp_client_, web_sender_, worklist_files_, mail_sender_, &dimse_client_},
      settings_, bells_, metrics_, changed);
  escalation_ =
      std::make_unique<flow::Escalation>(flow::Escalation::Parts{*ledger_, bells_, metrics_, changed}, settings_);
  dispatcher_ = std::make_unique<flow::Dispatcher>(
      flow::JobParts{*ledger_, *spool_, headers_, bells_, metrics_, changed}, *workers_, settings_, installation_id_);
  clerk_ = std::make_unique<flow::Clerk>(
      flow::Clerk::Parts{*ledger_, *spool_, headers_, dicom_client_, bells_, metrics_, changed}, settings_,
      routing_of(*configuration_.get()));
  sync_pool_ = std::make_unique<flow::SyncPool>(kSyncThreads);
  intake_ = std::make_unique<flow::Intake>(*spool_, headers_, *clerk_, *sync_pool_, metrics_,
                                           flow::IntakeOptions{settings_.dicom.object_bytes_max});
  view_ = std::make_unique<LiveNodeView>(NodeParts{configuration_, *ledger_, *spool_, metrics_, *workers_,
                                                   [this] { refresh_gauges(); }, [this] { bells_.jobs.ring(); },
                                                   [this] {
                                                     outbox_->nudge();
                                                     bells_.outbox.ring();
                                                   },
                                                   changed});
  site_ = std::make_unique<web::Site>(*view_);
  make_worklist();
}

// Pages first: whoever starts the node sees why nothing comes in. Images last, when all stages are there.
Status App::open_doors() {
  net::HttpOptions http;
  http.address = settings_.http.bind;
  http.port = settings_.http.port;
  http.hostnames = settings_.http.hostnames;
  INFERAD_TRY(http_, net::HttpServer::start(http, *site_));
  INFERAD_TRY(listener_, net::DicomServer::start(listener_options(settings_.dicom), *intake_, admission_,
                                                 &listener_log_, desk_.get()));
  hl7_listener_ = std::make_unique<Hl7Listener>(
      *ledger_, metrics_, [this](std::int64_t study_id) { study_changed(study_id); }, settings_.hl7_listener);
  INFERAD_TRY_STATUS(hl7_listener_->start());
  doors_open_ = true;
  disk_watch_ = std::make_unique<DiskWatch>(
      settings_.storage.free_bytes_min, [this] { return spool_->free_bytes(); },
      [this](bool refuse) { listener_->set_refusing(refuse); });
  INFERAD_TRY_STATUS(write_ports(settings_.data_folder, {listener_->port(), http_->port(), hl7_listener_->port()}));
  events_ = http_.get();
  clerk_->start();
  dispatcher_->start();
  outbox_->start();
  open_worklist(settings_);
  escalation_->start();
  log::info("started", {{"dicom", settings_.dicom.bind},
                        {"dicom_port", listener_->port()},
                        {"hl7_port", hl7_listener_->port()},
                        {"http", settings_.http.bind},
                        {"http_port", http_->port()},
                        {"ae_title", settings_.ae_title},
                        {"version", INFERAD_VERSION}});
  return ok();
}

void App::reload(config::Configuration next) {
  if (const auto waits = keep_until_restart(next.settings, settings_); !waits.empty())
    log::warning("reload_needs_restart", {{"settings", waits}});
  log::set_level(next.settings.log_level);
  admission_.set(access_of(next.settings));
  clerk_->set_routing(routing_of(next));
  configuration_.set(std::move(next));
  open_worklist(configuration_.get()->settings);
  log::info("reloaded");
  study_changed(0);
}

void App::stop(std::chrono::milliseconds grace) {
  if (view_) view_->drain();
  disk_watch_.reset();  // a draining listener refuses, whatever the disk says
  if (hl7_listener_) hl7_listener_->stop();
  if (listener_) listener_->stop(grace);
  sync_pool_.reset();  // objects on their way to the disk still reach the clerk
  escalation_.reset();
  if (outbox_) outbox_->stop();  // pages may still nudge it
  dispatcher_.reset();
  clerk_.reset();
  events_ = nullptr;
  if (http_) http_->stop();
  workers_.reset();
  syncs_ = nullptr;
  if (reporter_) reporter_->say_going_down(std::min<Millis>(grace, kLastWords));
  reporter_.reset();
  desk_.reset();
}

void App::study_changed(std::int64_t study_id) {
  if (auto* desk = syncs_.load()) desk->study_changed(study_id);
  if (auto* server = events_.load()) server->publish("changed", web::Site::changed_data(study_id));
}

// For the pages, which open before the other doors and close after them.
void App::refresh_gauges() {
  if (!doors_open_) return;
  const auto counts = http_->counts();
  metrics_.set(Gauge::http_connections, static_cast<double>(counts.connections));
  metrics_.set(Gauge::event_streams, static_cast<double>(counts.streams));
  metrics_.set(Gauge::hl7_connections_open, static_cast<double>(hl7_listener_->connections()));
  metrics_.set(Gauge::open_associations, static_cast<double>(listener_->open_associations()));
}

}  // namespace inferad::app
