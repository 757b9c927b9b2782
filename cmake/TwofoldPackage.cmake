# The Debian package: cpack -G DEB in the build directory, once the program is built (scripts/package.sh).
#
# It links the shared libraries of Debian 12, so that their security updates reach it; what it depends on is found by
# dpkg-shlibdeps in the program itself.
include(GNUInstallDirs)

# Packaging takes what is built; it does not build the tests first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)

install(FILES deploy/twofold.service DESTINATION lib/systemd/system COMPONENT twofold)
install(FILES deploy/twofold.sysusers DESTINATION lib/sysusers.d RENAME twofold.conf COMPONENT twofold)
# Every setting with its default, as a comment, and written by the program that it is for.
install(CODE "execute_process(COMMAND ${PROJECT_BINARY_DIR}/twofold config defaults
              OUTPUT_FILE ${PROJECT_BINARY_DIR}/twofold.toml COMMAND_ERROR_IS_FATAL ANY)" COMPONENT twofold)
install(FILES ${PROJECT_BINARY_DIR}/twofold.toml DESTINATION /etc/twofold COMPONENT twofold)

# Completions and the manual page come from the program's own table of commands; the bill of materials from what it was
# built of.
set(share ${PROJECT_BINARY_DIR}/share)
install(CODE "
  file(MAKE_DIRECTORY ${share})
  foreach(shell bash zsh fish)
    execute_process(COMMAND ${PROJECT_BINARY_DIR}/twofold completions \${shell}
                    OUTPUT_FILE ${share}/twofold.\${shell} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  execute_process(COMMAND ${PROJECT_BINARY_DIR}/twofold man OUTPUT_FILE ${share}/twofold.1 COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND gzip -9nf ${share}/twofold.1 COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/sbom.py ${PROJECT_BINARY_DIR}
                  OUTPUT_FILE ${share}/twofold.spdx.json COMMAND_ERROR_IS_FATAL ANY)
" COMPONENT twofold)
install(FILES ${share}/twofold.bash DESTINATION share/bash-completion/completions RENAME twofold COMPONENT twofold)
install(FILES ${share}/twofold.zsh DESTINATION share/zsh/vendor-completions RENAME _twofold COMPONENT twofold)
install(FILES ${share}/twofold.fish DESTINATION share/fish/vendor_completions.d COMPONENT twofold)
install(FILES ${share}/twofold.1.gz DESTINATION share/man/man1 COMPONENT twofold)
install(FILES ${share}/twofold.spdx.json DESTINATION share/doc/twofold COMPONENT twofold)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME twofold)
set(CPACK_PACKAGE_VENDOR Twofold)
set(CPACK_PACKAGE_CONTACT "Twofold <twofold@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "message broker: one log, read as a queue or as a log")
set(CPACK_PACKAGE_DESCRIPTION
    "Events are written once and read as a queue, as a log, or as both, over REST,\nWebSocket and Amazon SQS.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL twofold)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles
    ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
    ${PROJECT_SOURCE_DIR}/deploy/debian/prerm)
include(CPack)
