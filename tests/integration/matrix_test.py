"""Jobs for CI systems: their form, what a change concerns, shards, and the workflows of
docs/ci run as written."""

import json
import os
import re
import shutil
import subprocess
import unittest

import jsonschema
import yaml

from project import BIN, SMALL, Case

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

INI = """\
[env]
platform = atmelavr
framework = arduino

[env:uno]
board = uno

[env:mega]
board = megaatmega2560

[env:nano]
board = nanoatmega328
build_src_flags = -DNANO
"""

FILES = {
    "platformio.ini": INI,
    "src/main.cpp": '#include <Arduino.h>\n#ifdef NANO\n#include <OnlyNano.h>\n#endif\nvoid setup() {}\nvoid loop() {}\n',
    "include/all.h": "",
    "lib/OnlyNano/OnlyNano.h": "",
    "lib/Unused/Unused.h": "",
    "lib/Unused/Unused.cpp": "int unused;\n",
    "docs/notes.txt": "notes\n",
    "README.md": "readme\n",
}

# What GitHub documents of the parts that are used:
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
TEXTS = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
GITHUB_MATRIX = {
    "type": "object", "required": ["include"], "additionalProperties": False,
    "properties": {"include": {"type": "array", "maxItems": 256, "items": {**TEXTS, "minProperties": 1}}},
}
STEP = {
    "type": "object", "additionalProperties": False,
    "properties": {"name": {"type": "string"}, "id": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$"},
                   "if": {"type": ["string", "boolean"]}, "uses": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
                   "with": TEXTS, "env": TEXTS, "run": {"type": "string"}, "working-directory": {"type": "string"}},
    "oneOf": [{"required": ["uses"]}, {"required": ["run"]}],
}
GITHUB_WORKFLOW = {
    "type": "object", "required": ["on", "jobs"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string"}, "env": TEXTS,
        "on": {"type": "array", "items": {"enum": ["push", "pull_request"]}},
        "jobs": {"type": "object", "additionalProperties": {
            "type": "object", "required": ["runs-on", "steps"], "additionalProperties": False,
            "properties": {"runs-on": {"type": "string"}, "name": {"type": "string"}, "needs": {"type": ["string", "array"]},
                           "if": {"type": "string"}, "outputs": TEXTS, "env": TEXTS,
                           "strategy": {"type": "object", "additionalProperties": False,
                                        "properties": {"fail-fast": {"type": "boolean"}, "matrix": {"type": ["string", "object"]}}},
                           "steps": {"type": "array", "minItems": 1, "items": STEP}}}},
    },
}
# https://docs.gitlab.com/ee/ci/yaml/
LINES = {"type": "array", "items": {"type": "string"}}
GITLAB_JOB = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "extends": {"type": "string"}, "stage": {"type": "string"}, "image": {"type": "string"}, "variables": TEXTS,
        "before_script": LINES, "script": LINES, "after_script": LINES,
        "cache": {"type": "array", "maxItems": 4, "items": {
            "type": "object", "additionalProperties": False, "required": ["key", "paths"],
            "properties": {"key": {"type": "string", "pattern": "^[^/]+$"}, "paths": LINES}}},
        "artifacts": {"type": "object", "additionalProperties": False,
                      "properties": {"paths": LINES, "when": {"enum": ["always", "on_success", "on_failure"]},
                                     "reports": {"type": "object", "properties": {"junit": {"type": "string"}}}}},
        "trigger": {"type": "object", "additionalProperties": False,
                    "properties": {"strategy": {"const": "depend"}, "include": {"type": "array", "maxItems": 3, "items": TEXTS}}},
    },
}
GITLAB_KEYWORDS = {"default", "include", "stages", "variables", "workflow", "image", "services", "cache",
                   "before_script", "after_script", "pages", "types", "true", "false", "nil"}


