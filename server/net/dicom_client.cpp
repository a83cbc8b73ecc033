// SPDX-License-Identifier: Apache-2.0
#include "server/net/dicom_client.h"

#include <array>
#include <charconv>
#include <fstream>
#include <optional>

#include "server/core/sop_class.h"
#include "server/net/dicom_association.h"
#include "server/ul/dimse.h"

namespace inferad::net {
namespace {

using flow::DicomPeer;
using flow::OutgoingObject;
using flow::StoreAnswer;

constexpr std::size_t kContextsMax = 128;  // PS3.8: odd numbers of one byte
constexpr std::int64_t kMetaBytesMax = 1 << 20;
constexpr int kMatchesMax = 100;
constexpr std::uint32_t kQueryLevel = 0x00080052, kStudyInstanceUid = 0x0020000D, kStudyInstances = 0x00201208;

// Where the data set of a Part 10 file starts: behind preamble, "DICM" and group 0002 (PS3.10 7.1), whose length is
// told by its first element.
Result<std::int64_t> data_set_offset(const std::filesystem::path& file) {
  std::array<char, 144> head{};
  std::ifstream in(file, std::ios::binary);
  if (!in.read(head.data(), head.size())) return Error{Errc::io, "cannot read " + file.filename().string()};
  const std::string_view text(head.data(), head.size());
  if (text.substr(128, 4) != "DICM" || text.substr(132, 8) != std::string_view("\x02\0\0\0UL\x04\0", 8))
    return Error{Errc::invalid_input, file.filename().string() + " is no DICOM file with a group length"};
  ul::Cursor cursor(ul::as_bytes(text.substr(140)), ul::Endian::little);
  const std::int64_t length = cursor.u32();
  if (length > kMetaBytesMax) return Error{Errc::invalid_input, file.filename().string() + ": bad group length"};
  return static_cast<std::int64_t>(head.size()) + length;
}

// One context for each pair of class and transfer syntax.
void add_context(const std::string& sop_class, const std::string& syntax, std::vector<ul::ProposedContext>& contexts) {
  const auto same = [&](const ul::ProposedContext& c) {
    return c.abstract_syntax == sop_class && c.transfer_syntaxes.front() == syntax;
  };
  if (contexts.size() == kContextsMax || std::any_of(contexts.begin(), contexts.end(), same)) return;
  const auto id = static_cast<std::uint8_t>(2 * contexts.size() + 1);
  contexts.push_back({id, sop_class, {syntax}});
}

void add_contexts(const OutgoingObject& object, std::vector<ul::ProposedContext>& contexts) {
  add_context(object.sop_class_uid, object.transfer_syntax_uid, contexts);
  if (!object.beside_class_uid.empty()) add_context(object.beside_class_uid, object.transfer_syntax_uid, contexts);
}

const ul::NegotiatedContext* context_of(const DicomAssociation& association, const OutgoingObject& object) {
  const auto& beside = object.beside_class_uid;
  if (!beside.empty() && association.find(beside, object.transfer_syntax_uid) == nullptr) return nullptr;
  return association.find(object.sop_class_uid, object.transfer_syntax_uid);
}

std::vector<ul::ProposedContext> contexts_for(std::span<const OutgoingObject> objects) {
  std::vector<ul::ProposedContext> contexts;
  for (const auto& object : objects) {
    add_contexts(object, contexts);
    for (const auto& fallback : object.fallbacks) add_contexts(fallback, contexts);
  }
  return contexts;
}

Result<std::uint16_t> store(DicomAssociation& association, const ul::NegotiatedContext& context,
                            const OutgoingObject& object) {
  INFERAD_TRY(const auto offset, data_set_offset(object.file));
  const auto command = ul::store_request(association.next_message_id(), object.sop_class_uid, object.sop_instance_uid);
  INFERAD_TRY(const auto response, association.store(context, command, object.file, offset));
  return response.command.status;
}

Error not_accepted(const OutgoingObject& object) {
  const auto name = [](const OutgoingObject& each) {
    const auto beside = each.beside_class_uid.empty() ? "" : " beside " + std::string(uid_name(each.beside_class_uid));
    return std::string(uid_name(each.sop_class_uid)) + beside + " in " +
           std::string(uid_name(each.transfer_syntax_uid));
  };
  if (object.fallbacks.empty()) return {Errc::refused, "the peer does not accept " + name(object)};
  auto names = name(object);
  for (const auto& fallback : object.fallbacks) names += ", " + name(fallback);
  return {Errc::refused, "the peer accepts none of " + names};
}

// The object or the first of its fallbacks that the peer accepts.
Result<StoreAnswer> send_one(DicomAssociation& association, const OutgoingObject& object) {
  std::optional<StoreAnswer> unsupported;
  for (std::size_t choice = 0; choice <= object.fallbacks.size(); ++choice) {
    const auto& each = choice == 0 ? object : object.fallbacks[choice - 1];
    const auto* context = context_of(association, each);
    if (context == nullptr) continue;
    INFERAD_TRY(const auto status, store(association, *context, each));
    if (status != ul::status::sop_class_not_supported) return StoreAnswer{status, choice};
    unsupported = StoreAnswer{status, choice};
  }
  if (unsupported) return *unsupported;
  return not_accepted(object);
}

// An element of an implicit VR little endian identifier; values are padded to even length.
void append_element(ul::Writer& out, std::uint32_t tag, std::string value, char padding) {
  if (value.size() % 2 != 0) value.push_back(padding);
  out.u16(static_cast<std::uint16_t>(tag >> 16));
  out.u16(static_cast<std::uint16_t>(tag & 0xFFFF));
  out.u32(static_cast<std::uint32_t>(value.size()));
  out.text(value);
}

// The value of a top-level element; nullopt when it is not there or a length contradicts the identifier.
std::optional<std::string> find_element(ul::ByteView identifier, std::uint32_t wanted) {
  ul::Cursor cursor(identifier, ul::Endian::little);
  while (cursor.left() >= 8) {
    const std::uint32_t group = cursor.u16();
    const std::uint32_t tag = group << 16 | cursor.u16();
    const std::uint32_t length = cursor.u32();
    if (length > cursor.left()) return std::nullopt;
    if (tag == wanted) return cursor.text(length);
    cursor.skip(length);
  }
  return std::nullopt;
}

std::optional<int> number_in(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '+')) text.remove_prefix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::vector<Result<StoreAnswer>> DicomClient::send(const DicomPeer& peer, std::span<const OutgoingObject> objects,
                                                   std::stop_token stop) {
  std::vector<Result<StoreAnswer>> answers;
  DicomAssociation association(peer, contexts_for(objects), options_, options_.response_deadline, std::move(stop));
  const auto opened = association.open();
  bool usable = opened.has_value();
  for (const auto& object : objects) {
    if (!usable) {
      answers.emplace_back(answers.empty() ? opened.error()
                                           : Error{Errc::unavailable, "not tried: the association ended before"});
      continue;
    }
    answers.push_back(send_one(association, object));
    // Nothing of an object that was refused or cannot be read beforehand went out: the association goes on.
    if (const auto& answer = answers.back(); !answer)
      usable = answer.error().code == Errc::refused || answer.error().code == Errc::invalid_input;
  }
  if (usable) association.release();
  return answers;
}

Status DicomClient::echo(const DicomPeer& peer, std::stop_token stop) {
  const std::string sop_class(kVerificationSopClass);
  DicomAssociation association(peer, {{1, sop_class, {std::string(kImplicitVrLittleEndian)}}}, options_,
                               options_.query_deadline, std::move(stop));
  INFERAD_TRY_STATUS(association.open());
  const auto* context = association.find(sop_class, kImplicitVrLittleEndian);
  if (context == nullptr) return Error{Errc::refused, peer.name + ": the peer does not accept C-ECHO"};
  INFERAD_TRY(const auto response, association.request(*context, ul::echo_request(association.next_message_id())));
  association.release();
  if (response.command.status != ul::status::success) return Error{Errc::refused, peer.name + ": C-ECHO failed"};
  return ok();
}

Result<std::optional<int>> DicomClient::count_instances(const DicomPeer& peer, const std::string& study_uid,
                                                        std::stop_token stop) {
  const std::string sop_class(kStudyRootFind);
  DicomAssociation association(peer, {{1, sop_class, {std::string(kImplicitVrLittleEndian)}}}, options_,
                               options_.query_deadline, std::move(stop));
  INFERAD_TRY_STATUS(association.open());
  const auto* context = association.find(sop_class, kImplicitVrLittleEndian);
  if (context == nullptr) return Error{Errc::refused, peer.name + ": the peer does not accept study root C-FIND"};
  ul::Writer identifier(ul::Endian::little);
  append_element(identifier, kQueryLevel, "STUDY", ' ');
  append_element(identifier, kStudyInstanceUid, study_uid, '\0');
  append_element(identifier, kStudyInstances, "", ' ');
  const auto bytes = identifier.finish();
  auto response = association.request(*context, ul::find_request(association.next_message_id(), sop_class), bytes);
  std::optional<int> count;
  for (int matches = 0; response && ul::status::is_pending(response->command.status); ++matches) {
    if (matches == kMatchesMax) return Error{Errc::invalid_input, peer.name + ": too many matches for one study"};
    if (const auto value = find_element(response->data_set, kStudyInstances)) count = number_in(*value);
    response = association.next_response();
  }
  if (!response) return std::move(response).error();
  association.release();
  if (response->command.status != ul::status::success)
    return Error{Errc::unavailable, peer.name + ": the peer could not answer the query"};
  return count;
}

}  // namespace inferad::net
