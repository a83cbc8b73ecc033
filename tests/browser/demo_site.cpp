// SPDX-License-Identifier: Apache-2.0
// The real HTTP server and site over a made-up node, for the page tests: prints "PORT n", then obeys lines on stdin:
//   scene NAME | stat | raise ID | quit
#include <iostream>
#include <sstream>

#include "server/net/http_server.h"
#include "server/web/site.h"
#include "tests/browser/fake_node.h"

int main(int argc, char** argv) {
  inferad::web::FakeNode node;
  node.play("normal");
  inferad::web::Site site(node);
  inferad::net::HttpOptions options;
  options.port = argc > 1 ? static_cast<std::uint16_t>(std::stoi(argv[1])) : 0;
  options.heartbeat = std::chrono::seconds(2);
  auto server = inferad::net::HttpServer::start(options, site);
  if (!server) {
    std::cerr << server.error().what << '\n';
    return 1;
  }
  std::cout << "PORT " << (*server)->port() << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    std::int64_t study = 0;
    if (verb == "scene") {
      std::string name;
      words >> name;
      node.play(name);
    } else if (verb == "stat") {
      study = node.add_stat();
    } else if (verb == "raise" && words >> study) {
      node.raise(study);
    }
    (*server)->publish("changed", inferad::web::Site::changed_data(study));
    std::cout << "OK" << std::endl;
  }
}