def check_gitlab(case, text, hidden=()):
    pipeline = yaml.safe_load(text)
    stages = pipeline.pop("stages", ["build", "test", "deploy"])
    case.assertTrue(all(isinstance(value, str) for value in pipeline.pop("variables", {}).values()))
    for name, job in pipeline.items():
        case.assertNotIn(name, GITLAB_KEYWORDS)
        case.assertLessEqual(len(name), 255)
        jsonschema.validate(job, GITLAB_JOB)
        case.assertIn(job.get("stage", stages[0]), stages)
        if "extends" in job:
            case.assertIn(job["extends"], set(pipeline) | set(hidden))
        elif not name.startswith("."):
            case.assertTrue("script" in job or "trigger" in job, name)
    return pipeline


class Repository(Case):
    """A project under git; `bare`: no package is installed."""

    bare = False

    def setUp(self):
        self.p = self.project(FILES)
        if self.bare:
            # A runner that only has git.
            tools = self.folder("tools")
            for tool in ("git", "sh"):
                os.symlink(shutil.which(tool), os.path.join(tools, tool))
            self.p.env["PATH"] = tools
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "a@example.com")
        self.git("config", "user.name", "A")
        self.commit()
        self.git("tag", "base")

    def git(self, *arguments):
        return self.p.run(["git", *arguments]).out

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")

    def everything(self, *arguments, **options):
        return json.loads(self.p.gen("--matrix", "json", *arguments, **options).out)

    def concerned(self, since="base"):
        data = self.everything("--changed-since", since)
        for environment in data["environments"]:
            self.assertEqual(environment["exact"], not self.bare)
        return [e["name"] for e in data["environments"] if e["selected"]]

    def expect(self, edits, names):
        """What the edits concern, uncommitted and committed; the base comes back then."""
        for path, text in edits.items():
            if text is None:
                self.p.remove(path)
            else:
                self.p.write(path, text)
        self.assertEqual(self.concerned(), names, edits)
        self.commit()
        self.assertEqual(self.concerned(), names, edits)
        self.git("reset", "-q", "--hard", "base")


ALL = ["uno", "mega", "nano"]


