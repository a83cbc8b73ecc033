// SPDX-License-Identifier: Apache-2.0
#include "server/net/curl_handle.h"

#include <curl/curl.h>

namespace inferad::net {
namespace {

int stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

}  // namespace

CurlList::~CurlList() { curl_slist_free_all(list); }

void CurlList::add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }

void watch_stop(CURL* curl, std::stop_token& stop) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stopped);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stop);
}

void CurlDeleter::operator()(CURL* curl) const { curl_easy_cleanup(curl); }

Result<CurlHandle> make_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CurlHandle curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) return Error{Errc::overload, "libcurl does not start"};
  return curl;
}

}  // namespace inferad::net
