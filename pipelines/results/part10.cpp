// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/part10.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "pipelines/results/item_writer.h"
#include "server/base/durable.h"
#include "server/base/hash.h"

namespace inferad::results {

namespace fs = std::filesystem;

namespace {

Error io_error(const fs::path& path, std::string_view what) {
  return {Errc::io, fmt::format("{}: {}", path.filename().string(), what)};
}

// PS3.10 7.1. DCMTK would name itself as the implementation.
void write_meta(DcmMetaInfo& meta, DcmDataset& data, E_TransferSyntax syntax) {
  ItemWriter out(meta, false);
  out.bytes(DCM_FileMetaInformationVersion, {0, 1});
  out.value(DCM_MediaStorageSOPClassUID, text_of(data, DCM_SOPClassUID));
  out.value(DCM_MediaStorageSOPInstanceUID, text_of(data, DCM_SOPInstanceUID));
  out.value(DCM_TransferSyntaxUID, DcmXfer(syntax).getXferID());
  out.value(DCM_ImplementationClassUID, derive_uid("inferad implementation"));
  out.value(DCM_ImplementationVersionName, fmt::format("INFERAD_{}", INFERAD_VERSION));
  meta.computeGroupLengthAndPadding(EGL_withGL, EPD_withoutPadding, EXS_LittleEndianExplicit, EET_ExplicitLength);
}

Status sync_file(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return io_error(path, "cannot be opened");
  const bool synced = fsync(file) == 0;
  close(file);
  return synced ? ok() : Status(io_error(path, "fsync failed"));
}

Status save(DcmFileFormat& object, E_TransferSyntax syntax, const fs::path& path) {
  write_meta(*object.getMetaInfo(), *object.getDataset(), syntax);
  const auto condition = object.saveFile(path.c_str(), syntax, EET_ExplicitLength, EGL_withoutGL, EPD_withoutPadding, 0,
                                         0, EWM_dontUpdateMeta);
  if (condition.bad()) return io_error(path, condition.text());
  return ok();
}

Status save_checked(DcmFileFormat& object, E_TransferSyntax syntax, const fs::path& part, const fs::path& path,
                    const std::function<Status(const fs::path&)>& check) {
  INFERAD_TRY_STATUS(save(object, syntax, part));
  object.getDataset()->clear();  // the check reads it again: the pixels need not be there twice
  INFERAD_TRY_STATUS(check(part));
  INFERAD_TRY_STATUS(sync_file(part));
  std::error_code error;
  fs::rename(part, path, error);
  if (error) return io_error(path, "cannot be renamed");
  return sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace

Status write_checked(DcmFileFormat& object, const fs::path& path, const std::function<Status(const fs::path&)>& check,
                     const char* transfer_syntax) {
  auto part = path;
  part += ".part";
  auto status = save_checked(object, DcmXfer(transfer_syntax).getXfer(), part, path, check);
  std::error_code ignored;
  if (!status.has_value()) fs::remove(part, ignored);
  return status;
}

}  // namespace inferad::results
