#include "http/json_writer.h"

#include "http/base64.h"
#include "http/utf8.h"

namespace twofold::http {
namespace {

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    default: break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kHex[c >> 4]);
  out.push_back(kHex[c & 15]);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t from = 0;
  std::size_t i = 0;
  for (;;) {
    i += plain_prefix(text.substr(i));
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      ++i;  // UTF-8 goes out as it is
      continue;
    }
    out.append(text.substr(from, i - from));
    append_escape(out, c);
    from = ++i;
  }
  out.append(text.substr(from));
  out.push_back('"');
}

void append_json_base64(std::string& out, std::string_view bytes) {
  out.push_back('"');
  append_base64(out, bytes);
  out.push_back('"');
}

}  // namespace twofold::http
