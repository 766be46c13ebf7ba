// Against a server that misbehaves: in every case a clear error or the right bytes,
// nothing half there, nothing wrong in the store.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "lnk/ensure.h"
#include "lnk/gc.h"
#include "lnk/sha256.h"
#include "support/files.h"
#include "tests/lnk/http_server.h"
#include "tests/lnk/test_help.h"

using namespace fbuild;
using namespace fbuild::lnk;
using namespace fbuild::lnk::testing;

namespace {

struct Bench {
  TemporaryDirectory folder;
  HttpServer server;
  Store store = open_store(folder / "cache");
  EnsureOptions options = quick_options();

  Result<std::string> get(const std::string& path, const std::string& content,
                          bool with_size = true) {
    return ensure_blob(store, manifest_for(server.url(path), content, Extract::File, with_size),
                       options);
  }

  // Asks for it and expects the right bytes.
  void expect(const std::string& path, const std::string& content, bool with_size = true) {
    Result<std::string> blob = get(path, content, with_size);
    REQUIRE_MESSAGE(blob, (blob ? "" : blob.error().text()));
    CHECK(slurp(*blob) == content);
    CHECK(is_clean(store));
    CHECK(census(store).partials == 0);
  }

  // Asks for it and expects an error that says `words`, and no entry.
  void expect_error(const std::string& path, const std::string& content, const std::string& words,
                    bool with_size = true) {
    Result<std::string> blob = get(path, content, with_size);
    REQUIRE_FALSE(blob);
    std::string text = blob.error().text();
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
    CHECK_MESSAGE(text.find(server.url(path)) == 0, text);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(census(store).entries == 0);
    CHECK(is_clean(store));
  }
};

HttpHandler cut_after(std::string content, size_t bytes, bool with_length = true) {
  return [=](const HttpRequest&, Wire& wire) {
    std::vector<std::string> lines = {"ETag: \"v" +
                                      std::to_string(std::hash<std::string>()(content)) + "\""};
    if (with_length) lines.push_back("Content-Length: " + std::to_string(content.size()));
    wire.send(http_head("200 OK", lines));
    wire.send(std::string_view(content).substr(0, bytes));
  };
}

}  // namespace

