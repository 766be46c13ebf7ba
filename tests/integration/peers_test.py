"""scripts/bench --peers: how it calls other tools and what it makes of their answers. The tools
are stand-ins that note their arguments, so nothing is measured here."""

import json
import os
import subprocess
import sys
import unittest

from project import Case

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench/bench_peers.py")

PIO = """\
#!/bin/sh
echo "$PWD: $*" >>"$TOOL_LOG"
case "$1" in
  --version) echo "PlatformIO Core, version 9.8.7" ;;
  system) echo '{"core_dir": {"title": "x", "value": "'"$TOOL_LOG"'.core"}}' ;;
  run)
    grep -q '^  toolchain-atmelavr @ symlink:///' platformio.ini && test -d "$PLATFORMIO_PACKAGES_DIR/tool-scons" || { echo "Error: no packages"; exit 1; }
    mkdir -p .pio/build/uno && cat "$HEX" >.pio/build/uno/firmware.hex ;;
esac
"""

CLI = """\
#!/bin/sh
echo "$*" >>"$TOOL_LOG"
case "$1" in
  version) echo '{"Application": "arduino-cli", "VersionString": "7.6.5"}' ;;
  compile) test -f blink/blink.ino && mkdir -p "$ARDUINO_BUILD_CACHE_PATH" || exit 1 ;;
esac
"""


class Peers(Case):
    def setUp(self):
        self.tools = self.folder("tools")
        self.log = os.path.join(self.tools, "log")
        os.makedirs(self.log + ".core/packages/tool-scons")
        self.hex = os.path.join(self.tools, "hex")
        with open(self.hex, "w") as file:
            file.write(":00000001FF\n")

    def tool(self, name, text):
        path = os.path.join(self.tools, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def bench(self, *arguments, status=0):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PLATFORMIO_", "FBUILD_BENCH"))}
        env.update(PATH=self.tools + ":/usr/bin:/bin", TOOL_LOG=self.log, HEX=self.hex, TMPDIR=self.folder("tmp"))
        done = subprocess.run([sys.executable, "-B", BENCH, "--runs", "1", "--tools", "PlatformIO,arduino-cli", *arguments],
                              env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def logged(self):
        with open(self.log) as file:
            return file.read()

    def test_tools_are_called_as_their_users_do(self):
        self.tool("pio", PIO)
        self.tool("arduino-cli", CLI)
        out = json.loads(self.bench("--json", "--cases", "cold,ini option,three"))
        self.assertEqual(set(out["milliseconds"]["cold"]), {"fbuild", "PlatformIO", "arduino-cli"})
        self.assertEqual(set(out["milliseconds"]["ini option"]), {"fbuild", "PlatformIO"})
        self.assertIn("PlatformIO is 9.8.7, and makes OTHER firmware than fbuild", out["notes"])
        self.assertIn("arduino-cli is 7.6.5", out["notes"])
        log = self.logged()
        self.assertIn("/PlatformIO: run -e uno\n", log)
        self.assertIn(": run -e uno -e leonardo -e megaatmega2560\n", log)
        self.assertRegex(log, r"compile -b arduino:avr:mega:cpu=atmega2560 --build-path \S+/build-megaatmega2560 .* blink\n")
        self.assertEqual(log.count(": run "), 5)  # once to try, before the round, and once for each case
        self.assertEqual(log.count("compile -b arduino:avr:uno "), 4)

    def test_what_cannot_take_part_is_said(self):
        self.tool("platformio", PIO)
        os.rmdir(self.log + ".core/packages/tool-scons")
        out = self.bench("--cases", "no-op")
        self.assertIn("PlatformIO cannot build the project here: Error: no packages.", out)
        self.assertIn("arduino-cli is not installed.", out)
        self.assertRegex(out, r"\| no-op \| [0-9.]+ ms \|\n")

    def test_names(self):
        self.assertIn("--cases: there is no 'colt'; did you mean 'cold'?", self.bench("--cases", "colt", status=2))
        self.assertIn("--tools: there is no 'x'; there are PlatformIO, arduino-cli,", self.bench("--tools", "x", status=2))


if __name__ == "__main__":
    unittest.main()
