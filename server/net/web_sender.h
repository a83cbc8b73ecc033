// SPDX-License-Identifier: Apache-2.0
// HTTP and HTTPS requests of the outbox (libcurl behind it): one connection a request, certificates verified, no
// redirects, no proxies: destinations are named in the configuration and reached directly. Thread-safe.
#pragma once

#include "server/flow/notice_ports.h"

namespace inferad::net {

class CurlWebSender final : public flow::WebSender {
 public:
  Result<flow::WebReply> send(const flow::WebRequest& request, std::stop_token stop) override;
};

}  // namespace inferad::net
