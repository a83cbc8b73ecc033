// SPDX-License-Identifier: Apache-2.0
#include "server/flow/outbox.h"

#include <random>
#include <set>
#include <utility>

namespace inferad::flow {
namespace {

std::function<double()> random_numbers() {
  return [engine = std::minstd_rand(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

}  // namespace

DicomPeer dicom_peer(const config::Peer& peer, const std::string& our_ae_title) {
  return {peer.name, peer.ae_title, peer.host, peer.port, our_ae_title};
}

Outbox::Outbox(store::Ledger& ledger, StorageSender& storage, const Edges& edges, const config::Settings& settings,
               Bells& bells, Metrics& metrics, StudyChanged changed) {
  const auto add = [&](const std::string& destination, std::unique_ptr<Channel> channel) {
    couriers_.push_back(
        std::make_unique<Courier>(destination, std::move(channel),
                                  Courier::Parts{ledger, bells, metrics, changed, settings.retry, random_numbers()}));
  };
  std::set<std::string> peers;
  for (const auto& result : settings.results) {
    const auto* peer = settings.peer(result.peer);
    if (peer == nullptr || !peers.insert(peer->name).second) continue;
    add(peer->name, make_dicom_channel(storage, dicom_peer(*peer, settings.ae_title), settings.data_folder));
  }
  for (const auto& way : ways_of(settings)) add(way->name(), way->channel(edges, metrics));
}

Outbox::~Outbox() { stop(); }

void Outbox::stop() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Outbox::start() {
  for (auto& courier : couriers_)
    threads_.emplace_back([&courier = *courier](const std::stop_token& stop) { courier.run(stop); });
}

void Outbox::nudge() {
  for (auto& courier : couriers_) courier->nudge();
}

}  // namespace inferad::flow
