// The one place where Asio's own code is compiled (BOOST_ASIO_SEPARATE_COMPILATION); every other
// file sees declarations only. It belongs to engine because engine/base/task.h hands Asio out.
#include <boost/asio/impl/src.hpp>
