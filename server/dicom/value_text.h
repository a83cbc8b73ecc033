// SPDX-License-Identifier: Apache-2.0
// The value of one data element as text: character strings in UTF-8 without padding, numbers in decimal, several values
// joined by '\'. Control characters that no text may hold (NUL above all) become U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "server/dicom/charset.h"

namespace inferad::dicom {

// `raw`: as in the data set. A VR that holds neither text nor numbers gives "".
std::string value_text(std::string_view raw, std::string_view vr, bool big_endian, Charset& charset);

}  // namespace inferad::dicom
