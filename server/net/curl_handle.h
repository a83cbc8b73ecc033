// SPDX-License-Identifier: Apache-2.0
// What the users of libcurl in this folder share. Internal to net/.
#pragma once

#include <memory>
#include <string>

#include "server/base/result.h"

typedef void CURL;  // as curl/curl.h has it, which does not belong in a header

namespace inferad::net {

struct CurlDeleter {
  void operator()(CURL* curl) const;
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;

// overload: libcurl does not start. Thread-safe.
Result<CurlHandle> make_curl();

}  // namespace inferad::net
