// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "server/core/sop_class.h"
#include "server/core/ups.h"
#include "server/dicom/charset.h"
#include "server/dicom/data_set_codec.h"
#include "server/dicom/element.h"
#include "server/dicom/value_text.h"

namespace inferad::dicom {
namespace {

using View = std::span<const std::byte>;

// Where a value without text goes until the character set of its data set is known.
using Raw = std::map<std::uint32_t, DataElement>;

class Decoder {
 public:
  explicit Decoder(View bytes) : bytes_(bytes) {}

  // The data set in [at_, end); with `delimited` up to the Item Delimitation Item. Recursion is bounded by depth.
  Result<DataSet> data_set(std::size_t end, bool delimited, Encoding encoding, int depth, const std::string& charset);
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  Result<Element> header(std::size_t end, Encoding encoding);
  Result<std::vector<DataSet>> items(const Element& element, std::size_t end, Encoding encoding, int depth,
                                     const std::string& charset);
  Result<DataSet> item(const Element& element, std::size_t end, Encoding encoding, int depth,
                       const std::string& charset);
  Error bad(std::string_view what) const {
    return {Errc::invalid_input, fmt::format("{} at offset {}: {}", tag_text(tag_), at_, what)};
  }

  const View bytes_;
  std::size_t at_ = 0;
  std::uint32_t tag_ = 0;
  int elements_ = 0;
};

Result<Element> Decoder::header(std::size_t end, Encoding encoding) {
  if (end - at_ < 8) return bad("what is left is too short for an element");
  auto [element, needs_more] = parse_element(std::span<const std::byte, 8>(bytes_.data() + at_, 8), encoding);
  tag_ = element.tag;
  at_ += 8;
  if (needs_more) {
    if (end - at_ < 4) return bad("what is left is too short for an element");
    element.length = parse_length32(std::span<const std::byte, 4>(bytes_.data() + at_, 4), encoding);
    at_ += 4;
  }
  if (!element.undefined() && element.length > end - at_) return bad("its length reaches beyond what encloses it");
  if (++elements_ > kSetElementsMax) return bad("too many elements");
  return element;
}

Result<DataSet> Decoder::data_set(std::size_t end, bool delimited, Encoding encoding, int depth,
                                  const std::string& charset_around) {
  DataSet out;
  Raw texts;
  for (;;) {
    if (at_ == end && !delimited) break;
    INFERAD_TRY(const auto element, header(end, encoding));
    if (element.tag == kItemEnd && delimited) break;
    const auto group = element.tag >> 16;
    if (group == 0 || group == 2 || group == 0xFFFE) return bad("stands where no such element may stand");
    std::string vr(encoding.explicit_vr ? element.vr() : vr_of(element.tag));
    if (encoding.explicit_vr && !is_known_vr(vr)) return bad("unknown VR");
    if (vr == "UN" && encoding.explicit_vr && vr_of(element.tag) != "UN" && !element.undefined())
      vr = vr_of(element.tag) == "SQ" ? "UN" : vr_of(element.tag);
    if (vr == "SQ" || element.undefined()) {
      if (vr != "SQ" && vr != "UN") return bad("undefined length of a plain value");
      const Encoding inside = encoding.explicit_vr && vr == "UN" ? Encoding{false, false} : encoding;  // PS3.5 §6.2.2
      INFERAD_TRY(auto list, items(element, end, inside, depth, charset_around));
      out.elements[element.tag] = {"SQ", {}, std::move(list)};
      continue;
    }
    const auto length = static_cast<std::size_t>(element.length);
    std::string value(reinterpret_cast<const char*>(bytes_.data() + at_), length);
    at_ += length;
    if ((element.tag & 0xFFFF) == 0) continue;
    (is_text_vr(vr) ? texts : out.elements)[element.tag] = {vr, std::move(value), {}};
  }
  const auto declared = texts.find(tag::specific_character_set);
  const std::string terms = declared == texts.end() ? charset_around : declared->second.value;
  Charset charset(terms);
  for (auto& [number, element] : texts) {
    if (number == tag::specific_character_set) continue;
    element.value = value_text(element.value, element.vr, false, charset);
    out.elements[number] = std::move(element);
  }
  return out;
}

Result<std::vector<DataSet>> Decoder::items(const Element& element, std::size_t end, Encoding encoding, int depth,
                                            const std::string& charset) {
  if (depth >= kSetDepthMax) return bad("sequences are nested too deeply");
  const bool delimited = element.undefined();
  const std::size_t bound = delimited ? end : at_ + static_cast<std::size_t>(element.length);
  std::vector<DataSet> list;
  while (delimited || at_ < bound) {
    INFERAD_TRY(const auto next, header(bound, encoding));
    if (next.tag == kSequenceEnd && delimited) return list;
    if (next.tag != kItem) return bad("stands where an item must stand");
    INFERAD_TRY(list.emplace_back(), item(next, bound, encoding, depth, charset));
  }
  return list;
}

Result<DataSet> Decoder::item(const Element& element, std::size_t end, Encoding encoding, int depth,
                              const std::string& charset) {
  const std::size_t bound = element.undefined() ? end : at_ + static_cast<std::size_t>(element.length);
  return data_set(bound, element.undefined(), encoding, depth + 1, charset);
}

}  // namespace

Result<DataSet> Codec::decode(std::span<const std::byte> bytes, std::string_view transfer_syntax_uid) const {
  if (transfer_syntax_uid != kImplicitVrLittleEndian && transfer_syntax_uid != kExplicitVrLittleEndian)
    return Error{Errc::invalid_input, "a transfer syntax that small data sets are not read in"};
  return Decoder(bytes).data_set(bytes.size(), false, encoding_of(transfer_syntax_uid), 0, "");
}

}  // namespace inferad::dicom
