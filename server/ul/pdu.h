// SPDX-License-Identifier: Apache-2.0
// The protocol data units of PS3.8 §9.3 as values, with their encoding. Decoders get the body of one complete PDU (the
// reader has bounded its size), never read beyond it, and refuse a sub-item that comes twice where the standard has
// one. Error texts say what is wrong and quote nothing that the peer sent. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/ul/bytes.h"

namespace inferad::ul {

enum class PduType : std::uint8_t {
  associate_rq = 1,
  associate_ac,
  associate_rj,
  data,
  release_rq,
  release_rp,
  abort,
};

inline constexpr std::size_t kPduHeaderBytes = 6;  // type, reserved, length of the body
inline constexpr std::size_t kPdvHeaderBytes = 6;  // length, context, message control header
inline constexpr std::size_t kRequestBytesMax = 64 << 10;
inline constexpr std::string_view kApplicationContext = "1.2.840.10008.3.1.1.1";
inline constexpr std::uint32_t kPeerPduBytesDefault = 16384;  // when a peer names no maximum at all

struct ProposedContext {
  std::uint8_t id = 1;                         // odd
  std::string abstract_syntax;                 // SOP class
  std::vector<std::string> transfer_syntaxes;  // in the order of preference
};

enum class ContextResult : std::uint8_t {
  accepted = 0,
  user_rejection = 1,
  no_reason = 2,
  abstract_syntax_unknown = 3,
  transfer_syntaxes_unknown = 4,
};

struct AnsweredContext {
  std::uint8_t id = 1;
  ContextResult result = ContextResult::accepted;
  std::string transfer_syntax;  // meaningful when accepted
};

// PS3.7 D.3.3.4: the roles of the association requestor for one SOP class. Without an item it is SCU only.
struct RoleSelection {
  std::string sop_class;
  bool scu = true, scp = false;
};

struct UserInformation {
  std::uint32_t pdu_bytes_max = kPeerPduBytesDefault;  // what the sender of this item receives; 0 = no limit
  std::string implementation_class_uid, implementation_version;
  std::vector<RoleSelection> roles;
  bool has_user_identity = false;  // seen; its content is not kept
};

struct AssociateRq {
  std::uint16_t protocol_version = 1;
  std::string called_ae, calling_ae;  // without leading and trailing spaces
  std::string application_context{kApplicationContext};
  std::vector<ProposedContext> contexts;  // distinct odd ids
  UserInformation user;
};

struct AssociateAc {
  std::string called_ae, calling_ae;  // echo of the request; not to be tested (PS3.8 9.3.3)
  std::vector<AnsweredContext> contexts;
  UserInformation user;
};

// PS3.8 table 9-21. Result 1 is permanent, 2 transient.
struct AssociateRj {
  std::uint8_t result = 1, source = 1, reason = 1;
  bool operator==(const AssociateRj&) const = default;
};
inline constexpr AssociateRj kRejectCalledAe{1, 1, 7}, kRejectCallingAe{1, 1, 3}, kRejectApplicationContext{1, 1, 2},
    kRejectProtocolVersion{1, 2, 2}, kRejectLocalLimit{2, 3, 2}, kRejectCongestion{2, 3, 1};

enum class AbortReason : std::uint8_t {
  not_specified = 0,
  unrecognized_pdu = 1,
  unexpected_pdu = 2,
  unrecognized_parameter = 4,
  unexpected_parameter = 5,
  invalid_parameter = 6,
};

struct Abort {
  std::uint8_t source = 2;  // 0 service user, 2 service provider (then the reason means something)
  AbortReason reason = AbortReason::not_specified;
};

Bytes encode(const AssociateRq& pdu);
Bytes encode(const AssociateAc& pdu);
Bytes encode(const AssociateRj& pdu);
Bytes encode(const Abort& pdu);
Bytes encode_release_rq();
Bytes encode_release_rp();

Result<AssociateRq> decode_associate_rq(ByteView body);
Result<AssociateAc> decode_associate_ac(ByteView body);
Result<AssociateRj> decode_associate_rj(ByteView body);
Result<Abort> decode_abort(ByteView body);

enum class PdvKind : std::uint8_t { data = 0, command = 1 };

// Bytes of a message that fit into one P-DATA-TF of a peer that receives at most `peer_pdu_bytes_max` (0 = no limit,
// then 256 KiB). Even, so that only the last fragment of a message may be odd. Senseless maxima below 16 count as 16.
std::size_t fragment_bytes_max(std::uint32_t peer_pdu_bytes_max);

// PDU header and PDV header in front of `bytes` payload bytes: lets a sender write header and file bytes in one gather.
inline constexpr std::size_t kFragmentHeaderBytes = kPduHeaderBytes + kPdvHeaderBytes;
void append_fragment_header(Bytes& out, std::uint8_t context, PdvKind kind, bool last, std::size_t bytes);

// A whole command or data set as P-DATA-TF PDUs with one PDV each.
void append_fragments(Bytes& out, std::uint8_t context, PdvKind kind, ByteView message,
                      std::uint32_t peer_pdu_bytes_max);

}  // namespace inferad::ul
