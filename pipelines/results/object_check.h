// SPDX-License-Identifier: Apache-2.0
// What the checks of all result objects share. Internal to results/.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "server/base/result.h"

class DcmItem;
class DcmTagKey;

namespace inferad::results {

// Both give Errc::model. Names the first attribute of `required` without a value or of `present` that is absent.
Status check_attributes(const DcmItem& item, const std::vector<DcmTagKey>& required,
                        const std::vector<DcmTagKey>& present, std::string_view object);

// The attributes that every result has (modules.h): SOP Common, Patient, Study, Series, Equipment, contributions.
Status check_common(const DcmItem& data, std::string_view object);

void for_each_item(DcmItem& parent, const DcmTagKey& sequence, const std::function<void(DcmItem&)>& visit);

}  // namespace inferad::results
