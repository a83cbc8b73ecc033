// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/jpeg2000.h"

#include <fmt/format.h>
#include <openjpeg.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace inferad::imaging {

namespace {

struct Source {
  std::span<const std::uint8_t> bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T read(void* buffer, OPJ_SIZE_T wanted, void* user) {
  auto& source = *static_cast<Source*>(user);
  const auto count = std::min<std::size_t>(wanted, source.bytes.size() - source.at);
  if (count == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(buffer, source.bytes.data() + source.at, count);
  source.at += count;
  return count;
}

OPJ_OFF_T skip(OPJ_OFF_T wanted, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (wanted < 0 || source.at == source.bytes.size()) return -1;
  const auto count = std::min<std::size_t>(static_cast<std::size_t>(wanted), source.bytes.size() - source.at);
  source.at += count;
  return static_cast<OPJ_OFF_T>(count);
}

OPJ_BOOL seek(OPJ_OFF_T position, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (position < 0 || static_cast<std::size_t>(position) > source.bytes.size()) return OPJ_FALSE;
  source.at = static_cast<std::size_t>(position);
  return OPJ_TRUE;
}

using Stream = std::unique_ptr<opj_stream_t, decltype([](opj_stream_t* s) { opj_stream_destroy(s); })>;
using Codec = std::unique_ptr<opj_codec_t, decltype([](void* c) { opj_destroy_codec(static_cast<opj_codec_t*>(c)); })>;
using Picture = std::unique_ptr<opj_image_t, decltype([](opj_image_t* i) { opj_image_destroy(i); })>;

Stream open_stream(Source& source) {
  Stream stream(opj_stream_default_create(OPJ_TRUE));
  if (!stream) return stream;
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.bytes.size());
  opj_stream_set_read_function(stream.get(), read);
  opj_stream_set_skip_function(stream.get(), skip);
  opj_stream_set_seek_function(stream.get(), seek);
  return stream;
}

Error damaged(std::string_view what) { return {Errc::invalid_input, fmt::format("JPEG 2000: {}", what)}; }

Status check_size(const opj_image_t& picture, int rows, int columns, int components) {
  if (picture.numcomps != static_cast<OPJ_UINT32>(components))
    return damaged(fmt::format("{} components, expected {}", picture.numcomps, components));
  for (const auto& component : std::span(picture.comps, picture.numcomps)) {
    if (component.dx != 1 || component.dy != 1 || component.prec < 1 || component.prec > 31 ||
        component.prec != picture.comps[0].prec || component.w != static_cast<OPJ_UINT32>(columns) ||
        component.h != static_cast<OPJ_UINT32>(rows)) {
      return damaged(fmt::format("frame of {} x {}, {} bits; the header says {} x {}", component.w, component.h,
                                 component.prec, columns, rows));
    }
  }
  return ok();
}

std::vector<std::uint32_t> interleaved(std::span<const opj_image_comp_t> components, std::size_t pixels) {
  std::vector<std::uint32_t> samples(pixels * components.size());
  for (std::size_t c = 0; c < components.size(); ++c)
    for (std::size_t i = 0; i < pixels; ++i)
      samples[i * components.size() + c] = static_cast<std::uint32_t>(components[c].data[i]);
  return samples;
}

bool is_jp2_file(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 8> kSignature{0, 0, 0, 12, 'j', 'P', ' ', ' '};
  return bytes.size() > kSignature.size() && std::equal(kSignature.begin(), kSignature.end(), bytes.begin());
}

}  // namespace

Result<Jpeg2000Frame> decode_jpeg2000(std::span<const std::uint8_t> bytes, int rows, int columns, int components) {
  Source source{bytes};
  const Stream stream = open_stream(source);
  const Codec codec(opj_create_decompress(is_jp2_file(bytes) ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K));
  if (!stream || !codec) return Error{Errc::overload, "JPEG 2000: no memory for the decoder"};
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (!opj_setup_decoder(codec.get(), &parameters)) return damaged("decoder set-up failed");
  opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE);  // a truncated code stream is an error, not grey

  opj_image_t* header = nullptr;
  const bool read_header = opj_read_header(stream.get(), codec.get(), &header);
  const Picture picture(header);
  if (!read_header || !picture) return damaged("unreadable code stream header");
  INFERAD_TRY_STATUS(check_size(*picture, rows, columns, components));
  if (!opj_decode(codec.get(), stream.get(), picture.get())) return damaged("unreadable code stream");
  INFERAD_TRY_STATUS(check_size(*picture, rows, columns, components));
  const std::span<const opj_image_comp_t> planes(picture->comps, picture->numcomps);
  if (std::any_of(planes.begin(), planes.end(), [](const auto& plane) { return plane.data == nullptr; }))
    return damaged("no samples");
  const auto pixels = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  return Jpeg2000Frame{planes[0].sgnd != 0, static_cast<int>(planes[0].prec), interleaved(planes, pixels)};
}

}  // namespace inferad::imaging
