// SPDX-License-Identifier: Apache-2.0
#include "server/ul/negotiation.h"

#include "server/core/sop_class.h"

namespace inferad::ul {
namespace {

bool is_last_choice(std::string_view syntax) {
  return syntax == kDeflatedExplicitVrLittleEndian || syntax == kExplicitVrBigEndian;
}

bool is_served(std::string_view sop_class) {
  return sop_class == kVerificationSopClass || is_storage_sop_class(sop_class);
}

}  // namespace

AnsweredContext answer_context(const ProposedContext& proposed) {
  AnsweredContext answer;
  answer.id = proposed.id;
  // PS3.8 9.3.3.2: the transfer syntax of a refused context means nothing, but has to be there.
  answer.transfer_syntax = kImplicitVrLittleEndian;
  if (!is_served(proposed.abstract_syntax)) {
    answer.result = ContextResult::abstract_syntax_unknown;
    return answer;
  }
  const std::string* chosen = nullptr;
  for (const auto& syntax : proposed.transfer_syntaxes) {
    if (!is_transfer_syntax(syntax)) continue;
    if (chosen == nullptr || (is_last_choice(*chosen) && !is_last_choice(syntax))) chosen = &syntax;
  }
  if (chosen == nullptr) {
    answer.result = ContextResult::transfer_syntaxes_unknown;
    return answer;
  }
  answer.transfer_syntax = *chosen;
  return answer;
}

AssociateAc answer_request(const AssociateRq& request, std::uint32_t pdu_bytes_max) {
  AssociateAc answer;
  answer.called_ae = request.called_ae;
  answer.calling_ae = request.calling_ae;
  for (const auto& context : request.contexts) answer.contexts.push_back(answer_context(context));
  answer.user.pdu_bytes_max = pdu_bytes_max;
  answer.user.implementation_class_uid = kImplementationClassUid;
  answer.user.implementation_version = kImplementationVersionName;
  for (const auto& role : request.user.roles) {
    if (is_served(role.sop_class)) answer.user.roles.push_back({role.sop_class, role.scu, false});
  }
  return answer;
}

}  // namespace inferad::ul
