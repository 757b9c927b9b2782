#pragma once

#include "http/rest/record_in.h"

namespace twofold::http {

/// CloudEvents 1.0 as records (https://github.com/cloudevents/spec, JSON format and HTTP binding).
///
/// Attributes become headers ce_<name>, the names that the Kafka binding uses; datacontenttype is
/// the record's content type, data its value, partitionkey (else subject) its key, time its
/// timestamp. An event without data is a record without a value.
/// Errors  invalid_request: an attribute that is missing, doubled or badly named (`param` says
/// which,
///         `index` in which event of a batch).

/// The body is one event, or an array of them, by call.media.
Try<IncomingBatch> read_cloud_events(Call& call, Destination destination);

/// Binary mode: attributes are the request's fields ce-<name>, the body is the data.
bool is_binary_cloud_event(const Head& head);
Try<IncomingRecord> read_binary_cloud_event(Call& call, Destination destination);

}  // namespace twofold::http
