// SPDX-License-Identifier: Apache-2.0
// Others read what the spool writes: DCMTK's dcmdump and pydicom.
#include <stdio.h>

#include <array>
#include <iostream>

#include "server/store/spool.h"
#include "tests/unit/store/store_support.h"

namespace inferad::store {
namespace {

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> chunk;
  while (const std::size_t length = ::fread(chunk.data(), 1, chunk.size(), pipe)) text.append(chunk.data(), length);
  ::pclose(pipe);
  return text;
}

bool works(const std::string& command) { return output_of(command + " >/dev/null && echo works") == "works\n"; }

// Explicit VR little endian: SOP Class UID, SOP Instance UID, Patient ID.
std::string small_data_set() {
  using namespace std::string_literals;
  return "\x08\x00\x16\x00UI\x1A\x00"s + "1.2.840.10008.5.1.4.1.1.2\0"s + "\x08\x00\x18\x00UI\x0A\x00"s +
         "1.2.3.1.1\0"s + "\x10\x00\x20\x00LO\x04\x00"s + "4711"s;
}

std::filesystem::path stored_file(Spool& spool, const std::string& calling_ae) {
  const FileMeta meta{std::string(kCtClass), "1.2.3.1.1", "1.2.840.10008.1.2.1", calling_ae};
  const auto writer = must(spool.create(meta));
  const std::string bytes = small_data_set();
  must(writer->append(std::as_bytes(std::span(bytes))));
  return spool.path(must(writer->commit()).id);
}

TEST_CASE("dcmdump reads a stored object without a complaint") {
  if (!works("dcmdump --version")) {
    std::cout << "SKIPPED: no dcmdump\n";
    return;
  }
  TempFolder folder;
  SpoolOptions options;
  options.data_folder = folder / "var";
  const auto spool = must(Spool::open(options));
  for (const char* ae : {"PACS", "ODD", "SIXTEEN CHARS AE"}) {
    const auto text = output_of("dcmdump +fo --verbose " + stored_file(*spool, ae).string());
    CAPTURE(text);
    CHECK(text.find("SourceApplicationEntityTitle") != std::string::npos);
    CHECK(text.find("[" + std::string(ae) + "]") != std::string::npos);
    CHECK(text.find("[4711]") != std::string::npos);
    CHECK(text.find("W: ") == std::string::npos);
    CHECK(text.find("E: ") == std::string::npos);
  }
}

TEST_CASE("pydicom reads the header and finds the data set where it starts") {
  if (!works("/usr/bin/python3 -c 'import pydicom'")) {
    std::cout << "SKIPPED: no pydicom\n";
    return;
  }
  TempFolder folder;
  SpoolOptions options;
  options.data_folder = folder / "var";
  const auto spool = must(Spool::open(options));
  const auto text = output_of(
      "/usr/bin/python3 -W error -c 'import sys, pydicom\n"
      "d = pydicom.dcmread(sys.argv[1])\n"
      "m = d.file_meta\n"
      "print(m.MediaStorageSOPClassUID, m.MediaStorageSOPInstanceUID, m.TransferSyntaxUID,"
      " m.SourceApplicationEntityTitle, m.FileMetaInformationVersion, d.SOPInstanceUID, d.PatientID, sep=\"|\")' " +
      stored_file(*spool, "ODD").string());
  CHECK(text == "1.2.840.10008.5.1.4.1.1.2|1.2.3.1.1|1.2.840.10008.1.2.1|ODD|b'\\x00\\x01'|1.2.3.1.1|4711\n");
}

}  // namespace
}  // namespace inferad::store
