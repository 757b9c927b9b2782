#pragma once

#include <span>
#include <string_view>

namespace twofold::http::pages {

/// One file of web/ as it is inside the program. Everything is static: views last for ever.
struct EmbeddedFile {
  std::string_view path;  ///< below web/: "kitchen/rail.js"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;  ///< the same, compressed; empty where that saves nothing
  std::string_view etag;  ///< quoted, strong; made from a digest of the bytes
  std::string_view etag_gzip;
};

/// Every file of web/ that browsers ask for, ordered by path. Made when the program is built
/// (cmake/EmbedPages.cmake).
std::span<const EmbeddedFile> embedded_files();

}  // namespace twofold::http::pages
