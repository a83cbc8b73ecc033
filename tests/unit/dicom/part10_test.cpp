// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/part10.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "made_object.h"
#include "server/core/sop_class.h"
#include "server/dicom/header_scan.h"

using namespace inferad;
using namespace inferad::dicom;
using made::Writer;

namespace {

Writer meta(std::string_view syntax, bool with_group_length = true) {
  Writer rest;
  rest.header(0x00020001, "OB", 2)
      .raw(std::string_view("\0\1", 2))
      .element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.2");
  rest.element(0x00020003, "UI", "1.2.3.4.5");
  if (!syntax.empty()) rest.element(0x00020010, "UI", syntax);
  rest.element(0x00020016, "AE", "SCANNER ");
  Writer file;
  file.raw(std::string(128, '\0')).raw("DICM");
  if (with_group_length) file.header(0x00020000, "UL", 4).number(rest.data().size(), 4);
  file.raw(rest.data());
  return file;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    const auto number = std::to_string(::getpid());
    path = std::filesystem::temp_directory_path() / ("inferad_part10_" + number + ".dcm");
    std::ofstream(path, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("a file of the spool tells who sent it and where its data set begins") {
  auto content = meta(kImplicitVrLittleEndian);
  const auto offset = content.data().size();
  content.raw(Writer({false, false}).identity().data());
  content.raw(Writer({false, false}).header(0x7FE00010, "OW", 1'000'000).data()).raw(std::string(1'000'000, 'p'));
  const TemporaryFile file(content.data());
  const auto header = scan_file(file.path);
  REQUIRE(header.has_value());
  CHECK(header->source_ae_title == "SCANNER");
  CHECK(header->data_set_offset == offset);
  CHECK(header->bytes == content.data().size());
  CHECK(header->instance.transfer_syntax_uid == kImplicitVrLittleEndian);
  CHECK(header->instance.study_uid == "1.2.3.40");
}

TEST_CASE("a file is read without group length, and without transfer syntax") {
  for (const Encoding encoding : {Encoding{true, false}, Encoding{false, false}}) {
    auto content = meta("", false);
    content.raw(Writer(encoding).identity().data());
    const TemporaryFile file(content.data());
    const auto header = scan_file(file.path);
    REQUIRE(header.has_value());
    CHECK(header->instance.transfer_syntax_uid ==
          (encoding.explicit_vr ? kExplicitVrLittleEndian : kImplicitVrLittleEndian));
  }
}

TEST_CASE("a header larger than the read buffer is read across its borders") {
  auto content = meta(kExplicitVrLittleEndian);
  for (std::uint32_t i = 0; i < 40; ++i) content.element(0x00091000 + i, "LO", std::string(997, 'x'));
  content.raw(Writer().identity().element(0x00104000, "LT", std::string(9000, 'c')).data());
  const TemporaryFile file(content.data());
  const auto header = scan_file(file.path);
  REQUIRE(header.has_value());
  CHECK(attribute(header->instance.attributes, "PatientComments") == std::string(9000, 'c'));
}

TEST_CASE("a file cut at any byte is refused") {
  auto content = meta(kExplicitVrLittleEndian);
  content.raw(Writer().identity().data());
  for (std::size_t cut = 0; cut < content.data().size(); ++cut) {
    const TemporaryFile file(std::string_view(content.data()).substr(0, cut));
    const auto header = scan_file(file.path);
    INFO("cut at " << cut);
    REQUIRE_FALSE(header.has_value());
    CHECK(header.error().code == Errc::invalid_input);
  }
}

TEST_CASE("file meta information that never ends is refused") {
  auto content = meta(kExplicitVrLittleEndian);
  while (content.data().size() < 3u << 20) content.element(0x00020102, "LO", std::string(60'000, 'x'));
  MemorySource source(content.bytes());
  const auto found = read_file_meta(source);
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().what == "file meta information: longer than a megabyte");
}

TEST_CASE("a folder and a missing file are told apart from a bad file") {
  CHECK(scan_file("/").error().what == "not a file");
  CHECK(scan_file("/nonexistent/file.dcm").error().code == Errc::not_found);
}