class ChangedSince(Repository):
    def test_what_concerns_whom(self):
        self.assertEqual(self.concerned(), [])
        self.expect({"README.md": "other\n"}, [])
        self.expect({"docs/notes.txt": "other\n", "docs/new.txt": ""}, [])
        self.expect({"src/main.cpp": FILES["src/main.cpp"] + "int x;\n"}, ALL)
        self.expect({"include/all.h": "#define X\n"}, ALL)
        self.expect({"src/new.h": ""}, ALL)
        # The finder does not look at #if, so that all of them use it.
        self.expect({"lib/OnlyNano/OnlyNano.h": "#define Y\n"}, ALL)

    def test_libraries_that_nobody_uses(self):
        # Without a manifest it is read to learn whether it is one of the framework's.
        self.expect({"lib/Unused/Unused.cpp": "int other;\n"}, ALL)
        # It may be found, or not be, now.
        self.expect({"lib/Unused/Arduino.h": ""}, ALL)
        self.expect({"lib/Unused/Unused.h": None}, ALL)
        self.expect({"lib/Unused/library.json": '{"name": "Unused", "frameworks": "none"}'}, ALL)
        self.p.write("lib/Unused/library.json", '{"name": "Unused"}')
        self.commit()
        self.git("tag", "-f", "base")
        self.expect({"lib/Unused/library.json": '{"name": "Unused", "frameworks": "none"}'}, ALL)

    def test_options(self):
        self.expect({"platformio.ini": "; a comment\n" + INI.replace("\n[env:mega]", "\n\n[env:mega]")}, [])
        self.expect({"platformio.ini": INI + "monitor_speed = 9600\n"}, [])
        self.expect({"platformio.ini": INI.replace("-DNANO", "-DNANO=2")}, ["nano"])
        self.expect({"platformio.ini": INI.replace("megaatmega2560", "megaatmega1280")}, ["mega"])
        self.expect({"platformio.ini": INI.replace("[env]\n", "[env]\nbuild_flags = -DX\n")}, ALL)
        self.expect({"platformio.ini": "[platformio]\ndefault_envs = uno\n" + INI}, [])
        self.expect({"platformio.ini": "[platformio]\nlib_dir = other\n" + INI}, ALL)
        self.expect({"platformio.ini": INI + "[env:more]\nboard = uno\n"}, ["more"])
        self.expect({"platformio.ini": "[platformio]\nextra_configs = *.more.ini\n" + INI, "a.more.ini": "[env:uno]\nbuild_flags = -DQ\n"}, ["uno"])

    def test_extra_configs_of_both_revisions(self):
        self.p.write("platformio.ini", "[platformio]\nextra_configs = conf/*.ini\n" + INI)
        self.p.write("conf/uno.ini", "[env:uno]\nbuild_flags = -DQ\n")
        self.commit()
        self.git("tag", "-f", "base")
        self.expect({"conf/uno.ini": "[env:uno]\nbuild_flags = -DQ ; the same\n"}, [])
        self.expect({"conf/uno.ini": "[env:uno]\nbuild_flags = -DR\n"}, ["uno"])
        self.expect({"conf/mega.ini": "[env:mega]\nbuild_flags = -DR\n"}, ["mega"])
        self.expect({"conf/uno.ini": None}, ["uno"])

    def test_files_outside_of_the_folders(self):
        self.p.write("platformio.ini", INI + "build_flags = -Ishared -include forced.h\n")
        self.p.write("shared/s.h", "")
        self.p.write("forced.h", "")
        self.p.write("src/main.cpp", FILES["src/main.cpp"] + '#include "../outside/o.h"\n')
        self.p.write("outside/o.h", '#include "deep/d.h"\n')
        self.p.write("outside/deep/d.h", "")
        self.p.write("outside/unused.h", "")
        self.commit()
        self.git("tag", "-f", "base")
        self.expect({"shared/s.h": "#define S\n"}, ["nano"])
        self.expect({"forced.h": "#define F\n"}, ["nano"])
        self.expect({"outside/o.h": '#include "deep/d.h"\n#define O\n'}, ALL)
        self.expect({"outside/deep/d.h": "#define D\n"}, ALL)

    def test_commands_and_the_lock_concern_always(self):
        self.p.write("platformio.ini", INI + "build_flags = !echo -DX\n")
        self.commit()
        self.git("tag", "-f", "base")
        self.expect({"README.md": "other\n"}, ["nano"])
        self.expect({"fbuild.lock": '{"version": 1, "packages": []}\n'}, ALL)

    def test_links_and_boards(self):
        os.makedirs(self.p.path("elsewhere"))
        self.p.write("elsewhere/e.h", "")
        os.symlink("../elsewhere", self.p.path("src/linked"))
        self.p.write("boards/own.json", json.dumps({
            "name": "Own", "frameworks": ["arduino"], "build": {"core": "arduino", "mcu": "atmega328p", "f_cpu": "8000000L",
            "variant": "standard", "extra_flags": "-DARDUINO_AVR_OWN"}, "upload": {"maximum_size": 32256, "maximum_ram_size": 2048}}))
        self.p.write("platformio.ini", INI + "\n[env:own]\nboard = own\n")
        self.commit()
        self.git("tag", "-f", "base")
        self.expect({"elsewhere/e.h": "#define E\n"}, ALL + ["own"])
        text = self.p.read("boards/own.json")
        self.expect({"boards/own.json": text.replace("8000000L", "16000000L")}, ["own"])

    def test_a_core_in_the_repository(self):
        if self.bare:
            return
        shutil.copytree("/usr/share/arduino/hardware/arduino/avr", self.p.path("core"),
                        ignore=shutil.ignore_patterns("bootloaders", "firmwares", "libraries"))
        self.p.write("platformio.ini", INI + "platform_packages = framework-arduino-avr @ symlink://core\n")
        self.commit()
        self.git("tag", "-f", "base")
        key = {j["name"]: j["cache_key"] for j in self.everything()["jobs"]}
        self.p.write("core/cores/arduino/Arduino.h", self.p.read("core/cores/arduino/Arduino.h") + "\n// more\n")
        self.assertEqual(self.concerned(), ["nano"])
        other = {j["name"]: j["cache_key"] for j in self.everything()["jobs"]}
        self.assertEqual({name for name in key if key[name] != other[name]}, {"nano"})

    def test_a_project_in_a_folder_of_the_repository(self):
        top = self.project({})
        os.rename(self.p.dir, top.path("firmware dir"))
        shutil.move(top.path("firmware dir", ".git"), top.path(".git"))
        top.env = self.p.env
        self.p = top
        self.p.write("firmware dir/platformio.ini", INI.replace("[env]\n", "[env]\nlib_extra_dirs = ../common\n"))
        self.p.write("firmware dir/src/main.cpp", "#include <Arduino.h>\n#include <Shared.h>\nvoid setup() {}\nvoid loop() {}\n")
        self.p.write("common/Shared/Shared.h", "")
        self.p.write("backend/server.py", "")
        self.commit()
        self.git("tag", "-f", "base")

        def concerned():
            data = json.loads(self.p.gen("-C", "firmware dir", "--matrix", "json", "--changed-since", "base").out)
            self.assertEqual({j["directory"] for j in data["jobs"]} | {"firmware dir"}, {"firmware dir"})
            return [e["name"] for e in data["environments"] if e["selected"]]

        self.assertEqual(concerned(), [])
        self.p.write("backend/server.py", "x = 1\n")
        self.assertEqual(concerned(), [])
        self.p.write("common/Shared/Shared.h", "#define X\n")
        self.assertEqual(concerned(), ALL)

    def test_revisions(self):
        self.assertEqual(self.concerned("0" * 40), ALL)
        self.assertError(self.p.gen("--matrix", "json", "--changed-since", "nowhere", status=2), "nowhere", "git fetch")
        outside = self.project(FILES)
        outside.env["PATH"] = self.p.env["PATH"]
        outside.env["GIT_CEILING_DIRECTORIES"] = outside.dir
        self.assertError(outside.gen("--matrix", "json", "--changed-since", "base", status=2), "repository")

    def test_nothing_is_written(self):
        before = self.p.snapshot()
        self.everything("--changed-since", "base")
        self.everything("--shards", "2")
        self.assertEqual({k: v for k, v in self.p.snapshot().items() if not k.startswith(".git/")},
                         {k: v for k, v in before.items() if not k.startswith(".git/")})


