// SPDX-License-Identifier: Apache-2.0
#include "server/net/dimse_client.h"

#include "server/core/sop_class.h"
#include "server/net/dicom_association.h"
#include "server/ul/dimse.h"

namespace inferad::net {
namespace {

using flow::DimseAnswer;
using flow::DimseRequest;
using flow::DimseVerb;

std::vector<ul::ProposedContext> contexts_for(const std::vector<std::string>& abstract_syntaxes) {
  std::vector<ul::ProposedContext> contexts;
  for (const auto& each : abstract_syntaxes)
    contexts.push_back({static_cast<std::uint8_t>(2 * contexts.size() + 1),
                        each,
                        {std::string(kExplicitVrLittleEndian), std::string(kImplicitVrLittleEndian)}});
  return contexts;
}

std::vector<ul::RoleSelection> roles_for(const std::vector<std::string>& abstract_syntaxes, bool as_scp) {
  std::vector<ul::RoleSelection> roles;
  if (as_scp)
    for (const auto& each : abstract_syntaxes) roles.push_back({each, false, true});
  return roles;
}

std::uint16_t field_of(DimseVerb verb) {
  switch (verb) {
    case DimseVerb::find:
      return ul::kFindRq;
    case DimseVerb::event_report:
      return ul::kEventReportRq;
    case DimseVerb::get:
      return ul::kNGetRq;
    case DimseVerb::set:
      return ul::kNSetRq;
    case DimseVerb::action:
      return ul::kNActionRq;
    case DimseVerb::create:
      return ul::kNCreateRq;
  }
  return 0;
}

class Conversation final : public flow::DimseConversation {
 public:
  Conversation(flow::DicomPeer peer, const std::vector<std::string>& abstract_syntaxes, bool as_scp,
               const flow::DataSetCodec& codec, const DicomClientOptions& options, std::stop_token stop)
      : peer_(std::move(peer)),
        codec_(codec),
        association_(peer_, contexts_for(abstract_syntaxes), options, options.query_deadline, std::move(stop),
                     roles_for(abstract_syntaxes, as_scp)) {}

  Status open() { return association_.open(); }
  bool accepts(std::string_view abstract_syntax) const override { return context(abstract_syntax) != nullptr; }
  Result<DimseAnswer> ask(const DimseRequest& request) override;
  void release() override { association_.release(); }

 private:
  const ul::NegotiatedContext* context(std::string_view abstract_syntax) const {
    const auto* first = association_.find(abstract_syntax, kExplicitVrLittleEndian);
    return first ? first : association_.find(abstract_syntax, kImplicitVrLittleEndian);
  }
  Status take(ul::Response& response, const ul::NegotiatedContext& context, DimseAnswer& answer) const;

  const flow::DicomPeer peer_;
  const flow::DataSetCodec& codec_;
  DicomAssociation association_;
};

Result<DimseAnswer> Conversation::ask(const DimseRequest& request) {
  const auto* chosen = context(request.abstract_syntax);
  if (chosen == nullptr)
    return Error{Errc::refused,
                 peer_.name + ": the peer does not accept " + std::string(uid_name(request.abstract_syntax))};
  ul::Command command;
  command.field = field_of(request.verb);
  command.message_id = association_.next_message_id();
  command.sop_class_uid = request.sop_class_uid;
  command.sop_instance_uid = request.sop_instance_uid;
  if (request.verb == DimseVerb::event_report) command.event_type = request.type;
  if (request.verb == DimseVerb::action) command.action_type = request.type;
  std::vector<std::byte> bytes;
  if (request.data_set) {
    command.data_set_type = ul::kHasDataSet;
    bytes = codec_.encode(*request.data_set, chosen->transfer_syntax);
  }
  INFERAD_TRY(auto response, association_.request(*chosen, command, bytes));
  DimseAnswer answer;
  for (;;) {
    INFERAD_TRY_STATUS(take(response, *chosen, answer));
    if (!ul::status::is_pending(response.command.status)) return answer;
    if (answer.data_sets.size() > DimseClient::kMatchesMax)
      return Error{Errc::unavailable, peer_.name + ": too many matches"};
    INFERAD_TRY(response, association_.next_response());
  }
}

Status Conversation::take(ul::Response& response, const ul::NegotiatedContext& context, DimseAnswer& answer) const {
  answer.status = response.command.status;
  answer.sop_instance_uid = response.command.sop_instance_uid;
  if (!response.command.has_data_set()) return ok();
  auto data_set = codec_.decode(response.data_set, context.transfer_syntax);
  if (!data_set) return Error{Errc::unavailable, peer_.name + ": answer unreadable: " + data_set.error().what};
  answer.data_sets.push_back(*std::move(data_set));
  return ok();
}

}  // namespace

Result<std::unique_ptr<flow::DimseConversation>> DimseClient::call(const flow::DicomPeer& peer,
                                                                   const std::vector<std::string>& abstract_syntaxes,
                                                                   bool as_scp, std::stop_token stop) {
  auto conversation =
      std::make_unique<Conversation>(peer, abstract_syntaxes, as_scp, codec_, options_, std::move(stop));
  INFERAD_TRY_STATUS(conversation->open());
  return std::unique_ptr<flow::DimseConversation>(std::move(conversation));
}

}  // namespace inferad::net
