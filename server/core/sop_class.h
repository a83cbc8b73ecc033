// SPDX-License-Identifier: Apache-2.0
// The storage SOP classes (PS3.4 Annex B, PS3.6 Annex A) and transfer syntaxes the node accepts: all of the standard's.
#pragma once

#include <span>
#include <string_view>

namespace inferad {

struct UidName {
  std::string_view uid, name;
};

inline constexpr std::string_view kVerificationSopClass = "1.2.840.10008.1.1";
inline constexpr std::string_view kStudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr std::string_view kImplicitVrLittleEndian = "1.2.840.10008.1.2";
inline constexpr std::string_view kExplicitVrLittleEndian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view kExplicitVrBigEndian = "1.2.840.10008.1.2.2";
inline constexpr std::string_view kDeflatedExplicitVrLittleEndian = "1.2.840.10008.1.2.1.99";

// Our own root for what identifies the software (PS3.7 D.3.3.2); derived once with derive_uid, fixed for ever.
inline constexpr std::string_view kImplementationClassUid = "2.25.214930518337052836947133502946183045611";
inline constexpr std::string_view kImplementationVersionName = "INFERAD_0_1";

std::span<const UidName> storage_sop_classes();
std::span<const UidName> transfer_syntaxes();
bool is_storage_sop_class(std::string_view uid);
bool is_transfer_syntax(std::string_view uid);
std::string_view uid_name(std::string_view uid);  // the name, or the UID itself

}  // namespace inferad
