// SPDX-License-Identifier: Apache-2.0
// Part of ports.h: how notices leave the node by other ways than DICOM and HL7. Implemented by net/ and dicom/. Every
// method is blocking, returns early with Errc::cancelled when `stop` is requested, and is thread-safe. Texts of errors
// name the peer, never what was sent.
#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "server/base/clock.h"
#include "server/base/result.h"

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
  std::string body, etag;
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

}  // namespace inferad::flow
