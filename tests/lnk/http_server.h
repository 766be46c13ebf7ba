// An HTTP server on 127.0.0.1 that misbehaves on command. Each path has a handler that
// writes whatever it likes to the connection; the connection is closed after it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace fbuild::lnk::testing {

struct HttpRequest {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::optional<size_t> range_begin;           // of "Range: bytes=N-"
};

// The connection as a handler sees it.
class Wire {
 public:
  virtual ~Wire() = default;
  // False when the other side is gone.
  virtual bool send(std::string_view bytes) = 0;
};

using HttpHandler = std::function<void(const HttpRequest&, Wire&)>;

class HttpServer {
 public:
  // With `tls` it speaks https with a certificate for 127.0.0.1 that it signed itself.
  explicit HttpServer(bool tls = false);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Ends all connections and waits for their handlers; nothing is answered any more.
  void stop();

  void on(const std::string& path, HttpHandler handler);
  std::string url(const std::string& path) const;
  int port() const { return port_; }

  // Requests that came for a path, and for all.
  int requests(const std::string& path) const;
  int requests() const;

  // The certificate in PEM form.
  const std::string& certificate() const { return certificate_; }

 private:
  struct Tls;
  void serve();
  void talk(int connection);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::map<std::string, HttpHandler> handlers_;
  std::map<std::string, int> counts_;
  std::vector<std::thread> talkers_;
  std::vector<int> open_;
  std::unique_ptr<Tls> tls_;
  std::string certificate_;
  std::thread server_;
};

// Stops a server before what was declared earlier goes away: for handlers that refer to
// a test's variables.
struct ServerGuard {
  explicit ServerGuard(HttpServer& guarded) : server(guarded) {}
  ~ServerGuard() { server.stop(); }
  HttpServer& server;
};

// "HTTP/1.1 200 OK" and these header lines, each without its end.
std::string http_head(const std::string& status, const std::vector<std::string>& lines = {});

// A well-behaved handler: length, ETag, Range with If-Range.
HttpHandler serves(std::string content);

// "STATUS" with a short body.
HttpHandler answers(std::string status, std::vector<std::string> lines = {});

// The n-th request goes to the n-th handler, all further ones to the last.
HttpHandler in_turn(std::vector<HttpHandler> handlers);

}  // namespace fbuild::lnk::testing
