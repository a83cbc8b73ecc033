// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace inferad::simulation {
namespace {

// Okabe and Ito's colours, told apart with any colour vision.
constexpr std::array kColours{"#555555", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};
constexpr double kWidth = 760, kLeft = 70, kRight = 150, kTop = 46, kBottom = 46, kTailHeight = 420;
constexpr double kDecades = 4;  // of the share: 1 to 1 in 10,000

const char* colour(std::size_t rule) { return kColours.at(rule % kColours.size()); }

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

std::string frame(double height, const std::string& title, const std::string& inside) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"white\"/>\n"
      "<text x=\"{2:.0f}\" y=\"24\" font-size=\"15\">{3}</text>\n{4}</svg>\n",
      kWidth, height, kLeft, escaped(title), inside);
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, escaped(text));
}

std::string line(double x1, double y1, double x2, double y2, const char* stroke, double width) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{}\"/>\n", x1, y1, x2,
      y2, stroke, width);
}

// A step of 1, 2 or 5 times a power of ten that divides `most` into at most eight parts.
double step_of(double most) {
  const double power = std::pow(10, std::floor(std::log10(std::max(most, 1.0) / 8)));
  for (const double part : {1.0, 2.0, 5.0, 10.0}) {
    if (most / (part * power) <= 8) return part * power;
  }
  return 10 * power;
}

double x_at(double minutes, double most) { return kLeft + (kWidth - kLeft - kRight) * minutes / most; }

std::string x_axis(double most, double bottom) {
  std::string out;
  for (double at = 0; at <= most * 1.0001; at += step_of(most)) {
    out += line(x_at(at, most), kTop, x_at(at, most), bottom, "#dddddd", 1);
    out += text_at(x_at(at, most), bottom + 16, "middle", fmt::format("{:g}", at));
  }
  return out + text_at(x_at(most / 2, most), bottom + 34, "middle", "wait from arrival to start of reading, minutes");
}

std::string legend(const Outcome& outcome) {
  std::string out;
  for (std::size_t rule = 0; rule < outcome.rules.size(); ++rule) {
    const double y = kTop + 14 + 20 * static_cast<double>(rule);
    out += line(kWidth - kRight + 16, y - 4, kWidth - kRight + 40, y - 4, colour(rule), 3);
    out += text_at(kWidth - kRight + 46, y, "start", outcome.rules[rule].name);
  }
  return out;
}

double longest(const Outcome& outcome, std::size_t group, double p) {
  double most = 1;
  for (const auto& by_group : outcome.waits) most = std::max(most, by_group[group].quantile(p));
  return most;
}

double maximum(const Waits& waits) { return static_cast<double>(waits.all.max()) / kMinute; }

// Mean, 90 %, 99 %, 99.9 % and longest of the waits of one group under one rule.
std::string waits_bar(const Waits& waits, double y, double most, const char* stroke) {
  const auto x = [&](double minutes) { return x_at(minutes, most); };
  std::string out = line(x(waits.mean()), y, x(waits.quantile(0.9)), y, stroke, 5);
  out += line(x(waits.quantile(0.9)), y, x(waits.quantile(0.99)), y, stroke, 2.5);
  out += line(x(waits.quantile(0.99)), y, x(waits.quantile(0.999)), y, stroke, 1);
  out += line(x(maximum(waits)), y - 4, x(maximum(waits)), y + 4, stroke, 1.5);
  return out + fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", x(waits.mean()), y, stroke);
}

}  // namespace

std::string tail_plot(const Outcome& outcome, std::size_t group) {
  const double bottom = kTailHeight - kBottom;
  const double most = longest(outcome, group, 0.9999);
  const auto y_at = [&](double share) { return kTop + (bottom - kTop) * -std::log10(share) / kDecades; };
  std::string inside = x_axis(most, bottom);
  for (int decade = 0; decade <= static_cast<int>(kDecades); ++decade) {
    const double share = std::pow(10, -decade);
    inside += line(kLeft, y_at(share), kWidth - kRight, y_at(share), "#dddddd", 1);
    inside += text_at(kLeft - 8, y_at(share) + 4, "end", fmt::format("{:g} %", 100 * share));
  }
  for (std::size_t rule = 0; rule < outcome.rules.size(); ++rule) {
    std::string points;
    for (double share = 1; share >= 0.99e-4; share *= 0.9) {
      const double wait = outcome.waits[rule][group].quantile(1 - share);
      points += fmt::format("{:.1f},{:.1f} ", x_at(wait, most), y_at(share));
    }
    inside +=
        fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", points, colour(rule));
  }
  return frame(kTailHeight, "Share that waits longer: " + outcome.groups[group].name, inside + legend(outcome));
}

std::string means_plot(const Outcome& outcome) {
  const double row = 12, gap = 24;
  const double block = row * static_cast<double>(outcome.rules.size()) + gap;
  const double bottom = kTop + block * static_cast<double>(outcome.groups.size());
  double most = 1;
  for (const auto& by_group : outcome.waits)
    for (const auto& waits : by_group) most = std::max(most, maximum(waits));
  std::string inside = x_axis(most, bottom);
  for (std::size_t group = 0; group < outcome.groups.size(); ++group) {
    const double top = kTop + block * static_cast<double>(group);
    inside += text_at(kLeft + 4, top + 12, "start", outcome.groups[group].name);
    for (std::size_t rule = 0; rule < outcome.rules.size(); ++rule) {
      const double y = top + gap + row * static_cast<double>(rule);
      inside += waits_bar(outcome.waits[rule][group], y, most, colour(rule));
    }
  }
  return frame(bottom + kBottom, "Waits: dot = mean; ever thinner to p90, p99, p99.9; stroke = longest",
               inside + legend(outcome));
}

}  // namespace inferad::simulation
