#pragma once

#include <optional>
#include <string>

#include "src/bench/bench.h"
#include "src/bench/report.h"
#include "src/cli/http_client.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// What `bench` and `bench compare` share: the broker as the workloads see it.

/// `client` is the connection for setting up and cleaning up; it and the session outlive the world.
bench::World bench_world(Session& session, HttpClient& client);

/// Has the sockets of the workloads speak TLS, too, when the broker's URL says https.
Tried<> speak_tls(const Session& session, bench::World& world);

HttpRequest bench_sqs_request(const std::string& action, const std::string& parameters);

/// The sync latency of the directory that --sync-dir names; nothing, after a warning, when it could
/// not be measured.
std::optional<bench::Device> bench_device(const Args& args, const Terminal& terminal);

}  // namespace twofold::cli
