# fbuild as a part of another CMake project, by add_subdirectory or FetchContent.
#
# Its programs are needed while that project is being configured: which environments a
# platformio.ini has and what is made of them, CMake has to know before it writes build files.
# So they are built then, once, by a CMake of their own below ${CMAKE_CURRENT_BINARY_DIR}: for
# the machine that builds, optimized, with none of the outer project's flags, whatever that
# project is built for. Later builds bring them up to date with the target `fbuild-programs`,
# on which every firmware depends.
include(${CMAKE_CURRENT_LIST_DIR}/FbuildProject.cmake)

set(FBUILD_PROGRAMS_DIR ${CMAKE_CURRENT_BINARY_DIR}/programs CACHE PATH
  "Where fbuild's own programs are built; several build trees may share one")
set(FBUILD_HOST_CXX_COMPILER "" CACHE FILEPATH
  "Builds fbuild's own programs; empty: the project's own compiler, or this machine's when it is a cross compiler")
mark_as_advanced(FBUILD_PROGRAMS_DIR FBUILD_HOST_CXX_COMPILER)

fbuild_clean_environment(clean)
fbuild_find_ninja(ninja)
if(NOT EXISTS ${FBUILD_PROGRAMS_DIR}/build.ninja)
  set(compiler ${FBUILD_HOST_CXX_COMPILER})
  if(NOT compiler AND NOT CMAKE_CROSSCOMPILING)
    set(compiler ${CMAKE_CXX_COMPILER})
  endif()
  set(entries)
  foreach(entry CMAKE_CXX_COMPILER_LAUNCHER CMAKE_PREFIX_PATH)
    if(${entry})
      string(REPLACE ";" "\\;" value "${${entry}}")
      list(APPEND entries "-D${entry}=${value}")
    endif()
  endforeach()
  if(compiler)
    list(APPEND entries -DCMAKE_CXX_COMPILER=${compiler})
  endif()
  message(STATUS "fbuild: building its programs, once")
  execute_process(
    COMMAND ${clean} ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_SOURCE_DIR} -B ${FBUILD_PROGRAMS_DIR} -G Ninja
      -DCMAKE_MAKE_PROGRAM=${ninja} -DCMAKE_BUILD_TYPE=Release -DFBUILD_TESTS=OFF ${entries}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    file(REMOVE ${FBUILD_PROGRAMS_DIR}/build.ninja)
    message(FATAL_ERROR "fbuild cannot be configured:\n${output}")
  endif()
endif()
set(FBUILD_OWN_TARGETS fbuild-gen fbuild-stamp fbuild-lnk fbuild-image)
set(build ${CMAKE_COMMAND} --build ${FBUILD_PROGRAMS_DIR} --target ${FBUILD_OWN_TARGETS})
execute_process(COMMAND ${clean} ${build} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "fbuild cannot be built:\n${output}")
endif()

fbuild_use_programs(${FBUILD_PROGRAMS_DIR}/bin)
set(programs)
foreach(name ${FBUILD_OWN_TARGETS})
  list(APPEND programs ${FBUILD_PROGRAMS_DIR}/bin/${name})
endforeach()
add_custom_target(fbuild-programs COMMAND ${clean} ${build} USES_TERMINAL VERBATIM
  BYPRODUCTS ${programs} COMMENT "fbuild's own programs")
set_property(GLOBAL PROPERTY FBUILD_PROGRAMS_TARGET fbuild-programs)
foreach(name ${FBUILD_OWN_TARGETS})
  add_custom_target(${name} DEPENDS fbuild-programs)
endforeach()
