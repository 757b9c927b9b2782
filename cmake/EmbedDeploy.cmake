# Run at build time: cmake -DSOURCE_DIR=... -DOUTPUT=... -P EmbedDeploy.cmake
#
# Writes OUTPUT: the table of what `twofold generate` prints. Each line here is its name, the file, and what it is for.
set(table
    "alerts|deploy/alerts.yml|Rules for Prometheus: what to be woken up for"
    "compose|docker/compose.yaml|A compose file: the broker with a named volume, on loopback"
    "dogstatsd|deploy/dogstatsd.py|A script that tells an agent of DogStatsD what /metrics says"
    "grafana-logs|deploy/grafana-logs.json|A dashboard for Grafana: topics and groups"
    "grafana-overview|deploy/grafana-overview.json|A dashboard for Grafana: the broker as a whole"
    "grafana-queues|deploy/grafana-queues.json|A dashboard for Grafana: queues and what happens to their messages"
    "keda|deploy/keda.yaml|Workers that KEDA starts and stops by queue length and by lag"
    "kubernetes|deploy/kubernetes.yaml|A StatefulSet of one replica, its volume and its Service"
    "prometheus|deploy/prometheus.yml|A configuration of Prometheus that scrapes the broker"
    "servicemonitor|deploy/servicemonitor.yaml|Scraping where the Prometheus operator runs"
    "systemd|deploy/twofold.service|A unit for systemd"
    "sysusers|deploy/twofold.sysusers|The user of that unit")

set(rows "")
list(LENGTH table count)
foreach(line IN LISTS table)
  string(REPLACE "|" ";" parts "${line}")
  list(POP_FRONT parts name path help)
  file(READ ${SOURCE_DIR}/${path} text)
  # Outside of a checkout there is nothing to build the image from.
  string(REGEX REPLACE "    build:\n(      [^\n]*\n)+" "" text "${text}")
  string(APPEND rows "    {\"${name}\", \"${help}\", R\"deploy(${text})deploy\"},\n")
endforeach()

file(WRITE ${OUTPUT} "// Written by cmake/EmbedDeploy.cmake.
#include <array>

#include \"src/cli/generated.h\"

namespace twofold::cli {

std::span<const Generated> generated() {
  static constexpr std::array<Generated, ${count}> files = {{
${rows}  }};
  return files;
}

}  // namespace twofold::cli
")
