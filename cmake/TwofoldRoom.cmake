# twofold_room(engine LINKS twofold::schemas fmt::fmt PRIVATE_LINKS ... PCH <header>...)
#
# Makes target twofold_engine, alias twofold::engine, from every .cc below the folder. The include
# root is the repository, so a header is "engine/journal.h" from everywhere. A room that has only
# headers so far is an interface library, so that an empty room does not stop the others.
function(twofold_room room)
  cmake_parse_arguments(ROOM "" "" "LINKS;PRIVATE_LINKS;PCH" ${ARGN})
  set(target twofold_${room})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target}
                          PUBLIC twofold_flags ${ROOM_LINKS}
                          PRIVATE twofold_warnings ${ROOM_PRIVATE_LINKS})
    if(ROOM_PCH)
      target_precompile_headers(${target} PRIVATE ${ROOM_PCH})
    endif()
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} INTERFACE twofold_flags ${ROOM_LINKS})
  endif()
  add_library(twofold::${room} ALIAS ${target})
endfunction()
