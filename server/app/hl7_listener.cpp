// SPDX-License-Identifier: Apache-2.0
#include "server/app/hl7_listener.h"

#include <algorithm>

#include "server/config/ip_network.h"
#include "server/dicom/charset.h"

namespace inferad::app {
namespace {

std::vector<worklist::Hl7Place> places(const std::vector<std::string>& texts) {
  std::vector<worklist::Hl7Place> out;
  for (const auto& text : texts)
    if (auto place = worklist::hl7_place(text)) out.push_back(*std::move(place));  // checked when it was read
  return out;
}

worklist::OrderProfile::Statuses statuses(const std::vector<config::Hl7Status>& all) {
  worklist::OrderProfile::Statuses out;
  for (const auto& status : all)
    if (auto place = worklist::hl7_place(status.place)) out.emplace_back(*std::move(place), status.code);
  return out;
}

worklist::OrderProfile profile_of(const config::Hl7ListenerSettings& settings) {
  return {settings.processing_id,  places(settings.accession_fields),   places(settings.priority_fields),
          settings.priority_codes, statuses(settings.started_statuses), statuses(settings.finished_statuses),
          settings.observations};
}

std::string decode(std::string_view bytes, const std::string& character_set) {
  return dicom::Charset(character_set).to_utf8(bytes, dicom::TextKind::text);
}

std::function<bool(std::string_view)> allow_list(const std::vector<std::string>& addresses) {
  std::vector<config::IpNetwork> networks;
  for (const auto& text : addresses)
    if (auto network = config::IpNetwork::parse(text)) networks.push_back(*network);
  return [networks](std::string_view ip) {
    const auto address = config::IpAddress::parse(ip);
    return address &&
           std::any_of(networks.begin(), networks.end(), [&](const auto& each) { return each.contains(*address); });
  };
}

}  // namespace

Hl7Listener::Hl7Listener(store::Ledger& ledger, Metrics& metrics, flow::StudyChanged changed,
                         const config::Hl7ListenerSettings& settings)
    : settings_(settings),
      intake_({ledger, metrics, std::move(changed), decode}, profile_of(settings), settings.character_set) {}

Status Hl7Listener::start() {
  if (!settings_.enabled) return ok();
  net::MllpServerOptions options;
  options.address = settings_.bind;
  options.port = settings_.port;
  options.address_allowed = allow_list(settings_.addresses);
  options.connections_max = static_cast<std::size_t>(settings_.connections_max);
  options.frame_bytes_max = static_cast<std::size_t>(settings_.frame_bytes_max);
  options.idle_deadline = settings_.idle_timeout;
  if (settings_.tls.on()) options.tls = flow::TlsFiles{settings_.tls.certificate, settings_.tls.key, settings_.tls.ca};
  auto server = net::MllpServer::start(std::move(options), intake_);
  if (!server) return with_context(std::move(server).error(), "hl7_listener");
  server_ = *std::move(server);
  return ok();
}

void Hl7Listener::stop() {
  if (server_) server_->stop();
}

}  // namespace inferad::app
