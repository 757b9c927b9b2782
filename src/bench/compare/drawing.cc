#include "src/bench/compare/drawing.h"

#include <fmt/format.h>

namespace twofold::bench::compare {

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\'': safe += "&#39;"; break;
      default: safe.push_back(c);
    }
  }
  return safe;
}

Drawing& Drawing::text(double x, double y, std::string_view look, std::string_view words) {
  content_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, look,
                          escaped(words));
  return *this;
}

Drawing& Drawing::text_to(double x, double y, std::string_view look, std::string_view words) {
  content_ +=
      fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\" text-anchor=\"end\">{}</text>\n", x,
                  y, look, escaped(words));
  return *this;
}

Drawing& Drawing::box(double x, double y, double width, double height, std::string_view look,
                      std::string_view tip) {
  content_ +=
      fmt::format("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\" class=\"{}\"",
                  x, y, width, height, look);
  content_ +=
      tip.empty() ? std::string("/>\n") : fmt::format("><title>{}</title></rect>\n", escaped(tip));
  return *this;
}

Drawing& Drawing::line(double x1, double y1, double x2, double y2) {
  content_ += fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"rule\"/>\n", x1, y1,
      x2, y2);
  return *this;
}

Drawing& Drawing::inset(double y, const Drawing& other) {
  content_ += fmt::format("<g transform=\"translate(0 {:.1f})\">\n{}</g>\n", y, other.content_);
  return *this;
}

std::string style_text() {
  return R"(
:root { color-scheme: light dark; --paper: #faf9f6; --line: #e5e1da; --ink: #1d1b19; --ink-2: #524d46;
  --queue: #9c430a; --queue-soft: #e3a576; --log: #1d57a3; --log-soft: #8fb3e6; --dead: #ad2018; }
@media (prefers-color-scheme: dark) { :root { --paper: #141311; --line: #302d29; --ink: #ece8e1;
  --ink-2: #b9b2a7; --queue: #f2a261; --queue-soft: #8a5a34; --log: #86b4f7; --log-soft: #3d5f92;
  --dead: #ff8f84; } }
svg text, body { font-family: Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; }
svg text { font-size: 13px; fill: var(--ink); }
svg .title { font-size: 20px; font-weight: 620; }
svg .head { font-size: 14px; font-weight: 600; }
svg .small { font-size: 11.5px; fill: var(--ink-2); }
svg .paper { fill: var(--paper); }
svg .rule { stroke: var(--line); }
svg .queue { fill: var(--queue); } svg .queue-later { fill: var(--queue-soft); }
svg .log { fill: var(--log); } svg .log-later { fill: var(--log-soft); }
svg .slow { stroke: var(--ink); stroke-width: 1.5; }
svg .again { stroke: var(--dead); stroke-width: 1.5; }
svg .dropped { fill: var(--dead); }
svg .idle { fill: url(#hatch); }
svg .hatch { stroke: var(--ink-2); stroke-width: 1; opacity: .45; }
)";
}

std::string definitions_text() {
  return "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
         "patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" "
         "class=\"hatch\"/></pattern></defs>\n";
}

}  // namespace twofold::bench::compare
