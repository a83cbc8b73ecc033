// SPDX-License-Identifier: Apache-2.0
#include "server/flow/message_channel.h"

#include <map>
#include <utility>

namespace inferad::flow {
namespace {

constexpr int kBatch = 16;

class MessageChannel final : public Channel {
 public:
  explicit MessageChannel(SendMessage send) : send_(std::move(send)) {}

  int batch_max() const override { return kBatch; }

  std::vector<std::optional<Judgement>> send(std::span<const store::DeliveryLease> deliveries,
                                             const std::stop_token& stop) override {
    std::vector<std::optional<Judgement>> judgements(deliveries.size());
    std::map<std::int64_t, std::int64_t> held;  // study → the job of what did not arrive
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      const auto& each = deliveries[i];
      const auto holds = held.find(each.study_id);
      if (holds != held.end() && holds->second != each.job_id) continue;
      judgements[i] = send_(each, stop);
      if (!judgements[i] || judgements[i]->verdict == Verdict::retry_peer) break;
      if (!arrived(*judgements[i])) held.emplace(each.study_id, each.job_id);
    }
    return judgements;
  }

 private:
  const SendMessage send_;
};

}  // namespace

std::unique_ptr<Channel> make_message_channel(SendMessage send) {
  return std::make_unique<MessageChannel>(std::move(send));
}

}  // namespace inferad::flow
