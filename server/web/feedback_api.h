// SPDX-License-Identifier: Apache-2.0
// Feedback at the API: what a reader sends, what is answered, and the table for a spreadsheet. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/core/feedback.h"

namespace inferad::web {

constexpr std::size_t kReaderBytesMax = 64, kCommentBytesMax = 2000;

// {"job": 17, "finding": "emphysema", "opinion": "agree" | "disagree" | "none", "reader": "AB", "comment": "…"}, of the
// study `study`; without "finding" it is about the result as a whole; "none" without a comment takes back what was
// said. invalid_input names the member that is missing, unknown, of another kind or too long.
Result<Feedback> feedback_from(std::string_view body, std::int64_t study);

// {"feedback": [{"id", "study_id", "job_id", "finding", "label", "presence", "opinion", "reader", "comment",
// "pipeline", "pipeline_version", "model_sha256", "at", "superseded_by": null | id}]}
std::string feedback_json(const std::vector<Feedback>& all);

// RFC 4180, first line the names. Without patient identifiers: studies by our number, and of a comment only whether
// there is one, since people write names into comments. No cell begins a formula.
std::string feedback_csv(const std::vector<Feedback>& all);

}  // namespace inferad::web
