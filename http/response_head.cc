#include "http/response_head.h"

#include <chrono>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include "http/json_writer.h"

namespace twofold::http {

std::string_view reason_phrase(int status) {
  const auto phrase = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return {phrase.data(), phrase.size()};
}

void append_response_head(std::string& out, const Reply& reply, const HeadOptions& options) {
  if (reply.status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
  } else if (reply.status == 507) {
    out.append("HTTP/1.1 507 Insufficient Storage\r\n");
  } else {
    out.append("HTTP/1.1 ");
    append_number(out, reply.status);
    out.append(" ").append(reason_phrase(reply.status)).append("\r\n");
  }
  out.append(options.date_line);
  if (reply.status != 101 && reply.status != 204 && reply.status != 304) {
    out.append("Content-Type: ").append(reply.content_type);
    out.append("\r\n");
    if (options.length == Length::chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (options.length == Length::known) {
      out.append("Content-Length: ");
      append_number(out, options.body_bytes);
      out.append("\r\n");
    }
  }
  out.append("Twofold-Request-Id: ").append(options.request_id).append("\r\n");
  out.append(reply.fields);
  if (options.close) {
    out.append("Connection: close\r\n");
  } else if (options.keep_alive_line) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

std::string date_line(engine::WallTime time) {
  using namespace std::chrono;
  static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_time<milliseconds> moment{milliseconds{time.value()}};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(moment - day)};
  return fmt::format("Date: {}, {:02} {} {:04} {:02}:{:02}:{:02} GMT\r\n",
                     kDays[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace twofold::http
