// SPDX-License-Identifier: Apache-2.0
#include "server/ul/negotiation.h"

#include "server/core/sop_class.h"
#include "server/core/ups.h"

namespace inferad::ul {
namespace {

bool is_last_choice(std::string_view syntax) {
  return syntax == kDeflatedExplicitVrLittleEndian || syntax == kExplicitVrBigEndian;
}

bool is_served(std::string_view sop_class, Services services) {
  return sop_class == kVerificationSopClass || (services.storage && is_storage_sop_class(sop_class)) ||
         (services.worklist && ups::is_sop_class(sop_class));
}

// What is decoded comes in a transfer syntax that the decoder knows.
bool is_usable(std::string_view sop_class, std::string_view syntax) {
  if (is_message_service(sop_class)) return syntax == kImplicitVrLittleEndian || syntax == kExplicitVrLittleEndian;
  return is_transfer_syntax(syntax);
}

}  // namespace

bool is_message_service(std::string_view sop_class) { return ups::is_sop_class(sop_class); }

AnsweredContext answer_context(const ProposedContext& proposed, Services services) {
  AnsweredContext answer;
  answer.id = proposed.id;
  // PS3.8 9.3.3.2: the transfer syntax of a refused context means nothing, but has to be there.
  answer.transfer_syntax = kImplicitVrLittleEndian;
  if (!is_served(proposed.abstract_syntax, services)) {
    answer.result = ContextResult::abstract_syntax_unknown;
    return answer;
  }
  const std::string* chosen = nullptr;
  for (const auto& syntax : proposed.transfer_syntaxes) {
    if (!is_usable(proposed.abstract_syntax, syntax)) continue;
    if (chosen == nullptr || (is_last_choice(*chosen) && !is_last_choice(syntax))) chosen = &syntax;
  }
  if (chosen == nullptr) {
    answer.result = ContextResult::transfer_syntaxes_unknown;
    return answer;
  }
  answer.transfer_syntax = *chosen;
  return answer;
}

AssociateAc answer_request(const AssociateRq& request, std::uint32_t pdu_bytes_max, Services services) {
  AssociateAc answer;
  answer.called_ae = request.called_ae;
  answer.calling_ae = request.calling_ae;
  for (const auto& context : request.contexts) answer.contexts.push_back(answer_context(context, services));
  answer.user.pdu_bytes_max = pdu_bytes_max;
  answer.user.implementation_class_uid = kImplementationClassUid;
  answer.user.implementation_version = kImplementationVersionName;
  for (const auto& role : request.user.roles) {
    if (is_served(role.sop_class, services)) answer.user.roles.push_back({role.sop_class, role.scu, false});
  }
  return answer;
}

}  // namespace inferad::ul
