# Everything comes from Debian 12 packages; scripts/deps.sh installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(Protobuf 3.21 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
find_program(ESBUILD esbuild REQUIRED)  # makes the pages of web/ shorter before they go into the program

# Asio and Beast are compiled once each (engine/base/asio_impl.cc, http/beast_impl.cc) instead of
# in every file that sees them. Every object of the program must agree on these definitions.
add_library(twofold_asio INTERFACE)
target_link_libraries(twofold_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(twofold_asio INTERFACE
                           BOOST_ASIO_SEPARATE_COMPILATION
                           BOOST_BEAST_SEPARATE_COMPILATION
                           BOOST_ASIO_NO_DEPRECATED)
