// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/item_writer.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <memory>

#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

constexpr std::size_t kCodeValueMax = 16;  // SH; longer ones go into Long Code Value (PS3.3 8.1)

void must(const OFCondition& condition) { INFERAD_CHECK(condition.good()); }

void insert(DcmItem& item, std::unique_ptr<DcmElement> element) {
  must(item.insert(element.get(), OFTrue));
  element.release();  // the item owns it now
}

// DCMTK reads values lazily and caches them: its getters are not const.
DcmItem& readable(const DcmItem& item) { return const_cast<DcmItem&>(item); }

// The value of an element of unknown VR, without padding.
std::string bytes_of(DcmElement& element) {
  Uint8* bytes = nullptr;
  if (element.getUint8Array(bytes).bad() || !bytes) return {};
  std::string text(reinterpret_cast<const char*>(bytes), element.getLength());
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
  return text;
}

// False when a value breaks its VR. Only for VRs whose characters do not depend on the character set.
bool keeps_its_vr(const DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (readable(item).findAndGetElement(tag, element).bad()) return false;
  switch (element->ident()) {
    case EVR_AS:
    case EVR_CS:
    case EVR_DA:
    case EVR_DS:
    case EVR_DT:
    case EVR_IS:
    case EVR_TM:
    case EVR_UI: {
      std::unique_ptr<DcmObject> clone(element->clone());
      return static_cast<DcmElement*>(clone.get())->checkValue("1-n", OFTrue).good();
    }
    default:
      return true;
  }
}

}  // namespace

ItemWriter& ItemWriter::value(const DcmTagKey& tag, std::string_view value) {
  must(item_->putAndInsertOFStringArray(tag, OFString(value.data(), value.size())));
  return *this;
}

ItemWriter& ItemWriter::line(const DcmTagKey& tag, std::string_view text, std::size_t characters_max) {
  return value(tag, dicom_text(text, utf8_, characters_max));
}

ItemWriter& ItemWriter::paragraph(const DcmTagKey& tag, std::string_view text, std::size_t characters_max) {
  return value(tag, dicom_text(text, utf8_, characters_max, TextKind::paragraph));
}

ItemWriter& ItemWriter::number(const DcmTagKey& tag, std::uint16_t value) {
  must(item_->putAndInsertUint16(tag, value));
  return *this;
}

ItemWriter& ItemWriter::numbers(const DcmTagKey& tag, const std::vector<std::uint16_t>& values) {
  must(item_->putAndInsertUint16Array(tag, values.data(), values.size()));
  return *this;
}

ItemWriter& ItemWriter::numbers(const DcmTagKey& tag, const std::vector<std::uint32_t>& values) {
  must(item_->putAndInsertUint32Array(tag, values.data(), values.size()));
  return *this;
}

ItemWriter& ItemWriter::numbers(const DcmTagKey& tag, const std::vector<std::int32_t>& values) {
  auto element = std::make_unique<DcmSignedLong>(DcmTag(tag));
  must(element->putSint32Array(values.data(), values.size()));
  must(item_->insert(element.get(), OFTrue));
  static_cast<void>(element.release());
  return *this;
}

ItemWriter& ItemWriter::numbers(const DcmTagKey& tag, const std::vector<float>& values) {
  must(item_->putAndInsertFloat32Array(tag, values.data(), values.size()));
  return *this;
}

ItemWriter& ItemWriter::number(const DcmTagKey& tag, double value) {
  must(item_->putAndInsertFloat64(tag, value));
  return *this;
}

ItemWriter& ItemWriter::bytes(const DcmTagKey& tag, const std::vector<std::uint8_t>& values) {
  must(item_->putAndInsertUint8Array(tag, values.data(), values.size()));
  return *this;
}

