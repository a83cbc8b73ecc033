// SPDX-License-Identifier: Apache-2.0
// Mail to a real server: Python's smtpd.
#include "server/net/mail_sender.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"

namespace inferad::net {

TEST_CASE("a mail arrives whole, and a refusal is told from a passing trouble") {
  std::string name = (std::filesystem::temp_directory_path() / "inferad-mail-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const std::filesystem::path folder = name;
  test::ChildProcess server(
      {"/usr/bin/python3", INFERAD_SUPPORT "/mail_receiver.py", "--log", folder / "log", "--answers", "451,550"});
  const auto line = server.read_line();
  REQUIRE(line.starts_with("ready "));
  flow::Mail mail;
  mail.peer = "duty";
  mail.host = "127.0.0.1";
  mail.port = static_cast<std::uint16_t>(std::stoi(line.substr(6)));
  mail.from = "inferad@example.org";
  mail.to = {"a@example.org", "b@example.org"};
  mail.id = "0123456789abcdef";
  mail.date = from_unix_ms(1'700'000'000'000);
  mail.subject = "STAT finding not acknowledged: study 17 (escalation 1)";
  mail.text = "Volume 5 cm³\n.\nA line that begins with a dot:\n.x\n" + std::string(200, 'y') + "\n";
  mail.timeout = std::chrono::seconds(20);
  CurlMailSender sender;
  const auto passing = sender.send(mail, {}), refused = sender.send(mail, {});
  REQUIRE_FALSE(passing);
  CHECK(passing.error().code == Errc::overload);
  CHECK(passing.error().what == "duty: SMTP status 451");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::refused);
  REQUIRE(sender.send(mail, {}));
  std::ifstream log(folder / "log");
  const auto seen = nlohmann::json::parse(log);
  CHECK(seen["from"] == "inferad@example.org");
  CHECK(seen["to"] == nlohmann::json{"a@example.org", "b@example.org"});
  CHECK(seen["defects"].empty());
  CHECK(seen["text"] == mail.text);
  CHECK(seen["headers"]["Subject"] == mail.subject);
  CHECK(seen["headers"]["Date"] == "Tue, 14 Nov 2023 22:13:20 +0000");
  CHECK(seen["headers"]["Message-ID"] == "<0123456789abcdef@example.org>");
  CHECK(seen["headers"]["Auto-Submitted"] == "auto-generated");
  server.end();
  const auto nobody = sender.send(mail, {});
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Errc::unavailable);
  std::filesystem::remove_all(folder);
}

}  // namespace inferad::net
