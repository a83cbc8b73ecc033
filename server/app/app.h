// SPDX-License-Identifier: Apache-2.0
// The node: every part, joined. Members stand in the order in which they need each other; stop() ends them the other
// way round. Starting is recovering: leases are returned, spool files without a row are recorded, open studies go on,
// while the listener already takes images.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "server/app/disk_watch.h"
#include "server/app/edges.h"
#include "server/app/hl7_listener.h"
#include "server/app/live_configuration.h"
#include "server/app/live_node_view.h"
#include "server/dicom/data_set_codec.h"
#include "server/dicom/worklist_files.h"
#include "server/flow/clerk.h"
#include "server/flow/dispatcher.h"
#include "server/flow/escalation.h"
#include "server/flow/outbox.h"
#include "server/flow/ups_desk.h"
#include "server/flow/ups_reporter.h"
#include "server/net/dicom_client.h"
#include "server/net/dicom_server.h"
#include "server/net/dimse_client.h"
#include "server/net/http_server.h"
#include "server/net/mail_sender.h"
#include "server/net/mllp_client.h"
#include "server/net/web_sender.h"
#include "server/web/site.h"

namespace inferad::app {

class App {
 public:
  // Errors name what is in the way: a folder in use, a port taken, a damaged ledger.
  static Result<std::unique_ptr<App>> start(config::Configuration configuration);
  ~App();  // stop() without grace

  // Takes over what can change while running (config/README.md); logs what waits for a restart.
  void reload(config::Configuration next);

  // Not ready from now on; associations may finish for `grace`; jobs return to the ledger. Idempotent.
  void stop(std::chrono::milliseconds grace);

 private:
  explicit App(config::Configuration configuration);
  Status open_stores();
  void make_flow();
  Status open_doors();
  void make_worklist();
  void open_worklist(const config::Settings& settings);  // for whoever may use it now; of one thread at a time
  void study_changed(std::int64_t study_id);
  void refresh_gauges();

  LiveConfiguration configuration_;
  const config::Settings settings_;  // as at the start
  std::string installation_id_;
  Metrics metrics_;
  flow::Bells bells_;
  SpoolHeaderReader headers_;
  PeerAdmission admission_;
  ListenerLog listener_log_;
  net::DicomClient dicom_client_;
  net::MllpClient mllp_client_;
  net::CurlWebSender web_sender_;
  dicom::DcmtkWorklistFiles worklist_files_;
  dicom::Codec codec_;
  net::DimseClient dimse_client_{codec_};
  net::CurlMailSender mail_sender_;
  std::unique_ptr<store::Spool> spool_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<store::Workitems> workitems_;
  Doorbell ups_events_;
  std::unique_ptr<flow::UpsDesk> desk_;  // begins to work when the first peer has the role worklist
  std::vector<config::Peer> receivers_;  // of event reports: those of reporter_
  std::unique_ptr<flow::UpsReporter> reporter_;
  std::atomic<flow::UpsDesk*> syncs_ = nullptr;     // where study_changed() goes on
  std::atomic<net::HttpServer*> events_ = nullptr;  // where study_changed() publishes; null: nobody listens
  std::unique_ptr<workers::ProcessHost> workers_;
  std::unique_ptr<LiveNodeView> view_;
  std::unique_ptr<web::Site> site_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<flow::Outbox> outbox_;
  std::unique_ptr<flow::Escalation> escalation_;
  std::unique_ptr<flow::Dispatcher> dispatcher_;
  std::unique_ptr<flow::Clerk> clerk_;
  std::unique_ptr<flow::SyncPool> sync_pool_;
  std::unique_ptr<flow::Intake> intake_;
  std::unique_ptr<net::DicomServer> listener_;
  std::unique_ptr<Hl7Listener> hl7_listener_;
  std::atomic<bool> doors_open_ = false;  // http_, listener_ and hl7_listener_ are there, and stay
  std::unique_ptr<DiskWatch> disk_watch_;
};

}  // namespace inferad::app
