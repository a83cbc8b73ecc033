// SPDX-License-Identifier: Apache-2.0
#include "server/flow/addressing.h"

#include <catch2/catch.hpp>

using namespace inferad;
using namespace inferad::flow;
using enum ResultKind;

namespace {

StoredResult result(ResultKind kind, const std::string& uid, std::optional<ResultKind> beside = {}) {
  return {kind,
          {std::string(to_string(kind)), uid + ".dcm", std::string(facts_of(kind).sop_class_uid), uid, "1.2"},
          beside};
}

// "kind uid [fallback uids]" of each delivery to `peer`.
std::vector<std::string> lines(const std::vector<store::NewDelivery>& deliveries, const std::string& peer) {
  std::vector<std::string> out;
  for (const auto& each : deliveries) {
    if (each.destination != peer) continue;
    auto& line = out.emplace_back(each.kind + " " + each.sop_instance_uid);
    for (const auto& fallback : each.fallbacks) line += " " + fallback.sop_instance_uid;
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what any destination may need is written, alternatives too, and SEG and SR when there is none") {
  CHECK(kinds_wanted({}) == std::vector{seg, sr});
  const std::vector<config::ResultDestination> two{{"a", {{sr, sr_comprehensive}, {seg_labelmap, seg}}},
                                                   {"b", {{sc}, {sr}}}};
  CHECK(kinds_wanted(two) == std::vector{seg, seg_labelmap, sc, sr, sr_comprehensive});
}

TEST_CASE("one delivery a destination and wish, and what refers to others goes after them") {
  const std::vector<config::ResultDestination> two{{"a", {{sr, sr_comprehensive}, {pr}, {seg}, {kos}}},
                                                   {"b", {{sc}, {sr_comprehensive}}}};
  const auto deliveries = addressed(
      two, std::vector{result(seg, "1"), result(sr, "2", seg), result(sr_comprehensive, "3", seg), result(kos, "4")});
  CHECK(lines(deliveries, "a") == Lines{"SEG 1", "SR 2 3", "KOS 4"});
  CHECK(lines(deliveries, "b") == Lines{"SR_COMPREHENSIVE 3"});
}

TEST_CASE("every object of a kind is sent") {
  const std::vector<config::ResultDestination> one{{"a", {{derived, sc}}}};
  const auto deliveries = addressed(one, std::vector{result(derived, "1"), result(derived, "2"), result(sc, "3")});
  CHECK(lines(deliveries, "a") == Lines{"DERIVED 1 3", "DERIVED 2"});
}

TEST_CASE("what failed its check is parked with the reason and holds nothing, unless an alternative goes") {
  const std::vector<config::ResultDestination> two{{"a", {{seg}, {sr}}}, {"b", {{seg, sc}}}};
  const auto deliveries =
      addressed(two, std::vector{StoredResult{seg, {}, {}, "SEG check: x"}, result(sc, "1"), result(sr, "2")});
  CHECK(lines(deliveries, "a") == Lines{"SR 2", "SEG "});
  CHECK(deliveries[1].parked_because == "SEG check: x");
  CHECK(lines(deliveries, "b") == Lines{"SC 1"});
}

TEST_CASE("a report goes beside the segmentation that the destination takes") {
  const std::vector results{result(seg, "1"),
                            result(seg_labelmap, "2"),
                            result(sr, "3", seg),
                            result(sr, "4", seg_labelmap),
                            result(sr_comprehensive, "5", seg),
                            result(sr_comprehensive, "6", seg_labelmap)};
  const std::vector<config::ResultDestination> destinations{{"viewer", {{seg_labelmap, seg}, {sr, sr_comprehensive}}},
                                                            {"both", {{seg}, {seg_labelmap}, {sr}}},
                                                            {"pacs", {{seg}, {sr}}},
                                                            {"archive", {{sr}}}};
  const auto deliveries = addressed(destinations, results);
  CHECK(lines(deliveries, "viewer") == Lines{"SEG_LABELMAP 2 1", "SR 4 3 6 5"});
  CHECK(deliveries[1].beside_class_uid == facts_of(seg_labelmap).sop_class_uid);
  CHECK(deliveries[1].fallbacks[0].beside_class_uid == facts_of(seg).sop_class_uid);
  CHECK(lines(deliveries, "both") == Lines{"SEG 1", "SEG_LABELMAP 2", "SR 3 4"});
  CHECK(lines(deliveries, "pacs") == Lines{"SEG 1", "SR 3"});
  CHECK(lines(deliveries, "archive") == Lines{"SR 3"});
  CHECK(deliveries.back().beside_class_uid.empty());
}

TEST_CASE("a segmentation goes in the encodings that the destination prefers, then without, and its report stays") {
  const auto encoded = [](ResultKind kind, ResultEncoding encoding) {
    auto made = result(kind, std::string(to_string(encoding)));
    made.object.transfer_syntax_uid = facts_of(encoding).transfer_syntax_uid;
    return made;
  };
  const std::vector results{result(seg_labelmap, "1"),
                            encoded(seg_labelmap, ResultEncoding::rle),
                            encoded(seg_labelmap, ResultEncoding::deflated),
                            result(seg, "2"),
                            encoded(seg, ResultEncoding::deflated),
                            result(sr, "3", seg_labelmap),
                            result(sr, "4", seg)};
  const std::vector<config::ResultDestination> destinations{
      {"viewer", {{seg_labelmap, seg}, {sr}}, {ResultEncoding::deflated, ResultEncoding::rle}},
      {"archive", {{seg_labelmap}, {sr}}, {ResultEncoding::rle}},
      {"pacs", {{seg}, {sr}}}};
  CHECK(encodings_wanted(destinations) == std::vector{ResultEncoding::rle, ResultEncoding::deflated});
  CHECK(encodings_wanted(std::span(destinations).last(1)).empty());
  const auto deliveries = addressed(destinations, results);
  CHECK(lines(deliveries, "viewer") == Lines{"SEG_LABELMAP DEFLATED RLE 1 DEFLATED 2", "SR 3 4"});
  CHECK(deliveries[0].transfer_syntax_uid == "1.2.840.10008.1.2.1.99");
  CHECK(lines(deliveries, "archive") == Lines{"SEG_LABELMAP RLE 1", "SR 3"});
  CHECK(lines(deliveries, "pacs") == Lines{"SEG 2", "SR 4"});
}
