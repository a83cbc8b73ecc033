// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/mammogram.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "pipelines/results/item_writer.h"
#include "pipelines/results/object_check.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;

struct View {
  const char *snomed_ct, *snomed_rt, *position, *meaning;
};
constexpr std::array<View, 11> kViews{{{"399162004", "R-10242", "CC", "cranio-caudal"},
                                       {"399368009", "R-10226", "MLO", "medio-lateral oblique"},
                                       {"399260004", "R-10224", "ML", "medio-lateral"},
                                       {"399352003", "R-10228", "LM", "latero-medial"},
                                       {"399099002", "R-10230", "LMO", "latero-medial oblique"},
                                       {"399196006", "R-10244", "FB", "caudo-cranial"},
                                       {"399188001", "R-102D0", "SIO", "superolateral to inferomedial oblique"},
                                       {"441555000", "R-40AAA", "ISO", "inferomedial to superolateral oblique"},
                                       {"399192008", "R-1024A", "XCCL", "cranio-caudal exaggerated laterally"},
                                       {"399101009", "R-1024B", "XCCM", "cranio-caudal exaggerated medially"},
                                       {"127457009", "G-8310", "", "tissue specimen from breast"}}};

CodedConcept code_of(const DcmItem& item) {
  return {text_of(item, DCM_CodeValue), text_of(item, DCM_CodingSchemeDesignator), text_of(item, DCM_CodeMeaning)};
}

std::optional<CodedConcept> view_of(const std::string& code, const std::string& position) {
  for (const auto& view : kViews)
    if ((!code.empty() && (code == view.snomed_ct || code == view.snomed_rt)) ||
        (code.empty() && !position.empty() && position == view.position))
      return CodedConcept{view.snomed_ct, "SCT", view.meaning};
  return std::nullopt;
}

std::optional<CodedConcept> side_of(const DcmItem& data) {
  const auto own = text_of(data, DCM_ImageLaterality);
  const auto side = own.empty() ? text_of(data, DCM_Laterality) : own;
  if (side == "L") return CodedConcept{"80248007", "SCT", "Left breast"};
  if (side == "R") return CodedConcept{"73056007", "SCT", "Right breast"};
  if (side == "B") return CodedConcept{"63762007", "SCT", "Both breasts"};
  return std::nullopt;
}

// "row\column" of a spacing: between rows, between columns.
void read_spacing(const std::string& text, Mammogram& mammogram) {
  const auto cut = text.find('\\');
  if (cut == std::string::npos) return;
  const double rows = std::strtod(text.c_str(), nullptr), columns = std::strtod(text.c_str() + cut + 1, nullptr);
  if (rows > 0 && columns > 0) mammogram.vertical_mm = rows, mammogram.horizontal_mm = columns;
}

}  // namespace

Result<Mammogram> read_mammogram(const std::filesystem::path& file) {
  DcmFileFormat format;
  const auto condition =
      format.loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange, 64 * 1024, ERM_autoDetect, DCM_PixelData);
  if (condition.bad())
    return Error{Errc::invalid_input, fmt::format("{}: not readable as DICOM", file.filename().string())};
  auto& data = *format.getDataset();
  Mammogram mammogram;
  mammogram.laterality = side_of(data);
  DcmItem* view = nullptr;
  std::string code;
  if (data.findAndGetSequenceItem(DCM_ViewCodeSequence, view).good()) {
    code = text_of(*view, DCM_CodeValue);
    for_each_item(*view, DCM_ViewModifierCodeSequence, [&](DcmItem& item) {
      auto modifier = code_of(item);
      if (!modifier.value.empty() && !modifier.scheme.empty() && !modifier.meaning.empty())
        mammogram.modifiers.push_back(std::move(modifier));
    });
  }
  mammogram.view = view_of(code, text_of(data, DCM_ViewPosition));
  const auto orientation = text_of(data, DCM_PatientOrientation);
  if (const auto cut = orientation.find('\\'); cut != std::string::npos)
    mammogram.row = orientation.substr(0, cut), mammogram.column = orientation.substr(cut + 1);
  mammogram.study_date = text_of(data, DCM_StudyDate), mammogram.study_time = text_of(data, DCM_StudyTime);
  mammogram.content_date = text_of(data, DCM_ContentDate), mammogram.content_time = text_of(data, DCM_ContentTime);
  const auto imager = text_of(data, DCM_ImagerPixelSpacing);
  read_spacing(imager.empty() ? text_of(data, DCM_PixelSpacing) : imager, mammogram);
  return mammogram;
}

}  // namespace inferad::results
