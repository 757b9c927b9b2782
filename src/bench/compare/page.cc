#include "src/bench/compare/page.h"

#include <algorithm>

#include <fmt/format.h>

#include "src/bench/compare/figures.h"

namespace twofold::bench::compare {
namespace {

constexpr std::string_view kTitle = "The same records as a queue and as a log";
constexpr std::size_t kLetters = 140;  // of one line of small text in the picture
constexpr double kMargin = 24;

std::vector<std::string> facts_of(const Comparison& comparison) {
  return {"twofold bench compare: " + plan_text(comparison.plan),
          comparison.plan.rate ? "Both models read at once while the records came in."
                               : "Everything was published first; then one model read after the "
                                 "other, each from the beginning.",
          comparison.broker + " on " + comparison.machine, device_text(comparison),
          definition_text()};
}

std::string style_of_page() {
  return style_text() + R"(
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; }
main { max-width: 960px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 22px; line-height: 1.25; } h2 { font-size: 16px; margin: 32px 0 4px; }
.lead { font-size: 17px; } .facts, figcaption { font-size: 13px; color: var(--ink-2); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; } .q { color: var(--queue); } .l { color: var(--log); }
figure { margin: 0; overflow-x: auto; } svg { width: 100%; min-width: 640px; height: auto; display: block; }
)";
}

std::string svg_open(double width, double height) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" role=\"img\">\n",
      width, height);
}

std::string figure_html(const Figure& figure) {
  std::string open = svg_open(kFigureWidth, figure.height);
  return fmt::format("<h2>{}</h2>\n<figure>\n{}{}</svg>\n<figcaption>{}</figcaption>\n</figure>\n",
                     escaped(figure.title), open, figure.drawing.str(), escaped(figure.caption));
}

// Words that go to the next line rather than over the edge.
std::vector<std::string> wrapped(const std::string& text, std::size_t letters) {
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > letters) {
      lines.emplace_back();
    }
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
    at = end + 1;
  }
  return lines;
}

// The picture grows downwards.
class Picture {
 public:
  void paragraph(const std::string& text, std::string_view look, std::size_t letters, double step) {
    for (const std::string& line : wrapped(text, letters)) {
      y_ += step;
      drawing_.text(0, y_, look, line);
    }
  }
  void space(double height) { y_ += height; }
  void row(const Row& row, std::string_view look) {
    y_ += 20;
    drawing_.text(0, y_, look, row.what)
        .text(240, y_, look, row.queue)
        .text(580, y_, look, row.log);
    drawing_.line(0, y_ + 6, kFigureWidth, y_ + 6);
  }
  void figure(const Figure& figure) {
    paragraph(figure.title, "head", kLetters, 20);
    space(10);
    drawing_.inset(y_, figure.drawing);
    y_ += figure.height;
    paragraph(figure.caption, "small", kLetters, 16);
  }
  double height() const { return y_; }
  const Drawing& drawing() const { return drawing_; }

 private:
  Drawing drawing_;
  double y_ = 0;
};

}  // namespace

std::string html_page(const Comparison& comparison) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n<style>{1}</style>\n"
      "</head>\n<body>\n<main>\n<h1>{0}</h1>\n",
      escaped(kTitle), style_of_page());
  page +=
      "<svg width=\"0\" height=\"0\" style=\"position:absolute;width:0;min-width:0\" "
      "aria-hidden=\"true\">" +
      definitions_text() + "</svg>\n";
  for (const std::string& sentence : sentences_of(comparison)) {
    page += fmt::format("<p class=\"lead\">{}</p>\n", escaped(sentence));
  }
  page +=
      "<table>\n<thead><tr><th></th><th class=\"q\">As a queue</th><th class=\"l\">As a "
      "log</th></tr></thead>\n<tbody>\n";
  for (const Row& row : rows_of(comparison)) {
    page += fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td></tr>\n", escaped(row.what),
                        escaped(row.queue), escaped(row.log));
  }
  page += "</tbody>\n</table>\n";
  page += figure_html(timeline_figure(comparison)) + figure_html(histogram_figure(comparison));
  page += "<h2>How it was measured</h2>\n<div class=\"facts\">\n";
  for (const std::string& fact : facts_of(comparison)) {
    page += fmt::format("<p>{}</p>\n", escaped(fact));
  }
  return page + "</div>\n</main>\n</body>\n</html>\n";
}

std::string svg_page(const Comparison& comparison) {
  Picture picture;
  picture.paragraph(std::string(kTitle), "title", kLetters, 24);
  picture.space(6);
  for (const std::string& sentence : sentences_of(comparison)) {
    picture.paragraph(sentence, "words", 130, 20);
  }
  picture.space(10);
  picture.row(Row{"", "As a queue", "As a log"}, "head");
  for (const Row& row : rows_of(comparison)) picture.row(row, "words");
  picture.space(20);
  picture.figure(timeline_figure(comparison));
  picture.space(20);
  picture.figure(histogram_figure(comparison));
  picture.space(20);
  picture.paragraph("How it was measured", "head", kLetters, 20);
  for (const std::string& fact : facts_of(comparison)) {
    picture.paragraph(fact, "small", kLetters, 17);
  }
  const double width = kFigureWidth + 2 * kMargin;
  const double height = picture.height() + 2 * kMargin;
  return fmt::format(
      "{7}<title>{2}</title>\n<style>{3}</style>\n{4}<rect "
      "width=\"{0:.0f}\" height=\"{1:.0f}\" class=\"paper\"/>\n<g transform=\"translate({5:.0f} "
      "{5:.0f})\">\n{6}</g>\n</svg>\n",
      width, height, escaped(kTitle), style_text(), definitions_text(), kMargin,
      picture.drawing().str(), svg_open(width, height));
}

}  // namespace twofold::bench::compare
