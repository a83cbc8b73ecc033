// SPDX-License-Identifier: Apache-2.0
// The examples of PS3.5 Annexes H to K (bytes there in hexadecimal), and what goes wrong in practice.
#include "server/dicom/charset.h"

#include <catch2/catch.hpp>

#include "server/dicom/value_text.h"

using namespace inferad::dicom;

namespace {

std::string name(std::string_view terms, std::string_view bytes) {
  return Charset(terms).to_utf8(bytes, TextKind::person_name);
}

}  // namespace

TEST_CASE("single-byte sets are converted") {
  CHECK(name("ISO_IR 100", "Buc^J\xE9r\xF4me") == "Buc^Jérôme");
  CHECK(name("ISO_IR 101",
             "W\xB3"
             "adys\xB3"
             "aw") == "Władysław");
  CHECK(name("ISO_IR 109", "\xA6") == "Ĥ");
  CHECK(name("ISO_IR 110", "\xA2") == "ĸ");
  CHECK(name("ISO_IR 144", "\xBB\xEE\xDA\xDC\xD1") == "Люкмб");
  CHECK(name("ISO_IR 127", "\xE2\xC8\xC7\xE6\xEA^\xE4\xE6\xD2\xC7\xD1") == "قباني^لنزار");
  CHECK(name("ISO_IR 126", "\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2") == "Διονυσιος");
  CHECK(name("ISO_IR 138", "\xF9\xF8\xE5\xEF^\xE3\xE1\xE5\xF8\xE4") == "שרון^דבורה");
  CHECK(name("ISO_IR 148",
             "\xC7"
             "avu\xFE"
             "o\xF0lu") == "Çavuşoğlu");
  CHECK(name("ISO_IR 166", "\xB9\xD2\xC2") == "นาย");
  CHECK(name("ISO_IR 13", "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3") == "ﾔﾏﾀﾞ^ﾀﾛｳ");
}

TEST_CASE("Japanese, Korean and Chinese code extensions follow their escape sequences") {
  CHECK(name("\\ISO 2022 IR 87",
             "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B") ==
        "Yamada^Tarou=山田^太郎=やまだ^たろう");
  CHECK(name("ISO 2022 IR 13\\ISO 2022 IR 87",
             "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J") ==
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
  CHECK(name("\\ISO 2022 IR 149",
             "Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF") ==
        "Hong^Gildong=洪^吉洞=홍^길동");
  CHECK(name("\\ISO 2022 IR 58", "Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=") ==
        "Zhang^XiaoDong=张^小东=");
  CHECK(name("GB18030", "Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB=") == "Wang^XiaoDong=王^小东=");
  CHECK(name("\\ISO 2022 IR 159", "\x1B$(D0!\x1B(B") == "丂");
}

TEST_CASE("two European sets mix, and a delimiter returns to the first one") {
  CHECK(name("ISO 2022 IR 100\\ISO 2022 IR 126", "\xE4\x1B-F\xE4^\xE4") == "äδ^ä");
  CHECK(Charset("ISO 2022 IR 100\\ISO 2022 IR 126").to_utf8("\x1B-F\xE4^\xE4\\\xE4", TextKind::multi_valued) ==
        "δ^δ\\ä");
  CHECK(Charset("ISO 2022 IR 100\\ISO 2022 IR 126").to_utf8("\x1B-F\xE4\\\xE4\r\n\xE4", TextKind::text) == "δ\\δ\r\nä");
}

TEST_CASE("a trailing byte that looks like a delimiter belongs to its character") {
  CHECK(name("GB18030", "\x81\x5C") == "乗");
  Charset japanese("\\ISO 2022 IR 87");
  CHECK(value_text("\x1B$B!\\\x1B(B\\B", "LO", false, japanese) == "＋\\B");
}

TEST_CASE("bytes that are no text become replacement characters, one each") {
  CHECK(name("ISO_IR 192", "a\xFF\xC3") == "a\uFFFD\uFFFD");
  CHECK(name("ISO_IR 192", "\xED\xA0\x80\xC0\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(name("", "J\xE9r\xF4me") == "J\uFFFDr\uFFFDme");
  CHECK(name("ISO_IR 6", "\xE9") == "\uFFFD");
  CHECK(name("ISO_IR 999", "\xE9") == "\uFFFD");
  CHECK(name("ISO_IR 13", "\xFE\x80") == "\uFFFD\uFFFD");
  CHECK(name("\\ISO 2022 IR 149", "\x1B$)C\xFB") == "\uFFFD");
  CHECK(name("\\ISO 2022 IR 87", "\x1B$B;") == ";");
  CHECK(name("ISO_IR 100", "\x1BQa") == "\uFFFDQa");
  CHECK(name("ISO_IR 100", "a\x1B") == "a\uFFFD");
}

TEST_CASE("UTF-8 without a declared set is taken as UTF-8") {
  CHECK(name("", "Jérôme") == "Jérôme");
  CHECK(name("ISO_IR 6", "山田") == "山田");
}

TEST_CASE("a Korean set as only term holds from the start, as scanners write it") {
  CHECK(name("ISO 2022 IR 149", "\xB1\xE6\xB5\xBF") == "길동");
}

TEST_CASE("values lose their padding and control characters") {
  Charset plain("");
  CHECK(value_text(std::string_view(" CT \\ MR\0", 9), "CS", false, plain) == "CT\\MR");
  CHECK(value_text("two words ", "LO", false, plain) == "two words");
  CHECK(value_text("  indented\\text  ", "LT", false, plain) == "  indented\\text");
  CHECK(value_text(std::string_view("a\0b\x07", 4), "LO", false, plain) == "a\uFFFDb\uFFFD");
  CHECK(value_text("   ", "LO", false, plain).empty());
}

TEST_CASE("binary values become decimal text in both byte orders") {
  Charset plain("");
  CHECK(value_text(std::string_view("\0\2\x80\0", 4), "US", false, plain) == "512\\128");
  CHECK(value_text(std::string_view("\0\2\x80\0", 4), "US", true, plain) == "2\\32768");
  CHECK(value_text("\xFE\xFF", "SS", false, plain) == "-2");
  CHECK(value_text("\xFF\xFF\xFF\xFF\x7F", "SL", false, plain) == "-1");
  CHECK(value_text(std::string_view("\0\0\xC0\x3F", 4), "FL", false, plain) == "1.5");
  CHECK(value_text(std::string_view("\0\0\0\0\0\0\xF8\x3F", 8), "FD", false, plain) == "1.5");
  CHECK(value_text(std::string_view("\x10\0\x20\0", 4), "AT", false, plain) == "00100020");
  CHECK(value_text(std::string_view("\0\x10\0\x20", 4), "AT", true, plain) == "00100020");
  CHECK(value_text("abcd", "OB", false, plain).empty());
}
