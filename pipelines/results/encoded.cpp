// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/encoded.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include "pipelines/results/part10.h"

namespace inferad::results {

namespace {

namespace fs = std::filesystem;

Error wrong(ResultEncoding encoding, std::string_view what) {
  return {Errc::model, fmt::format("{} check: {}", to_string(encoding), what)};
}

// DCMTK keeps one list of codecs for the process.
void register_codecs() {
  static const bool once = [] {
    DcmRLEEncoderRegistration::registerCodecs();
    DcmRLEDecoderRegistration::registerCodecs();
    return true;
  }();
  static_cast<void>(once);
}

Status load(DcmFileFormat& object, const fs::path& path, ResultEncoding encoding) {
  if (object.loadFile(path.c_str()).bad() || object.loadAllDataIntoMemory().bad())
    return wrong(encoding, "the file cannot be read");
  return ok();
}

bool same_bytes(const fs::path& one, const fs::path& other) {
  std::error_code error;
  if (fs::file_size(one, error) != fs::file_size(other, error) || error) return false;
  std::ifstream a(one, std::ios::binary), b(other, std::ios::binary);
  std::array<char, 1 << 16> of_a{}, of_b{};
  while (a.read(of_a.data(), of_a.size()), b.read(of_b.data(), of_b.size()), a.gcount() > 0)
    if (a.gcount() != b.gcount() || !std::equal(of_a.begin(), of_a.begin() + a.gcount(), of_b.begin())) return false;
  return a.eof() && b.eof();
}

// As bytes (OB), as we write them; DCMTK decodes to words.
bool decode(DcmDataset& data) {
  const Uint8* bytes = nullptr;
  unsigned long length = 0;
  if (data.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad() ||
      data.findAndGetUint8Array(DCM_PixelData, bytes, &length).bad() || bytes == nullptr)
    return false;
  const std::vector<Uint8> pixels(bytes, bytes + length);
  return data.putAndInsertUint8Array(DCM_PixelData, pixels.data(), pixels.size()).good();
}

// A deflated data set has an even length, by a zero after it if need be (PS3.5 A.5); DCMTK's writer does not care, its
// receiver aborts. All before the data set is even.
Status pad(const fs::path& part) {
  std::error_code error;
  const auto size = fs::file_size(part, error);
  if (!error && size % 2 == 0) return ok();
  std::ofstream file(part, std::ios::binary | std::ios::app);
  file.put('\0').flush();
  return !error && file ? ok() : Status(Error{Errc::io, "the data set cannot be padded to an even length"});
}

// Decoded, the object is what it was made of.
Status check(const fs::path& encoded, const fs::path& plain, ResultEncoding encoding) {
  DcmFileFormat object;
  INFERAD_TRY_STATUS(load(object, encoded, encoding));
  if (object.getDataset()->getOriginalXfer() != DcmXfer(facts_of(encoding).transfer_syntax_uid.data()).getXfer())
    return wrong(encoding, "the file has another transfer syntax");
  if (encoding == ResultEncoding::rle && !decode(*object.getDataset()))
    return wrong(encoding, "the pixel data cannot be decoded");
  auto decoded = encoded;
  decoded += ".decoded";
  auto status = write_checked(object, decoded, [&](const fs::path& part) {
    return same_bytes(part, plain) ? ok() : Status(wrong(encoding, "decoded, the object is another"));
  });
  std::error_code ignored;
  fs::remove(decoded, ignored);
  return status;
}

}  // namespace

Status write_encoded(const fs::path& plain, ResultEncoding encoding, const fs::path& path) {
  register_codecs();
  const auto* syntax = facts_of(encoding).transfer_syntax_uid.data();
  DcmFileFormat object;
  INFERAD_TRY_STATUS(load(object, plain, encoding));
  if (encoding == ResultEncoding::rle) {
    if (object.getDataset()->chooseRepresentation(EXS_RLELossless, nullptr).bad())
      return wrong(encoding, "the pixel data cannot be encoded");
    object.getDataset()->removeAllButCurrentRepresentations();
  }
  return write_checked(
      object, path,
      [&](const fs::path& part) -> Status {
        INFERAD_TRY_STATUS(pad(part));
        return check(part, plain, encoding);
      },
      syntax);
}

}  // namespace inferad::results
