// The one place where the code of asio's TLS is compiled (BOOST_ASIO_SEPARATE_COMPILATION); it serves
// the command line. The broker has http/wire.h.
#include <boost/asio/ssl/impl/src.hpp>
