// SPDX-License-Identifier: Apache-2.0
// Requests of other services than storage: on to the MessagePort, and its answer back.
#include <boost/asio/post.hpp>

#include "server/net/dicom_session.h"

namespace inferad::net {

namespace asio = boost::asio;

namespace {

flow::DimseVerb verb_of(std::uint16_t field) {
  switch (field) {
    case ul::kNGetRq:
      return flow::DimseVerb::get;
    case ul::kNSetRq:
      return flow::DimseVerb::set;
    case ul::kNActionRq:
      return flow::DimseVerb::action;
    case ul::kNCreateRq:
      return flow::DimseVerb::create;
    default:
      return flow::DimseVerb::find;  // the acceptor hands over no other request
  }
}

}  // namespace

// The session lives until `done` has run, as in commit().
void DicomSession::ask(ul::Request& request) {
  flow::DimseMessage message;
  message.calling_ae = acceptor_.association().calling_ae;
  message.peer_address = ip_;
  message.abstract_syntax = std::move(request.abstract_syntax);
  message.transfer_syntax = std::move(request.transfer_syntax);
  message.verb = verb_of(request.command.field);
  message.sop_class_uid = std::move(request.command.sop_class_uid);
  message.sop_instance_uid = std::move(request.command.sop_instance_uid);
  message.type = request.command.action_type.value_or(0);
  message.attributes = std::move(request.command.attributes);
  message.has_data_set = request.command.has_data_set();
  message.data_set = std::move(request.data_set);
  commit_work_.emplace(socket_.get_executor());
  const auto owner = std::make_shared<std::shared_ptr<DicomSession>>(shared_from_this());
  hub_->messages->take(std::move(message), [owner, hub = hub_](std::vector<flow::DimseReply> replies) {
    const auto alive = hub;
    auto self = std::exchange(*owner, nullptr);
    const auto executor = self->socket_.get_executor();
    asio::post(executor, [self = std::move(self), replies = std::move(replies)]() mutable {
      self->on_replies(std::move(replies));
    });
  });
}

void DicomSession::on_replies(std::vector<flow::DimseReply> replies) {
  commit_work_.reset();
  if (finished_) return end_association();
  std::vector<ul::RequestAnswer> answers;
  for (auto& reply : replies)
    answers.push_back(
        {reply.status, std::move(reply.error_comment), std::move(reply.sop_instance_uid), std::move(reply.data_set)});
  acceptor_.answer(answers, steady_now());
  pump();
}

}  // namespace inferad::net
