"""A header that appears where an include finds it first, or that goes away: exactly the
sources whose include changes are compiled again. And edits that change no include do not
start the generator."""
import os
import unittest

import gate_test


class Shadowing(gate_test.Gate):
    def compiled(self):
        return sorted({os.path.basename(word) for line in self.lines if " -c " in line
                       for word in line.split() if word.endswith((".cpp", ".c", ".S"))})

    def test_header_that_shadows_a_core_header(self):
        # <Printable.h> of the core's own headers is quoted and beside them: only what a
        # source of the project names with <> or "" itself leads to the new one.
        self.write("src/user.cpp", "#include <binary.h>\nint user() { return B101; }\n")
        self.expect(3, 3)
        self.write("include/binary.h", "#define B101 6\n")
        self.expect(3, 3)
        self.assertEqual(self.compiled(), ["user.cpp"])
        self.clean_again()
        self.assert_right()
        os.unlink(self.path("include/binary.h"))
        self.expect(3, 3)
        self.assertEqual(self.compiled(), ["user.cpp"])
        self.clean_again()
        self.assert_right()

    def test_header_beside_a_source_shadows_one_of_the_include_folder(self):
        # main.cpp and a.cpp name "a.h", which names "b.h"; b.cpp names "b.h" itself.
        self.write("src/b.h", "#pragma once\n#define B_VALUE 40\nint b();\n")
        self.expect(3, 3)
        self.assertEqual(self.compiled(), ["b.cpp"])
        self.clean_again()
        self.assert_right()

    def test_header_that_is_found_later_changes_nothing(self):
        self.write("src/a.h", "#error not this one\n")
        os.unlink(self.path("src/a.h"))
        self.write("lib/Greeter/b.h", "#error not this one\n")
        self.expect(0, 0)
        self.clean_again()

    def test_header_that_is_asked_for(self):
        self.write("src/a.cpp", '#include "a.h"\n#if __has_include("extra.h")\n#include "extra.h"\n#endif\n'
                                "#ifndef EXTRA\n#define EXTRA 0\n#endif\nint a() { return A_VALUE + EXTRA; }\n")
        self.expect(3, 3)
        self.write("include/extra.h", "#define EXTRA 5\n")
        self.expect(3, 3)
        self.assertEqual(self.compiled(), ["a.cpp"])
        self.clean_again()
        self.assert_right()

    def test_data_of_the_assembler(self):
        self.write("src/blob.cpp", 'asm(".global blob\\nblob: .incbin \\"data.bin\\"\\n.balign 2\\n");\nextern const char blob[];\n'
                                   "char first() { return blob[0]; }\n")
        self.write("data.bin", "abc")
        self.expect(3, 3)
        self.clean_again()
        self.write("data.bin", "xbc")
        self.expect(3, 3)
        self.assertEqual(self.compiled(), ["blob.cpp"])
        self.clean_again()
        self.assert_right()

    def generated(self, *args):
        """Whether this ninja ran the generator: it is called by a path in the gate's file."""
        program = os.path.join(gate_test.BIN, "fbuild-gen")
        path = self.path(".fbuild/build/gate")
        with open(path) as f:
            text = f.read()
        mark = self.path("generated")
        wrapper = self.path("gen.sh")
        with open(wrapper, "w") as f:
            f.write(f"#!/bin/sh\ntouch '{mark}'\nexec {program} \"$@\"\n")
        os.chmod(wrapper, 0o755)
        with open(path, "w") as f:
            f.write(text.replace(program, wrapper))
        self.ninja(*args)
        ran = os.path.exists(mark)
        for name in (mark, wrapper):
            if os.path.exists(name):
                os.unlink(name)
        if not ran:
            with open(path, "w") as f:
                f.write(text)
        return ran

    def test_the_generator_runs_only_for_what_it_reads(self):
        self.edit("src/a.cpp", "A_VALUE", "A_VALUE + 1")
        self.assertFalse(self.generated())
        self.edit("include/a.h", "A_VALUE 1", "A_VALUE 2")
        self.edit("src/main.cpp", "setup() {", "setup() { // a comment\n")
        self.assertFalse(self.generated())
        self.clean_again()
        self.edit("src/a.cpp", '#include "a.h"', '#include "a.h"\n#include "unused.h"')
        self.assertTrue(self.generated())
        self.clean_again()
        self.edit("platformio.ini", "monitor_speed = 9600", "monitor_speed = 9601")
        self.assertTrue(self.generated())
        self.write("src/new.cpp", "int n;\n")
        self.assertTrue(self.generated())
        self.clean_again()
        self.assert_right()


# The table of edits is gate_test's.
for name in [n for n in dir(gate_test.Gate) if n.startswith("test_")]:
    setattr(Shadowing, name, None)

if __name__ == "__main__":
    unittest.main(verbosity=2)
