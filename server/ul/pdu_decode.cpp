// SPDX-License-Identifier: Apache-2.0
#include <bitset>
#include <set>

#include "server/core/uid.h"
#include "server/ul/pdu.h"
#include "server/ul/pdu_items.h"

namespace inferad::ul {
namespace {

constexpr std::size_t kFixedBytes = 68;   // of A-ASSOCIATE-RQ and -AC, in front of the items
constexpr std::size_t kSyntaxesMax = 64;  // transfer syntaxes a context: the standard has fewer
constexpr std::size_t kRolesMax = 128;    // as many as presentation contexts

Error bad(const char* what) { return {Errc::invalid_input, what}; }

struct ItemView {
  std::uint8_t type = 0;
  ByteView body;
};

// Calls `take(ItemView)` → Status for each item of `bytes`.
template <class Take>
Status for_each_item(ByteView bytes, Take take) {
  Cursor cursor(bytes);
  while (cursor.left() > 0) {
    ItemView item;
    item.type = cursor.u8();
    cursor.skip(1);
    const std::size_t length = cursor.u16();
    item.body = cursor.take(length);
    if (cursor.failed()) return bad("an item is longer than what contains it");
    INFERAD_TRY_STATUS(take(item));
  }
  return ok();
}

std::string text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
std::string uid_of(ByteView bytes) { return trim_uid(text_of(bytes)); }

// AE titles are padded with spaces; leading ones mean nothing either (PS3.8 9.3.2). Some senders pad with NUL.
std::string ae_of(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

// Which items have come: those that the standard allows once are refused the second time.
class Once {
 public:
  Status see(std::uint8_t type) {
    if (seen_[type]) return bad("an item that may come once comes twice");
    seen_[type] = true;
    return ok();
  }

 private:
  std::bitset<256> seen_;
};

Result<RoleSelection> role_of(ByteView body) {
  Cursor cursor(body);
  const std::size_t length = cursor.u16();
  RoleSelection role;
  role.sop_class = uid_of(cursor.take(length));
  role.scu = cursor.u8() != 0;
  role.scp = cursor.u8() != 0;
  if (cursor.failed()) return bad("a role selection item is too short");
  return role;
}

Status add_role(UserInformation& user, ByteView body) {
  INFERAD_TRY(auto role, role_of(body));
  if (user.roles.size() >= kRolesMax) return bad("too many role selection items");
  for (const auto& other : user.roles) {
    if (other.sop_class == role.sop_class) return bad("two role selection items for one SOP class");
  }
  user.roles.push_back(std::move(role));
  return ok();
}

// Negotiations that we do not take up (asynchronous window, extended, user identity) are bounded by the PDU and
// skipped.
Result<UserInformation> user_information_of(ByteView body) {
  UserInformation user;
  Once once;
  INFERAD_TRY_STATUS(for_each_item(body, [&](const ItemView& item) -> Status {
    switch (static_cast<Item>(item.type)) {
      case Item::maximum_length:
        if (item.body.size() != 4) return bad("a maximum length item is not 4 bytes long");
        user.pdu_bytes_max = Cursor(item.body).u32();
        return once.see(item.type);
      case Item::implementation_class_uid:
        user.implementation_class_uid = uid_of(item.body);
        return once.see(item.type);
      case Item::implementation_version:
        user.implementation_version = text_of(item.body);
        return once.see(item.type);
      case Item::user_identity_rq:
        user.has_user_identity = true;
        return once.see(item.type);
      case Item::asynchronous_window:
      case Item::user_identity_ac:
        return once.see(item.type);
      case Item::role_selection:
        return add_role(user, item.body);
      default:
        return ok();
    }
  }));
  return user;
}

Result<ProposedContext> proposed_context_of(ByteView body) {
  ProposedContext context;
  Cursor cursor(body);
  context.id = cursor.u8();
  cursor.skip(3);
  if (cursor.failed()) return bad("a presentation context item is too short");
  Once once;
  INFERAD_TRY_STATUS(for_each_item(cursor.take(cursor.left()), [&](const ItemView& item) -> Status {
    if (item.type == static_cast<std::uint8_t>(Item::abstract_syntax)) {
      context.abstract_syntax = uid_of(item.body);
      return once.see(item.type);
    }
    if (item.type != static_cast<std::uint8_t>(Item::transfer_syntax)) return ok();
    if (context.transfer_syntaxes.size() >= kSyntaxesMax) return bad("too many transfer syntaxes in a context");
    context.transfer_syntaxes.push_back(uid_of(item.body));
    return ok();
  }));
  if (context.id % 2 == 0) return bad("a presentation context has an even identifier");
  return context;
}

Result<AnsweredContext> answered_context_of(ByteView body) {
  AnsweredContext context;
  Cursor cursor(body);
  context.id = cursor.u8();
  cursor.skip(1);
  context.result = static_cast<ContextResult>(cursor.u8());
  cursor.skip(1);
  if (cursor.failed()) return bad("a presentation context item is too short");
  Once once;
  INFERAD_TRY_STATUS(for_each_item(cursor.take(cursor.left()), [&](const ItemView& item) -> Status {
    if (item.type != static_cast<std::uint8_t>(Item::transfer_syntax)) return ok();
    context.transfer_syntax = uid_of(item.body);
    return once.see(item.type);
  }));
  return context;
}

template <class Context>
Status add_context(std::vector<Context>& contexts, std::bitset<256>& ids, Result<Context> context) {
  if (!context) return std::move(context).error();
  if (ids[context->id]) return bad("two presentation contexts have one identifier");
  ids[context->id] = true;
  contexts.push_back(std::move(*context));
  return ok();
}

// The items that request and answer share; `take_context` gets the body of each item of type `context_item`.
template <class Pdu, class TakeContext>
Status decode_items(ByteView items, Pdu& pdu, std::string& application, Item context_item, TakeContext take_context) {
  Once once;
  return for_each_item(items, [&](const ItemView& item) -> Status {
    if (item.type == static_cast<std::uint8_t>(context_item)) return take_context(item.body);
    if (item.type == static_cast<std::uint8_t>(Item::application_context)) {
      application = uid_of(item.body);
      return once.see(item.type);
    }
    if (item.type != static_cast<std::uint8_t>(Item::user_information)) return ok();
    INFERAD_TRY_STATUS(once.see(item.type));
    INFERAD_TRY(pdu.user, user_information_of(item.body));
    return ok();
  });
}

}  // namespace

Result<AssociateRq> decode_associate_rq(ByteView body) {
  if (body.size() < kFixedBytes) return bad("the association request is too short");
  Cursor cursor(body);
  AssociateRq pdu;
  pdu.protocol_version = cursor.u16();
  cursor.skip(2);
  pdu.called_ae = ae_of(cursor.text(16));
  pdu.calling_ae = ae_of(cursor.text(16));
  pdu.application_context.clear();
  std::bitset<256> ids;
  INFERAD_TRY_STATUS(
      decode_items(body.subspan(kFixedBytes), pdu, pdu.application_context, Item::proposed_context,
                   [&](ByteView item) { return add_context(pdu.contexts, ids, proposed_context_of(item)); }));
  if (pdu.contexts.empty()) return bad("the association request proposes no presentation context");
  return pdu;
}

Result<AssociateAc> decode_associate_ac(ByteView body) {
  if (body.size() < kFixedBytes) return bad("the association answer is too short");
  Cursor cursor(body);
  AssociateAc pdu;
  cursor.skip(4);
  pdu.called_ae = ae_of(cursor.text(16));
  pdu.calling_ae = ae_of(cursor.text(16));
  std::bitset<256> ids;
  std::string application;
  INFERAD_TRY_STATUS(
      decode_items(body.subspan(kFixedBytes), pdu, application, Item::answered_context,
                   [&](ByteView item) { return add_context(pdu.contexts, ids, answered_context_of(item)); }));
  return pdu;
}

Result<AssociateRj> decode_associate_rj(ByteView body) {
  if (body.size() != 4) return bad("the association reject is not 4 bytes long");
  Cursor cursor(body.subspan(1));
  AssociateRj pdu;
  pdu.result = cursor.u8();
  pdu.source = cursor.u8();
  pdu.reason = cursor.u8();
  return pdu;
}

Result<Abort> decode_abort(ByteView body) {
  if (body.size() != 4) return bad("the abort is not 4 bytes long");
  Cursor cursor(body.subspan(2));
  Abort pdu;
  pdu.source = cursor.u8();
  pdu.reason = static_cast<AbortReason>(cursor.u8());
  return pdu;
}

}  // namespace inferad::ul
