// SPDX-License-Identifier: Apache-2.0
// Entries of a modality worklist as files (DCMTK behind it), as the worklist plugin of Orthanc and DCMTK's wlmscpfs
// serve them: *.wl in a folder, `lockfile` beside them, which readers lock shared while they read and writers
// exclusively (flock). Files of more than 64 KiB and those that are no DICOM are left alone. Thread-safe.
#pragma once

#include "server/flow/notice_ports.h"

namespace inferad::dicom {

class DcmtkWorklistFiles final : public flow::WorklistFiles {
 public:
  Result<flow::WorklistOutcome> raise(const flow::WorklistRaise& raise, std::stop_token stop) override;
};

}  // namespace inferad::dicom
