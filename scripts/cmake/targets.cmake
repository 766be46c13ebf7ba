# How every target of this project is compiled: warnings, sanitizers, fuzzing.
# fbuild_library(name SOURCES... LIBS...), fbuild_program(...), fbuild_test(...) and
# fbuild_fuzz_test(...) are used by each folder's CMakeLists.txt.

function(fbuild_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 sees overlapping copies in plain std::string concatenation (its bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(FBUILD_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(FBUILD_ASAN)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
  if(FBUILD_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  target_compile_definitions(${target} PRIVATE FBUILD_VERSION="${PROJECT_VERSION}")
endfunction()

function(fbuild_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LIBS})
  fbuild_compile_options(${name})
endfunction()

# STATIC: linked with no shared library at all, for programs whose start-up is part
# of every build. Sanitizers need the dynamic loader, so it is left out there.
function(fbuild_program name)
  cmake_parse_arguments(ARG "STATIC" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  fbuild_compile_options(${name})
  if(ARG_STATIC AND NOT FBUILD_ASAN AND NOT FBUILD_FUZZ)
    target_link_options(${name} PRIVATE -static)
  endif()
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# A doctest suite: one executable, one CTest entry of the same name.
function(fbuild_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  target_compile_definitions(${name} PRIVATE FBUILD_SOURCE_DIR="${PROJECT_SOURCE_DIR}" FBUILD_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  fbuild_compile_options(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# A fuzz target: one file with LLVMFuzzerTestOneInput. With FBUILD_FUZZ it is linked
# with libFuzzer; otherwise with a small driver that replays the seeds in
# tests/fuzz/seeds/<name>/ and a bounded number of random mutations of them, as a test.
function(fbuild_fuzz_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  set(seeds ${PROJECT_SOURCE_DIR}/tests/fuzz/seeds/${name})
  if(FBUILD_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp ${ARG_SOURCES})
    add_test(NAME ${name} COMMAND ${name} ${seeds})
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  fbuild_compile_options(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endfunction()
