// What any stranger can send before anybody knows who it is.
#include <boost/json.hpp>

#include "engine/base/check.h"
#include "http/base64.h"
#include "http/chunked_body.h"
#include "http/head_check.h"
#include "http/json_reader.h"
#include "http/target.h"
#include "http/utf8.h"
#include "tests/fuzz/target.h"

namespace twofold::fuzz {
namespace {

using namespace http;

bool has_controls(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return true;
  }
  return false;
}

// A head that was accepted says the same when it is written down again.
void head(std::string_view bytes) {
  Head first;
  if (check_head(bytes, first)) return;
  TF_CHECK(!first.method.empty());
  TF_CHECK(first.target.starts_with('/') || first.target == "*");
  TF_CHECK(!has_controls(first.target));
  TF_CHECK(first.fields.size() <= kFieldsMax);
  TF_CHECK(!(first.chunked && first.content_length));
  std::string again = std::string(first.method) + ' ' + std::string(first.target) + " HTTP/1." +
                      std::to_string(first.version_minor) + "\r\n";
  for (const Field& field : first.fields) {
    TF_CHECK(!field.name.empty());
    TF_CHECK(!has_controls(field.value));
    again.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  again += "\r\n";
  if (again.size() > kHeadBytesMax) return;
  Head second;
  TF_CHECK(!check_head(again, second));
  TF_CHECK(second.host == first.host);
  TF_CHECK(second.content_length == first.content_length);
  TF_CHECK(second.chunked == first.chunked);
  TF_CHECK(second.keep_alive == first.keep_alive);
}

std::vector<std::string> heads() {
  return {
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "POST /v1/topics/orders/records?durability=os HTTP/1.1\r\nHost: a:8080\r\nContent-Length: "
      "12\r\n"
      "Content-Type: application/json\r\nIdempotency-Key: k\r\nConnection: close\r\n\r\n",
      "PUT /v1/queues/q HTTP/1.1\r\nhost: [::1]:80\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\n"
      "Origin: http://localhost\r\n\r\n",
      "OPTIONS * HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
  };
}

// Bytes that come in two portions are the same body as in one.
void chunked(std::string_view bytes) {
  constexpr std::uint64_t kMax = 1 << 20;
  std::string_view whole = bytes;
  std::string at_once;
  ChunkedBody one(kMax);
  const auto state = one.feed(whole, at_once);
  TF_CHECK(at_once.size() <= bytes.size());
  std::string in_two;
  ChunkedBody two(kMax);
  std::string_view front = bytes.substr(0, bytes.size() / 2);
  std::string_view back = bytes.substr(bytes.size() / 2);
  auto portions = two.feed(front, in_two);
  if (portions == ChunkedBody::State::more) portions = two.feed(back, in_two);
  TF_CHECK(portions == state);
  if (state == ChunkedBody::State::done) TF_CHECK(in_two == at_once);
}

std::vector<std::string> chunked_bodies() {
  return {"5\r\nhello\r\n0\r\n\r\n", "1\r\na\r\n00000002\r\nbc\r\n0\r\n\r\nGET /", "ffffffff\r\n"};
}

void target(std::string_view bytes) {
  if (bytes.find_first_of(std::string_view(" \t\r\n\0", 5)) != std::string_view::npos) return;
  if (!bytes.starts_with('/')) return;
  http::Target parsed;
  if (!parsed.parse(bytes)) return;
  for (const auto segment : parsed.segments()) {
    TF_CHECK(segment != "." && segment != "..");
    TF_CHECK(segment.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos);
    TF_CHECK(is_utf8(segment));
  }
  for (const auto& item : parsed.query()) TF_CHECK(is_utf8(item.name));
}

std::vector<std::string> request_targets() {
  return {"/v1/topics/orders/records?from=earliest&limit=10",
          "/v1/queues/a%20b/messages?filter=a+%3D+1", "/",
          "/?Action=SendMessage&MessageBody=%E2%82%AC"};
}

// Ours and Boost.JSON's agree on what JSON is, numbers beyond a double apart.
void json(std::string_view bytes) {
  boost::json::parse_options options;
  options.max_depth = JsonReader::kDepthMax;
  boost::json::error_code error;
  boost::json::monotonic_resource memory;
  boost::json::parse({bytes.data(), bytes.size()}, error, &memory, options);
  const bool ours = is_json(bytes);
  if (error == boost::json::error::exponent_overflow) return;
  TF_CHECK(ours == !error);
  TextStore keep;
  JsonReader reader(bytes, keep);
  const std::string_view slice = reader.slice();
  if (ours) TF_CHECK(is_json(slice));
}

std::vector<std::string> json_texts() {
  return {
      R"({"a":[1,-0.5e+3,true,false,null,"\u00e9\ud83d\ude00\n"],"b":{"c":{}}})", "[]", " 7 ",
      R"("x")",
      R"({"records":[{"key":"k","value":{"deep":[[[[1]]]]},"headers":{"h":{"base64":"AAEC"}}}]})"};
}

void base64(std::string_view bytes) {
  const auto decoded = decode_base64(bytes);
  std::string encoded;
  append_base64(encoded, decoded ? *decoded : std::string(bytes));
  const auto again = decode_base64(encoded);
  TF_CHECK(again && *again == (decoded ? *decoded : bytes));
}

std::vector<std::string> base64_texts() { return {"AAECAw==", "aGVsbG8", ""}; }

constexpr fuzz::Target kTargets[] = {
    {"http_head",    head,    heads          },
    {"http_chunked", chunked, chunked_bodies },
    {"http_target",  target,  request_targets},
    {"json",         json,    json_texts     },
    {"base64",       base64,  base64_texts   },
};

}  // namespace

std::span<const Target> http_targets() { return kTargets; }

}  // namespace twofold::fuzz
