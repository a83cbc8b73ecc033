// SPDX-License-Identifier: Apache-2.0
#include "server/config/peers.h"

#include <catch2/catch.hpp>

namespace inferad::config {

namespace {

Peer sender(std::string name, std::string ae_title, std::vector<std::string> addresses) {
  return {std::move(name), std::move(ae_title), std::move(addresses), "", 0, {PeerRole::send}};
}

}  // namespace

TEST_CASE("who is not listed is refused with the reason of PS3.8") {
  const AccessPolicy policy("INFERAD", {sender("ct", "SCANNER", {"192.0.2.0/24"})});
  CHECK_FALSE(policy.admit("SCANNER", "INFERAD", "192.0.2.7"));
  CHECK_FALSE(policy.admit(" SCANNER  ", "INFERAD ", "::ffff:192.0.2.7"));
  CHECK(policy.admit("SCANNER", "OTHER", "192.0.2.7")->reason == 7);
  CHECK(policy.admit("scanner", "INFERAD", "192.0.2.7")->reason == 3);
  CHECK(policy.admit("SCANNER", "INFERAD", "198.51.100.1")->reason == 3);
  CHECK(policy.admit("SCANNER", "INFERAD", "not an address")->reason == 3);
}

TEST_CASE("addresses are known before a byte is read") {
  const AccessPolicy policy("INFERAD", {sender("a", "*", {"127.0.0.0/8", "::1", "2001:db8::/32"})});
  CHECK(policy.address_allowed("127.0.0.1"));
  CHECK(policy.address_allowed("::1"));
  CHECK(policy.address_allowed("2001:db8:1::5"));
  CHECK_FALSE(policy.address_allowed("2001:db9::5"));
  CHECK_FALSE(policy.address_allowed("192.0.2.1"));
  CHECK_FALSE(policy.address_allowed(""));
}

TEST_CASE("a caller has its configured name, and a named AE title goes before any") {
  const AccessPolicy policy("INFERAD", {sender("any", "*", {"127.0.0.1"}), sender("ct", "SCANNER", {"127.0.0.1"})});
  CHECK(policy.caller_name("SCANNER", "127.0.0.1") == "ct");
  CHECK(policy.caller_name("WHOEVER", "127.0.0.1") == "any");
  CHECK(policy.caller_name("WHOEVER", "192.0.2.1").empty());
}

TEST_CASE("without senders nobody is admitted") {
  Peer receiver{"pacs", "PACS", {}, "127.0.0.1", 104, {PeerRole::receive_results}};
  const AccessPolicy policy("INFERAD", {receiver});
  CHECK_FALSE(policy.address_allowed("127.0.0.1"));
  CHECK(policy.admit("PACS", "INFERAD", "127.0.0.1"));
}

TEST_CASE("networks are read strictly") {
  CHECK(IpNetwork::parse("192.0.2.17"));
  CHECK(IpNetwork::parse("0.0.0.0/0"));
  for (const char* wrong : {"", "192.0.2.17/24", "192.0.2.0/33", "192.0.2", "192.0.2.0/", "192.0.2.0/x", "a.example",
                            "::/129", "192.0.2.0/-1", "192.0.2.0 /24"}) {
    INFO(wrong);
    CHECK_FALSE(IpNetwork::parse(wrong));
  }
}

TEST_CASE("AE titles follow PS3.5") {
  CHECK(is_valid_ae_title("A B"));
  for (const char* wrong : {"", " A", "A ", "A\\B", "12345678901234567", "\xc3\x84"})
    CHECK_FALSE(is_valid_ae_title(wrong));
}

}  // namespace inferad::config
