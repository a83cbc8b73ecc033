// SPDX-License-Identifier: Apache-2.0
// What the users of libcurl in this folder share. Internal to net/.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "server/base/result.h"

struct curl_slist;
typedef void CURL;  // as curl/curl.h has it, which does not belong in a header

namespace inferad::net {

struct CurlDeleter {
  void operator()(CURL* curl) const;
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;

// What curl_slist is, with an end.
struct CurlList {
  struct curl_slist* list = nullptr;
  CurlList() = default;
  CurlList(const CurlList&) = delete;
  CurlList& operator=(const CurlList&) = delete;
  ~CurlList();
  void add(const std::string& line);
};

// A transfer ends with CURLE_ABORTED_BY_CALLBACK when `stop` is requested; `stop` outlives the transfer.
void watch_stop(CURL* curl, std::stop_token& stop);

// overload: libcurl does not start. Thread-safe.
Result<CurlHandle> make_curl();

}  // namespace inferad::net
