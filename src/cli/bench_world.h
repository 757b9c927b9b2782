#pragma once

#include <memory>
#include <optional>
#include <string>

#include "src/bench/bench.h"
#include "src/bench/report.h"
#include "src/bench/sqs_signer.h"
#include "src/cli/http_client.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// What `bench` and `bench compare` share: the broker as the workloads see it.

/// `client` is the connection for setting up and cleaning up; it and the session outlive the world.
bench::World bench_world(Session& session, HttpClient& client);

/// Has the sockets of the workloads speak TLS, too, when the broker's URL says https.
Tried<> speak_tls(const Session& session, bench::World& world);

/// Signed when the target has a key.
HttpRequest bench_sqs_request(const bench::Target& target, const std::string& action,
                              const std::string& parameters);

/// The key that AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (or AWS_DEFAULT_REGION) name,
/// as they do for every client of SQS; null when there is none. Refuses half a key.
Tried<std::shared_ptr<const bench::SqsKey>> bench_sqs_key();

/// The sync latency of the directory that --sync-dir names; nothing, after a warning, when it could
/// not be measured.
std::optional<bench::Device> bench_device(const Args& args, const Terminal& terminal);

}  // namespace twofold::cli
