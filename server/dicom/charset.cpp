// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/charset.h"

#include <iconv.h>

#include <algorithm>

namespace inferad::dicom {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr char kEscape = 0x1B;

enum class Set { none, ascii, latin, katakana, jis_x0208, jis_x0212, two_byte };

// One character set of code extensions. `registration` is the number in "ISO_IR n" / "ISO 2022 IR n"; `escape` follows
// ESC.
struct CodeSet {
  std::string_view registration, escape;
  bool g1;  // invoked by bytes from 0x80 on
  Set set;
  const char* iconv_name;
};

constexpr CodeSet kCodeSets[] = {
    {"6", "(B", false, Set::ascii, nullptr},
    {"14", "(J", false, Set::ascii, nullptr},  // JIS X 0201 Romaji; 0x5C stays the delimiter that it is in DICOM
    {"13", ")I", true, Set::katakana, nullptr},
    {"100", "-A", true, Set::latin, "ISO-8859-1"},
    {"101", "-B", true, Set::latin, "ISO-8859-2"},
    {"109", "-C", true, Set::latin, "ISO-8859-3"},
    {"110", "-D", true, Set::latin, "ISO-8859-4"},
    {"144", "-L", true, Set::latin, "ISO-8859-5"},
    {"127", "-G", true, Set::latin, "ISO-8859-6"},
    {"126", "-F", true, Set::latin, "ISO-8859-7"},
    {"138", "-H", true, Set::latin, "ISO-8859-8"},
    {"148", "-M", true, Set::latin, "ISO-8859-9"},
    {"203", "-b", true, Set::latin, "ISO-8859-15"},
    {"166", "-T", true, Set::latin, "ISO-8859-11"},
    {"87", "$B", false, Set::jis_x0208, "EUC-JP"},
    {"159", "$(D", false, Set::jis_x0212, "EUC-JP"},
    {"149", "$)C", true, Set::two_byte, "EUC-KR"},
    {"58", "$)A", true, Set::two_byte, "GB18030"},
};

constexpr CodeSet kNoSet{"", "", true, Set::none, nullptr};

const CodeSet* by_term(std::string_view term) {
  for (const std::string_view prefix : {"ISO_IR ", "ISO 2022 IR ", "ISO_IR", "ISO-IR "}) {
    if (!term.starts_with(prefix)) continue;
    const auto number = term.substr(prefix.size());
    for (const auto& entry : kCodeSets) {
      if (entry.registration == number) return &entry;
    }
  }
  return nullptr;
}

const CodeSet* by_escape(std::string_view after_escape) {
  for (const auto& entry : kCodeSets) {
    if (after_escape.starts_with(entry.escape)) return &entry;
  }
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" ");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(std::string_view(" \0", 2)) + 1 - first);
}

bool names_more_than_ascii(std::string_view terms) {
  while (!terms.empty()) {
    const auto cut = std::min(terms.find('\\'), terms.size());
    const auto* set = by_term(trimmed(terms.substr(0, cut)));
    if (set != nullptr && set->set != Set::ascii) return true;
    terms.remove_prefix(std::min(cut + 1, terms.size()));
  }
  return false;
}

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

bool is_delimiter(char c, TextKind kind) {
  if (c == '\r' || c == '\n' || c == '\f' || c == '\t') return true;
  if (c == '\\') return kind != TextKind::text;
  return kind == TextKind::person_name && (c == '^' || c == '=');
}

