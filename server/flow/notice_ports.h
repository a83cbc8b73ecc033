// SPDX-License-Identifier: Apache-2.0
// Part of ports.h: how notices leave the node by other ways than DICOM and HL7. Implemented by net/ and dicom/. Every
// method is blocking, returns early with Errc::cancelled when `stop` is requested, and is thread-safe. Texts of errors
// name the peer, never what was sent.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/clock.h"
#include "server/base/result.h"
#include "server/core/attributes.h"
#include "server/core/priority.h"

namespace inferad::flow {

struct WebRequest {
  std::string peer;  // its name in the configuration
  std::string method = "POST", url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::filesystem::path ca_file;  // PEM; "" = the system's certificates
  std::chrono::seconds timeout{30};
};

struct WebReply {
  int status = 0;
  std::string body = {}, etag = {};
  Millis retry_after{0};  // what the server asks for (RFC 9110 10.2.3); 0: nothing
};

class WebSender {
 public:
  virtual ~WebSender() = default;
  // Any status is an answer; redirects are not followed, since they would take the body elsewhere. unavailable: no
  // connection, or not with whom the certificate has to name; timeout; invalid_input: no HTTP, or a body of more than
  // a megabyte.
  virtual Result<WebReply> send(const WebRequest& request, std::stop_token stop) = 0;
};

struct Mail {
  std::string peer;  // its name in the configuration
  std::string host;
  std::uint16_t port = 25;
  bool starttls = false;
  std::filesystem::path ca_file;  // as WebRequest::ca_file
  std::string from;
  std::vector<std::string> to;
  std::string id;  // of the Message-ID
  WallTime date{};
  std::string subject;  // ASCII
  std::string text;     // UTF-8, lines end with a line feed
  std::chrono::seconds timeout{30};
};

class MailSender {
 public:
  virtual ~MailSender() = default;
  // overload: the server cannot take it now (4yz); refused: it does not want it (5yz); unavailable, timeout.
  virtual Status send(const Mail& mail, std::stop_token stop) = 0;
};

// An entry of a modality worklist that is to be as urgent as `level`.
struct WorklistRaise {
  std::filesystem::path folder;
  std::array<std::string, 4> words;  // of (0040,1003), by level; what a file holds is understood by them, too
  Level level = Level::routine;
  Attributes study;                     // those of kWorklistAttributes
  std::vector<std::string> accessions;  // of the study's orders, when the RIS sent some
  std::string file;                     // name of an entry that is made; "" = none is made
  std::string station_ae_title;         // of that entry
  std::chrono::hours keep{0};           // entries that we made and nobody touched for so long are removed
};
inline constexpr std::string_view kWorklistAttributes[] = {
    "AccessionNumber",  "StudyInstanceUID", "PatientName", "PatientID",        "IssuerOfPatientID",
    "PatientBirthDate", "PatientSex",       "Modality",    "StudyDescription", "ReferringPhysicianName",
    "StudyDate",        "StudyTime",        "StudyID"};

enum class WorklistOutcome { raised, created, stays, not_there };  // stays: as urgent already, or not to be understood

class WorklistFiles {
 public:
  virtual ~WorklistFiles() = default;
  // Every entry of the study, else every one of its accession number, is raised; of several orders, the entries of
  // each. Where there is none, one is made. Files appear whole (rename) and durable, under an exclusive lock of the
  // folder's `lockfile`. unavailable: no such folder, or it stays locked; io.
  virtual Result<WorklistOutcome> raise(const WorklistRaise& raise, std::stop_token stop) = 0;
};

}  // namespace inferad::flow
