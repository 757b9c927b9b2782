#pragma once

#include <span>
#include <string_view>

#include "http/call.h"
#include "http/pages/embedded.h"

namespace twofold::http::pages {

/// The pages in the browser, served from the program itself under /ui/ (GET and HEAD), and the way
/// there: "/" and "/ui" redirect a browser (Accept: text/html).
///
/// Every answer has a strong ETag and `Cache-Control: no-cache`: a browser keeps the file and asks
/// whether it is still the one (304). What a page may do is said by Content-Security-Policy: files,
/// scripts, styles and connections of this server only, nothing inline, no frame around it.
/// Pages take any query parameter; what they mean is the pages' own business.
/// Errors    a file that does not exist is a problem document, 404; another method 405.

/// The route of a request for a page; null when it is none. `path_exists`: REST has this path.
/// Asked before other dialects are: forms posted to unknown paths are theirs.
const Route* recognise(Call& call, bool path_exists);

/// For metrics: one for everything here.
std::span<const Route> routes();

/// Whether the value of If-None-Match names this ETag, or anything ("*"). Weak ones count: RFC
/// 9110, 13.1.2.
bool names_etag(std::string_view if_none_match, std::string_view etag);

/// Whether the value of Accept-Encoding lets an answer be compressed with gzip.
bool takes_gzip(std::string_view accept_encoding);

}  // namespace twofold::http::pages