// Length of the well-formed UTF-8 character at the start, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogates
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto length = utf8_length(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

struct Charset::Shift {
  const CodeSet* g0 = &kCodeSets[0];
  const CodeSet* g1 = &kNoSet;

  void invoke(const CodeSet& set) { (set.g1 ? g1 : g0) = &set; }
};

class Charset::Converter {
 public:
  explicit Converter(const char* name) : handle_(iconv_open("UTF-8", name)) {}
  ~Converter() {
    if (usable()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  void convert(std::string_view bytes, std::string& out) {
    std::string input(bytes);
    char* in = input.data();
    std::size_t left = input.size();
    if (usable()) iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    while (left > 0) {
      char buffer[256];
      char* to = buffer;
      std::size_t room = sizeof buffer;
      const bool complete = usable() && iconv(handle_, &in, &left, &to, &room) != static_cast<std::size_t>(-1);
      out.append(buffer, static_cast<std::size_t>(to - buffer));
      if (complete || to != buffer || left == 0) continue;
      if (is_high(*in))
        out += kReplacement;
      else
        out += *in;
      ++in, --left;
    }
  }

 private:
  bool usable() const { return handle_ != reinterpret_cast<iconv_t>(-1); }
  iconv_t handle_;
};

Charset::Charset(std::string_view specific_character_set) : initial_(std::make_unique<Shift>()) {
  const auto first = trimmed(specific_character_set.substr(0, specific_character_set.find('\\')));
  if (first == "ISO_IR 192") {
    mode_ = Mode::utf8;
  } else if (first == "GB18030" || first == "GBK") {
    mode_ = Mode::whole;
    whole_ = "GB18030";
  } else if (names_more_than_ascii(specific_character_set)) {
    mode_ = Mode::extensions;
  }
  // A G1 set as first term holds from the start; a two-byte G0 set begins with its escape sequence only.
  if (const auto* set = by_term(first); set != nullptr && set->g1) initial_->invoke(*set);
}

Charset::~Charset() = default;

void Charset::convert(std::string_view bytes, const char* iconv_name, std::string& out) {
  auto& converter = converters_[iconv_name];
  if (!converter) converter = std::make_unique<Converter>(iconv_name);
  converter->convert(bytes, out);
}

// Converts the next run of bytes that need no shift; returns how many it took.
std::size_t Charset::convert_next(std::string_view bytes, const Shift& shift, std::string& out) {
  if (!is_high(bytes[0])) {
    const bool pairs = shift.g0->set == Set::jis_x0208 || shift.g0->set == Set::jis_x0212;
    if (!pairs || bytes[0] <= ' ' || bytes.size() < 2) {
      out += bytes[0];
      return 1;
    }
    std::string euc = shift.g0->set == Set::jis_x0212 ? "\x8F" : "";
    euc += static_cast<char>(bytes[0] | 0x80);
    euc += static_cast<char>(bytes[1] | 0x80);
    convert(euc, shift.g0->iconv_name, out);
    return 2;
  }
  if (shift.g1->set == Set::katakana || shift.g1->set == Set::none) {
    const auto byte = static_cast<unsigned char>(bytes[0]);
    if (shift.g1->set == Set::none || byte < 0xA1 || byte > 0xDF) {
      out += kReplacement;
    } else {  // U+FF61 and on
      const unsigned code = 0xFF61u + byte - 0xA1u;
      out += {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
              static_cast<char>(0x80 | (code & 0x3F))};
    }
    return 1;
  }
  const auto run = std::find_if_not(bytes.begin(), bytes.end(), is_high) - bytes.begin();
  convert(bytes.substr(0, static_cast<std::size_t>(run)), shift.g1->iconv_name, out);
  return static_cast<std::size_t>(run);
}

std::string Charset::to_utf8(std::string_view bytes, TextKind kind) {
  const bool plain = std::none_of(bytes.begin(), bytes.end(), [](char c) { return is_high(c) || c == kEscape; });
  if (plain) return std::string(bytes);
  if (mode_ == Mode::utf8 || (mode_ == Mode::undeclared && is_utf8(bytes))) return repair_utf8(bytes);
  std::string out;
  if (mode_ == Mode::whole) {
    convert(bytes, whole_, out);
    return out;
  }
  Shift shift = *initial_;
  while (!bytes.empty()) {
    if (bytes[0] == kEscape) {
      const auto* set = by_escape(bytes.substr(1));
      if (set != nullptr)
        shift.invoke(*set);
      else
        out += kReplacement;
      bytes.remove_prefix(1 + (set != nullptr ? set->escape.size() : 0));
      continue;
    }
    const bool pairs = shift.g0->set == Set::jis_x0208 || shift.g0->set == Set::jis_x0212;
    if (is_delimiter(bytes[0], kind) && (!pairs || bytes[0] < ' ')) {
      shift = *initial_;
      out += bytes[0];
      bytes.remove_prefix(1);
      continue;
    }
    bytes.remove_prefix(convert_next(bytes, shift, out));
  }
  return out;
}

}  // namespace inferad::dicom