std::span<std::uint8_t> ItemWriter::pixel_bytes(std::size_t size) {
  auto element = std::make_unique<DcmPixelData>(DcmTag(DCM_PixelData, EVR_OB));
  Uint8* bytes = nullptr;
  must(element->createUint8Array(static_cast<Uint32>(size), bytes));
  insert(*item_, std::move(element));
  return {bytes, size};
}

std::span<std::uint16_t> ItemWriter::pixel_words(std::size_t count) {
  auto element = std::make_unique<DcmPixelData>(DcmTag(DCM_PixelData, EVR_OW));
  Uint16* words = nullptr;
  must(element->createUint16Array(static_cast<Uint32>(count), words));
  insert(*item_, std::move(element));
  return {words, count};
}

std::span<float> ItemWriter::float_pixels(std::size_t count) {
  auto element = std::make_unique<DcmOtherFloat>(DcmTag(DCM_FloatPixelData, EVR_OF));
  Float32* values = nullptr;
  must(element->createFloat32Array(static_cast<Uint32>(count), values));
  insert(*item_, std::move(element));
  return {values, count};
}

ItemWriter& ItemWriter::empty(const DcmTagKey& tag) {
  must(item_->insertEmptyElement(tag));
  return *this;
}

ItemWriter ItemWriter::item(const DcmTagKey& sequence) {
  DcmItem* added = nullptr;
  must(item_->findOrCreateSequenceItem(sequence, added, -2));  // -2: append
  return {*added, utf8_};
}

ItemWriter& ItemWriter::code(const DcmTagKey& sequence, const findings::CodedConcept& code) {
  auto added = item(sequence);
  added.line(code.value.size() <= kCodeValueMax ? DCM_CodeValue : DCM_LongCodeValue, code.value);
  added.line(DCM_CodingSchemeDesignator, code.scheme, kCodeValueMax);
  added.line(DCM_CodeMeaning, code.meaning);
  return *this;
}

ItemWriter& ItemWriter::reference(const DcmTagKey& sequence, std::string_view sop_class,
                                  std::string_view sop_instance) {
  item(sequence).value(DCM_ReferencedSOPClassUID, sop_class).value(DCM_ReferencedSOPInstanceUID, sop_instance);
  return *this;
}

ItemWriter& ItemWriter::copy(const DcmItem& from, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (readable(from).findAndGetElement(tag, element).bad()) return *this;
  if (element->ident() == EVR_UN) {  // the source did not know the VR: the data dictionary does
    if (DcmVR(DcmTag(tag).getEVR()).isaString()) value(tag, bytes_of(*element));
    return *this;
  }
  std::unique_ptr<DcmObject> clone(element->clone());
  must(item_->insert(static_cast<DcmElement*>(clone.get()), OFTrue));
  clone.release();
  return *this;
}

ItemWriter& ItemWriter::copy_valid(const DcmItem& from, const DcmTagKey& tag) {
  return keeps_its_vr(from, tag) ? copy(from, tag) : *this;
}

ItemWriter& ItemWriter::copy_or_empty(const DcmItem& from, const DcmTagKey& tag) {
  return readable(from).tagExists(tag) ? copy(from, tag) : empty(tag);
}

std::string text_of(const DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (readable(item).findAndGetElement(tag, element).bad()) return {};
  // On a copy: DCMTK strips the padding of the element it reads, and ours must keep its bytes.
  std::unique_ptr<DcmObject> clone(element->clone());
  auto& copied = *static_cast<DcmElement*>(clone.get());
  OFString text;
  if (copied.ident() == EVR_UN)
    text = bytes_of(copied).c_str();
  else if (copied.getOFStringArray(text).bad())
    return {};
  const auto last = text.find_last_not_of(' ');
  return last == OFString_npos ? std::string() : std::string(text.c_str(), last + 1);
}

bool has_value(const DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (readable(item).findAndGetElement(tag, element).bad()) return false;
  if (element->ident() == EVR_SQ) return static_cast<DcmSequenceOfItems*>(element)->card() > 0;
  return element->getLength() > 0;
}

}  // namespace inferad::results
