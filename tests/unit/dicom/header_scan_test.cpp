// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <set>

#include "made_object.h"
#include "server/core/sop_class.h"
#include "server/dicom/header_scan.h"
#include "server/dicom/walk.h"

using namespace inferad;
using namespace inferad::dicom;
using made::Writer;

namespace {

constexpr std::string_view kJpegLossless = "1.2.840.10008.1.2.4.70";

Result<InstanceHeader> scan(const Writer& object, std::string_view syntax = kExplicitVrLittleEndian) {
  return read_header(object.bytes(), syntax);
}

std::string deflated(const std::string& data) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Writer full_object(Encoding encoding) {
  Writer object(encoding);
  object.element(0x00080005, "CS", "ISO_IR 100").element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL ");
  object.identity().element(0x00200032, "DS", " -1.5\\2 \\3.25").us(0x00280002, 1).element(0x00280008, "IS", "12");
  object.us(0x00280010, 512).us(0x00280103, 1).header(0x00280120, "SS", 2).number(0xF830, 2);
  object.header(0x7FE00010, "OW", 4).raw("abcd");
  return object;
}

void check_full_object(const Result<InstanceHeader>& header) {
  REQUIRE(header.has_value());
  CHECK(header->sop_class_uid == "1.2.840.10008.5.1.4.1.1.2");
  CHECK(header->instance_uid == "1.2.3.4.5");
  CHECK(header->study_uid == "1.2.3.40");
  CHECK(header->series_uid == "1.2.3.41");
  CHECK(header->modality == "CT");
  CHECK(header->frames == 12);
  CHECK_FALSE(header->made_by_us);
  const auto& attributes = header->attributes;
  CHECK(attribute(attributes, "ImageType") == "ORIGINAL\\PRIMARY\\AXIAL");
  CHECK(attribute(attributes, "ImagePositionPatient") == "-1.5\\2\\3.25");
  CHECK(attribute(attributes, "Rows") == "512");
  CHECK(attribute(attributes, "PixelPaddingValue") == "-2000");
  CHECK(attributes.count("PatientName") == 0);
}

// `levels` sequences inside each other, all of undefined length, then everything closed.
Writer nested(int levels, bool closed, Encoding encoding = {}) {
  Writer object(encoding);
  for (int i = 0; i < levels; ++i) object.header(0x00081140, "SQ", 0xFFFFFFFF).item();
  for (int i = 0; closed && i < levels; ++i) object.item_end().sequence_end();
  return object;
}

}  // namespace

TEST_CASE("the scan reads the header in each encoding") {
  check_full_object(scan(full_object({true, false})));
  check_full_object(scan(full_object({true, false}), kJpegLossless));
  check_full_object(scan(full_object({false, false}), kImplicitVrLittleEndian));
  check_full_object(scan(full_object({true, true}), kExplicitVrBigEndian));
  const auto compressed = deflated(full_object({true, false}).data());
  check_full_object(read_header(made::bytes_of(compressed), kDeflatedExplicitVrLittleEndian));
}

TEST_CASE("the scan needs nothing behind the begin of the pixel data") {
  Writer object;
  object.identity().header(0x7FE00010, "OW", 0x7FFFFFF0);
  CHECK(scan(object).has_value());
  Writer encapsulated;
  encapsulated.identity().header(0x7FE00010, "OB", 0xFFFFFFFF).item(0).raw("no fragment at all");
  CHECK(scan(encapsulated, kJpegLossless).has_value());
}

TEST_CASE("an object without a valid study, series, instance or class is refused by name") {
  const auto what = [](const Writer& object) { return scan(object).error().what; };
  CHECK(what(Writer()) == "(0008,0016) SOPClassUID is missing");
  Writer traversal;
  traversal.element(0x00080016, "UI", "1.2").element(0x00080018, "UI", "1.2.3").element(0x0020000D, "UI", "../../x ");
  CHECK(what(traversal) == "(0020,000D) StudyInstanceUID is not a valid UID");
  Writer long_uid;
  long_uid.element(0x00080016, "UI", "1.2").element(0x00080018, "UI", "1." + std::string(64, '2'));
  CHECK(what(long_uid) == "(0008,0018) SOPInstanceUID is not a valid UID");
}

