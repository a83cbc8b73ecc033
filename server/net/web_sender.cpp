// SPDX-License-Identifier: Apache-2.0
#include "server/net/web_sender.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>

#include "server/net/curl_handle.h"

namespace inferad::net {
namespace {

constexpr long kConnectSeconds = 20;
constexpr std::size_t kBodyBytesMax = 1 << 20;

std::size_t receive(char* bytes, std::size_t, std::size_t count, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (count > kBodyBytesMax - text.size()) return CURL_WRITEFUNC_ERROR;
  text.append(bytes, count);
  return count;
}

void prepare(CURL* curl, const flow::WebRequest& request) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, std::min<long>(kConnectSeconds, request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "inferad/" INFERAD_VERSION);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
  if (request.method == "GET") return;
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
}

Error explain(CURLcode code, const flow::WebRequest& request) {
  const auto error = [&](Errc errc, std::string_view what) {
    return Error{errc, fmt::format("{}: {}", request.peer, what)};
  };
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return error(Errc::cancelled, "stopped");
    case CURLE_OPERATION_TIMEDOUT:
      return error(Errc::timeout, fmt::format("no answer in {} s", request.timeout.count()));
    case CURLE_WRITE_ERROR:
      return error(Errc::invalid_input, "the answer is too long");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return error(Errc::invalid_input, curl_easy_strerror(code));
    default:  // also an expired or unknown certificate: everything waits until somebody has mended that
      return error(Errc::unavailable, curl_easy_strerror(code));
  }
}

flow::WebReply reply_of(CURL* curl, std::string body) {
  flow::WebReply reply;
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  reply.body = std::move(body);
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
  reply.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, 86'400));
  curl_header* etag = nullptr;
  if (curl_easy_header(curl, "ETag", 0, CURLH_HEADER, -1, &etag) == CURLHE_OK) reply.etag = etag->value;
  return reply;
}

}  // namespace

Result<flow::WebReply> CurlWebSender::send(const flow::WebRequest& request, std::stop_token stop) {
  INFERAD_TRY(const auto handle, make_curl());
  auto* curl = handle.get();
  prepare(curl, request);
  watch_stop(curl, stop);
  CurlList headers;
  headers.add("Expect:");  // no pause before a small body
  for (const auto& [name, value] : request.headers) headers.add(fmt::format("{}: {}", name, value));
  std::string body;
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  const auto code = curl_easy_perform(curl);
  if (code != CURLE_OK) return explain(code, request);
  return reply_of(curl, std::move(body));
}

}  // namespace inferad::net
