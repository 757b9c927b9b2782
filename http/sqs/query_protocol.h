#pragma once

#include "http/sqs/fault.h"
#include "http/sqs/form.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

/// Reads the parameters of a Query request. Lists and maps are flattened and numbered; a list of
/// one may come without its number. Errors: serialization. Views into the form and `scratch`.
Outcome<Request> read_form_request(const FormNode& form, Scratch& scratch);

}  // namespace twofold::http::sqs
