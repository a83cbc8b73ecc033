// SPDX-License-Identifier: Apache-2.0
// What a sender says, as bytes, for the tests of ul/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/core/sop_class.h"
#include "server/ul/dimse.h"
#include "server/ul/pdu.h"

namespace inferad::ul::testing {

inline constexpr std::string_view kCt = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr std::string_view kNoSuchClass = "1.2.840.10008.5.1.4.999";
inline constexpr std::string_view kInstance = "1.2.276.1.77";

inline ProposedContext context_of(std::uint8_t id, std::string_view sop_class, std::vector<std::string_view> syntaxes) {
  return {id, std::string(sop_class), {syntaxes.begin(), syntaxes.end()}};
}

// Context 1: verification, 3: CT in explicit VR.
inline AssociateRq made_request(std::uint32_t pdu_bytes_max = 16384) {
  AssociateRq request;
  request.calling_ae = "SENDER";
  request.called_ae = "INFERAD";
  request.contexts = {context_of(1, kVerificationSopClass, {kImplicitVrLittleEndian}),
                      context_of(3, kCt, {kExplicitVrLittleEndian, kImplicitVrLittleEndian})};
  request.user.pdu_bytes_max = pdu_bytes_max;
  request.user.implementation_class_uid = "1.2.3.4";
  request.user.implementation_version = "MADE";
  return request;
}

inline Bytes made_data(std::size_t size) {
  Bytes data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::byte>(i * 31 % 251);
  return data;
}

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }
inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const auto& part : parts) append(all, part);
  return all;
}

inline Bytes message(std::uint8_t context, const Command& command, const Bytes& data = {}, std::uint32_t pdu = 16384) {
  Bytes out;
  append_fragments(out, context, PdvKind::command, encode_command(command), pdu);
  if (command.has_data_set()) append_fragments(out, context, PdvKind::data, data, pdu);
  return out;
}

inline Bytes store(const Bytes& data, std::uint32_t pdu = 16384, std::uint16_t id = 1) {
  return message(3, store_request(id, std::string(kCt), std::string(kInstance)), data, pdu);
}
inline Bytes echo(std::uint16_t id) { return message(1, echo_request(id)); }

// One P-DATA-TF out of PDVs that are given as {control header, bytes}.
inline Bytes pdu_of(std::uint8_t context, const std::vector<std::pair<std::uint8_t, Bytes>>& pdvs) {
  Writer out;
  out.u8(4);
  out.u8(0);
  out.zeros(4);
  for (const auto& [control, bytes] : pdvs) {
    out.u32(static_cast<std::uint32_t>(bytes.size() + 2));
    out.u8(context);
    out.u8(control);
    out.bytes(bytes);
  }
  out.set_length(2, 4);
  return out.finish();
}

// Bytes of a PDU behind its header.
inline Bytes body_of(const Bytes& pdu) { return {pdu.begin() + kPduHeaderBytes, pdu.end()}; }

// The whole PDUs in `stream`; nothing when it is torn.
inline std::vector<Bytes> split(const Bytes& stream) {
  std::vector<Bytes> out;
  ByteView rest(stream);
  while (!rest.empty()) {
    Cursor cursor(rest);
    cursor.skip(2);
    const std::size_t size = kPduHeaderBytes + cursor.u32();
    if (cursor.failed() || size > rest.size()) return {};
    out.emplace_back(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
    rest = rest.subspan(size);
  }
  return out;
}

}  // namespace inferad::ul::testing
