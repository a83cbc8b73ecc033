// SPDX-License-Identifier: Apache-2.0
// The pages and the API (ARCHITECTURE.md, "HTTP") as a function from request to response. Thread-safe when
// the NodeView is. Pages, scripts and styles are part of the binary and carry an ETag. API answers are never cached.
// Errors are {"error": {"code", "message"}}; a code is that of Errc, a message one sentence for people.
#pragma once

#include <cstdint>
#include <string>

#include "server/core/http.h"
#include "server/web/node_view.h"
#include "server/web/worklist_feed.h"

namespace inferad::web {

class Site final : public HttpHandler {
 public:
  explicit Site(NodeView& node);  // `node` must outlive the site

  HttpResponse handle(const HttpRequest& request) override;

  // What to publish as event "changed" when something about a study changed; 0 = not about one study.
  static std::string changed_data(std::int64_t study_id);

 private:
  NodeView& node_;
  WorklistFeed worklist_;
};

}  // namespace inferad::web
