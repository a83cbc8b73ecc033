// SPDX-License-Identifier: Apache-2.0
// HTTP as plain values: net/ speaks the protocol, web/ answers, neither knows the other. No Beast, no JSON.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace inferad {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// A complete request that passed the limits and checks of the server (size, Host, Origin).
struct HttpRequest {
  std::string method;   // "GET" (HEAD arrives as GET) or "POST"
  std::string path;     // "/api/v1/worklist": origin-form, as sent, without the query; not percent-decoded
  std::string query;    // "check=inference", without '?'
  HttpHeaders headers;  // names in lower case
  std::string body;

  std::string_view header(std::string_view lower_case_name) const {  // "" when absent
    for (const auto& [name, value] : headers) {
      if (name == lower_case_name) return value;
    }
    return {};
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;        // further ones: ETag, Cache-Control, Allow. Security headers come from the server
  bool event_stream = false;  // keep the connection and send it what is published (text/event-stream)
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Called on the server's threads, several at a time; may read the ledger, must not wait for peers or workers.
  virtual HttpResponse handle(const HttpRequest& request) = 0;
};

}  // namespace inferad
