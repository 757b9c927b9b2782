#include "http/problem.h"

#include "http/json_writer.h"
#include "http/proto_writer.h"

namespace twofold::http {

Problem::Problem(const engine::Error& error)
    : kind(problem_kind(error.code)), detail(error.detail), hint(error.hint) {
  if (error.code == engine::Errc::offset_trimmed) oldest = error.number;
  actual_name = error.actual_name;
  actual = error.actual;
  // What the operating system said names files and calls: that is for the diag, not for clients.
  if (kind == ProblemKind::internal) detail = "The broker could not carry out the request.";
}

namespace {

void append_actual(JsonWriter& json, const Problem& problem) {
  json.name(problem.actual_name);
  if (problem.actual.empty()) {
    json.null();
  } else if (problem.actual.find_first_not_of("0123456789") == std::string::npos) {
    json.raw(problem.actual);
  } else {
    json.string(problem.actual);
  }
}

}  // namespace

void append_problem_json(std::string& out, const Problem& problem, std::string_view request_id) {
  const ProblemInfo& row = info(problem.kind);
  JsonWriter json(out);
  json.begin_object();
  json.name("type").string(std::string("/errors/").append(row.code));
  json.name("title").string(row.title);
  json.name("status").number(row.status);
  json.name("detail").string(problem.detail.empty() ? row.meaning : problem.detail);
  json.name("code").string(row.code);
  if (!problem.hint.empty()) json.name("hint").string(problem.hint);
  if (!problem.param.empty()) json.name("param").string(problem.param);
  if (problem.index) json.name("index").number(*problem.index);
  if (problem.at) json.name("at").number(*problem.at);
  if (problem.oldest) json.name("oldest").number(*problem.oldest);
  if (problem.gap) {
    json.name("gap").begin_object().name("partition").number(problem.gap->partition);
    json.name("from").number(problem.gap->from).name("to").number(problem.gap->to).end_object();
  }
  if (!problem.cursor.empty()) json.name("cursor").string(problem.cursor);
  if (!problem.actual_name.empty()) append_actual(json, problem);
  json.name("request_id").string(request_id);
  json.name("retryable").boolean(retryable(problem.kind));
  json.end_object();
}

void append_problem_protobuf(std::string& out, const Problem& problem,
                             std::string_view request_id) {
  const ProblemInfo& row = info(problem.kind);
  ProtoWriter proto(out);
  proto.bytes(1, std::string("/errors/").append(row.code));
  proto.bytes(2, row.title);
  proto.number(3, static_cast<std::uint64_t>(row.status));
  proto.bytes(4, problem.detail.empty() ? row.meaning : problem.detail);
  proto.bytes(5, row.code);
  proto.bytes(6, problem.hint);
  proto.bytes(7, problem.param);
  if (problem.index) proto.present_number(8, *problem.index);
  proto.bytes(9, request_id);
  proto.number(10, retryable(problem.kind) ? 1 : 0);
  if (problem.at) proto.present_number(11, *problem.at);
  if (problem.oldest) proto.present_number(12, static_cast<std::uint64_t>(*problem.oldest));
  if (!problem.actual_name.empty()) {
    proto.bytes(13, problem.actual_name);
    proto.bytes(14, problem.actual);
  }
  if (problem.gap) {
    std::string nested;
    ProtoWriter gap(nested);
    gap.number(1, static_cast<std::uint64_t>(problem.gap->partition));
    gap.number(2, static_cast<std::uint64_t>(problem.gap->from));
    gap.number(3, static_cast<std::uint64_t>(problem.gap->to));
    proto.present_bytes(15, nested);
  }
  proto.bytes(16, problem.cursor);
}

}  // namespace twofold::http
