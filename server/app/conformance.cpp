// SPDX-License-Identifier: Apache-2.0
#include "server/app/conformance.h"

#include <fmt/format.h>

#include <iterator>

#include "server/base/result_encoding.h"
#include "server/base/result_kind.h"
#include "server/config/settings.h"
#include "server/core/sop_class.h"

namespace inferad::app {
namespace {

std::string row(std::string_view name, std::string_view uid) { return fmt::format("| {} | {} |\n", name, uid); }

std::string encodings_of(ResultKind kind) {
  std::string text;
  for (const auto& facts : result_encodings())
    if (suits(facts.encoding, kind))
      text += fmt::format("{}{}", text.empty() ? "" : ", ", uid_name(facts.transfer_syntax_uid));
  return text;
}

// Kinds of several classes: of the source, or by what is shown.
std::string created() {
  std::string text = "| kind | SOP class | UID | where the destination prefers it, also |\n|---|---|---|---|\n";
  for (const auto& facts : result_kinds()) {
    const auto uid = facts.sop_class_uid;
    const auto name = uid.empty() ? std::string_view("one of the storage classes below") : uid_name(uid);
    text += fmt::format("| {} | {} | {} | {} |\n", facts.name, name, uid, encodings_of(facts.kind));
  }
  return text;
}

std::string policy() {
  const config::DicomSettings dicom;
  std::string text = "| association | value by default |\n|---|---|\n";
  text += row("open at the same time, all peers", std::to_string(dicom.associations_max));
  text += row("maximum length of a PDU received", fmt::format("{} bytes", dicom.pdu_bytes_max));
  text += row("longest data set received", fmt::format("{} bytes", dicom.object_bytes_max));
  text += row("request and release", fmt::format("{} s", dicom.association_timeout.count()));
  text += row("one PDU", fmt::format("{} s", dicom.pdu_timeout.count()));
  text += row("between two messages", fmt::format("{} s", dicom.idle_timeout.count()));
  text += row("asynchronous operations", "1 invoked, 1 performed (not negotiated)");
  text += row("Implementation Class UID", kImplementationClassUid);
  text += row("Implementation Version Name", kImplementationVersionName);
  return text;
}

std::string table_of(std::string_view head, std::span<const UidName> rows) {
  auto text = fmt::format("| {} | UID |\n|---|---|\n", head);
  for (const auto& each : rows) text += row(each.name, each.uid);
  return text;
}

}  // namespace

std::string conformance_tables() {
  std::string text = "### Created and sent (Storage SCU, Explicit VR Little Endian)\n\n" + created();
  text += "\n### Asked (SCU)\n\n| SOP class | UID |\n|---|---|\n";
  text += row("Verification", kVerificationSopClass);
  text += row("Study Root Query/Retrieve Information Model - FIND", kStudyRootFind);
  text += "\n### Association policy\n\n" + policy();
  text += ups_tables() + hl7_tables();
  text += "\n### Accepted transfer syntaxes (SCP; nothing is decoded on receipt)\n\n";
  text += table_of("transfer syntax", transfer_syntaxes());
  text += "\n### Accepted SOP classes (SCP)\n\n| SOP class | UID |\n|---|---|\n";
  text += row("Verification", kVerificationSopClass);
  for (const auto& each : storage_sop_classes()) text += row(each.name, each.uid);
  return text;
}

}  // namespace inferad::app
