// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/source_header.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/dicom/synthetic_series.h"

using namespace inferad;
using namespace inferad::testing;
using inferad::results::SourceHeader;

namespace {

void set(const std::filesystem::path& file, const DcmTagKey& tag, const char* value) {
  DcmFileFormat format;
  REQUIRE(format.loadFile(file.c_str()).good());
  REQUIRE(format.getDataset()->putAndInsertString(tag, value).good());
  format.loadAllDataIntoMemory();
  REQUIRE(format.saveFile(file.c_str(), EXS_LittleEndianExplicit).good());
}

std::string error_of(const SyntheticSeries& series) {
  const auto header = SourceHeader::read(series.files);
  REQUIRE_FALSE(header.has_value());
  CHECK(header.error().code == Errc::invalid_input);
  return header.error().what;
}

}  // namespace

TEST_CASE("images that name different patients, orders or studies are refused without naming values") {
  SyntheticSeries series;
  const auto& file = series.files[3];
  SECTION("name") {
    set(file, DCM_PatientName, "Other^Name");
    CHECK(error_of(series) == "ct003.dcm: Patient's Name differs between images of the study");
  }
  SECTION("id") {
    set(file, DCM_PatientID, "P18");
    CHECK(error_of(series) == "ct003.dcm: Patient ID differs between images of the study");
  }
  SECTION("accession number") {
    set(file, DCM_AccessionNumber, "ACC2");
    CHECK(error_of(series) == "ct003.dcm: Accession Number differs between images of the study");
  }
  SECTION("study") {
    set(file, DCM_StudyInstanceUID, "1.2.3");
    CHECK(error_of(series) == "ct003.dcm: Study Instance UID differs between images of the study");
  }
}

TEST_CASE("padding and empty name components make no difference") {
  SyntheticSeries series;
  set(series.files[1], DCM_PatientName, "Doe^Jane^^^");
  set(series.files[2], DCM_PatientID, "P 17   ");
  CHECK(SourceHeader::read(series.files).has_value());
}

TEST_CASE("an image without identity is refused") {
  SyntheticSeries series;
  set(series.files[0], DCM_SOPInstanceUID, "");
  CHECK(error_of(series) == "ct000.dcm: SOP Instance UID is missing");
}

TEST_CASE("files that are not DICOM or not there are errors") {
  SyntheticSeries series;
  std::ofstream(series.files[2]) << "not DICOM at all, but text of some length that no parser should take for an image";
  CHECK_FALSE(SourceHeader::read(series.files).has_value());
  std::filesystem::remove(series.files[2]);
  const auto gone = SourceHeader::read(series.files);
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().code == Errc::not_found);
  CHECK_FALSE(SourceHeader::read({}).has_value());
}

TEST_CASE("a file truncated anywhere before its pixel data neither crashes nor passes as another") {
  const SyntheticSeries series;
  const auto bytes = read_bytes(series.files[0]);
  const auto cut = series.folder.path() / "cut.dcm";
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    std::ofstream(cut, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
    const auto header = SourceHeader::read(std::vector{cut});
    if (header.has_value()) CHECK(header->study_uid() == "2.25.1001");
  }
}
