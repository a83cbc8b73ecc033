// SPDX-License-Identifier: Apache-2.0
#include "server/net/mail_sender.h"

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <memory>

#include "server/net/curl_handle.h"

namespace inferad::net {
namespace {

// RFC 5322 3.3, in English whatever the locale.
std::string date_text(WallTime time) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t whole = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string domain_of(const std::string& address) { return address.substr(address.find('@') + 1); }

Error explain(CURL* curl, CURLcode code, const flow::Mail& mail) {
  const auto error = [&](Errc errc, std::string_view what) {
    return Error{errc, fmt::format("{}: {}", mail.peer, what)};
  };
  if (code == CURLE_ABORTED_BY_CALLBACK) return error(Errc::cancelled, "stopped");
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 400 && status < 600)  // RFC 5321 4.2.1: 4yz passes, 5yz does not
    return error(status < 500 ? Errc::overload : Errc::refused, fmt::format("SMTP status {}", status));
  if (code == CURLE_OPERATION_TIMEDOUT)
    return error(Errc::timeout, fmt::format("no answer in {} s", mail.timeout.count()));
  return error(Errc::unavailable, curl_easy_strerror(code));
}

}  // namespace

Status CurlMailSender::send(const flow::Mail& mail, std::stop_token stop) {
  INFERAD_TRY(const auto handle, make_curl());
  auto* curl = handle.get();
  watch_stop(curl, stop);
  const bool v6 = mail.host.find(':') != std::string::npos;
  const auto host = v6 ? "[" + mail.host + "]" : mail.host;
  curl_easy_setopt(curl, CURLOPT_URL, fmt::format("smtp://{}:{}", host, mail.port).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(mail.timeout.count()));
  if (mail.starttls) curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!mail.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, mail.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
  CurlList to, headers;
  std::string receivers;
  for (const auto& each : mail.to) {
    to.add(fmt::format("<{}>", each));
    receivers += (receivers.empty() ? "" : ", ") + each;
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.list);
  headers.add("Date: " + date_text(mail.date));
  headers.add("From: Inferad <" + mail.from + ">");
  headers.add("To: " + receivers);
  headers.add("Subject: " + mail.subject);
  headers.add(fmt::format("Message-ID: <{}@{}>", mail.id, domain_of(mail.from)));
  headers.add("Auto-Submitted: auto-generated");  // RFC 3834: no holiday answers
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
  const std::unique_ptr<curl_mime, decltype(&curl_mime_free)> mime(curl_mime_init(curl), curl_mime_free);
  auto* part = curl_mime_addpart(mime.get());
  curl_mime_data(part, mail.text.data(), mail.text.size());
  curl_mime_type(part, "text/plain; charset=utf-8");
  curl_mime_encoder(part, "quoted-printable");
  curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime.get());
  const auto code = curl_easy_perform(curl);
  return code == CURLE_OK ? ok() : Status(explain(curl, code, mail));
}

}  // namespace inferad::net
