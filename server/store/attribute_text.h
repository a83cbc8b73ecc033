// SPDX-License-Identifier: Apache-2.0
// Attributes as JSON text. The images of a series share most attributes, so the series keeps those of its first
// instance and every instance only what differs: {"InstanceNumber":"2","SliceThickness":null} (null: absent there).
#pragma once

#include "server/base/result.h"
#include "server/core/attributes.h"

namespace inferad::store {

std::string encode_attributes(const Attributes& attributes, const Attributes& base = {});
// io: the text is not what encode_attributes wrote.
Result<Attributes> decode_attributes(std::string_view text, Attributes base = {});

}  // namespace inferad::store
