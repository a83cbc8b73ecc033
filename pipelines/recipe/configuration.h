// SPDX-License-Identifier: Apache-2.0
// A configuration in the form of MONAI's bundles: members that refer to one another (@) and compute ($). A member is
// looked at only when it is asked for. Internal to recipe/. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipelines/recipe/value.h"
#include "server/base/result.h"

namespace inferad::recipe {

inline constexpr std::size_t kConfigurationBytesMax = 1 << 20;
inline constexpr int kNestingMax = 64;  // of values and references within one another

// Where a component (a Dict with a member _target_) stands: member that the configuration adds to it.
inline constexpr const char* kPlaceMember = "_place_";

class Configuration {
 public:
  static Result<Configuration> parse(std::string_view json);
  Configuration(Configuration&&) noexcept;
  ~Configuration();

  // The member with references and expressions resolved and disabled components gone; nullopt when there is none.
  // A component keeps its _target_ as text; the chain that Invert undoes becomes the text "preprocessing", and
  // arguments of SaveImage, which is the business of the node, are left out without a look.
  // Errc::invalid_input names the place, and the text of the expression or the name of the reference.
  Result<std::optional<Value>> member(std::string_view name);

 private:
  struct Impl;
  explicit Configuration(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "Spacing" for "Spacingd", "SpacingD", "SpacingDict" with `keys` or "monai.transforms.Spacingd"; array forms as they
// are. "" for a class that is not MONAI's.
std::string plain_target(std::string_view target, bool has_keys);

}  // namespace inferad::recipe
