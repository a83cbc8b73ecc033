// SPDX-License-Identifier: Apache-2.0
#include "server/base/result_encoding.h"

#include <algorithm>
#include <array>

#include "server/base/result.h"

namespace inferad {
namespace {

constexpr std::array<ResultEncodingFacts, 2> kEncodings{{
    {ResultEncoding::rle, "RLE", "1.2.840.10008.1.2.5"},
    {ResultEncoding::deflated, "DEFLATED", "1.2.840.10008.1.2.1.99"},
}};

template <class Is>
const ResultEncodingFacts* find(Is is) {
  const auto found = std::find_if(kEncodings.begin(), kEncodings.end(), is);
  return found == kEncodings.end() ? nullptr : &*found;
}

std::optional<ResultEncoding> encoding_of(const ResultEncodingFacts* facts) {
  return facts ? std::optional(facts->encoding) : std::nullopt;
}

}  // namespace

std::span<const ResultEncodingFacts> result_encodings() { return kEncodings; }

const ResultEncodingFacts& facts_of(ResultEncoding encoding) {
  const auto* facts = find([&](const auto& each) { return each.encoding == encoding; });
  INFERAD_CHECK(facts != nullptr);
  return *facts;
}

std::string_view to_string(ResultEncoding encoding) { return facts_of(encoding).name; }

std::optional<ResultEncoding> result_encoding(std::string_view name) {
  return encoding_of(find([&](const auto& each) { return each.name == name; }));
}

std::optional<ResultEncoding> result_encoding_of(std::string_view transfer_syntax_uid) {
  return encoding_of(find([&](const auto& each) { return each.transfer_syntax_uid == transfer_syntax_uid; }));
}

bool suits(ResultEncoding encoding, ResultKind kind) {
  const bool bytes = kind == ResultKind::seg_fractional || kind == ResultKind::seg_labelmap;
  return bytes || (kind == ResultKind::seg && encoding == ResultEncoding::deflated);
}

}  // namespace inferad
