// SPDX-License-Identifier: Apache-2.0
// A thin hand on one DICOM item: writes attributes, appends items to sequences, copies from the source byte for byte.
// Every write is checked: DCMTK refuses only what would be our bug. Internal to results/. Does not own the item.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/findings/findings.h"

class DcmItem;
class DcmTagKey;

namespace inferad::results {

class ItemWriter {
 public:
  // `utf8`: the data set's character set takes our text as it is; else it is spelled in ASCII.
  ItemWriter(DcmItem& item, bool utf8) : item_(&item), utf8_(utf8) {}

  ItemWriter& value(const DcmTagKey& tag, std::string_view value);  // codes, UIDs, numbers: as given; "" = empty
  ItemWriter& line(const DcmTagKey& tag, std::string_view text, std::size_t characters_max = 64);
  ItemWriter& paragraph(const DcmTagKey& tag, std::string_view text, std::size_t characters_max = 10'240);
  ItemWriter& number(const DcmTagKey& tag, std::uint16_t value);                        // US
  ItemWriter& numbers(const DcmTagKey& tag, const std::vector<std::uint16_t>& values);  // US
  ItemWriter& numbers(const DcmTagKey& tag, const std::vector<std::uint32_t>& values);  // UL
  ItemWriter& numbers(const DcmTagKey& tag, const std::vector<std::int32_t>& values);   // SL
  ItemWriter& numbers(const DcmTagKey& tag, const std::vector<float>& values);          // FL
  ItemWriter& number(const DcmTagKey& tag, double value);                               // FD
  ItemWriter& bytes(const DcmTagKey& tag, const std::vector<std::uint8_t>& values);     // OB, even length
  // Native pixel data of so many bytes, an even number: zeros for the caller to fill while the item lives.
  std::span<std::uint8_t> pixel_bytes(std::size_t size);    // OB
  std::span<std::uint16_t> pixel_words(std::size_t count);  // OW
  std::span<float> float_pixels(std::size_t count);         // OF, Float Pixel Data
  ItemWriter& empty(const DcmTagKey& tag);                  // value or sequence

  ItemWriter item(const DcmTagKey& sequence);                                       // appends an item
  ItemWriter& code(const DcmTagKey& sequence, const findings::CodedConcept& code);  // appends a code item
  ItemWriter& reference(const DcmTagKey& sequence, std::string_view sop_class, std::string_view sop_instance);

  ItemWriter& copy(const DcmItem& from, const DcmTagKey& tag);           // when it is there
  ItemWriter& copy_valid(const DcmItem& from, const DcmTagKey& tag);     // unless a value breaks its VR
  ItemWriter& copy_or_empty(const DcmItem& from, const DcmTagKey& tag);  // type 2

  bool utf8() const { return utf8_; }
  DcmItem& item() const { return *item_; }

 private:
  DcmItem* item_;
  bool utf8_;
};

// The value of a text element without padding; "" when it is absent or empty.
std::string text_of(const DcmItem& item, const DcmTagKey& tag);
bool has_value(const DcmItem& item, const DcmTagKey& tag);

}  // namespace inferad::results
