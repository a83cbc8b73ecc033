// SPDX-License-Identifier: Apache-2.0
// The DICOM client against DCMTK's storescp and dcmqrscp and against Orthanc, all kept on loopback by a shim.
#include <catch2/catch.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "objects.h"
#include "scripted_peer.h"
#include "server/net/dicom_client.h"
#include "tests/support/child_process.h"

using namespace inferad;
using namespace inferad::net;
using namespace std::chrono_literals;
using test::ChildProcess;
using test::Objects;

namespace {

bool installed(const std::string& program) {
  for (const auto* folder : {"/usr/bin/", "/usr/sbin/"}) {
    if (std::filesystem::exists(folder + program)) return true;
  }
  std::cout << "SKIPPED: " << program << " is not installed\n";
  return false;
}

flow::DicomPeer peer_on(std::uint16_t port, std::string ae_title) {
  flow::DicomPeer peer;
  peer.name = "pacs", peer.host = "127.0.0.1", peer.port = port, peer.ae_title = std::move(ae_title);
  peer.our_ae_title = "INFERAD";
  return peer;
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  (void)test::bound_socket(port, false);
  return port;
}

std::vector<std::string> on_loopback(std::vector<std::string> command) {
  command.insert(command.begin(), {"/usr/bin/env", "LD_PRELOAD=" INFERAD_LOOPBACK_BIND});
  return command;
}

bool answers(const flow::DicomPeer& peer) {
  for (const auto end = steady_now() + 15s; steady_now() < end; std::this_thread::sleep_for(50ms)) {
    if (DicomClient().echo(peer, {})) return true;
  }
  return false;
}

std::string content(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

std::vector<flow::OutgoingObject> some_objects(Objects& objects) {
  return {objects.make("1.2.3.4.1", 100), objects.make("1.2.3.4.2", 3'000'000), objects.make("1.2.3.4.3", 65'536 * 4)};
}

}  // namespace

TEST_CASE("storescp gets each data set bit for bit, at any PDU size") {
  if (!installed("storescp")) return;
  for (const auto* pdu_bytes : {"4096", "16384", "131072"}) {
    Objects objects;
    const auto outgoing = some_objects(objects);
    const auto received = objects.folder() / "received";
    std::filesystem::create_directory(received);
    const auto port = free_port();
    const ChildProcess server(on_loopback(
        {"storescp", "-q", "--bit-preserving", "-pdu", pdu_bytes, "-od", received.string(), std::to_string(port)}));
    const auto peer = peer_on(port, "STORESCP");
    REQUIRE(answers(peer));
    const auto begin = steady_now();
    const auto results = DicomClient().send(peer, outgoing, {});
    std::cout << "storescp, PDU " << pdu_bytes << ": 3.3 MB in " << (steady_now() - begin).count() << " ms\n";
    for (const auto& result : results) CHECK(result.value().status == 0);
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(received)) {
      const auto bytes = content(entry);
      for (const auto& object : outgoing) {
        if (entry.path().filename().string().find(object.sop_instance_uid) == std::string::npos) continue;
        const auto size = object.sop_instance_uid.back() == '1'   ? 100u
                          : object.sop_instance_uid.back() == '2' ? 3'000'000u
                                                                  : 65'536u * 4;
        CHECK(bytes.ends_with(Objects::data_set(object, size)));
        ++found;
      }
    }
    CHECK(found == 3);
  }
}

TEST_CASE("storescp that aborts, delays or dies gives the error that says so") {
  if (!installed("storescp")) return;
  Objects objects;
  const auto outgoing = some_objects(objects);
  const auto run = [&](std::vector<std::string> options, DicomClientOptions client) {
    const auto port = free_port();
    options.insert(options.begin(), {"storescp", "-q", "-od", objects.folder().string()});
    options.push_back(std::to_string(port));
    const ChildProcess server(on_loopback(options));
    std::this_thread::sleep_for(500ms);
    return DicomClient(client).send(peer_on(port, "STORESCP"), outgoing, {});
  };
  CHECK(run({"--abort-during"}, {})[0].error().code == Errc::unavailable);
  CHECK(run({"--abort-after"}, {})[0].error().code == Errc::unavailable);
  CHECK(run({"--refuse"}, {})[0].error().code == Errc::unavailable);
  DicomClientOptions hurried;
  hurried.response_deadline = 500ms;
  CHECK(run({"--sleep-during", "3"}, hurried)[0].error().code == Errc::timeout);
}

TEST_CASE("dcmqrscp stores and counts") {
  if (!installed("dcmqrscp")) return;
  Objects objects;
  const auto port = free_port();
  const auto storage = objects.folder() / "storage", config = objects.folder() / "dcmqrscp.cfg";
  std::filesystem::create_directory(storage);
  std::ofstream(config) << "NetworkTCPPort = " << port << "\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
                        << "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
                        << "AETable BEGIN\nQRPACS " << storage.string() << " RW (200, 1024mb) ANY\nAETable END\n";
  const ChildProcess server(on_loopback({"dcmqrscp", "-q", "-c", config.string()}));
  const auto peer = peer_on(port, "QRPACS");
  REQUIRE(answers(peer));
  CHECK(DicomClient().count_instances(peer, "1.2.3.40", {}).value() == std::nullopt);
  for (const auto& result : DicomClient().send(peer, some_objects(objects), {})) CHECK(result.value().status == 0);
  // dcmqrscp knows no Number of Study Related Instances: it may leave it out or empty, but not lie.
  const auto count = DicomClient().count_instances(peer, "1.2.3.40", {});
  REQUIRE(count.has_value());
  CHECK((!count->has_value() || *count == 3));
  const auto stranger = DicomClient().echo(peer_on(port, "NOBODY"), {});
  CHECK(stranger.error().code == Errc::unavailable);
}

TEST_CASE("Orthanc stores, counts, and takes the same object again") {
  if (!installed("Orthanc")) return;
  Objects objects;
  const auto port = free_port();
  const auto pacs = (objects.folder() / "orthanc").string();
  ChildProcess up({INFERAD_SUPPORT "/pacs-up", pacs, "--dicom-port", std::to_string(port), "--http-port",
                   std::to_string(free_port())});
  REQUIRE(up.wait() == 0);
  const auto peer = peer_on(port, "TESTPACS");
  CHECK(DicomClient().echo(peer, {}).has_value());
  CHECK(DicomClient().count_instances(peer, "1.2.3.40", {}).value() == std::nullopt);
  const auto outgoing = some_objects(objects);
  for (int round = 0; round < 2; ++round) {
    const auto begin = steady_now();
    for (const auto& result : DicomClient().send(peer, outgoing, {})) CHECK(result.value().status == 0);
    std::cout << "Orthanc: 3 objects in " << (steady_now() - begin).count() << " ms\n";
    CHECK(DicomClient().count_instances(peer, "1.2.3.40", {}).value() == 3);
  }
  ChildProcess down({INFERAD_SUPPORT "/pacs-down", pacs});
  CHECK(down.wait() == 0);
}
