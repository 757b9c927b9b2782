#pragma once

#include <string>
#include <vector>

namespace twofold::http {

/// A request head that must be refused before anything of it is believed.
struct HostileHead {
  std::string name;
  std::string raw;
  int status;
};

namespace hostile {

inline std::string post(const std::string& fields) {
  return "POST /v1/topics/t/records HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}
inline std::string line(const std::string& request_line) {
  return request_line + "\r\nHost: localhost\r\n\r\n";
}

/// Encodings, hosts and targets.
inline std::vector<HostileHead> ends_and_places() {
  return {
      {"transfer encoding other than chunked", post("Transfer-Encoding: gzip\r\n"), 400},
      {"chunked in a list", post("Transfer-Encoding: gzip, chunked\r\n"), 400},
      {"chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n"), 400},
      {"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"identity encoding", post("Transfer-Encoding: identity\r\n"), 400},
      {"chunked with vertical tab", post("Transfer-Encoding: \x0b" "chunked\r\n"), 400},
      {"chunked and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
      {"chunked on HTTP/1.0",
       "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"folded field", post("X-A: b\r\n c\r\n"), 400},
      {"folded first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", 400},
      {"no fields at all", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", post("Host: other\r\n"), 400},
      {"namespace twice", post("Twofold-Namespace: a\r\nTwofold-Namespace: a\r\n"), 400},
      {"the same Host twice", post("Host: localhost\r\n"), 400},
      {"empty Host", "GET / HTTP/1.1\r\nHost: \r\n\r\n", 400},
      {"Host with user", "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"absolute target", line("GET http://localhost/ HTTP/1.1"), 400},
      {"authority target", line("CONNECT localhost:80 HTTP/1.1"), 400},
      {"star target with GET", line("GET * HTTP/1.1"), 400},
      {"target without slash", line("GET v1 HTTP/1.1"), 400},
      {"empty target", line("GET  HTTP/1.1"), 400},
      {"target with a space", line("GET /a b HTTP/1.1"), 400},
      {"target above ASCII", line("GET /\xc3\xa9 HTTP/1.1"), 400},
      {"target with DEL", line("GET /\x7f HTTP/1.1"), 400},
      {"target with a fragment", line("GET /a#b HTTP/1.1"), 400},
      {"target too long", line("GET /" + std::string(9'000, 'a') + " HTTP/1.1"), 414},
  };
}

/// Lengths, doubled fields and sizes.
inline std::vector<HostileHead> lengths_and_doubles() {
  return {
      {"length twice, equal", post("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
      {"length twice, different", post("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
      {"length as a list", post("Content-Length: 3, 3\r\n"), 400},
      {"length with a sign", post("Content-Length: +3\r\n"), 400},
      {"negative length", post("Content-Length: -3\r\n"), 400},
      {"length in hexadecimal", post("Content-Length: 0x3\r\n"), 400},
      {"length that overflows", post("Content-Length: 18446744073709551617\r\n"), 400},
      {"empty length", post("Content-Length:\r\n"), 400},
      {"length with a comma", post("Content-Length: 3,\r\n"), 400},
      {"two Authorizations", post("Authorization: a\r\nAuthorization: b\r\n"), 400},
      {"two X-Amz-Dates", post("X-Amz-Date: a\r\nX-Amz-Date: a\r\n"), 400},
      {"two X-Amz-Targets", post("X-Amz-Target: a\r\nx-amz-target: b\r\n"), 400},
      {"two Content-Types", post("Content-Type: a/b\r\nContent-Type: c/d\r\n"), 400},
      {"two Origins", post("Origin: http://a\r\nOrigin: http://b\r\n"), 400},
      {"two Idempotency-Keys", post("Idempotency-Key: a\r\nIdempotency-Key: b\r\n"), 400},
      {"announced trailer", post("Trailer: Authorization\r\n"), 400},
      {"unknown expectation", post("Expect: 200-ok\r\n"), 400},
      {"thousands of tiny fields",
       [] {
         std::string fields;
         for (int i = 0; i < 2'000; ++i) fields += "a:\r\n";
         return post(fields);
       }(),
       431},
      {"head too large", post("X: " + std::string(17'000, 'x') + "\r\n"), 431},
  };
}

/// What is no HTTP at all, to the byte.
inline std::vector<HostileHead> broken_syntax() {
  return {
      {"space before the colon", post("X-A : b\r\n"), 400},
      {"tab before the colon", post("Content-Length\t: 3\r\n"), 400},
      {"no colon", post("X-A\r\n"), 400},
      {"no name", post(": b\r\n"), 400},
      {"name above ASCII", post("X\xc3\xa9: b\r\n"), 400},
      {"bare LF between lines", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare LF before the end", "GET / HTTP/1.1\r\nHost: a\r\nX: b\n\r\n", 400},
      {"bare CR in a value", post("X-A: b\rc\r\n"), 400},
      {"NUL in a value", post(std::string("X-A: b\0c\r\n", 10)), 400},
      {"NUL in the target", line(std::string("GET /a\0b HTTP/1.1", 17)), 400},
      {"control character in a value", post("X-A: \x1b[31m\r\n"), 400},
      {"leading empty line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.2", line("GET / HTTP/1.2"), 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", 400},
      {"HTTP/0.9", line("GET /"), 400},
      {"lower-case version", line("GET / http/1.1"), 400},
      {"method with a bracket", line("G(T / HTTP/1.1"), 400},
      {"empty method", line(" / HTTP/1.1"), 400},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400},
  };
}

}  // namespace hostile

inline std::vector<HostileHead> hostile_heads() {
  std::vector<HostileHead> all = hostile::ends_and_places();
  for (const auto& more : {hostile::lengths_and_doubles(), hostile::broken_syntax()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace twofold::http
