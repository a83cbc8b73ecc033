// SPDX-License-Identifier: Apache-2.0
// Text of a data set in any SpecificCharacterSet (0008,0005) to UTF-8: single sets, ISO 2022 code extensions with their
// escape sequences (PS3.3 C.12.1.1.2, PS3.5 §6.1.2), GB18030, GBK, UTF-8. Conversion tables are those of iconv(3).
//
// What cannot be decoded becomes U+FFFD, one a byte; nothing fails. Without a declared set, text that is valid UTF-8 is
// taken as such, since mistaking it is near impossible. Not thread-safe: one object a data set.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace inferad::dicom {

enum class TextKind {
  person_name,   // '\', '^' and '=' return to the first character set
  multi_valued,  // '\' does
  text,          // only control characters do: ST, LT, UT
};

class Charset {
 public:
  explicit Charset(std::string_view specific_character_set);  // the raw value, several terms joined by '\'
  ~Charset();
  Charset(const Charset&) = delete;
  Charset& operator=(const Charset&) = delete;

  std::string to_utf8(std::string_view bytes, TextKind kind);

 private:
  class Converter;
  struct Shift;
  void convert(std::string_view bytes, const char* iconv_name, std::string& out);
  std::size_t convert_next(std::string_view bytes, const Shift& shift, std::string& out);

  enum class Mode { undeclared, utf8, whole, extensions } mode_ = Mode::undeclared;
  const char* whole_ = nullptr;     // iconv name when no code extension is possible
  std::unique_ptr<Shift> initial_;  // G0 and G1 at the start and after each delimiter
  std::map<const char*, std::unique_ptr<Converter>> converters_;
};

// Valid UTF-8 without surrogates and overlong forms stays as it is; each other byte becomes U+FFFD.
std::string repair_utf8(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace inferad::dicom
