// SPDX-License-Identifier: Apache-2.0
#include "server/flow/job_pictures.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>

namespace inferad::flow {

namespace {

namespace fs = std::filesystem;

const std::string kPng = "\x89PNG\r\n\x1A\n and so on";

struct JobFolder {
  JobFolder() {
    std::string pattern = (fs::temp_directory_path() / "inferad-pictures-XXXXXX").string();
    place.folder = ::mkdtemp(pattern.data());
    place.job = 17;
    place.study_uid = "1.2.3";
  }
  ~JobFolder() { fs::remove_all(place.folder); }
  void put(const std::string& name, const std::string& bytes) const { std::ofstream(place.folder / name) << bytes; }
  void list(const std::string& image, const std::string& job = "17", const std::string& study = "1.2.3") const {
    put("pictures.json", R"({"job":")" + job + R"(","study_uid":")" + study + R"(","pictures":[{"image":")" + image +
                             R"(","marks":"picture-1-marks.png","caption":"Series 3 image 45"}]})");
  }
  Errc refusal(const std::string& name) const {
    const auto bytes = picture_bytes(place, name);
    REQUIRE_FALSE(bytes);
    return bytes.error().code;
  }

  PicturePlace place;
};

}  // namespace

TEST_CASE("a picture that the list names is served as it is") {
  const JobFolder job;
  CHECK(*picture_list(job.place) == "{\"pictures\":[]}\n");
  job.list("picture-1.png");
  job.put("picture-1.png", kPng);
  CHECK(picture_list(job.place)->find("Series 3 image 45") != std::string::npos);
  CHECK(*picture_bytes(job.place, "picture-1.png") == kPng);
  CHECK(job.refusal("picture-1-marks.png") == Errc::not_found);  // named, and not there
}

TEST_CASE("what the list does not name, lies elsewhere, is a link or no PNG is not served") {
  const JobFolder job;
  job.list("picture-1.png");
  job.put("picture-2.png", kPng);
  job.put("findings.json", "{}");
  for (const char* name : {"picture-2.png", "findings.json", "pictures.json", "", ".", "..", "../17/picture-1.png"})
    CHECK(job.refusal(name) == Errc::not_found);
  fs::create_symlink(job.place.folder / "picture-2.png", job.place.folder / "picture-1.png");
  CHECK(job.refusal("picture-1.png") == Errc::not_found);
  fs::remove(job.place.folder / "picture-1.png");
  job.put("picture-1.png", "GIF89a");
  CHECK(job.refusal("picture-1.png") == Errc::not_found);
  fs::remove(job.place.folder / "picture-1.png");
  fs::create_directory(job.place.folder / "picture-1.png");
  CHECK(job.refusal("picture-1.png") == Errc::not_found);
}

TEST_CASE("a list with paths, of another job or study, or that is none, names nothing") {
  const JobFolder job;
  job.put("picture-1.png", kPng);
  for (const char* name : {"../picture-1.png", "/etc/passwd.png", "a/b.png", "..png", "A.PNG", ".png"}) {
    job.list(name);
    CHECK(*picture_list(job.place) == "{\"pictures\":[]}\n");
    CHECK(job.refusal(name) == Errc::not_found);
  }
  job.list("picture-1.png", "18");
  CHECK(job.refusal("picture-1.png") == Errc::not_found);
  job.list("picture-1.png", "17", "1.2.4");
  CHECK(job.refusal("picture-1.png") == Errc::not_found);
  for (const char* text :
       {"", "[]", "{", R"({"job":"17","study_uid":"1.2.3","pictures":{}})", "[[[[[[[[[[[]]]]]]]]]]]"}) {
    job.put("pictures.json", text);
    CHECK(*picture_list(job.place) == "{\"pictures\":[]}\n");
  }
}

}  // namespace inferad::flow
