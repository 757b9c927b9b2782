# Run at build time: cmake -DWEB_DIR=... -DCLIENT_DIR=... -DESBUILD=... -DOUTPUT_DIR=... -P EmbedPages.cmake
#
# Writes OUTPUT_DIR/embedded_pages.cc: a table of every file below WEB_DIR that browsers ask for, and of the
# modules of CLIENT_DIR as client/..., its bytes taken in by the assembler, and a compressed variant beside them
# where that saves something. A digest of the bytes is the ETag; it also makes that file differ when they do.
# Our own modules and styles go in without what only people read: esbuild takes each as it is and writes it
# shorter, file by file. What others wrote (vendor/) goes in byte for byte.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_mjs "text/javascript; charset=utf-8")
set(type_json "application/json")
set(type_svg "image/svg+xml")
set(type_png "image/png")
set(type_ico "image/x-icon")
set(type_woff2 "font/woff2")

file(GLOB_RECURSE paths RELATIVE ${WEB_DIR} ${WEB_DIR}/*)
file(GLOB client RELATIVE ${CLIENT_DIR} ${CLIENT_DIR}/*.js)
list(TRANSFORM client PREPEND client/)
list(APPEND paths ${client})
list(SORT paths)  # by bytes: the program looks them up
file(REMOVE_RECURSE ${OUTPUT_DIR}/gzip ${OUTPUT_DIR}/short)
file(MAKE_DIRECTORY ${OUTPUT_DIR}/gzip)

# The short ones, under the same names below short/web and short/client.
function(shorten from to)
  set(entries ${ARGN})
  list(TRANSFORM entries PREPEND ${from}/)
  execute_process(COMMAND ${ESBUILD} ${entries} --minify --format=esm --target=es2022 --charset=utf8
                          --log-level=warning --outbase=${from} --outdir=${OUTPUT_DIR}/short/${to}
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()
set(own_web ${paths})
list(FILTER own_web INCLUDE REGEX "\\.(js|css)$")
list(FILTER own_web EXCLUDE REGEX "^(vendor|client)/")
shorten(${WEB_DIR} web ${own_web})
list(TRANSFORM client REPLACE "^client/" "")
shorten(${CLIENT_DIR} client ${client})

# Takes the bytes of a file in under a name.
function(take_in symbol file out)
  string(APPEND ${out} "TAKE_IN(${symbol}, \"${file}\")\n")
  set(${out} "${${out}}" PARENT_SCOPE)
endfunction()

set(bytes "")
set(rows "")
set(index 0)
foreach(path IN LISTS paths)
  string(REGEX MATCH "[a-z0-9]+$" extension "${path}")
  if(NOT DEFINED type_${extension} OR path STREQUAL "package.json")
    continue()  # a page about the folder, a word to Node.js: nothing a browser asks for
  endif()
  set(file ${WEB_DIR}/${path})
  if(path MATCHES "^client/")  # web has no folder of that name
    set(file ${OUTPUT_DIR}/short/${path})
  elseif(EXISTS ${OUTPUT_DIR}/short/web/${path})
    set(file ${OUTPUT_DIR}/short/web/${path})
  endif()
  set(packed ${OUTPUT_DIR}/gzip/${index}.gz)
  execute_process(COMMAND gzip -9nc ${file} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE ${file} size)
  file(SIZE ${packed} packed_size)
  file(SHA256 ${file} digest)
  string(SUBSTRING ${digest} 0 32 digest)
  take_in(file_${index} ${file} bytes)
  set(gzip "{}")
  if(packed_size LESS size)
    take_in(gzip_${index} ${packed} bytes)
    set(gzip "VIEW(gzip_${index})")
  endif()
  string(APPEND rows "    {\"${path}\", \"${type_${extension}}\", VIEW(file_${index}), ${gzip}, "
                     "\"\\\"${digest}\\\"\", \"\\\"${digest}-gz\\\"\"},\n")
  math(EXPR index "${index} + 1")
endforeach()

file(WRITE ${OUTPUT_DIR}/embedded_pages.cc "// Written by cmake/EmbedPages.cmake.
#include <array>

#include \"http/pages/embedded.h\"

#define TAKE_IN(name, file)                                                   \\
  __asm__(\".pushsection .rodata\\n.balign 16\\n.hidden page_\" #name \"\\n\"       \\
          \".global page_\" #name \"\\npage_\" #name \":\\n.incbin \\\"\" file \"\\\"\\n\" \\
          \".hidden page_\" #name \"_end\\n.global page_\" #name \"_end\\n\"       \\
          \"page_\" #name \"_end:\\n.byte 0\\n.popsection\");                     \\
  extern \"C\" const char page_##name[];                                      \\
  extern \"C\" const char page_##name##_end[];
#define VIEW(name) \\
  std::string_view(page_##name, static_cast<std::size_t>(page_##name##_end - page_##name))

${bytes}
namespace twofold::http::pages {

std::span<const EmbeddedFile> embedded_files() {
  static const std::array<EmbeddedFile, ${index}> files = {{
${rows}  }};
  return files;
}

}  // namespace twofold::http::pages
")