TEST_CASE("an object cut at any byte of its header is refused, except between elements") {
  const auto [encoding, syntax] = GENERATE(std::pair{Encoding{true, false}, kExplicitVrLittleEndian},
                                           std::pair{Encoding{false, false}, kImplicitVrLittleEndian},
                                           std::pair{Encoding{true, true}, kExplicitVrBigEndian});
  Writer inner(encoding);
  inner.element(0x00080100, "SH", "CODE").element(0x00080102, "SH", "99TEST");
  Writer object(encoding);
  object.identity();
  std::set<std::size_t> complete{object.data().size()};
  while (object.data().size() < 4000) {
    object.header(0x00400275, "SQ", 0xFFFFFFFF).item().element(0x00400007, "LO", "some text ");
    object.header(0x00400008, "SQ", inner.data().size() + 8).item(inner.data().size()).raw(inner.data());
    object.item_end().sequence_end();
    complete.insert(object.data().size());
    object.header(0x00400555, "SQ", inner.data().size() + 8).item(inner.data().size()).raw(inner.data());
    complete.insert(object.data().size());
    object.element(0x00091010, "UN", "private").element(0x00204000, "LT", std::string(100, 'x'));
    complete.insert({object.data().size(), object.data().size() - 100 - 8});
  }
  for (std::size_t cut = 0; cut <= object.data().size(); ++cut) {
    const auto header = read_header(object.bytes().first(cut), syntax);
    INFO("cut at " << cut);
    REQUIRE(header.has_value() == complete.contains(cut));
    if (!header) REQUIRE(header.error().code == Errc::invalid_input);
  }
}

TEST_CASE("a deflated object cut at any byte is refused") {
  Writer object;
  object.identity().element(0x00204000, "LT", std::string(3000, 'x'));
  const auto compressed = deflated(object.data());
  for (std::size_t cut = 0; cut < compressed.size(); ++cut) {
    const auto header = read_header(made::bytes_of(compressed).first(cut), kDeflatedExplicitVrLittleEndian);
    REQUIRE_FALSE(header.has_value());
    CHECK(header.error().code == Errc::invalid_input);
  }
}

