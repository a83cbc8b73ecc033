// SPDX-License-Identifier: Apache-2.0
#include "server/base/hash.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>

namespace inferad {
namespace {

TEST_CASE("HMAC-SHA256 is that of RFC 4231") {
  CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("SHA-256 gives the values of FIPS 180-4, in one piece or in many") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string million(1'000'000, 'a');
  CHECK(sha256_hex(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  Sha256 hash;
  for (std::size_t at = 0; at < million.size(); at += 999)
    hash.update(std::as_bytes(std::span(million).subspan(at, std::min<std::size_t>(999, million.size() - at))));
  CHECK(hash.finish_hex() == sha256_hex(million));
}

TEST_CASE("the hash of a file is that of its bytes; a file that is not there is an error") {
  char name[] = "/tmp/inferad-hash-XXXXXX";
  const int fd = ::mkstemp(name);
  REQUIRE(fd >= 0);
  std::ofstream(name) << "abc";
  CHECK(sha256_file(name).value() == sha256_hex("abc"));
  std::filesystem::remove(name);
  CHECK(sha256_file(name).error().code == Errc::not_found);
}

TEST_CASE("a derived UID is the same for the same name for ever") {
  // From Python's uuid.uuid5 with our namespace. Such values stand in archives: they must never change.
  CHECK(derive_uid("a") == "2.25.14633505572734091969560935705985203286");
  CHECK(derive_uid("study 1.2.3") == "2.25.184862224170248590218992981967140942888");
  CHECK(derive_uid("a") != derive_uid("b"));
  CHECK(derive_uid("") != derive_uid("a"));
  for (const char* name : {"", "a", "study 1.2.3 pipeline lung revision 1"}) {
    const auto uid = derive_uid(name);
    CAPTURE(uid);
    CHECK(uid.starts_with("2.25."));
    CHECK(uid.size() <= 44);
    CHECK(uid.find_first_not_of("0123456789.") == std::string::npos);
    CHECK(uid[5] != '0');
  }
}

}  // namespace
}  // namespace inferad
