#pragma once

#include <string_view>

namespace twofold::http {

/// What the connection says of a request, beside the bytes of its head: fields that the session
/// adds behind those that came (Head::field). No client can send them, for the name of a field
/// never begins with a colon.
inline constexpr std::string_view kSchemeField = ":scheme";  ///< "https" over TLS; absent without
/// Of a client certificate that was verified: its subject as RFC 2253 writes it, "CN=orders,O=Ltd".
inline constexpr std::string_view kClientSubjectField = ":client-subject";
/// The common name of that subject; absent when it has none.
inline constexpr std::string_view kClientCommonNameField = ":client-common-name";
/// Each of its alternative names: "DNS:orders.example.org", "URI:spiffe://example.org/orders".
inline constexpr std::string_view kClientNameField = ":client-name";

}  // namespace twofold::http
