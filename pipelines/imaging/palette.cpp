// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/palette.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "pipelines/imaging/colour.h"

namespace inferad::imaging {

namespace {

struct Table {
  std::size_t entries = 0;
  std::int32_t first = 0;
  int bits = 0;
};

std::optional<Table> table_of(DcmItem& item, const DcmTagKey& descriptor) {
  Uint16 entries = 0, first = 0, bits = 0;
  if (item.findAndGetUint16(descriptor, entries, 0).bad() || item.findAndGetUint16(descriptor, bits, 2).bad())
    return std::nullopt;
  Sint16 signed_first = 0;
  Table table{entries == 0 ? std::size_t{65536} : entries, 0, bits};
  if (item.findAndGetUint16(descriptor, first, 1).good())
    table.first = first;
  else if (item.findAndGetSint16(descriptor, signed_first, 1).good())
    table.first = signed_first;
  return bits == 8 || bits == 16 ? std::optional(table) : std::nullopt;
}

// Entries of 8 bits lie two in a word, the first in the low byte, or one in each.
std::optional<std::vector<float>> entries_of(DcmItem& item, const DcmTagKey& data, const Table& table) {
  DcmElement* element = nullptr;
  Uint16* words = nullptr;
  if (item.findAndGetElement(data, element).bad() || element->getUint16Array(words).bad() || words == nullptr)
    return std::nullopt;
  const std::size_t count = element->getLength() / 2;
  const bool packed = table.bits == 8 && count < table.entries;
  if ((packed ? 2 * count : count) < table.entries) return std::nullopt;
  std::vector<float> values;
  for (std::size_t i = 0; i < table.entries; ++i) {
    const int value = packed ? words[i / 2] >> (i % 2 * 8) & 0xFF : words[i];
    values.push_back(table.bits == 8 ? static_cast<float>(value & 0xFF) : static_cast<float>(value) / 257.0F);
  }
  return values;
}

}  // namespace

std::optional<Palette> Palette::read(DcmDataset& item) {
  const std::array colour_tables{
      std::pair(DCM_RedPaletteColorLookupTableDescriptor, DCM_RedPaletteColorLookupTableData),
      std::pair(DCM_GreenPaletteColorLookupTableDescriptor, DCM_GreenPaletteColorLookupTableData),
      std::pair(DCM_BluePaletteColorLookupTableDescriptor, DCM_BluePaletteColorLookupTableData)};
  Palette palette;
  std::array<std::vector<float>, 3> colours;
  for (std::size_t i = 0; i < colours.size(); ++i) {
    const auto table = table_of(item, colour_tables[i].first);
    if (!table) return std::nullopt;
    auto entries = entries_of(item, colour_tables[i].second, *table);
    if (!entries || (i > 0 && entries->size() != colours[0].size())) return std::nullopt;
    colours[i] = std::move(*entries);
    palette.first_ = table->first;
  }
  for (std::size_t k = 0; k < colours[0].size(); ++k)
    palette.grey_.push_back(luminance(colours[0][k], colours[1][k], colours[2][k]));
  return palette;
}

float Palette::grey(std::int32_t stored) const {
  const auto last = static_cast<std::int32_t>(grey_.size()) - 1;
  return grey_[static_cast<std::size_t>(std::clamp(stored - first_, 0, last))];
}

}  // namespace inferad::imaging
