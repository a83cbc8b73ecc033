// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "server/core/sop_class.h"
#include "server/core/ups.h"
#include "server/dicom/data_set_codec.h"
#include "server/ul/bytes.h"

using namespace inferad;
using dicom::Codec;

namespace {

DataSet made() {
  DataSet request;
  request.set(tag::study_uid, "1.2.3").set(tag::accession_number, "A1");
  DataSet out;
  out.set(tag::patient_name, "M\xC3\xBCller^Jos\xC3\xA9").set(tag::step_label, "odd").set(tag::state, "SCHEDULED");
  out.set_items(tag::referenced_request, {request, DataSet{}});
  out.set_items(tag::performed, {});
  out.elements[0x00091001] = {"UN", std::string("\x01\x02", 2), {}};
  return out;
}

ul::Bytes bytes_of(std::initializer_list<int> values) {
  ul::Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

std::string failure(const ul::Bytes& bytes, std::string_view syntax = kImplicitVrLittleEndian) {
  const auto read = Codec().decode(bytes, syntax);
  return read ? "" : read.error().what;
}

}  // namespace

TEST_CASE("a data set comes back as it was written, in both transfer syntaxes and as JSON", "[data_set]") {
  for (const auto syntax : {kImplicitVrLittleEndian, kExplicitVrLittleEndian}) {
    const auto bytes = Codec().encode(made(), syntax);
    CHECK(bytes.size() % 2 == 0);
    const auto read = Codec().decode(bytes, syntax);
    REQUIRE(read);
    CHECK(*read == made());
  }
  const auto read = data_set_from_json(data_set_to_json(made()));
  REQUIRE(read);
  CHECK(*read == made());
  CHECK_FALSE(data_set_from_json("{\"0074\":3}"));
  CHECK_FALSE(data_set_from_json("nonsense"));
}

TEST_CASE("sequences and items with delimiters are read", "[data_set]") {
  // (0040,A370) of undefined length > item of undefined length > (0008,0050) "A1"
  const auto bytes = bytes_of({0x40, 0,    0x70, 0xA3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0,   0xE0, 0xFF, 0xFF,
                               0xFF, 0xFF, 8,    0,    0x50, 0,    2,    0,    0,    0,    'A', '1',  0xFE, 0xFF,
                               0x0D, 0xE0, 0,    0,    0,    0,    0xFE, 0xFF, 0xDD, 0xE0, 0,   0,    0,    0});
  const auto read = Codec().decode(bytes, kImplicitVrLittleEndian);
  REQUIRE(read);
  CHECK(read->item(tag::referenced_request).text(tag::accession_number) == "A1");
}

TEST_CASE("text of a declared character set becomes UTF-8", "[data_set]") {
  const auto bytes = bytes_of({8,   0,   5,   0,   10,   0, 0,    0, 'I', 'S', 'O', '_', 'I', 'R',
                               ' ', '1', '0', '0', 0x10, 0, 0x10, 0, 2,   0,   0,   0,   'M', 0xFC});
  const auto read = Codec().decode(bytes, kImplicitVrLittleEndian);
  REQUIRE(read);
  CHECK(read->text(tag::patient_name) == "M\xC3\xBC");
  CHECK_FALSE(read->has(tag::specific_character_set));
}

TEST_CASE("a broken or excessive data set is refused", "[data_set]") {
  CHECK(failure(bytes_of({8, 0, 0x50, 0, 9, 0, 0, 0, 'A', '1'})).find("reaches beyond") != std::string::npos);
  CHECK(failure(bytes_of({8, 0, 0x50, 0})).find("too short") != std::string::npos);
  CHECK(failure(bytes_of({0, 0, 0x50, 0, 0, 0, 0, 0})).find("no such element") != std::string::npos);
  CHECK(failure(bytes_of({8, 0, 0x50, 0, '?', '?', 0, 0}), kExplicitVrLittleEndian).find("VR") != std::string::npos);
  CHECK(failure({}, kExplicitVrBigEndian).find("transfer syntax") != std::string::npos);

  ul::Bytes deep;
  for (int i = 0; i < 12'000; ++i) {
    const auto level =
        bytes_of({0x40, 0, 0x70, 0xA3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF});
    deep.insert(deep.end(), level.begin(), level.end());
  }
  CHECK(failure(deep).find("nested too deeply") != std::string::npos);

  DataSet items;
  items.set_items(tag::referenced_request, std::vector<DataSet>(dicom::kSetElementsMax));
  CHECK(failure(Codec().encode(items, kImplicitVrLittleEndian)).find("too many") != std::string::npos);

  const auto whole = Codec().encode(made(), kExplicitVrLittleEndian);
  for (std::size_t size = 0; size < whole.size(); ++size)  // cut anywhere: an answer, never a read beyond
    (void)failure({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, kExplicitVrLittleEndian);
}
