#pragma once

#include "http/rest/record_in.h"

namespace twofold::http {

/// Reads one twofold.v1.Record and adds it to the batch. Views into `message`. A refusal names the
/// record's index.
Try<> add_proto_record(std::string_view message, Scratch& scratch, const RecordRules& rules,
                       IncomingBatch& batch);
/// Reads the number of a twofold.v1.Durability.
Try<> set_proto_durability(std::uint64_t number, IncomingBatch& batch);

/// Reads a twofold.v1.PublishRequest or SendRequest straight from the wire, without message
/// objects: views into the body. Unknown fields are skipped, as Protobuf does.
Try<IncomingBatch> read_proto_batch(Call& call, Destination destination);
Try<log::Expectation> read_proto_expectation(std::string_view message);
Problem not_protobuf();

}  // namespace twofold::http
