// SPDX-License-Identifier: Apache-2.0
#include "server/net/curl_handle.h"

#include <curl/curl.h>

namespace inferad::net {

void CurlDeleter::operator()(CURL* curl) const { curl_easy_cleanup(curl); }

Result<CurlHandle> make_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CurlHandle curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) return Error{Errc::overload, "libcurl does not start"};
  return curl;
}

}  // namespace inferad::net
