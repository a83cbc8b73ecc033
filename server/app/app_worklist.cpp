// SPDX-License-Identifier: Apache-2.0
// The Unified Procedure Step service of the node.
#include <algorithm>

#include "server/app/app.h"

namespace inferad::app {

void App::make_worklist() {
  workitems_ = std::make_unique<store::Workitems>(*ledger_);
  const auto offers = [this](const std::string& pipeline) {
    const auto state = workers_->state();
    return std::any_of(state.pipelines.begin(), state.pipelines.end(),
                       [&](const auto& each) { return each.name == pipeline && each.not_installed.empty(); });
  };
  const auto can_report_to = [this](const std::string& ae_title) {
    const auto now = configuration_.get();
    const auto& peers = now->settings.peers;
    return std::any_of(peers.begin(), peers.end(), [&](const auto& peer) {
      return peer.ae_title == ae_title && flow::UpsReporter::is_receiver(peer);
    });
  };
  const auto routing = [this] { return std::make_shared<const config::Routing>(configuration_.get()->routing); };
  const auto changed = [this](std::int64_t study_id) {
    study_changed(study_id);
    bells_.jobs.ring();
  };
  flow::UpsServiceParts parts{*ledger_, *workitems_,   headers_, codec_, settings_.ae_title, settings_.data_folder,
                              offers,   can_report_to, routing,  changed};
  desk_ = std::make_unique<flow::UpsDesk>(std::move(parts), ups_events_);
}

// Until a peer may use it, nothing keeps workitems in line with studies.
void App::open_worklist(const config::Settings& settings) {
  const auto& peers = settings.peers;
  const bool used =
      std::any_of(peers.begin(), peers.end(), [](const auto& peer) { return peer.has(config::PeerRole::worklist); });
  const bool opens = used && !syncs_;
  if (opens) {
    desk_->start();
    syncs_ = desk_.get();
  }
  std::vector<config::Peer> receivers;
  std::copy_if(peers.begin(), peers.end(), std::back_inserter(receivers), flow::UpsReporter::is_receiver);
  if (receivers == receivers_ && !opens) return;
  reporter_.reset();
  receivers_ = std::move(receivers);
  const auto shown = [this](const store::Workitem& item) { return desk_->shown(item); };
  reporter_ = std::make_unique<flow::UpsReporter>(
      flow::UpsReporter::Parts{*workitems_, dimse_client_, ups_events_, shown}, settings);
  if (opens) reporter_->say("RESTARTED");
  reporter_->start();
}

}  // namespace inferad::app
