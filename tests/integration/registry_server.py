"""What the tests of lib_deps use: a package registry on loopback that answers as
PlatformIO's does, its archives, and git repositories over http."""

import http.server
import json
import os
import re
import shutil
import subprocess
import urllib.parse

from package_server import serve, sha256, tar_gz


def library_files(name, version="1.0.0", value=1, dependencies=None, header=None, manifest=None, calls=""):
    """A library whose function NAME() writes a register with `value`."""
    header = header or name + ".h"
    function = re.sub(r"\W", "_", name)
    described = {"name": name, "version": version, **(manifest or {})}
    if dependencies is not None:
        described["dependencies"] = dependencies
    return {
        "library.json": json.dumps(described),
        "src/" + header: "#pragma once\nvoid %s();\n#define %s_VERSION \"%s\"\n" % (function, function, version),
        "src/%s.cpp" % function: "#include \"%s\"\n%s\nvoid %s() { *(volatile unsigned char*)0x3e = %d; }\n" % (header, calls, function, value),
    }


def packed(files, leading=""):
    return tar_gz([(name, text.encode() if isinstance(text, str) else text) for name, text in sorted(files.items())], leading)


def git(folder, *arguments):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        env.update({"GIT_%s_NAME" % who: "T", "GIT_%s_EMAIL" % who: "t@example.com", "GIT_%s_DATE" % who: "2024-01-01T00:00:00Z"})
    done = subprocess.run(["git", "-c", "protocol.file.allow=always", "-C", folder, *arguments], env=env, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return done.stdout.decode().strip()


class Registry:
    """`requests` has the paths asked for, in order. Packages are added with add()."""

    def __init__(self, case, folder):
        self.packages = {}  # (owner, name) in lower case
        self.files = {}
        self.requests = []
        self.broken = None  # a status, or bytes, for all of its answers
        self.git_root = folder
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                outer.answer(self)

            def do_POST(self):
                outer.requests.append(self.path)
                outer.git_answer(self)

            def log_message(self, *arguments):
                pass

        self.url = serve(case, Handler)

    def add(self, owner, name, version="1.0.0", files=None, data=None, checksum=None, **more):
        """Publishes a version; answers with the bytes of its archive."""
        data = data if data is not None else packed(files or library_files(name, version, **more))
        path = "/download/%s/library/%s/%s/%s-%s.tar.gz" % (owner, name, version, name, version)
        self.files[urllib.parse.quote(path)] = data
        package = self.packages.setdefault((owner.lower(), name.lower()), {
            "id": len(self.packages) + 100, "type": "library", "name": name, "owner": {"username": owner}, "versions": []})
        package["versions"].insert(0, {"name": version, "files": [{
            "name": path.rsplit("/", 1)[1], "system": "*", "size": len(data), "download_url": self.url + path,
            "checksum": {"sha256": checksum or sha256(data)}}]})
        return data

    def asked(self):
        out, self.requests = self.requests, []
        return out

    def search(self, query):
        terms = dict(re.findall(r'(\w+):"([^"]*)"', query))
        free = re.sub(r'\w+:"[^"]*"', "", query).strip().lower()
        out = []
        for (owner, name), package in self.packages.items():
            if terms.get("id", str(package["id"])) != str(package["id"]) or terms.get("owner", owner) != owner:
                continue
            if terms.get("name", name) != name or terms.get("framework", "arduino") != "arduino":
                continue
            if free and free[:3] not in name:  # a search is not exact
                continue
            out.append({**{k: v for k, v in package.items() if k != "versions"}, "version": package["versions"][0]})
        return {"page": 1, "limit": 50, "total": len(out), "items": out}

    def answer(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        if url.path in self.files:
            # Downloads of the registry's are redirected to one of its mirrors.
            if url.path.startswith("/download/"):
                return self.send(handler, 302, b"", {"Location": self.url + "/mirror" + url.path, "X-PIO-Mirror": "mirror",
                                                     "X-PIO-Content-SHA256": sha256(self.files[url.path])})
            return self.send(handler, 200, self.files[url.path])
        if url.path.startswith("/mirror/"):
            return self.send(handler, 200, self.files[url.path[len("/mirror"):]])
        if url.path.startswith("/git/"):
            return self.git_answer(handler)
        if self.broken is not None:
            return self.send(handler, self.broken, b"") if isinstance(self.broken, int) else self.send(handler, 200, self.broken)
        if url.path == "/v3/search":
            query = urllib.parse.parse_qs(url.query)["query"][0]
            return self.send(handler, 200, json.dumps(self.search(query)).encode())
        match = re.fullmatch(r"/v3/packages/([^/]+)/library/([^/]+)", url.path)
        package = match and self.packages.get(tuple(urllib.parse.unquote(part) for part in match.groups()))
        if not package:
            return self.send(handler, 404, b'{"message": "Package not found"}')
        self.send(handler, 200, json.dumps({**package, "version": package["versions"][0]}).encode())

    def send(self, handler, status, data, headers={}):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    # Repositories below git_root, as /git/NAME.
    def git_answer(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": self.git_root, "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": handler.command,
               "PATH_INFO": urllib.parse.unquote(url.path[4:]), "QUERY_STRING": url.query, "REMOTE_USER": "", "REMOTE_ADDR": "127.0.0.1",
               "CONTENT_TYPE": handler.headers.get("Content-Type", ""), "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
               "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""), "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
               "GIT_CONFIG_VALUE_0": "*"}
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0) or 0))
        done = subprocess.run(["git", "http-backend"], input=body, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        handler.send_response(int(next((value.split()[0] for name, value in headers if name == "Status"), "200")))
        for name, value in headers:
            if name != "Status":
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def repository(self, name, files):
        """A repository with one commit and the tag v1.0; answers with its folder."""
        folder = os.path.join(self.git_root, name)
        os.makedirs(folder)
        git(folder, "init", "-q", "-b", "main")
        self.commit(folder, files)
        git(folder, "tag", "v1.0")
        return folder

    def commit(self, folder, files):
        for path, text in files.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as out:
                out.write(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "more")
        return git(folder, "rev-parse", "HEAD")

    def remove(self, name):
        shutil.rmtree(os.path.join(self.git_root, name))
