#!/bin/sh
# What a test of fbuild_add_emulator_test runs, in the project's folder:
#   emulator-test.sh FBUILD_GEN NINJA LOCK BUILD_DIR ENVIRONMENT SECONDS PASS FAIL
# Brings the firmware up to date, then runs the emulator by itself, so that nothing but what
# it says is looked at, and only its time is counted.
set -eu
gen=$1 ninja=$2 lock=$3 build=$4 environment=$5
"$gen" --nested "$lock" -- "$ninja" -f "$build/build.ninja" "$environment"
command=$("$ninja" -f "$build/$environment/build.ninja" -t commands -s "$environment/emulate")
exec "$gen" --watch-output "$6" "$7" "$8" -- sh -c "$command"
