// SPDX-License-Identifier: Apache-2.0
// The files in config/ as an administrator finds them.
#include <catch2/catch.hpp>

#include "tests/unit/config/temporary_config.h"

namespace inferad::config {

TEST_CASE("the shipped configuration is right and listens on loopback only") {
  TemporaryConfig config;
  const std::filesystem::path shipped = INFERAD_SOURCE_DIR "/config";
  for (const char* name : {"inferad.json", "routing.json"}) {
    std::filesystem::copy_file(shipped / name, config.folder() / "config" / name);
  }
  Problems problems;
  const auto configuration = load_configuration(config.folder() / "config/inferad.json", problems);
  for (const auto& problem : problems) FAIL_CHECK(to_string(problem));
  REQUIRE(configuration);
  CHECK(IpAddress::parse(configuration->settings.dicom.bind)->is_loopback());
  CHECK(IpAddress::parse(configuration->settings.http.bind)->is_loopback());
  CHECK(configuration->settings.data_folder == config.folder() / "var");
  const AccessPolicy policy(configuration->settings.ae_title, configuration->settings.peers);
  CHECK_FALSE(policy.admit("ANYBODY", "INFERAD", "127.0.0.1"));
  CHECK(policy.admit("ANYBODY", "INFERAD", "192.0.2.1"));
  CHECK(configuration->routing.rules.front().pipeline == "ct-lung-density");
  CHECK(to_string(configuration->routing.rules.back().when) == "always");
}

TEST_CASE("the example profiles are right") {
  TemporaryConfig config;
  for (const char* name : {"inferad-modern-viewer.json", "inferad-plain-pacs.json"}) {
    Problems problems;
    const auto settings = read_settings(std::filesystem::path(INFERAD_SOURCE_DIR "/config/examples") / name, problems);
    for (const auto& problem : problems) FAIL_CHECK(to_string(problem));
    CHECK(settings.routing_file == INFERAD_SOURCE_DIR "/config/routing.json");
    CHECK(settings.results.front().send.size() > 2);
  }
}

TEST_CASE("what differs from the defaults in the shipped settings is the sender on this machine") {
  TemporaryConfig config;
  std::filesystem::copy_file(INFERAD_SOURCE_DIR "/config/inferad.json", config.folder() / "config/shipped.json");
  Problems problems;
  auto shipped = read_settings(config.folder() / "config/shipped.json", problems);
  REQUIRE(problems.empty());
  REQUIRE(shipped.peers.size() == 1);
  shipped.peers.clear();
  CHECK(shipped == config.settings("{}"));
}

}  // namespace inferad::config
