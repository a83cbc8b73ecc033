// SPDX-License-Identifier: Apache-2.0
// What structured reports and key object selections share: order, evidence, observer. Internal to results/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipelines/results/results.h"
#include "pipelines/results/sr_content.h"

namespace inferad::results {

// The order that the images were made for, as far as they name it.
void write_request(ItemWriter& out, const SourceHeader& source);

// Every instance that the tree refers to: these images and the SEG.
void write_evidence(ItemWriter& out, const std::string& study_uid, const std::vector<const SourceImage*>& images,
                    const std::optional<WrittenObject>& seg);

// TID 1002 and 1004: a device, this server.
void write_device_observer(ContentItem& root, const ResultRequest& request);

}  // namespace inferad::results
