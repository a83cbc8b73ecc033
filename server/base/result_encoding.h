// SPDX-License-Identifier: Apache-2.0
// Lossless encodings in which segmentations are sent besides Explicit VR Little Endian, by the names that configuration
// and job.json use. An encoded object is the same SOP instance, with the same UID. Pure; thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "server/base/result_kind.h"

namespace inferad {

enum class ResultEncoding { rle, deflated };

struct ResultEncodingFacts {
  ResultEncoding encoding;
  std::string_view name;  // "RLE"
  std::string_view transfer_syntax_uid;
};

std::span<const ResultEncodingFacts> result_encodings();  // in the order in which they are written
const ResultEncodingFacts& facts_of(ResultEncoding encoding);
std::string_view to_string(ResultEncoding encoding);
std::optional<ResultEncoding> result_encoding(std::string_view name);
std::optional<ResultEncoding> result_encoding_of(std::string_view transfer_syntax_uid);

// Of segmentations only. RLE works on whole bytes (PS3.5 Annex G): it leaves SEG, which has bits, alone.
bool suits(ResultEncoding encoding, ResultKind kind);

}  // namespace inferad
