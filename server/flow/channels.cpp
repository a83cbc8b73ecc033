// SPDX-License-Identifier: Apache-2.0
// The two ways out: C-STORE over an association, HL7 over MLLP.
#include <numeric>
#include <set>
#include <utility>

#include "server/base/log.h"
#include "server/flow/courier.h"
#include "server/flow/message_channel.h"

namespace inferad::flow {
namespace {

constexpr int kDicomBatch = 32;

using Judgements = std::vector<std::optional<Judgement>>;

class DicomChannel final : public Channel {
 public:
  DicomChannel(StorageSender& sender, DicomPeer peer, std::filesystem::path data_folder)
      : sender_(sender), peer_(std::move(peer)), data_folder_(std::move(data_folder)) {}

  int batch_max() const override { return kDicomBatch; }

  // In waves of one object a study: what did not arrive holds what comes after it in its study.
  Judgements send(std::span<const store::DeliveryLease> deliveries, const std::stop_token& stop) override {
    Judgements judgements(deliveries.size());
    std::vector<std::size_t> left(deliveries.size());
    std::iota(left.begin(), left.end(), std::size_t{0});
    std::set<std::int64_t> held;
    while (!left.empty()) {
      std::set<std::int64_t> in_wave = held;
      std::vector<std::size_t> wave;
      for (const auto index : left)
        if (in_wave.insert(deliveries[index].study_id).second) wave.push_back(index);
      if (wave.empty() || !send_wave(deliveries, wave, stop, judgements)) break;
      for (const auto index : wave) {
        if (!judgements[index] || !arrived(*judgements[index])) held.insert(deliveries[index].study_id);
        std::erase(left, index);
      }
    }
    return judgements;
  }

 private:
  // False when the association ended early: the rest is not tried.
  bool send_wave(std::span<const store::DeliveryLease> deliveries, const std::vector<std::size_t>& wave,
                 const std::stop_token& stop, Judgements& judgements) {
    std::vector<OutgoingObject> objects;
    for (const auto index : wave) {
      const auto& each = deliveries[index];
      auto& object =
          objects.emplace_back(OutgoingObject{data_folder_ / each.file, each.sop_class_uid, each.sop_instance_uid,
                                              each.transfer_syntax_uid, each.beside_class_uid});
      for (const auto& other : each.fallbacks)
        object.fallbacks.push_back({data_folder_ / other.file, other.sop_class_uid, other.sop_instance_uid,
                                    other.transfer_syntax_uid, other.beside_class_uid});
    }
    const auto answers = sender_.send(peer_, objects, stop);
    for (std::size_t i = 0; i < std::min(answers.size(), wave.size()); ++i) {
      const auto& answer = answers[i];
      if (!answer && answer.error().code == Errc::cancelled) return false;
      judgements[wave[i]] = answer ? judge_store_status(answer->status) : judge_error(answer.error());
      if (answer) judgements[wave[i]]->choice = answer->choice;
      if (judgements[wave[i]]->verdict == Verdict::retry_peer) return false;
    }
    return answers.size() >= wave.size();
  }

  StorageSender& sender_;
  const DicomPeer peer_;
  const std::filesystem::path data_folder_;
};

Judgement judge(const std::string& answer, int attempts, Metrics& metrics) {
  const auto acknowledgement = worklist::parse_acknowledgement(answer);
  if (!acknowledgement) {
    metrics.count(Counter::hl7_acknowledgements, {"unreadable"});
    return {Verdict::retry, "the acknowledgement cannot be read"};
  }
  metrics.count(Counter::hl7_acknowledgements, {acknowledgement->code});
  return judge_acknowledgement(*acknowledgement, attempts);
}

}  // namespace

std::unique_ptr<Channel> make_dicom_channel(StorageSender& sender, DicomPeer peer, std::filesystem::path data_folder) {
  return std::make_unique<DicomChannel>(sender, std::move(peer), std::move(data_folder));
}

std::unique_ptr<Channel> make_hl7_channel(Hl7Sender& sender, Hl7Peer peer, Metrics& metrics) {
  return make_message_channel(
      [&sender, peer = std::move(peer), &metrics](const store::DeliveryLease& delivery,
                                                  const std::stop_token& stop) -> std::optional<Judgement> {
        const auto answer = sender.send(peer, delivery.message, stop);
        if (!answer && answer.error().code == Errc::cancelled) return std::nullopt;
        return answer ? judge(*answer, delivery.attempts, metrics) : judge_error(answer.error());
      });
}

}  // namespace inferad::flow
