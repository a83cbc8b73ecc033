// SPDX-License-Identifier: Apache-2.0
// Values of the header as inputs of a network: what they must make of balls of known size.
#include "tests/torch/archetypes.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

constexpr double kRadius = 22.3;                                    // mm
const double kVolume = 4.0 / 3 * M_PI * std::pow(kRadius / 10, 3);  // mL

findings::Image organ(double hu, double around) {
  auto image = turned_ct();
  const auto centre = at(image.geometry, 46.4, 43.7, 19.2);
  paint(
      image, [&](const Vec3& place) { return distance(place, centre) < kRadius ? hu : around; }, 0.1);
  return image;
}

findings::Image of_patient(std::string weight, std::string size, std::string age, std::string sex) {
  static const auto painted = organ(50, -100);
  auto image = painted;
  image.header = {{"PatientWeight", {std::move(weight)}},
                  {"PatientSize", {std::move(size)}},
                  {"PatientAge", {std::move(age)}},
                  {"PatientSex", {std::move(sex)}}};
  return image;
}

findings::CodedConcept refusal(const findings::Image& image) {
  const auto report = run("ct-organ-index", image);
  CHECK(report.outcome == findings::Outcome::not_analysed);
  CHECK(report.items.empty());
  CHECK(report.header_values.empty());
  return report.reason;
}

}  // namespace

// Body surfaces by Mosteller's formula, as tables of it print them (m2).
TEST_CASE("a network gets weight, size, age and sex in the units that it asked for") {
  const auto man = run("ct-organ-index", of_patient("70", "1.70", "060Y", "M"));
  CHECK(measured(man, "index", "index") == Approx(kVolume / 1.82).epsilon(0.01));
  CHECK(measured(man, "of-expected", "of-expected") == Approx(100 * kVolume / 32.4).epsilon(0.01));  // 36 mL - 10 %
  REQUIRE(man.header_values.size() == 4);
  CHECK(man.header_values[1].value == Approx(170));
  CHECK(man.header_values[1].unit == "cm");
  CHECK(man.header_values[2].given == Approx(2));
  CHECK(man.header_values[3].word == "M");
  CHECK(man.remarks.empty());

  const auto woman = run("ct-organ-index", of_patient("52.5", "1.58", "480M", "F"));
  CHECK(measured(woman, "index", "index") == Approx(kVolume / 1.52).epsilon(0.01));
  CHECK(measured(woman, "of-expected", "of-expected") == Approx(100 * kVolume / 30).epsilon(0.01));
  CHECK(woman.items.back().presence == findings::Presence::present);
}

TEST_CASE("a value that is not stated is told, and taken from the pipeline only where it says so") {
  auto image = of_patient("70", "1.70", "060Y", "M");
  image.header.erase("PatientSize");
  const auto assumed = run("ct-organ-index", image);
  CHECK(measured(assumed, "index", "index") == Approx(kVolume / 1.82).epsilon(0.01));
  CHECK(assumed.header_values.at(1).fallback);
  CHECK(assumed.remarks == std::vector<std::string>{"The images do not state PatientSize: 170 cm was assumed."});
  CHECK(refusal(of_patient("0", "1.70", "060Y", "M")).value == "HEADER_MISSING");
  CHECK(refusal(of_patient("70", "1.70", "", "M")).value == "HEADER_MISSING");
}

TEST_CASE("a value that is stated is never replaced: outside the range or unknown it ends the analysis") {
  CHECK(refusal(of_patient("70", "1.70", "012Y", "M")).value == "HEADER_RANGE");
  CHECK(refusal(of_patient("7000", "1.70", "060Y", "M")).value == "HEADER_RANGE");
  CHECK(refusal(of_patient("70", "1.70", "060Y", "O")).value == "HEADER_WORD");
  auto image = of_patient("70", "1.70", "060Y", "M");
  image.header["PatientWeight"].differs = true;
  CHECK(refusal(image).value == "HEADER_DIFFERS");
}

TEST_CASE("every window of a sliding window gets the values") {
  auto image = organ(140, 120);  // 130 between them, at 120 kV the threshold; at 100 kV it is 147
  image.header["KVP"].text = "120";
  CHECK(measured(run("ct-calcium", image), "calcium", "Volume") == Approx(kVolume).epsilon(0.05));
  image.header["KVP"].text = "100.0";
  const auto low = run("ct-calcium", image);
  CHECK(low.outcome == findings::Outcome::analysed);
  CHECK(low.segments.empty());
}
