// SPDX-License-Identifier: Apache-2.0
#include "server/flow/job_pictures.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "server/base/unique_fd.h"

namespace inferad::flow {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDepthMax = 8;

Error none() { return {Errc::not_found, "There is no such picture."}; }

// not_found: there is no such file, or it is a link, no plain file, or too large.
Result<std::string> read_plain_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return none();
  if (static_cast<std::size_t>(info.st_size) > bytes_max) return none();
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const auto count = ::read(file.get(), bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Error{Errc::io, "A picture of this study cannot be read."};
    at += static_cast<std::size_t>(count);
  }
  return bytes;
}

bool is_name(const std::string& name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return name.size() > 4 && name.size() <= 64 && name.ends_with(".png") && name.find("..") == std::string::npos &&
         std::all_of(name.begin(), name.end(), plain);
}

std::string text_of(const Json& object, const char* member) {
  const auto found = object.is_object() ? object.find(member) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Json> list_of(const PicturePlace& place) {
  const auto text = read_plain_file(place.folder / "pictures.json", kPictureListBytesMax);
  if (!text) return text.error().code == Errc::not_found ? Result<Json>(Json::array()) : text.error();
  bool deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, Json&) { return !(deep = deep || depth > kDepthMax); };
  const Json root = Json::parse(*text, watch, false);
  const bool ours = !deep && root.is_object() && text_of(root, "job") == std::to_string(place.job) &&
                    text_of(root, "study_uid") == place.study_uid && root.contains("pictures");
  if (!ours || !root["pictures"].is_array()) return Json::array();
  Json list = Json::array();
  for (const auto& one : root["pictures"])
    if (is_name(text_of(one, "image")) && is_name(text_of(one, "marks"))) list.push_back(one);
  return list;
}

}  // namespace

Result<std::string> picture_list(const PicturePlace& place) {
  INFERAD_TRY(auto list, list_of(place));
  return Json{{"pictures", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> picture_bytes(const PicturePlace& place, const std::string& name) {
  INFERAD_TRY(const auto list, list_of(place));
  const bool named = std::any_of(list.begin(), list.end(), [&](const Json& one) {
    return text_of(one, "image") == name || text_of(one, "marks") == name;
  });
  if (!named) return none();
  INFERAD_TRY(auto bytes, read_plain_file(place.folder / name, kPictureBytesMax));
  if (!bytes.starts_with("\x89PNG\r\n\x1A\n")) return none();
  return bytes;
}

}  // namespace inferad::flow
