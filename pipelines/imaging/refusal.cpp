// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/refusal.h"

#include <utility>

#include "pipelines/findings/codes.h"

namespace inferad::imaging {

Refusal refuse(const RefusalCode& code, std::string text) {
  return {findings::codes::ours(code.value, code.meaning), std::move(text)};
}

}  // namespace inferad::imaging
