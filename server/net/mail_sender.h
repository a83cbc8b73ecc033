// SPDX-License-Identifier: Apache-2.0
// E-mail by SMTP (RFC 5321; libcurl behind it): one connection a mail, UTF-8 text. Thread-safe.
#pragma once

#include "server/flow/notice_ports.h"

namespace inferad::net {

class CurlMailSender final : public flow::MailSender {
 public:
  Status send(const flow::Mail& mail, std::stop_token stop) override;
};

}  // namespace inferad::net
