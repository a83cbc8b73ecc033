// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/item_values.h"

#include <algorithm>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"

namespace inferad::imaging {

namespace {

constexpr Uint32 kTextMax = 4096;
constexpr std::size_t kValuesMax = 64;

}  // namespace

// An attribute as text. Archives that did not know an attribute hand it on with VR UN: the bytes are the text.
std::string text(DcmItem& item, const DcmTagKey& key) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(key, element).bad() || element == nullptr) return {};
  OFString value;
  if (element->ident() == EVR_UN || element->ident() == EVR_UNKNOWN) {
    Uint8* bytes = nullptr;
    if (element->getUint8Array(bytes).good() && bytes != nullptr && element->getLength() <= kTextMax) {
      value.assign(reinterpret_cast<const char*>(bytes), element->getLength());
    }
  } else if (element->getOFStringArray(value).bad()) {
    return {};
  }
  const auto last = value.find_last_not_of(std::string(" \0", 2).c_str(), OFString_npos, 2);
  return last == OFString_npos ? std::string() : std::string(value.c_str(), last + 1);
}

std::vector<std::string> texts(DcmItem& item, const DcmTagKey& key) {
  std::vector<std::string> values;
  const auto all = text(item, key);
  for (std::size_t from = 0; from <= all.size() && !all.empty() && values.size() < kValuesMax;) {
    const auto to = std::min(all.find('\\', from), all.size());
    values.push_back(all.substr(from, to - from));
    from = to + 1;
  }
  return values;
}

int integer(DcmItem& item, const DcmTagKey& key, int fallback) {
  Uint16 value = 0;
  return item.findAndGetUint16(key, value).good() ? value : fallback;
}

}  // namespace inferad::imaging