class ChangedSinceOnABareRunner(ChangedSince):
    bare = True


class Forms(Repository):
    def test_github(self):
        out = self.p.gen("--matrix", "github").out
        self.assertEqual(out.count("\n"), 1)
        matrix = json.loads(out)
        jsonschema.validate(matrix, GITHUB_MATRIX)
        self.assertEqual([job["name"] for job in matrix["include"]], ALL)
        job = matrix["include"][1]
        self.assertEqual((job["platform"], job["board"], job["arguments"], job["directory"]), ("atmelavr", "megaatmega2560", "-e mega", "."))
        self.assertRegex(job["cache_key"], r"^fbuild-mega-[0-9a-f]{16}$")
        self.assertEqual(job["cache_paths"].split("\n")[0], ".fbuild/build")

    def test_gitlab(self):
        with open(os.path.join(ROOT, "docs/ci/gitlab-job.yml")) as file:
            hidden = check_gitlab(self, file.read())
        jobs = check_gitlab(self, self.p.gen("--matrix", "gitlab").out, hidden)
        self.assertEqual(list(jobs), ["build uno", "build mega", "build nano"])
        nothing = check_gitlab(self, self.p.gen("--matrix", "gitlab", "--changed-since", "base").out, hidden)
        self.assertEqual(list(nothing), ["nothing to build"])

    def test_keys_stand_for_the_toolchain(self):
        def keys(**options):
            return {job["name"]: job["cache_key"] for job in self.everything(**options)["jobs"]}
        first = keys()
        self.p.write("src/main.cpp", SMALL + "int y;\n")
        self.p.write("platformio.ini", INI + "build_flags = -DOTHER\n")
        self.assertEqual(keys(), first)
        self.p.write("platformio.ini", INI + "platform_packages = framework-arduino-avr @ 1.8.3\n")
        self.assertEqual([name for name in first if keys()[name] != first[name]], ["nano"])

    def test_some_environments(self):
        self.assertEqual([j["name"] for j in self.everything("-e", "nano", "-e", "uno")["jobs"]], ["nano", "uno"])

    def test_bad_calls(self):
        for arguments, parts in ((["--matrix", "gitub"], ["did you mean 'github'"]), (["--changed-since", "base"], ["--matrix"]),
                                 (["--matrix", "json", "--shards", "0"], ["--shards"]), (["--shards", "2"], ["--matrix"]),
                                 (["--matrix", "json", "--times", "x"], ["--shards"]),
                                 (["--matrix", "json", "--shards", "2", "--times", "nowhere.json"], ["nowhere.json"]),
                                 (["--matrix", "json", "--report", "json"], ["exclude"]),
                                 (["--matrix", "json", "-e", "unoo"], ["did you mean"])):
            self.assertError(self.p.gen(*arguments, status=2), *parts)
        self.p.write("platformio.ini", INI.replace("megaatmega2560", "megaatmega256"))
        self.assertError(self.p.gen("--matrix", "json", status=2), "platformio.ini:9", "did you mean")


