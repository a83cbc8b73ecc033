// SPDX-License-Identifier: Apache-2.0
// What structured reports and key object selections share: order, evidence, observer. Internal to results/.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipelines/results/results.h"
#include "pipelines/results/sr_content.h"

class DcmItem;

namespace inferad::results {

// The order that the images were made for, as far as they name it.
void write_request(ItemWriter& out, const SourceHeader& source);

// Every instance that the tree refers to: these images and the SEG.
void write_evidence(ItemWriter& out, const std::string& study_uid, const std::vector<const SourceImage*>& images,
                    const std::optional<WrittenObject>& seg);

// PS3.3 C.17.2 SR Document General: whether it is complete. VERIFIED is for humans.
void write_completion(ItemWriter& out, const ResultRequest& request);
// A destination has the earlier report of the kind that it gets now.
void write_predecessors(ItemWriter& out, const ResultRequest& request, ResultKind kind);

void write_language(ContentItem& root);  // TID 1204: English
// TID 1002 and 1004: a device, this server.
void write_device_observer(ContentItem& root, const ResultRequest& request);
void write_algorithm(ContentItem& item, const findings::Algorithm& algorithm, Relationship relationship);  // TID 4019

// Instances that the evidence sequence lists.
std::set<std::string> listed_evidence(DcmItem& data);

}  // namespace inferad::results
