#!/bin/sh
# A firmware.hex made by hand: the commands PlatformIO runs for an Arduino project on AVR,
# written down one by one. Run in a project's folder; what it makes goes to OUT.
#
#   plain-build.sh BOARD OUT
#
# From the environment, for projects that have more than sources:
#   DEFINES     further -D of build_flags, where they stand in the command line
#   CCFLAGS     other build_flags for C and C++
#   OPTIMIZE    -Os, or empty when build_unflags takes it away
#   SRC_FLAGS   -D of build_src_flags
#   LIBRARIES   folders with src/ that are used; each becomes an archive
set -euf
board=$1
out=$2
core=/usr/share/arduino/hardware/arduino/avr/cores/arduino
variants=/usr/share/arduino/hardware/arduino/avr/variants
optimize=${OPTIMIZE--Os}
export LC_ALL=C

set -- -DPLATFORMIO=60118
case $board in
  uno) mcu=atmega328p variant=standard
    set -- "$@" -DARDUINO_AVR_UNO ;;
  leonardo) mcu=atmega32u4 variant=leonardo
    set -- "$@" -DARDUINO_AVR_LEONARDO ;;
  megaatmega2560) mcu=atmega2560 variant=mega
    set -- "$@" -DARDUINO_AVR_MEGA2560 ;;
  *) echo "unknown board $board" >&2; exit 2 ;;
esac
set -- "$@" ${DEFINES-} -DF_CPU=16000000L -DARDUINO_ARCH_AVR -DARDUINO=10808
if [ "$board" = leonardo ]; then
  set -- "$@" -DUSB_VID=0x2341 -DUSB_PID=0x8036 '-DUSB_PRODUCT="Arduino Leonardo"' '-DUSB_MANUFACTURER="Arduino"'
fi
set -- "$@" -DDECIMAL_DIG=__DECIMAL_DIG__

common="${CCFLAGS-} -mmcu=$mcu $optimize -Wall -ffunction-sections -fdata-sections -flto"

# compile SOURCE OBJECT DEFINES_AND_INCLUDES...
compile() {
  from=$1 object=$2
  shift 2
  mkdir -p "$(dirname "$object")"
  case $from in
    *.cpp) avr-g++ -c -fno-exceptions -fno-threadsafe-statics -fpermissive -std=gnu++11 $common "$@" -o "$object" "$from" ;;
    *.c) avr-gcc -c -std=gnu11 -fno-fat-lto-objects $common "$@" -o "$object" "$from" ;;
    *.S) avr-gcc -mmcu=$mcu -x assembler-with-cpp "$@" -c -o "$object" "$from" ;;
  esac
}

# sources FOLDER: by name, as bytes
sources() {
  (cd "$1" && find . -name '*.cpp' -o -name '*.c' -o -name '*.S') | sed 's,^\./,,' | sort
}

rm -rf "$out"
mkdir -p "$out"
libraries= library_includes=
for library in ${LIBRARIES-}; do
  library_includes="-I$library/src $library_includes"
done

objects=
includes=-Isrc
if [ -d include ]; then includes="-Iinclude -Isrc"; fi
for source in $(sources src); do
  compile "src/$source" "$out/src/$source.o" "$@" ${SRC_FLAGS-} $includes $library_includes "-I$core" "-I$variants/$variant"
  objects="$objects $out/src/$source.o"
done

for library in ${LIBRARIES-}; do
  name=$(basename "$library")
  members=
  for source in $(sources "$library/src"); do
    compile "$library/src/$source" "$out/$name/$source.o" "$@" "-I$library/src" "-I$core" "-I$variants/$variant"
    members="$members $out/$name/$source.o"
  done
  avr-gcc-ar rc "$out/lib$name.a" $members
  avr-gcc-ranlib "$out/lib$name.a"
  libraries="$libraries $out/lib$name.a"
done

members=
for source in $(sources "$core"); do
  compile "$core/$source" "$out/core/$source.o" "$@" "-I$core" "-I$variants/$variant"
  members="$members $out/core/$source.o"
done
avr-gcc-ar rc "$out/libcore.a" $members
avr-gcc-ranlib "$out/libcore.a"

# The variant has no sources, and an archive all the same.
avr-gcc-ar rc "$out/libvariant.a"
avr-gcc-ranlib "$out/libvariant.a"

avr-g++ -o "$out/firmware.elf" -mmcu=$mcu $optimize -Wl,--gc-sections -flto -fuse-linker-plugin \
  $objects "-L$out" -Wl,--start-group $libraries "$out/libvariant.a" "$out/libcore.a" -lm -Wl,--end-group
avr-objcopy -O ihex -R .eeprom "$out/firmware.elf" "$out/firmware.hex"