TEST_CASE("64 nested sequences are accepted, more are refused, however many") {
  for (const Encoding encoding : {Encoding{true, false}, Encoding{false, false}}) {
    const auto syntax = encoding.explicit_vr ? kExplicitVrLittleEndian : kImplicitVrLittleEndian;
    auto deepest = nested(64, true, encoding);
    deepest.identity();
    CHECK(scan(deepest, syntax).has_value());
    for (const int levels : {65, 12'000, 1'000'000}) {
      const auto header = scan(nested(levels, levels < 100'000, encoding), syntax);
      REQUIRE_FALSE(header.has_value());
      CHECK(header.error().what == "(0008,1140) at offset " + std::to_string(64 * (encoding.explicit_vr ? 20 : 16)) +
                                       ": sequences are nested too deeply");
    }
  }
}

TEST_CASE("sequences of defined length count as depth too, also where implicit VR hides them") {
  for (const Encoding encoding : {Encoding{true, false}, Encoding{false, false}}) {
    std::string value;
    for (int level = 0; level < 65; ++level) {
      Writer around(encoding);
      around.header(0x00081140, "SQ", value.size() + 8).item(value.size()).raw(value);
      value = around.data();
    }
    Writer object(encoding);
    object.identity().raw(value);
    const auto header = scan(object, encoding.explicit_vr ? kExplicitVrLittleEndian : kImplicitVrLittleEndian);
    REQUIRE_FALSE(header.has_value());
    CHECK(header.error().what.find("too deeply") != std::string::npos);
  }
}

TEST_CASE("a length that lies is refused before anything is allocated or read") {
  const auto refused = [](const Writer& object, std::string_view why,
                          std::string_view syntax = kExplicitVrLittleEndian) {
    const auto header = scan(object, syntax);
    REQUIRE_FALSE(header.has_value());
    INFO(header.error().what);
    CHECK(header.error().what.find(why) != std::string::npos);
  };
  refused(Writer().header(0x00100020, "UT", 0xFFFFFFFE).raw("x"), "reaches beyond");
  refused(Writer().header(0x00100020, "LO", 0xFFFF).raw("x"), "reaches beyond");
  refused(Writer().header(0x00100020, "UT", 0xFFFFFFFF).raw("x"), "undefined length of a plain value");
  refused(Writer().header(0x00081140, "SQ", 20).item(100).raw(std::string(200, ' ')), "reaches beyond");
  refused(Writer().header(0x00081140, "SQ", 30).item(22).header(0x00080100, "SH", 15).raw(std::string(80, ' ')),
          "reaches beyond");
  refused(Writer().header(0x00081140, "SQ", 12).item().raw(std::string(40, ' ')), "too short");
  refused(Writer().header(0x00081140, "SQ", 0xFFFFFFFF).item(), "not closed");
  refused(Writer().header(0x00081140, "SQ", 8).item(), "not closed");
  refused(Writer().header(0x00081140, "SQ", 0xFFFFFFFF).element(0x00100010, "PN", "no item"), "an item must stand");
  refused(Writer().item(), "no item or delimiter");
  refused(Writer().sequence_end(), "no item or delimiter");
  refused(Writer().header(0x00091001, "OB", 0xFFFFFFFF).item(), "fragment of undefined length");
  refused(Writer().raw("abc"), "too short");
  refused(Writer({false, false}).header(0x00081140, "", 0xFFFFFFF0), "reaches beyond", kImplicitVrLittleEndian);
}

TEST_CASE("a plain value that only looks like a sequence is skipped in implicit VR") {
  Writer object({false, false});
  Writer looks_like_one({false, false});
  looks_like_one.item(200).raw("and then it is not one");
  Writer begins_like_one({false, false});
  begins_like_one.item(30).raw(std::string(30, 'x'));
  object.element(0x00091010, "", looks_like_one.data()).element(0x00091011, "", begins_like_one.data()).identity();
  CHECK(scan(object, kImplicitVrLittleEndian).has_value());
}

TEST_CASE("unknown and private elements, UN sequences and unknown VRs do not disturb") {
  Writer implicit({false, false});
  implicit.item().element(0x00080100, "", "CODE").item_end().sequence_end();
  Writer object;
  object.header(0x00091001, "UN", 0xFFFFFFFF).raw(implicit.data());
  object.header(0x00091002, "OB", 0xFFFFFFFF).item(4).raw("abcd").item(0).sequence_end();
  object.element(0x00091003, "??", "ab").element(0x00091005, "UN", "\xFF\xFF\xFF").identity();
  object.header(0x00880200, "SQ", 0xFFFFFFFF).item();  // an icon image: its pixel data does not end the scan
  object.header(0x7FE00010, "OB", 0xFFFFFFFF).item(0).item(2).raw("ab").sequence_end().item_end().sequence_end();
  object.element(0x00880140, "UI", "1.2.3").element(0x00400007, "LO", "out of order");
  object.header(0x00091006, "ZZ", 0).number(4, 4).raw("late");
  const auto header = scan(object);
  REQUIRE(header.has_value());
  CHECK(header->study_uid == "1.2.3.40");
}

TEST_CASE("the first of two elements with the same tag counts, and only top-level ones") {
  Writer object;
  object.header(0x00081140, "SQ", 0xFFFFFFFF).item().element(0x00100020, "LO", "inner").item_end().sequence_end();
  object.identity().element(0x00100020, "LO", "first").element(0x00100020, "LO", "second");
  CHECK(attribute(scan(object)->attributes, "PatientID") == "first");
}

TEST_CASE("a multi-frame object tells its orientation and spacing in functional groups") {
  constexpr std::uint32_t kMeasures = 0x00289110, kOrientation = 0x00209116, kPosition = 0x00209113;
  const auto groups = [](Writer& object, std::uint32_t sequence, std::uint32_t group, std::uint32_t tag,
                         auto... values) {
    object.header(sequence, "SQ", 0xFFFFFFFF);
    const auto frame = [&](std::string_view value) {
      object.item().header(group, "SQ", 0xFFFFFFFF).item().element(tag, "DS", value).item_end().sequence_end();
      object.item_end();
    };
    (frame(values), ...);
    object.sequence_end();
  };
  Writer object;
  object.identity().element(0x00280008, "IS", "2 ");
  SECTION("shared by all frames") {
    groups(object, 0x52009229, kMeasures, 0x00280030, "0.7\\0.7 ");
    groups(object, 0x52009230, kPosition, 0x00200032, "0\\0\\1 ", "0\\0\\2 ");
    const auto header = scan(object);
    REQUIRE(header.has_value());
    CHECK(attribute(header->attributes, "PixelSpacing") == "0.7\\0.7");
    CHECK(attribute(header->attributes, "ImagePositionPatient").empty());
  }
  SECTION("of each frame: the first counts") {
    groups(object, 0x52009230, kOrientation, 0x00200037, "1\\0\\0\\0\\1\\0 ", "0\\1\\0\\0\\0\\1 ");
    const auto header = scan(object);
    REQUIRE(header.has_value());
    CHECK(attribute(header->attributes, "ImageOrientationPatient") == "1\\0\\0\\0\\1\\0");
  }
  SECTION("in a sequence of another kind it says nothing") {
    groups(object, 0x00081140, kOrientation, 0x00200037, "1\\0\\0\\0\\1\\0 ");
    const auto header = scan(object);
    REQUIRE(header.has_value());
    CHECK(attribute(header->attributes, "ImageOrientationPatient").empty());
  }
}

TEST_CASE("a value longer than any text may be is kept up to the limit") {
  Writer object;
  object.identity()
      .header(0x00104000, "UT", 100'000)
      .raw(std::string(100'000, 'x'))
      .element(0x00204000, "LT", "behind");
  const auto header = scan(object);
  REQUIRE(header.has_value());
  CHECK(attribute(header->attributes, "PatientComments").size() == kValueBytesMax);
  CHECK(attribute(header->attributes, "ImageComments") == "behind");
}

TEST_CASE("an impossible number of frames is no number of frames") {
  for (const auto& [text, frames] : {std::pair{"0", 1},
                                     {"-7", 1},
                                     {"99999999999999999999", 1},
                                     {"2147483647", 2147483647},
                                     {"x", 1},
                                     {"", 1},
                                     {"3", 3}}) {
    Writer object;
    object.identity().element(0x00280008, "IS", text);
    CHECK(scan(object)->frames == frames);
  }
}

TEST_CASE("our own results are recognised by any of their marks, others are not") {
  const auto ours = [](std::uint32_t tag, std::string_view value) {
    Writer object;
    return scan(object.element(tag, "LO", value).identity())->made_by_us;
  };
  CHECK(ours(0x00080070, "Inferad "));
  CHECK(ours(0x00081090, "Inferad 0.1.0 "));
  CHECK(ours(0x00081090, "Inferad"));
  CHECK_FALSE(ours(0x00080070, "Inferadiology"));
  CHECK_FALSE(ours(0x00081090, "Inferadiology 2"));
  CHECK_FALSE(ours(0x00080070, "SIEMENS"));
  CHECK_FALSE(ours(0x0008103E, "Inferad"));
  Writer contribution;
  contribution.identity().header(0x0018A001, "SQ", 0xFFFFFFFF).item().element(0x00080070, "LO", "SIEMENS").item_end();
  contribution.item().element(0x00080070, "LO", "Inferad ").item_end().sequence_end();
  CHECK(scan(contribution)->made_by_us);
  Writer elsewhere;
  elsewhere.identity().header(0x00081140, "SQ", 0xFFFFFFFF).item().element(0x00080070, "LO", "Inferad ");
  CHECK_FALSE(scan(elsewhere.item_end().sequence_end())->made_by_us);
}

TEST_CASE("a deflated bomb ends at the limit, quickly") {
  Writer object;
  object.header(0x00091010, "UN", 400u << 20).raw(std::string(400u << 20, '\0')).identity();
  const auto bomb = deflated(object.data());
  const auto start = std::chrono::steady_clock::now();
  const auto header = read_header(made::bytes_of(bomb), kDeflatedExplicitVrLittleEndian);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  REQUIRE_FALSE(header.has_value());
  CHECK(header.error().what == "the deflated data set inflates beyond the limit");
}

TEST_CASE("a bit of garbage is refused, whatever the syntax") {
  std::string garbage;
  std::uint32_t state = 1;
  for (int length = 0; length < 600; ++length) {
    for (const auto syntax :
         {kExplicitVrLittleEndian, kImplicitVrLittleEndian, kExplicitVrBigEndian, kDeflatedExplicitVrLittleEndian}) {
      CHECK_FALSE(read_header(made::bytes_of(garbage), syntax).has_value());
    }
    garbage += static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  }
}
