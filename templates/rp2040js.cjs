// Runs an image for the RP2040 in rp2040js, until Ctrl-C, with its first UART and its USB serial
// port on standard input and output.
//
//   node rp2040js.cjs PACKAGE/dist/cjs/index.js IMAGE.uf2 [--bootrom=FILE]
//
// The program is started as the end of its second stage would start it: vectors, stack and first
// instruction are those at 0x10000100. The boot ROM's search for the second stage, and that
// itself, which sets up the flash, are left out: the emulated flash can always be read.
//
// The package has no boot ROM. A file (16 KiB, read from a part) gives the program the ROM's
// functions; without one a program that asks for them is stopped, with a message.
'use strict';

const fs = require('fs');

const FLASH = 0x10000000;
const ASKED_FOR_A_FUNCTION = 0x2a;

function fail(text) {
  process.stderr.write(`error: ${text}\n`);
  process.exit(1);
}

function read(path) {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    return fail(`cannot read ${path}: ${error.code}`);
  }
}

// What a program looks at to find the ROM's functions, leading to a bkpt.
function noFunctions() {
  const words = new Uint32Array(4096);
  const halves = new Uint16Array(words.buffer);
  words[4] = 0x01754d;  // "Mu", 1; three pointers follow: functions, data, how to look them up
  halves.set([0x60, 0x60, 0x61], 0x14 / 2);
  halves[0x60 / 2] = 0xbe00 | ASKED_FOR_A_FUNCTION;  // bkpt
  return words;
}

function bootRom(path) {
  if (!path) return noFunctions();
  const bytes = read(path);
  if (bytes.length !== 16384) fail(`${path}: a boot ROM has 16384 bytes, not ${bytes.length}`);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

// Puts the blocks of a UF2 file (github.com/microsoft/uf2) where they belong.
function loadUf2(path, flash) {
  const bytes = read(path);
  if (bytes.length === 0 || bytes.length % 512) fail(`${path}: not a UF2 file`);
  for (let at = 0; at < bytes.length; at += 512) {
    const word = (index) => bytes.readUInt32LE(at + 4 * index);
    if (word(0) !== 0x0a324655 || word(1) !== 0x9e5d5157) fail(`${path}: not a UF2 file`);
    if (word(2) & 1) continue;  // not for the flash
    const address = word(3), size = word(4);
    if (size > 476 || address < FLASH || address + size > FLASH + flash.length)
      fail(`${path}: a block for 0x${address.toString(16)}, which is not in the flash`);
    flash.set(bytes.subarray(at + 32, at + 32 + size), address - FLASH);
  }
}

const [library, image, option] = process.argv.slice(2);
const rom = option && option.startsWith('--bootrom=') ? option.slice('--bootrom='.length) : '';
if (!image || (option && !rom)) fail('usage: node rp2040js.cjs LIBRARY IMAGE.uf2 [--bootrom=FILE]');
const { Simulator, USBCDC, ConsoleLogger, LogLevel } = require(require('path').resolve(library));
const simulator = new Simulator();
const mcu = simulator.rp2040;
mcu.logger = new ConsoleLogger(LogLevel.Error, false);
mcu.loadBootrom(bootRom(rom));
loadUf2(image, mcu.flash);
mcu.core.VTOR = FLASH + 0x100;
mcu.core.reset();

mcu.onBreak = (code) => {
  if (code === ASKED_FOR_A_FUNCTION && !rom)
    fail('the program asks the boot ROM for a function, and rp2040js has no boot ROM; ' +
         "'board_debug.bootrom = FILE' names a copy of the part's");
  fail(`stopped at bkpt ${code}`);
};

process.stdout.on('error', () => process.exit(0));
const show = (bytes) => process.stdout.write(bytes);
mcu.uart[0].onByte = (byte) => show(Uint8Array.of(byte));
const usb = new USBCDC(mcu.usbCtrl);
usb.onSerialData = show;
let connected = false;
usb.onDeviceConnected = () => { connected = true; };
process.stdin.on('data', (bytes) => {
  for (const byte of bytes) {
    mcu.uart[0].feedByte(byte);
    if (connected) usb.sendSerialByte(byte);
  }
});
process.stdin.on('error', () => {});
simulator.execute();