class Shards(Repository):
    def shards(self, count, *arguments):
        return [job["environments"] for job in self.everything("--shards", str(count), *arguments)["jobs"]]

    def test_without_times(self):
        self.assertEqual(self.shards(1), [ALL])
        self.assertEqual(self.shards(2), [["uno", "nano"], ["mega"]])
        self.assertEqual(self.shards(9), [["uno"], ["mega"], ["nano"]])
        self.assertEqual(json.loads(self.p.gen("--matrix", "github", "--shards", "2").out)["include"][0]["arguments"], "-e uno -e nano")

    def test_by_saved_reports(self):
        def report(name, times):
            self.p.write(name, json.dumps({"environments": [{"name": k, "seconds": v} for k, v in times.items()]}))
        report("a.json", {"uno": 1, "mega": 9.5})
        report("b.json", {"nano": 2})
        both = ["--times", "a.json", "--times", "b.json"]
        self.assertEqual(self.shards(2, *both), [["uno", "nano"], ["mega"]])
        self.assertEqual(self.everything("--shards", "2", *both)["jobs"][0]["seconds"], 3)
        report("b.json", {"nano": 20})
        self.assertEqual(self.shards(2, *both), [["uno", "mega"], ["nano"]])
        self.p.write("b.json", "[]")
        self.assertError(self.p.gen("--matrix", "json", "--shards", "2", *both, status=2), "b.json")

    def test_by_the_last_run(self):
        self.p.gen("-q")
        self.p.ninja("uno", "nano")
        environments = {e["name"]: e for e in self.everything()["environments"]}
        self.assertGreater(environments["uno"]["seconds"], 0)
        self.assertIsNone(environments["mega"]["seconds"])
        # Ninja's log decides: a step that took 100 seconds.
        with open(self.p.path(".fbuild/build/.ninja_log"), "a") as log:
            log.write("0\t100000\t1\t.fbuild/build/nano/src/main.cpp.o\tabcdef\n")
        environments = {e["name"]: e for e in self.everything()["environments"]}
        self.assertGreater(environments["nano"]["seconds"], 100)
        self.assertEqual(self.shards(2, "-e", "uno", "-e", "nano"), [["uno"], ["nano"]])