TEST_CASE_FIXTURE(Bench, "a good server is asked once") {
  std::string content = noise(300'000);
  server.on("/x", serves(content));
  expect("/x", content);
  expect("/x", content);
  CHECK(server.requests() == 1);
}

TEST_CASE_FIXTURE(Bench, "an empty file is a file") {
  server.on("/x", serves(""));
  expect("/x", "");
  server.on("/y", serves(""));
  expect("/y", "", false);
}

TEST_CASE_FIXTURE(Bench, "404 is said at once and not tried again") {
  expect_error("/none", "x", "404");
  CHECK(server.requests() == 1);
}

TEST_CASE_FIXTURE(Bench, "500 then good") {
  std::string content = noise(1000);
  server.on("/x",
            in_turn({answers("500 Internal Server Error"), answers("503 Busy"), serves(content)}));
  expect("/x", content);
  CHECK(server.requests() == 3);
}

TEST_CASE_FIXTURE(Bench, "429 is tried again when the server says") {
  std::string content = noise(1000);
  server.on("/x", in_turn({answers("429 Too Many Requests", {"Retry-After: 1"}),
                           answers("429 Too Many Requests"), serves(content)}));
  expect("/x", content);
  CHECK(server.requests() == 3);
}

TEST_CASE_FIXTURE(Bench, "500 for ever ends, and says how often it was tried") {
  server.on("/x", answers("502 Bad Gateway"));
  expect_error("/x", "x", "502 (3 attempts)");
  CHECK(server.requests() == 3);
}

TEST_CASE_FIXTURE(Bench, "redirects are followed, but not for ever and not anywhere") {
  std::string content = noise(1000);
  server.on("/good", serves(content));
  server.on("/to-good", answers("302 Found", {"Location: /good"}));
  expect("/to-good", content);
  Bench other;
  server.on("/loop", answers("301 Moved", {"Location: /loop"}));
  Result<std::string> blob = get("/loop", "x");
  REQUIRE_FALSE(blob);
  CHECK(blob.error().text().find("more than 10 redirects") != std::string::npos);
  CHECK(server.requests("/loop") == 11);
  server.on("/file", answers("302 Found", {"Location: file:///etc/hostname"}));
  blob = get("/file", slurp("/etc/hostname"));
  REQUIRE_FALSE(blob);
  CHECK(blob.error().text().find("not allowed") != std::string::npos);
  server.on("/nowhere", answers("304 Not Modified"));
  CHECK_FALSE(get("/nowhere", "oops\n"));
}

TEST_CASE_FIXTURE(Bench, "cut in the middle, continued with Range") {
  std::string content = noise(400'000);
  size_t asked = 0;
  HttpHandler good = serves(content);
  ServerGuard guard(server);
  server.on("/x",
            in_turn({cut_after(content, 150'000), [&](const HttpRequest& request, Wire& wire) {
                       asked = request.range_begin.value_or(0);
                       CHECK(request.headers.count("if-range") == 1);
                       good(request, wire);
                     }}));
  expect("/x", content);
  CHECK(server.requests() == 2);
  CHECK(asked == 150'000);
}

TEST_CASE_FIXTURE(Bench, "a break is continued by a later process as well") {
  std::string content = noise(400'000);
  size_t asked = 0;
  HttpHandler good = serves(content);
  options.fetch.attempts = 1;
  ServerGuard guard(server);
  server.on("/x",
            in_turn({cut_after(content, 250'000), [&](const HttpRequest& request, Wire& wire) {
                       asked = request.range_begin.value_or(0);
                       good(request, wire);
                     }}));
  CHECK_FALSE(get("/x", content));
  CHECK(census(store).entries == 0);
  CHECK(census(store).partials == 2);  // the beginning and its validator
  expect("/x", content);
  CHECK(asked == 250'000);
}

TEST_CASE_FIXTURE(Bench, "what changed on the server meanwhile is not glued together") {
  std::string old = noise(400'000, 1), now = noise(400'000, 2);
  ServerGuard guard(server);
  server.on("/x", in_turn({cut_after(old, 150'000), serves(now)}));
  expect("/x", now);
  // A server that ignores If-Range and glues anyway: the digest notices.
  server.on("/y", in_turn({cut_after(old, 150'000), [&](const HttpRequest& request, Wire& wire) {
                             HttpRequest careless = request;
                             careless.headers.erase("if-range");
                             serves(now)(careless, wire);
                           }}));
  expect("/y", now);
  CHECK(server.requests("/y") == 3);
}

TEST_CASE_FIXTURE(Bench, "Range ignored: everything comes again and is used once") {
  std::string content = noise(400'000);
  ServerGuard guard(server);
  server.on("/x", in_turn({cut_after(content, 150'000), [&](const HttpRequest&, Wire& wire) {
                             wire.send(http_head("200 OK", {"Content-Length: 400000"}));
                             wire.send(content);
                           }}));
  expect("/x", content);
}

TEST_CASE_FIXTURE(Bench, "another range than asked for") {
  std::string content = noise(400'000);
  ServerGuard guard(server);
  server.on("/x", in_turn({cut_after(content, 150'000),
                           [&](const HttpRequest&, Wire& wire) {
                             wire.send(http_head("206 Partial Content",
                                                 {"Content-Range: bytes 100000-399999/400000",
                                                  "Content-Length: 300000"}));
                             wire.send(std::string_view(content).substr(100'000));
                           },
                           serves(content)}));
  expect("/x", content);
}

TEST_CASE_FIXTURE(Bench, "a partial file longer than the whole, or complete already") {
  std::string content = noise(10'000);
  server.on("/x", serves(content));
  Manifest manifest = manifest_for(server.url("/x"), content);
  std::string partial = partial_path(store, entry_name(blob_key(manifest)));
  write_file(partial, content + "more");
  expect("/x", content);
  CHECK(server.requests() == 1);
  // Killed between the last byte and the rename: nothing to ask for.
  Store again = open_store(folder / "cache2");
  write_file(partial_path(again, entry_name(blob_key(manifest))), content);
  Result<std::string> blob = ensure_blob(again, manifest, options);
  REQUIRE(blob);
  CHECK(slurp(*blob) == content);
  CHECK(server.requests() == 1);
  // Of the right length but wrong; with and without a size.
  for (bool with_size : {true, false}) {
    Store third = open_store(folder / (with_size ? "cache3" : "cache4"));
    write_file(partial_path(third, entry_name(blob_key(manifest))), noise(10'000, 7));
    manifest.size = with_size ? std::optional<uint64_t>(10'000) : std::nullopt;
    blob = ensure_blob(third, manifest, options);
    REQUIRE(blob);
    CHECK(slurp(*blob) == content);
  }
}

TEST_CASE_FIXTURE(Bench, "wrong size: announced or sent, it is cut off") {
  std::string content = noise(100'000);
  ServerGuard guard(server);
  server.on("/x", serves(content + "more"));
  expect_error("/x", content, "the server announces 100004 bytes; the manifest says 100000");
  CHECK(census(store).partials == 0);
  // Not announced.
  server.on("/y", [&](const HttpRequest&, Wire& wire) {
    wire.send(http_head("200 OK"));
    wire.send(content + "more");
  });
  expect_error("/y", content, "sends more than the manifest's 100000 bytes");
  CHECK(census(store).partials == 0);
}

TEST_CASE_FIXTURE(Bench, "an endless body is cut off") {
  std::atomic<uint64_t> sent{0};
  ServerGuard guard(server);
  server.on("/x", [&](const HttpRequest&, Wire& wire) {
    wire.send(http_head("200 OK"));
    std::string block(65536, 'x');
    while (wire.send(block)) sent += block.size();
  });
  expect_error("/x", noise(1000), "sends more than");
  options.fetch.max_bytes = 5'000'000;
  expect_error("/x", noise(1000), "sends more than 5000000 bytes", false);
  CHECK(sent < 60'000'000);
  CHECK(census(store).partials == 0);
}

TEST_CASE_FIXTURE(Bench, "an endless header is cut off") {
  ServerGuard guard(server);
  server.on("/x", [&](const HttpRequest&, Wire& wire) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    while (wire.send(head)) head = "X-More: " + std::string(1000, 'x') + "\r\n";
  });
  CHECK_FALSE(get("/x", "x"));
  CHECK(census(store).entries == 0);
}

TEST_CASE_FIXTURE(Bench, "a slow drip is a break, and ends") {
  std::atomic<bool> stop{false};
  ServerGuard guard(server);
  server.on("/x", [&](const HttpRequest&, Wire& wire) {
    wire.send(http_head("200 OK", {"Content-Length: 100000"}));
    while (!stop && wire.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  options.fetch.attempts = 2;
  auto begin = std::chrono::steady_clock::now();
  expect_error("/x", noise(100'000), "too slow (2 attempts)");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(15));
  stop = true;
}

TEST_CASE_FIXTURE(Bench, "a server that never answers") {
  std::atomic<bool> stop{false};
  ServerGuard guard(server);
  server.on("/x", [&](const HttpRequest&, Wire&) {
    for (int i = 0; i < 200 && !stop; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  options.fetch.attempts = 1;
  expect_error("/x", "x", "no answer in time");
  stop = true;
}

TEST_CASE_FIXTURE(Bench, "wrong digest: both are named, nothing is kept") {
  std::string content = noise(50'000);
  std::string wrong = noise(50'000, 2);
  server.on("/x", serves(wrong));
  expect_error("/x", content, sha256_of(wrong) + "; expected " + sha256_of(content));
  CHECK(server.requests() == 1);
  CHECK(census(store).partials == 0);
}

TEST_CASE_FIXTURE(Bench, "a body without a length that ends early") {
  std::string content = noise(100'000);
  server.on("/x", in_turn({cut_after(content, 30'000, false), serves(content)}));
  expect("/x", content);
}

TEST_CASE_FIXTURE(Bench, "nobody there") {
  int port;
  {
    HttpServer gone;
    port = gone.port();
  }
  Manifest manifest = manifest_for("http://127.0.0.1:" + std::to_string(port) + "/x", "x");
  Result<std::string> blob = ensure_blob(store, manifest, options);
  REQUIRE_FALSE(blob);
  CHECK(blob.error().text().find("3 attempts") != std::string::npos);
  CHECK(census(store).partials == 0);
}

TEST_CASE("TLS: an unknown certificate is refused, a trusted one is not") {
  TemporaryDirectory folder;
  HttpServer server(true);
  Store store = open_store(folder / "cache");
  EnsureOptions options = quick_options();
  std::string content = noise(20'000);
  server.on("/x", serves(content));
  Manifest manifest = manifest_for(server.url("/x"), content);
  Result<std::string> blob = ensure_blob(store, manifest, options);
  REQUIRE_FALSE(blob);
  CHECK_MESSAGE(blob.error().text().find("certificate is not trusted") != std::string::npos,
                blob.error().text());
  CHECK(server.requests() == 0);
  CHECK(census(store).entries + census(store).partials == 0);
  write_file(folder / "ca.pem", server.certificate());
  options.fetch.ca_file = folder / "ca.pem";
  blob = ensure_blob(store, manifest, options);
  REQUIRE(blob);
  CHECK(slurp(*blob) == content);
  // From https to http is a way down.
  HttpServer plain;
  plain.on("/x", serves(content));
  server.on("/down", answers("302 Found", {"Location: " + plain.url("/x")}));
  blob = ensure_blob(store, manifest_for(server.url("/down"), content), options);
  REQUIRE_FALSE(blob);
  CHECK(plain.requests() == 0);
}

TEST_CASE_FIXTURE(Bench, "offline never asks") {
  std::string content = noise(1000);
  server.on("/x", serves(content));
  options.fetch.offline = true;
  expect_error("/x", content, "--offline");
  CHECK(server.requests() == 0);
  options.fetch.offline = false;
  expect("/x", content);
  options.fetch.offline = true;
  expect("/x", content);
  CHECK(server.requests() == 1);
}

TEST_CASE_FIXTURE(Bench, "mirrors are asked instead, in order") {
  std::string content = noise(1000);
  Manifest manifest = manifest_for("https://example.com/assets/x", content);
  options.fetch.mirrors = {{"https://example.com/assets/", server.url("/empty/")},
                           {"https://example.com/", server.url("/full/")}};
  server.on("/full/assets/x", serves(content));
  Result<std::string> blob = ensure_blob(store, manifest, options);
  REQUIRE_MESSAGE(blob, (blob ? "" : blob.error().text()));
  CHECK(slurp(*blob) == content);
  CHECK(server.requests("/empty/x") == 1);
  // A mirror on the disk works offline and needs no permission.
  Store other = open_store(folder / "other");
  write_file(folder / "mirror/assets/x", content);
  options.fetch.mirrors = {{"https://example.com", "file://" + folder.path + "/mirror"}};
  options.fetch.offline = true;
  blob = ensure_blob(other, manifest, options);
  REQUIRE_MESSAGE(blob, (blob ? "" : blob.error().text()));
  CHECK(slurp(*blob) == content);
  CHECK(places_of("https://example.community/x", options.fetch.mirrors)[0] ==
        "https://example.community/x");
}

TEST_CASE_FIXTURE(Bench, "file URLs only where they are allowed") {
  std::string content = noise(5000);
  write_file(folder / "x", content);
  Manifest manifest = manifest_for("file://" + folder.path + "/x", content);
  CHECK_FALSE(ensure_blob(store, manifest, options));
  options.fetch.allow_file_urls = true;
  Result<std::string> blob = ensure_blob(store, manifest, options);
  REQUIRE(blob);
  CHECK(slurp(*blob) == content);
  CHECK_FALSE(ensure_blob(store, manifest_for("file://" + folder.path + "/no", "x"), options));
}

TEST_CASE_FIXTURE(Bench, "a netrc file opens private URLs") {
  std::string content = noise(1000);
  ServerGuard guard(server);
  server.on("/x", [&](const HttpRequest& request, Wire& wire) {
    auto found = request.headers.find("authorization");
    // "me:secret" in base 64.
    if (found == request.headers.end() || found->second != "Basic bWU6c2VjcmV0") {
      answers("401 Unauthorized")(request, wire);
      return;
    }
    serves(content)(request, wire);
  });
  options.fetch.netrc_file = folder / "none";
  expect_error("/x", content, "401; is there an entry in ~/.netrc?");
  write_file(folder / "netrc", "machine 127.0.0.1 login me password secret\n");
  options.fetch.netrc_file = folder / "netrc";
  expect("/x", content);
}

TEST_CASE_FIXTURE(Bench, "many threads, one blob: one request") {
  std::string content = noise(2'000'000);
  server.on("/x", serves(content));
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      Result<std::string> blob = get("/x", content);
      if (blob && slurp(*blob) == content) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 16);
  CHECK(server.requests() == 1);
}

TEST_CASE("what the environment asks for") {
  Result<std::vector<Mirror>> mirrors =
      parse_mirrors(" https://a.example/=http://b/  x=file:///y ");
  REQUIRE(mirrors);
  REQUIRE(mirrors->size() == 2);
  CHECK((*mirrors)[1].to == "file:///y");
  CHECK_FALSE(parse_mirrors("nonsense"));
  CHECK_FALSE(parse_mirrors("a=ftp://x/"));
  CHECK(*parse_bytes("20G") == uint64_t{20} << 30);
  CHECK(*parse_bytes("5") == 5);
  CHECK_FALSE(parse_bytes("5Q"));
  CHECK_FALSE(parse_bytes(""));
  CHECK_FALSE(parse_bytes("-1"));
  CHECK_FALSE(parse_bytes("99999999999T"));
}
