#include "tests/lnk/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace fbuild::lnk::testing {

struct HttpServer::Tls {
  SSL_CTX* context = nullptr;
  ~Tls() { SSL_CTX_free(context); }
};

namespace {

class PlainWire : public Wire {
 public:
  explicit PlainWire(int fd) : fd_(fd) {}
  bool send(std::string_view bytes) override {
    while (!bytes.empty()) {
      ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  virtual long receive(char* to, size_t size) { return ::recv(fd_, to, size, 0); }

 protected:
  int fd_;
};

class TlsWire : public PlainWire {
 public:
  TlsWire(int fd, SSL_CTX* context) : PlainWire(fd), ssl_(SSL_new(context)) {
    SSL_set_fd(ssl_, fd);
    ready_ = SSL_accept(ssl_) == 1;
  }
  ~TlsWire() override {
    if (ready_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }
  bool send(std::string_view bytes) override {
    return ready_ && SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  long receive(char* to, size_t size) override {
    return ready_ ? SSL_read(ssl_, to, static_cast<int>(size)) : 0;
  }

 private:
  SSL* ssl_;
  bool ready_ = false;
};

// A self-signed certificate for 127.0.0.1; returns it as PEM.
std::string sign_ourselves(SSL_CTX* context) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  for (auto [nid, value] : {std::pair{NID_subject_alt_name, "IP:127.0.0.1"},
                            std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate, key, EVP_sha256());
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  char* data = nullptr;
  long size = BIO_get_mem_data(out, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pem;
}

std::optional<HttpRequest> read_request(PlainWire& wire) {
  std::string text;
  char buffer[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    long n = wire.receive(buffer, sizeof buffer);
    if (n <= 0 || text.size() > 65536) return std::nullopt;
    text.append(buffer, static_cast<size_t>(n));
  }
  HttpRequest request;
  size_t blank = text.find(' ');
  request.path = text.substr(blank + 1, text.find(' ', blank + 1) - blank - 1);
  for (size_t at = text.find("\r\n") + 2; at < text.size();) {
    size_t end = text.find("\r\n", at);
    if (end == at) break;
    size_t colon = text.find(':', at);
    std::string name = text.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    request.headers[name] = text.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  if (auto range = request.headers.find("range"); range != request.headers.end())
    request.range_begin = std::strtoull(range->second.c_str() + 6, nullptr, 10);
  return request;
}

}  // namespace

HttpServer::HttpServer(bool tls) {
  ::signal(SIGPIPE, SIG_IGN);
  if (tls) {
    tls_ = std::make_unique<Tls>();
    tls_->context = SSL_CTX_new(TLS_server_method());
    certificate_ = sign_ourselves(tls_->context);
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 256) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    std::abort();
  port_ = ntohs(address.sin_port);
  server_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::stop() {
  if (listener_ < 0) return;
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  server_.join();
  {
    std::lock_guard lock(mutex_);
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& talker : talkers_) talker.join();
  talkers_.clear();
  ::close(listener_);
  listener_ = -1;
}

void HttpServer::on(const std::string& path, HttpHandler handler) {
  std::lock_guard lock(mutex_);
  handlers_[path] = std::move(handler);
}

std::string HttpServer::url(const std::string& path) const {
  return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + path;
}

int HttpServer::requests(const std::string& path) const {
  std::lock_guard lock(mutex_);
  auto found = counts_.find(path);
  return found == counts_.end() ? 0 : found->second;
}

int HttpServer::requests() const {
  std::lock_guard lock(mutex_);
  int all = 0;
  for (const auto& [path, count] : counts_) all += count;
  return all;
}

void HttpServer::serve() {
  while (!stopping_) {
    int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    std::lock_guard lock(mutex_);
    open_.push_back(connection);
    talkers_.emplace_back([this, connection] { talk(connection); });
  }
}

void HttpServer::talk(int connection) {
  {
    std::unique_ptr<PlainWire> wire = tls_ ? std::make_unique<TlsWire>(connection, tls_->context)
                                           : std::make_unique<PlainWire>(connection);
    if (std::optional<HttpRequest> request = read_request(*wire)) {
      HttpHandler handler;
      {
        std::lock_guard lock(mutex_);
        ++counts_[request->path];
        auto found = handlers_.find(request->path);
        if (found != handlers_.end()) handler = found->second;
      }
      if (!handler) handler = answers("404 Not Found");
      handler(*request, *wire);
    }
  }
  std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), connection));
  ::close(connection);
}

std::string http_head(const std::string& status, const std::vector<std::string>& lines) {
  std::string out = "HTTP/1.1 " + status + "\r\nConnection: close\r\n";
  for (const std::string& line : lines) out += line + "\r\n";
  return out + "\r\n";
}

HttpHandler serves(std::string content) {
  return [content = std::move(content)](const HttpRequest& request, Wire& wire) {
    std::string tag = "\"v" + std::to_string(std::hash<std::string>()(content)) + "\"";
    auto if_range = request.headers.find("if-range");
    bool same = if_range == request.headers.end() || if_range->second == tag;
    if (request.range_begin && same) {
      size_t begin = *request.range_begin;
      if (begin >= content.size()) {
        wire.send(http_head(
            "416 Range Not Satisfiable",
            {"Content-Range: bytes */" + std::to_string(content.size()), "Content-Length: 0"}));
        return;
      }
      wire.send(
          http_head("206 Partial Content",
                    {"Content-Length: " + std::to_string(content.size() - begin),
                     "Content-Range: bytes " + std::to_string(begin) + "-" +
                         std::to_string(content.size() - 1) + "/" + std::to_string(content.size()),
                     "ETag: " + tag}));
      wire.send(std::string_view(content).substr(begin));
      return;
    }
    wire.send(
        http_head("200 OK", {"Content-Length: " + std::to_string(content.size()), "ETag: " + tag}));
    wire.send(content);
  };
}

HttpHandler answers(std::string status, std::vector<std::string> lines) {
  lines.push_back("Content-Length: 5");
  return [head = http_head(status, lines)](const HttpRequest&, Wire& wire) {
    wire.send(head + "oops\n");
  };
}

HttpHandler in_turn(std::vector<HttpHandler> handlers) {
  auto next = std::make_shared<std::atomic<size_t>>(0);
  return [handlers = std::move(handlers), next](const HttpRequest& request, Wire& wire) {
    size_t i = (*next)++;
    handlers[std::min(i, handlers.size() - 1)](request, wire);
  };
}

}  // namespace fbuild::lnk::testing
