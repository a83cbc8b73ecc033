// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "server/core/attributes.h"
#include "server/core/sop_class.h"
#include "server/core/uid.h"

using namespace inferad;

TEST_CASE("every header attribute is found by its tag and by its keyword") {
  for (const auto& info : header_attributes()) {
    CHECK(find_attribute(info.tag) == &info);
    CHECK(find_attribute(info.keyword) == &info);
  }
  CHECK(find_attribute("StudyInstanceUID")->tag == 0x0020000D);
  CHECK(find_attribute(0x00280010u)->vr == "US");
}

TEST_CASE("an attribute outside the table is not found") {
  CHECK(find_attribute("PixelData") == nullptr);
  CHECK(find_attribute("studyinstanceuid") == nullptr);
  CHECK(find_attribute("") == nullptr);
  CHECK(find_attribute(0u) == nullptr);
  CHECK(find_attribute(0xFFFFFFFFu) == nullptr);
}

TEST_CASE("the value of an absent attribute is empty text") {
  const Attributes attributes{{"Modality", "CT"}};
  CHECK(attribute(attributes, "Modality") == "CT");
  CHECK(attribute(attributes, "PatientName").empty());
}

TEST_CASE("the UID tables hold valid, distinct UIDs with names") {
  for (const auto table : {storage_sop_classes(), transfer_syntaxes()}) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      CHECK(is_valid_uid(table[i].uid));
      CHECK_FALSE(table[i].name.empty());
      CHECK(uid_name(table[i].uid) == table[i].name);
      for (std::size_t j = 0; j < i; ++j) CHECK(table[i].uid != table[j].uid);
    }
  }
}

TEST_CASE("current, new and retired storage classes are known, other services are not storage") {
  CHECK(is_storage_sop_class("1.2.840.10008.5.1.4.1.1.2"));     // CT
  CHECK(is_storage_sop_class("1.2.840.10008.5.1.4.1.1.66.7"));  // Label Map Segmentation (2024d)
  CHECK(is_storage_sop_class("1.2.840.10008.5.1.4.1.1.5"));     // Nuclear Medicine, retired
  CHECK_FALSE(is_storage_sop_class(kVerificationSopClass));
  CHECK_FALSE(is_storage_sop_class(kStudyRootFind));
  CHECK_FALSE(is_storage_sop_class("1.2.840.10008.5.1.4.1.1"));
  CHECK(is_transfer_syntax(kExplicitVrBigEndian));
  CHECK(is_transfer_syntax("1.2.840.10008.1.2.4.201"));  // HTJ2K lossless
  CHECK_FALSE(is_transfer_syntax("1.2.840.10008.1.2.4.201.1"));
  CHECK(uid_name("1.2.3") == "1.2.3");
}
