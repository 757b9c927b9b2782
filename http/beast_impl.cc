// The one place where Beast's own code is compiled (BOOST_BEAST_SEPARATE_COMPILATION); every other
// file sees declarations only.
#include <boost/beast/src.hpp>
