// SPDX-License-Identifier: Apache-2.0
// The seams of the node: what flow/ needs from the outside, implemented by net/ and dicom/ (by workers/:
// worker_ports.h), faked by tests, joined in app/. Nothing here knows a socket, DCMTK, or a process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/core/instance.h"

namespace inferad::flow {

// ---- network → flow -------------------------------------------------------------------------------------------------

struct IncomingObject {
  std::uint64_t association = 0;  // unique in this process, never 0
  std::string calling_ae, called_ae, peer_address;
  std::string sop_class_uid, sop_instance_uid;  // Affected … of the C-STORE-RQ, already valid UIDs
  std::string transfer_syntax_uid;              // of the presentation context
};

struct StoreReply {
  std::uint16_t status = 0;   // DIMSE status, 0x0000 = the object is durable
  std::string error_comment;  // (0000,0902), at most 64 characters, no patient data
};

// One object while it arrives. Destroying it before commit() drops the bytes; nothing of it stays visible.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  // Called on a network thread with consecutive pieces of the data set; may write to the page cache, must not fsync.
  virtual Status append(std::span<const std::byte> bytes) = 0;
  // Makes the object durable on another thread, then calls `done` exactly once, from any thread. The sink may be
  // destroyed from within or after `done`. No other call may follow.
  virtual void commit(std::function<void(StoreReply)> done) = 0;
};

class IntakePort {
 public:
  virtual ~IntakePort() = default;
  // Errors map to the C-STORE status of the object (overload → A700, …); the rest of its bytes are then skipped.
  virtual Result<std::unique_ptr<ObjectSink>> open(const IncomingObject& object) = 0;
  // released: by A-RELEASE. Else it was cut off, and more of its objects are likely to come.
  virtual void association_ended(std::uint64_t association, bool released) = 0;
};

// Who takes HL7 messages. Called on network threads, several at a time.
class Hl7Receiver {
 public:
  virtual ~Hl7Receiver() = default;
  // One message as it came, of any content. Its acknowledgements in the order to send them; what they accept is
  // durable. May wait for the ledger.
  virtual std::vector<std::string> receive(const std::string& message) = 0;
  // `how`: "closed", "connection_lost", "frame_too_long", "too_slow", "tls_refused", "address_refused",
  // "too_many_connections", "stopped". Must not wait.
  virtual void connection_ended(std::string_view /*how*/) {}
};

// ---- files → flow ---------------------------------------------------------------------------------------------------

class HeaderReader {
 public:
  virtual ~HeaderReader() = default;
  // The header of a DICOM Part 10 file (of the spool, also while it is still .part, or a result), by a bounded scan
  // that stops at the pixels. invalid_input: it cannot be read as DICOM, or lacks a valid Study, Series or SOP Instance
  // or Class UID; io: the file cannot be read. The text of an error carries no patient data. Thread-safe.
  virtual Result<InstanceHeader> read(const std::filesystem::path& part10) = 0;
};

// ---- flow → network -------------------------------------------------------------------------------------------------

struct DicomPeer {
  std::string name;  // in the configuration; safe for logs and metrics
  std::string ae_title, host;
  std::uint16_t port = 104;
  std::string our_ae_title;
};

struct OutgoingObject {
  std::filesystem::path file;  // DICOM Part 10
  std::string sop_class_uid, sop_instance_uid, transfer_syntax_uid;
  std::string beside_class_uid = {};           // goes only where this class is accepted too; "" = anywhere
  std::vector<OutgoingObject> fallbacks = {};  // to be sent instead, best first, without fallbacks of their own
};

struct StoreAnswer {
  std::uint16_t status = 0;  // DIMSE
  std::size_t choice = 0;    // what was sent: 0 the object itself, n its fallback n
};

// Blocking; returns early with Errc::cancelled when `stop` is requested. Thread-safe.
class StorageSender {
 public:
  virtual ~StorageSender() = default;
  // Sends the objects in order over one association, in place of each the first of its fallbacks that the peer accepts
  // when it does not accept the object itself. The result has one entry an object: the DIMSE status the peer answered,
  // or why there was no answer (timeout/unavailable: retry; refused: no presentation context accepted, park).
  // After an object without an answer the later ones are not tried.
  virtual std::vector<Result<StoreAnswer>> send(const DicomPeer& peer, std::span<const OutgoingObject> objects,
                                                std::stop_token stop) = 0;
  virtual Status echo(const DicomPeer& peer, std::stop_token stop) = 0;
};

class StudyCounter {
 public:
  virtual ~StudyCounter() = default;
  // Number of Study Related Instances (0020,1208) by study root C-FIND; nullopt when the peer does not tell.
  virtual Result<std::optional<int>> count_instances(const DicomPeer& peer, const std::string& study_uid,
                                                     std::stop_token stop) = 0;
};

// PEM files of a connection where both sides show a certificate.
struct TlsFiles {
  std::filesystem::path certificate, key;  // ours; the certificate with its chain
  std::filesystem::path ca;                // who may have signed the other side's
};

struct Hl7Peer {
  std::string name, host;
  std::uint16_t port = 2575;
  std::chrono::seconds timeout{30};  // for connecting, and for the acknowledgement
  std::optional<TlsFiles> tls = {};  // nullopt: plain
};

class Hl7Sender {
 public:
  virtual ~Hl7Sender() = default;
  // Sends one message in an MLLP frame and returns the acknowledgement that belongs to it (MSA-2 = MSH-10), unparsed.
  virtual Result<std::string> send(const Hl7Peer& peer, const std::string& message, std::stop_token stop) = 0;
};

}  // namespace inferad::flow
