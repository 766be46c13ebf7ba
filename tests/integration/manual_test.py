"""Man pages and completions say what --help says, and work in real shells."""

import os
import pty
import re
import select
import subprocess
import time
import unittest

from project import BIN, SMALL, Case

SHARE = os.path.join(os.path.dirname(BIN), "share")
PROGRAMS = ["fbuild-gen", "fbuild-image", "fbuild-lnk", "fbuild-stamp"]
INI = "[env]\nplatform = atmelavr\nframework = arduino\n" + "".join("[env:%s]\nboard = uno\n" % name for name in ("alpha", "beta_one", "beta-two"))


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*|(?<![\w-])-[A-Za-z](?![\w-])", text))


def help_of(*command):
    return subprocess.run([os.path.join(BIN, command[0]), *command[1:], "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout


def read(*path):
    with open(os.path.join(SHARE, *path)) as file:
        return file.read()


class Manual(Case):
    def everything(self, program):
        text = help_of(program)
        if "Subcommands:" in text:
            for command in re.findall(r"(?m)^  ([a-z]+)  ", text.split("Subcommands:")[1]):
                text += help_of(program, command)
        return text

    def test_every_option_is_in_man_page_and_completions(self):
        for program in PROGRAMS:
            with self.subTest(program):
                options = options_in(self.everything(program)) - {"--change-section-lma"}  # objcopy's
                self.assertGreater(len(options), 6)
                page = subprocess.run(["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=200n", "-ww", os.path.join(SHARE, "man/man1", program + ".1")],
                                      check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertEqual(page.stderr, "")
                shown = page.stdout.replace("−", "-").replace("‐", "-")
                self.assertEqual(options - options_in(shown), set())
                for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"):
                    self.assertRegex(shown, "(?m)^" + section + "$")
                self.assertEqual(options - options_in(read("bash-completion/completions", program)), set())
                self.assertEqual(options - options_in(read("zsh/site-functions", "_" + program).replace("*-", "-").replace("[", " ")), set())
                fish = read("fish/vendor_completions.d", program + ".fish")
                named = {"--" + o for o in re.findall(r" -l ([a-z0-9-]+)", fish)} | {"-" + o for o in re.findall(r" -s ([A-Za-z])", fish)}
                self.assertEqual(options - named, set())
                # And nothing that is not there.
                self.assertEqual(options_in(read("bash-completion/completions", program)) - options - {"-C", "-W", "-o", "-F", "-f", "-d", "-A", "--list-envs", "--directory"}, set())

    def complete(self, shell, line, folder):
        env = {**os.environ, "PATH": BIN + ":/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": folder}
        if shell == "bash":
            words = line.split(" ")
            script = ("source %s/bash-completion/completions/%s; COMP_WORDS=(%s); COMP_CWORD=%d; compopt() { :; }\n"
                      "$(complete -p %s | sed 's/.*-F \\([^ ]*\\).*/\\1/') %s; printf '%%s\\n' \"${COMPREPLY[@]}\""
                      % (SHARE, words[0], " ".join("'%s'" % w for w in words), len(words) - 1, words[0], words[0]))
            command = ["bash", "--norc", "-c", script]
        else:
            command = ["fish", "--no-config", "-c", "source %s/fish/vendor_completions.d/%s.fish; complete -C '%s'" % (SHARE, line.split(" ")[0], line)]
        done = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return sorted(word.split("\t")[0] for word in done.stdout.splitlines() if word)

    def test_bash_and_fish(self):
        project = self.project({"platformio.ini": INI, "src/main.cpp": SMALL})
        for shell in ("bash", "fish"):
            with self.subTest(shell):
                self.assertEqual(self.complete(shell, "fbuild-gen -e ", project.dir), ["alpha", "beta-two", "beta_one"])
                self.assertEqual(self.complete(shell, "fbuild-gen --print-plan al", project.dir), ["alpha"])
                self.assertEqual(self.complete(shell, "fbuild-gen -C %s -e al" % project.dir, "/"), ["alpha"])
                self.assertEqual(self.complete(shell, "fbuild-gen --matrix git", project.dir), ["github", "gitlab"])
                self.assertEqual(self.complete(shell, "fbuild-gen --list", project.dir), ["--list-envs"])
                self.assertEqual(self.complete(shell, "fbuild-stamp expl", project.dir), ["explain"])
                self.assertEqual(self.complete(shell, "fbuild-stamp check --no-", project.dir), ["--no-table"])
                self.assertEqual(self.complete(shell, "fbuild-image esp --flash-s", project.dir), ["--flash-size"])
                self.assertEqual(self.complete(shell, "fbuild-lnk add --forc", project.dir), ["--force"])
                self.assertIn("pull", self.complete(shell, "fbuild-lnk pu", project.dir))

    def test_zsh(self):
        """At a terminal: what is typed, a tab, and what the line becomes."""
        project = self.project({"platformio.ini": INI, "src/main.cpp": SMALL})
        env = {"PATH": BIN + ":/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": project.dir, "TERM": "dumb", "ZDOTDIR": project.dir}
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(project.dir)
            os.execve("/usr/bin/zsh", ["zsh", "-f", "-i"], env)
        self.addCleanup(os.close, terminal)

        def read_until(mark):
            text, end = "", time.monotonic() + 60
            while mark not in text and time.monotonic() < end:
                if select.select([terminal], [], [], 1)[0]:
                    try:
                        text += os.read(terminal, 65536).decode("utf-8", "replace")
                    except OSError:
                        break
            self.assertIn(mark, text)
            return text

        setup = ("PS1='> '; unsetopt zle_bracketed_paste prompt_sp; fpath=(%s/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D\n"
                 "show() { print -r -- \"line<$BUFFER>\"; BUFFER= }; zle -N show; bindkey '^X' show; print re''ady\n" % SHARE)
        os.write(terminal, setup.encode())
        read_until("ready")
        for typed, expected in (("fbuild-gen -e al", "fbuild-gen -e alpha"), ("fbuild-gen --matrix gith", "fbuild-gen --matrix github"),
                                ("fbuild-gen --compiled", "fbuild-gen --compiledb"), ("fbuild-stamp expl", "fbuild-stamp explain"),
                                ("fbuild-lnk add --forc", "fbuild-lnk add --force"), ("fbuild-image esp --flash-s", "fbuild-image esp --flash-size")):
            with self.subTest(typed):
                os.write(terminal, (typed + "\t\x18").encode())
                line = re.search(r"line<(.*?)>", self.line(read_until)).group(1)
                self.assertEqual(line.strip(), expected)
        os.write(terminal, b"exit\n")
        os.waitpid(child, 0)

    def line(self, read_until):
        text = read_until("line<")
        if not re.search(r"line<.*?>", text):
            text += read_until(">")
        return text

    def test_installed(self):
        prefix = self.folder("prefix")
        done = subprocess.run(["cmake", "--install", os.path.dirname(BIN), "--prefix", prefix], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        for program in PROGRAMS:
            for path in ("bin/" + program, "share/man/man1/%s.1" % program, "share/bash-completion/completions/" + program,
                         "share/zsh/site-functions/_" + program, "share/fish/vendor_completions.d/%s.fish" % program):
                self.assertTrue(os.path.exists(os.path.join(prefix, path)), path)


if __name__ == "__main__":
    unittest.main()
