#pragma once

struct ssl_st;  // SSL

namespace twofold::http {

/// Has OpenSSL read from and write to a connected socket, which stays its owner's. Unlike OpenSSL's
/// own way, a client that is gone is an error and no SIGPIPE. False: out of memory.
bool attach_socket(ssl_st* ssl, int socket);

}  // namespace twofold::http
