// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/code_streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dctk.h"

namespace inferad::imaging {

namespace {

using Fragment = std::span<const std::uint8_t>;

Error wrong(std::string what) { return {Errc::invalid_input, std::move(what)}; }

DcmPixelSequence* encapsulated(DcmDataset& dataset) {
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad()) return nullptr;
  auto* pixel_data = dynamic_cast<DcmPixelData*>(element);
  if (pixel_data == nullptr) return nullptr;
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  pixel_data->getOriginalRepresentationKey(syntax, parameter);
  DcmPixelSequence* sequence = nullptr;
  return pixel_data->getEncapsulatedRepresentation(syntax, parameter, sequence).good() ? sequence : nullptr;
}

std::optional<Fragment> fragment_at(DcmPixelSequence& sequence, std::size_t index) {
  DcmPixelItem* item = nullptr;
  if (sequence.getItem(item, static_cast<unsigned long>(index)).bad()) return std::nullopt;
  if (item->getLength() == 0) return Fragment{};
  Uint8* bytes = nullptr;
  if (item->getUint8Array(bytes).bad() || bytes == nullptr) return std::nullopt;
  return Fragment{bytes, item->getLength()};
}

// Little endian numbers of 32 bits, one a frame: where its first fragment begins, counted from the first of all.
std::vector<std::size_t> offsets_in(Fragment table) {
  std::vector<std::size_t> offsets;
  for (std::size_t i = 0; i + 4 <= table.size(); i += 4)
    offsets.push_back(table[i] | std::size_t{table[i + 1]} << 8 | std::size_t{table[i + 2]} << 16 |
                      std::size_t{table[i + 3]} << 24);
  return offsets;
}

bool begins_code_stream(Fragment fragment) {
  constexpr std::array<std::uint8_t, 4> kStartThenSize{0xFF, 0x4F, 0xFF, 0x51};  // ISO/IEC 15444-1 A.4: SOC, SIZ
  return fragment.size() >= kStartThenSize.size() &&
         std::equal(kStartThenSize.begin(), kStartThenSize.end(), fragment.begin());
}

// Which fragments begin a frame.
std::vector<bool> beginnings(const std::vector<Fragment>& fragments, const std::vector<std::size_t>& offsets,
                             std::size_t frames) {
  std::vector<bool> begins(fragments.size(), frames == fragments.size());
  if (begins.front()) return begins;
  begins.front() = true;
  constexpr std::size_t kItemHeader = 8;
  std::size_t at = 0;
  for (std::size_t i = 0; i < fragments.size() && frames > 1; ++i) {
    begins[i] = offsets.empty() ? begins_code_stream(fragments[i])
                                : std::find(offsets.begin(), offsets.end(), at) != offsets.end();
    at += kItemHeader + fragments[i].size();
  }
  return begins;
}

}  // namespace

Result<std::vector<Bytes>> code_streams(DcmDataset& dataset, std::size_t frames) {
  auto* sequence = encapsulated(dataset);
  if (sequence == nullptr || sequence->card() < 2) return wrong("no encapsulated frame");
  std::vector<Fragment> fragments;
  for (std::size_t i = 0; i < sequence->card(); ++i) {
    const auto fragment = fragment_at(*sequence, i);
    if (!fragment) return wrong("a fragment is not readable");
    fragments.push_back(*fragment);
  }
  const auto offsets = offsets_in(fragments.front());
  fragments.erase(fragments.begin());
  const auto begins = beginnings(fragments, offsets, frames);
  const auto found = static_cast<std::size_t>(std::count(begins.begin(), begins.end(), true));
  if (!begins.front() || found != frames)
    return wrong(fmt::format("{} fragments of {} frames, expected {}", fragments.size(), found, frames));
  std::vector<Bytes> streams;
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    if (begins[i]) streams.emplace_back();
    streams.back().insert(streams.back().end(), fragments[i].begin(), fragments[i].end());
  }
  return streams;
}

}  // namespace inferad::imaging
