#pragma once

#include <string>
#include <string_view>

namespace twofold::bench::compare {

/// `&`, `<`, `>` and quotes as XML and HTML want them.
std::string escaped(std::string_view text);

/// The inside of an SVG, written from top to bottom. Sizes are in user units (pixels at 100 %),
/// looks come from the classes of style_text().
class Drawing {
 public:
  Drawing& text(double x, double y, std::string_view look, std::string_view words);
  /// Ends at `x`.
  Drawing& text_to(double x, double y, std::string_view look, std::string_view words);
  /// A tip is what a browser shows for the pointer; may be empty.
  Drawing& box(double x, double y, double width, double height, std::string_view look,
               std::string_view tip = {});
  Drawing& line(double x1, double y1, double x2, double y2);
  /// Another drawing, moved down.
  Drawing& inset(double y, const Drawing& other);

  const std::string& str() const { return content_; }

 private:
  std::string content_;
};

/// The style sheet of both reports: light and dark as the reader's system is set.
std::string style_text();

/// What drawings refer to; once in a document.
std::string definitions_text();

}  // namespace twofold::bench::compare