class Workflows(Repository):
    """docs/ci, in a fresh clone, step by step."""

    def setUp(self):
        super().setUp()
        self.p.write("src/main.cpp", FILES["src/main.cpp"] + "void unused() { int warned; }\n")
        self.commit()
        self.clone = self.project({})
        self.clone.env["PATH"] = BIN + ":" + self.clone.env["PATH"]
        self.clone.env["CI"] = "true"
        self.clone.run(["git", "clone", "-q", self.p.dir, "."])

    def shell(self, script, env, cwd="."):
        # As the runners call it.
        return self.clone.run(["bash", "-e", "-o", "pipefail", "-c", script], env=env, cwd=self.clone.path(cwd))

    def document(self, name):
        with open(os.path.join(ROOT, "docs/ci", name)) as file:
            return file.read()

    def test_github(self):
        workflow = yaml.safe_load(self.document("github.yml"))
        workflow["on"] = workflow.pop(True)  # as YAML 1.1 reads it
        jsonschema.validate(workflow, GITHUB_WORKFLOW)
        outputs = {}
        context = {"github.event.pull_request.base.sha || github.event.before": self.git("rev-parse", "base").strip(), "github.sha": "c0ffee"}

        def value(text):
            return re.sub(r"\$\{\{ (.*?) \}\}", lambda m: context[m.group(1)], str(text))

        def steps(job):
            for step in job["steps"]:
                if "uses" in step:
                    for text in step.get("with", {}).values():
                        value(text)  # every expression is known
                    continue
                self.assertNotIn("${{", step["run"])
                output = self.clone.path("..", "output")
                open(output, "w").close()
                env = {name: value(text) for name, text in {**workflow["env"], **job.get("env", {}), **step.get("env", {})}.items()}
                env.update(GITHUB_OUTPUT=output, GITHUB_PATH=self.clone.path("..", "path"), GITHUB_STEP_SUMMARY=self.clone.path("..", "summary"))
                outputs[step["name"]] = self.shell(step["run"], env, value(step.get("working-directory", ".")))
                with open(output) as file:
                    for line in file.read().splitlines():
                        name, text = line.split("=", 1)
                        context["steps.%s.outputs.%s" % (step.get("id"), name)] = text

        steps(workflow["jobs"]["matrix"])
        for name, text in workflow["jobs"]["matrix"]["outputs"].items():
            context["needs.matrix.outputs." + name] = value(text)
        self.assertEqual(context["needs.matrix.outputs.any"], "true")
        matrix = json.loads(context["needs.matrix.outputs.matrix"])
        jsonschema.validate(matrix, GITHUB_MATRIX)
        self.assertEqual([job["name"] for job in matrix["include"]], ALL)
        for name, text in matrix["include"][2].items():
            context["matrix." + name] = text
        steps(workflow["jobs"]["build"])
        self.assertTrue(self.clone.exists(".fbuild/build/nano/firmware.hex"))
        self.assertFalse(self.clone.exists(".fbuild/build/uno"))
        self.assertRegex(outputs["report"].out, r"::warning file=src/main\.cpp,line=\d+,col=\d+,title=nano::unused variable")
        self.assertRegex(outputs["report"].out, r"::notice title=nano::flash \d+ of 30720 bytes")
        steps(workflow["jobs"]["build"])  # with what the cache brings
        self.assertRegex(outputs["report"].out, r"::warning file=src/main\.cpp")
        self.assertRegex(outputs["report"].out, r"bytes \(\d+\.\d%25\), \+0")
        # Nothing changed: no job. (Another runner: what was built, and fbuild.lock, is not there.)
        self.clone.run(["git", "clean", "-qxfd"])
        context["github.event.pull_request.base.sha || github.event.before"] = self.git("rev-parse", "HEAD").strip()
        steps(workflow["jobs"]["matrix"])
        self.assertEqual(context["steps.matrix.outputs.any"], "false")

    def test_where_fbuild_comes_from(self):
        """On a runner without it: from the one line that its user edits."""
        source = self.project({"scripts/build": '#!/bin/sh\ncd "$(dirname "$0")/.." && mkdir -p build && ln -s "%s" build/bin\n' % BIN})
        os.chmod(source.path("scripts/build"), 0o755)
        source.run(["sh", "-c", "git init -q && git add -A && git -c user.name=A -c user.email=a@example.com commit -qm all"])
        self.clone.env["PATH"] = "/usr/bin:/bin"
        if shutil.which("fbuild-gen", path=self.clone.env["PATH"]):
            self.skipTest("fbuild is installed here")
        workflow = yaml.safe_load(self.document("github.yml"))
        self.assertEqual(self.document("github.yml").count("EDIT"), 1)
        pipeline, hidden = yaml.safe_load(self.document("gitlab-ci.yml")), yaml.safe_load(self.document("gitlab-job.yml"))
        github = [step["run"] + 'PATH="$PATH:$(cat "$GITHUB_PATH")"\n' for job in workflow["jobs"].values() for step in job["steps"] if step.get("name") == "fbuild"]
        gitlab = ["\n".join(job["before_script"]) + "\n" for job in (pipeline["matrix"], hidden[".fbuild"])]
        self.assertEqual((len(github), len(gitlab)), (2, 2))
        for script, given, file in [(s, workflow["env"], ".github/workflows/firmware.yml") for s in github] + [(s, pipeline["variables"], ".gitlab-ci.yml") for s in gitlab]:
            home = self.folder("home")
            env = {"HOME": home, "GITHUB_PATH": os.path.join(home, "path"), "FBUILD_PROJECT": self.clone.dir}
            script = script.replace("/opt/fbuild", home + "/opt") + "fbuild-gen --version\n"
            out = self.clone.run(["bash", "-e", "-o", "pipefail", "-c", script], env={**env, **given}, status=None)
            self.assertNotEqual(out.status, 0)
            self.assertIn("FBUILD_SOURCE: set it in " + file, out.err)
            self.assertIn("fbuild", self.shell(script, {**env, "FBUILD_SOURCE": "file://" + source.dir}).out)

    def test_gitlab(self):
        pipeline = check_gitlab(self, self.document("gitlab-ci.yml"))
        self.assertEqual(self.document("gitlab-ci.yml").count("EDIT"), 1)
        hidden = check_gitlab(self, self.document("gitlab-job.yml"))
        env = {"CI_COMMIT_BEFORE_SHA": self.git("rev-parse", "base").strip(), "CI_PROJECT_DIR": self.clone.dir}
        job = pipeline["matrix"]
        env.update({name: str(text) for name, text in job["variables"].items()})
        self.shell("\n".join(job["before_script"] + job["script"]), env)
        produced = job["artifacts"]["paths"][0]
        self.assertEqual(pipeline["firmware"]["trigger"]["include"][0]["artifact"], produced)
        jobs = check_gitlab(self, self.clone.read(produced), hidden)
        self.assertEqual(list(jobs), ["build uno", "build mega", "build nano"])
        job = {**hidden[".fbuild"], **jobs["build uno"]}
        variables = {**hidden[".fbuild"].get("variables", {}), **jobs["build uno"]["variables"]}
        env.update({name: str(text).replace("$CI_PROJECT_DIR", self.clone.dir) for name, text in variables.items()})
        self.shell("\n".join(job["before_script"] + job["script"]), env)
        self.shell("\n".join(job["after_script"]), env)
        self.assertIn('<testsuite name="uno"', self.clone.read(job["artifacts"]["reports"]["junit"]))
        # What is to be cached lies in the project, as GitLab wants it.
        for path in jobs["build uno"]["cache"][0]["paths"]:
            self.assertTrue(os.path.isdir(self.clone.path(path)), path)


if __name__ == "__main__":
    unittest.main()
