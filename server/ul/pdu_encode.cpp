// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "server/ul/pdu.h"
#include "server/ul/pdu_items.h"

namespace inferad::ul {
namespace {

// Opens a PDU, item or sub-item and sets its length when it goes out of scope.
class Frame {
 public:
  Frame(Writer& out, PduType type) : out_(out), width_(4) { begin(static_cast<std::uint8_t>(type)); }
  Frame(Writer& out, Item item) : out_(out), width_(2) { begin(static_cast<std::uint8_t>(item)); }
  ~Frame() { out_.set_length(at_, width_); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  void begin(std::uint8_t type) {
    out_.u8(type);
    out_.u8(0);
    at_ = out_.size();
    out_.zeros(width_);
  }

  Writer& out_;
  std::size_t width_, at_ = 0;
};

void text_item(Writer& out, Item item, std::string_view text) {
  const Frame frame(out, item);
  out.text(text);
}

void user_information(Writer& out, const UserInformation& user) {
  const Frame frame(out, Item::user_information);
  {
    const Frame item(out, Item::maximum_length);
    out.u32(user.pdu_bytes_max);
  }
  text_item(out, Item::implementation_class_uid, user.implementation_class_uid);
  for (const auto& role : user.roles) {
    const Frame item(out, Item::role_selection);
    out.u16(static_cast<std::uint16_t>(role.sop_class.size()));
    out.text(role.sop_class);
    out.u8(role.scu ? 1 : 0);
    out.u8(role.scp ? 1 : 0);
  }
  if (!user.implementation_version.empty()) text_item(out, Item::implementation_version, user.implementation_version);
}

// Everything of A-ASSOCIATE-RQ and -AC in front of the items.
void fixed_fields(Writer& out, std::string_view called, std::string_view calling) {
  out.u16(1);  // protocol version
  out.zeros(2);
  out.padded(called, 16);
  out.padded(calling, 16);
  out.zeros(32);
}

Bytes four_bytes(PduType type, std::uint8_t second, std::uint8_t third, std::uint8_t fourth) {
  Writer out;
  {
    const Frame frame(out, type);
    out.zeros(1);
    out.u8(second);
    out.u8(third);
    out.u8(fourth);
  }
  return out.finish();
}

}  // namespace

Bytes encode(const AssociateRq& pdu) {
  Writer out;
  {
    const Frame frame(out, PduType::associate_rq);
    fixed_fields(out, pdu.called_ae, pdu.calling_ae);
    text_item(out, Item::application_context, pdu.application_context);
    for (const auto& context : pdu.contexts) {
      const Frame item(out, Item::proposed_context);
      out.u8(context.id);
      out.zeros(3);
      text_item(out, Item::abstract_syntax, context.abstract_syntax);
      for (const auto& syntax : context.transfer_syntaxes) text_item(out, Item::transfer_syntax, syntax);
    }
    user_information(out, pdu.user);
  }
  return out.finish();
}

Bytes encode(const AssociateAc& pdu) {
  Writer out;
  {
    const Frame frame(out, PduType::associate_ac);
    fixed_fields(out, pdu.called_ae, pdu.calling_ae);
    text_item(out, Item::application_context, kApplicationContext);
    for (const auto& context : pdu.contexts) {
      const Frame item(out, Item::answered_context);
      out.u8(context.id);
      out.zeros(1);
      out.u8(static_cast<std::uint8_t>(context.result));
      out.zeros(1);
      text_item(out, Item::transfer_syntax, context.transfer_syntax);
    }
    user_information(out, pdu.user);
  }
  return out.finish();
}

Bytes encode(const AssociateRj& pdu) { return four_bytes(PduType::associate_rj, pdu.result, pdu.source, pdu.reason); }

Bytes encode(const Abort& pdu) {
  return four_bytes(PduType::abort, 0, pdu.source, static_cast<std::uint8_t>(pdu.reason));
}

Bytes encode_release_rq() { return four_bytes(PduType::release_rq, 0, 0, 0); }
Bytes encode_release_rp() { return four_bytes(PduType::release_rp, 0, 0, 0); }

std::size_t fragment_bytes_max(std::uint32_t peer_pdu_bytes_max) {
  constexpr std::uint32_t most = 256 << 10, least = 16;
  const std::uint32_t pdu = peer_pdu_bytes_max == 0 ? most : std::clamp(peer_pdu_bytes_max, least, most);
  return (pdu - kPdvHeaderBytes) & ~std::size_t{1};
}

void append_fragment_header(Bytes& out, std::uint8_t context, PdvKind kind, bool last, std::size_t bytes) {
  Writer header;
  header.u8(static_cast<std::uint8_t>(PduType::data));
  header.zeros(1);
  header.u32(static_cast<std::uint32_t>(bytes + kPdvHeaderBytes));
  header.u32(static_cast<std::uint32_t>(bytes + 2));  // PDV length counts context and message control header
  header.u8(context);
  header.u8(static_cast<std::uint8_t>(static_cast<unsigned>(kind) | (last ? 2U : 0U)));
  const Bytes encoded = header.finish();
  out.insert(out.end(), encoded.begin(), encoded.end());
}

void append_fragments(Bytes& out, std::uint8_t context, PdvKind kind, ByteView message,
                      std::uint32_t peer_pdu_bytes_max) {
  const std::size_t most = fragment_bytes_max(peer_pdu_bytes_max);
  do {
    const ByteView piece = message.first(std::min(most, message.size()));
    message = message.subspan(piece.size());
    append_fragment_header(out, context, kind, message.empty(), piece.size());
    out.insert(out.end(), piece.begin(), piece.end());
  } while (!message.empty());
}

}  // namespace inferad::ul
