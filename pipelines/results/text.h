// SPDX-License-Identifier: Apache-2.0
// Our own text in a data set whose character set belongs to the source. Pure functions, UTF-8 in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/base/clock.h"

namespace inferad::results {

enum class TextKind { line, paragraph };  // line: no backslash (it separates values), no control characters

// Fits `text` into at most `characters_max` characters. Without `utf8` everything beyond ASCII is spelled in ASCII
// (">=" for the sign) or becomes "?": identity of the patient keeps its bytes, our words give way.
std::string dicom_text(std::string_view text, bool utf8, std::size_t characters_max, TextKind kind = TextKind::line);

// A DS of at most 16 characters (PS3.5 6.2); `exact` tells whether it reads back as the same double.
struct DecimalString {
  std::string text;
  bool exact = true;
};
DecimalString decimal_string(double value);

// Local date and time of the site, as DA and TM. `offset` is "+HHMM", "" = UTC.
struct DicomTime {
  std::string date, time, offset;
};
DicomTime dicom_time(WallTime time, std::string_view offset);
bool is_timezone_offset(std::string_view text);  // -1200 … +1400

}  // namespace inferad::results
