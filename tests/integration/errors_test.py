"""docs/errors.md shows real errors: each of its cases is run and compared."""

import os
import re
import unittest

from project import BIN, SMALL, Case

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Errors(Case):
    def test_the_document(self):
        with open(os.path.join(ROOT, "docs/errors.md")) as file:
            sections = re.split(r"(?m)^### ", file.read())[1:]
        self.assertGreater(len(sections), 15)
        for section in sections:
            title = section.split("\n", 1)[0]
            blocks = {language: text for language, text in re.findall(r"(?ms)^```([^\n]+)\n(.*?)^```$", section)}
            with self.subTest(title):
                files = {} if "ini without sources" in blocks else {"src/main.cpp": SMALL}
                for language, text in blocks.items():
                    if language.startswith("ini"):
                        files["platformio.ini"] = text
                project = self.project(files)
                before = project.snapshot()
                command = blocks.get("sh", "fbuild-gen\n").split()
                run = project.run([os.path.join(BIN, command[0]), *command[1:]], status=2)
                self.assertEqual(run.out, "")
                shown = [line.replace(project.dir, "FOLDER") for line in run.err.splitlines() if not line.startswith((" ", "warning: "))]
                self.assertEqual("\n".join(shown) + "\n", blocks["text"])
                self.assertEqual(project.snapshot(), before)


if __name__ == "__main__":
    unittest.main()
