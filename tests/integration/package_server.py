"""What the tests of packages and of .lnk files share: an HTTP server on loopback that
counts requests, archives made from the system's own compiler and core, and folders of
platform files that declare them."""

import gzip
import hashlib
import http.server
import io
import os
import shutil
import tarfile
import threading

import project

GCC = "/usr/lib/gcc/avr"
REPOSITORY = os.path.abspath(os.path.join(project.HERE, "../.."))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def serve(case, handler):
    """Answers on a port of loopback with `handler` until the test case's class ends; its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()

    def stop():
        server.shutdown()
        server.server_close()
        thread.join()

    case.addClassCleanup(stop)
    return "http://127.0.0.1:%d" % server.server_address[1]


class Server:
    """Serves `files` (name to bytes); `requests` has the paths asked for, in order."""

    def __init__(self, case):
        self.files = {}
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                data = outer.files.get(self.path.lstrip("/"))
                self.send_response(200 if data is not None else 404)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *arguments):
                pass

        self.url = serve(case, Handler) + "/"

    def add(self, name, data):
        self.files[name] = data
        return self.url + name

    def asked(self):
        out, self.requests = self.requests, []
        return out


def lnk_text(url, data, **more):
    import json
    return json.dumps({"v": 1, "url": url, "sha256": sha256(data), "size": len(data), **more}, indent=2) + "\n"


def tar_gz(tree, leading="top/"):
    """An archive of (name, source path or bytes) pairs below one leading folder."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, source in tree:
            if isinstance(source, bytes):
                info = tarfile.TarInfo(leading + name)
                info.size = len(source)
                archive.addfile(info, io.BytesIO(source))
            else:
                archive.add(source, leading + name)
    return buffer.getvalue()


def toolchain_archive():
    """The system's avr-gcc with what an ATmega328P needs, as a vendor would pack it."""
    tree = []
    version = sorted(os.listdir(GCC))[-1]
    gcc = os.path.join(GCC, version)
    for tool in project.TOOLS + ["avr-ar", "avr-ld", "avr-nm", "avr-ranlib"]:
        tree.append(("bin/" + tool, os.path.realpath("/usr/bin/" + tool)))
    for name in sorted(os.listdir(gcc)):
        if name not in ("plugin", "install-tools", "tiny-stack") and (name == "avr5" or not name.startswith("avr")):
            tree.append(("lib/gcc/avr/%s/%s" % (version, name), os.path.join(gcc, name)))
    for name in ("as", "ld", "ar", "nm", "ranlib", "objcopy"):
        tree.append(("lib/avr/bin/" + name, "/usr/lib/avr/bin/" + name))
    tree.append(("lib/avr/include", "/usr/lib/avr/include"))
    lib = "/usr/lib/avr/lib"
    for name in sorted(os.listdir(lib)):
        if name in ("avr5", "ldscripts") or os.path.isfile(os.path.join(lib, name)):
            tree.append(("lib/avr/lib/" + name, os.path.realpath(os.path.join(lib, name))))
    return tar_gz(tree, "avr/")


def core_archive(more=b""):
    """The system's Arduino core; `more` is one more source in it, to make another core."""
    tree = [(name, os.path.join(project.CORE, name)) for name in sorted(os.listdir(project.CORE))
            if name in ("cores", "variants", "platform.txt")]
    # Refused in a .lnk, accepted in a package.
    tree += [("Case", b"1"), ("case", b"2")]
    if more:
        tree.append(("cores/arduino/more.c", more))
    return tar_gz(tree, "avr-core/")


def bare_path(folder):
    """A PATH with what a build needs besides the compiler, and no compiler."""
    os.makedirs(folder)
    for name in ("sh", "rm", "mv", "cat", "cmp", "printf", "ninja"):
        os.symlink(shutil.which(name), os.path.join(folder, name))
    return folder


def versions_text(versions):
    """`versions:` of a platform file: a list of (version, [(systems, url, data)])."""
    out = "    versions:\n"
    for version, archives in versions:
        out += "      - version: %s\n        archives:\n" % version
        for systems, url, data in archives:
            out += "          - system: %s\n            url: %s\n            sha256: %s\n            size: %d\n" % (
                systems, url, sha256(data), len(data))
    return out


def data_folder(folder, packages):
    """A data folder whose atmelavr declares `packages` (YAML text) and is otherwise ours."""
    os.makedirs(os.path.join(folder, "platforms"), exist_ok=True)
    with open(os.path.join(REPOSITORY, "platforms/atmelavr.yaml")) as file:
        text = file.read()
    head, rest = text.split("\npackages:\n", 1)
    rest = rest[rest.index("\ntoolchain:\n"):]
    path = os.path.join(folder, "platforms/atmelavr.yaml")
    with open(path, "w") as out:
        out.write(head + "\npackages:\n" + packages + rest)
    if not os.path.lexists(os.path.join(folder, "templates")):
        os.symlink(os.path.join(REPOSITORY, "templates"), os.path.join(folder, "templates"))
    return path
