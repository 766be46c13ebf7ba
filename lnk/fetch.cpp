#include "lnk/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "lnk/response_head.h"
#include "lnk/sha256.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr long kBufferBytes = 512 * 1024;
constexpr uint64_t kMaxHeaderBytes = 1 << 20;
// An attempt that moved the furthest point ever reached by this much was worth it and
// is not counted.
constexpr uint64_t kProgressBytes = 1 << 20;

bool is_file_url(std::string_view url) {
  return url.substr(0, 5) == "file:";
}

enum class Outcome {
  Complete,   // the transfer ended well; the digest is still to be looked at
  Retry,      // worth another attempt
  Restart,    // what is there cannot be continued; once more from the beginning
  Permanent,  // no use
};

// A partial download: the file, and the digest of what is in it.
class Download {
 public:
  Download(const FetchRequest& request, const FetchOptions& options)
      : request_(request), options_(options) {}

  Status open() {
    fd_.reset(::open(request_.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd_) return disk_error("create");
    Result<std::string> from = read_file(request_.path + ".from");
    validator_ = from ? std::string(trimmed(*from)) : "";
    // Without a digest only the server's word says that the rest belongs to this
    // beginning.
    if (request_.sha256.empty() && validator_.empty()) return restart();
    Result<uint64_t> there = sha256_add_file(digest_, fd_.get(), request_.path);
    if (!there) return there.error();
    size_ = *there;
    if (size_ > limit()) return restart();
    return {};
  }

  Status restart() {
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
      return disk_error("empty");
    ::unlink((request_.path + ".from").c_str());
    validator_.clear();
    digest_ = Sha256();
    size_ = 0;
    return {};
  }

  Status append(const char* data, size_t size) {
    digest_.update(data, size);
    while (size > 0) {
      ssize_t n = ::write(fd_.get(), data, size);
      if (n < 0) {
        if (errno == EINTR) continue;
        return disk_error("write");
      }
      data += n;
      size -= static_cast<size_t>(n);
      size_ += static_cast<uint64_t>(n);
    }
    return {};
  }

  // Remembers what identifies this version of the bytes on this server, for If-Range.
  void remember(const ResponseHead& response) {
    std::string validator = response.validator();
    if (validator == validator_) return;
    validator_ = validator;
    std::string path = request_.path + ".from";
    ::unlink(path.c_str());
    if (validator_.empty()) return;
    // Written in place: half a validator matches nothing, which is as good as none, and
    // no temporary file can be left behind.
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    std::string line = validator_ + "\n";
    if (fd) (void)!::write(fd.get(), line.data(), line.size());
  }

  uint64_t limit() const { return request_.size ? *request_.size : options_.max_bytes; }
  uint64_t size() const { return size_; }
  std::string digest() const { return digest_.hex(); }
  const std::string& validator() const { return validator_; }

 private:
  Error disk_error(const char* doing) {
    const char* fix = errno == ENOSPC ? "free some space; 'fbuild-lnk gc --budget 0' empties the "
                                        "store of what is not in use"
                                      : "";
    return Error{std::string("cannot ") + doing + ": " + errno_text(errno), fix, request_.path};
  }

  const FetchRequest& request_;
  const FetchOptions& options_;
  Fd fd_;
  Sha256 digest_;
  uint64_t size_ = 0;
  std::string validator_;
};

// One request.
class Attempt {
 public:
  Attempt(const FetchRequest& request, const FetchOptions& options, const std::string& url,
          Download& download)
      : request_(request), options_(options), url_(url), download_(download) {}

  Outcome run(Error& why) {
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
    if (!curl) {
      why = {"libcurl cannot be used", ""};
      return Outcome::Permanent;
    }
    curl_ = curl.get();
    begin_ = download_.size();
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr,
                                                                        curl_slist_free_all);
    set_up(headers);
    char message[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, message);
    CURLcode code = curl_easy_perform(curl_);
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status_);
    if (options_.http_status) *options_.http_status = status_;
    // An empty body never reached the body callback.
    if (code == CURLE_OK && !body_begun_) body_begins();
    if (code == CURLE_OK) report(true);
    if (outcome_ != Outcome::Complete) {
      why = error_;
      return outcome_;
    }
    return judge(code, message, why);
  }

  // How long the server wants to be left alone, in seconds.
  int64_t retry_after() const { return retry_after_; }

 private:
  void set_up(std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>& headers) {
    auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl_, option, value); };
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    bool from_file = is_file_url(url_);
    bool secure = no_case_equal(std::string_view(url_).substr(0, 6), "https:");
    set(CURLOPT_PROTOCOLS_STR, from_file ? "file" : "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, static_cast<long>(options_.max_redirects));
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_seconds));
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_seconds));
    set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options_.stall_bytes));
    set(CURLOPT_USERAGENT, "fbuild-lnk/" FBUILD_VERSION);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
    if (!options_.netrc_file.empty()) set(CURLOPT_NETRC_FILE, options_.netrc_file.c_str());
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_BUFFERSIZE, kBufferBytes);
    set(CURLOPT_WRITEFUNCTION, &Attempt::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Attempt::on_header);
    set(CURLOPT_HEADERDATA, this);
    if (begin_ == 0 || from_file) return;
    set(CURLOPT_RANGE, (std::to_string(begin_) + "-").c_str());
    if (download_.validator().empty()) return;
    headers.reset(curl_slist_append(nullptr, ("If-Range: " + download_.validator()).c_str()));
    set(CURLOPT_HTTPHEADER, headers.get());
  }

  static size_t on_header(char* data, size_t, size_t size, void* self_pointer) {
    Attempt& self = *static_cast<Attempt*>(self_pointer);
    self.header_bytes_ += size;
    if (self.header_bytes_ > kMaxHeaderBytes) {
      self.stop(Outcome::Permanent, {"the server's header has no end", ""});
      return 0;
    }
    read_header_line({data, size}, self.response_);
    return size;
  }

  static size_t on_body(char* data, size_t, size_t size, void* self_pointer) {
    Attempt& self = *static_cast<Attempt*>(self_pointer);
    if (!self.body_begun_ && !self.body_begins()) return 0;
    if (size > self.download_.limit() - self.download_.size()) {
      self.stop(Outcome::Permanent, self.too_much("sends more than"));
      (void)self.download_.restart();
      return 0;
    }
    if (Status status = self.download_.append(data, size); !status) {
      self.stop(Outcome::Permanent, status.error());
      return 0;
    }
    self.report();
    return size;
  }

  // Decides what the body that begins now is: the rest, or everything again. False when
  // it is not wanted.
  bool body_begins() {
    body_begun_ = true;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status_);
    if (status_ != 200 && status_ != 206 && !is_file_url(url_))
      return stop(Outcome::Permanent, {"the server answers " + std::to_string(status_), ""});
    bool continued = begin_ > 0 && status_ == 206;
    if (continued && response_.range_begin != begin_)
      return stop(Outcome::Restart, {"the server sends another range than it was asked for", ""});
    if (!continued && status_ == 206)
      return stop(Outcome::Permanent, {"the server sends a part that nobody asked for", ""});
    if (!continued && download_.size() > 0) {
      if (Status status = download_.restart(); !status)
        return stop(Outcome::Permanent, status.error());
    }
    total_ = continued ? response_.range_total : response_.length;
    if (total_ && request_.size && *total_ != *request_.size)
      return stop(Outcome::Permanent, {"the server announces " + std::to_string(*total_) + " bytes",
                                       "the manifest says " + std::to_string(*request_.size)});
    if (total_ && *total_ > download_.limit())
      return stop(Outcome::Permanent, too_much("announces more than"));
    download_.remember(response_);
    return true;
  }

  Error too_much(const char* verb) const {
    if (request_.size)
      return {std::string("the server ") + verb + " the manifest's " +
                  std::to_string(*request_.size) + " bytes",
              ""};
    return {std::string("the server ") + verb + " " + std::to_string(options_.max_bytes) + " bytes",
            "add \"size\" to the manifest, or raise FBUILD_FETCH_MAX"};
  }

  bool stop(Outcome outcome, Error error) {
    outcome_ = outcome;
    error_ = std::move(error);
    return false;
  }

  void report(bool last = false) {
    if (!options_.progress) return;
    auto now = std::chrono::steady_clock::now();
    if (!last && now - reported_ < std::chrono::milliseconds(50)) return;
    reported_ = now;
    options_.progress({FetchProgress::Fetching, request_.url, download_.size(),
                       request_.size ? *request_.size : total_.value_or(0), ""});
  }

  Outcome judge(CURLcode code, const char* message, Error& why) {
    why = {message[0] ? message : curl_easy_strerror(code), ""};
    switch (code) {
      case CURLE_OK:
        // A body without a length that ends early looks complete to HTTP/1.0.
        if (request_.size && download_.size() < *request_.size) {
          why = {"the connection ended after " + std::to_string(download_.size()) + " of " +
                     std::to_string(*request_.size) + " bytes",
                 ""};
          return Outcome::Retry;
        }
        return Outcome::Complete;
      case CURLE_HTTP_RETURNED_ERROR:
        if (status_ == 416 && begin_ > 0) return Outcome::Restart;
        why = {"the server answers " + std::to_string(status_), ""};
        if (status_ == 401 || status_ == 403) why.fix = "is there an entry in ~/.netrc?";
        if (status_ == 404) why.fix = "nothing is there (not found)";
        // Too many requests for now, as a registry answers to a crowd of CI runs.
        if (status_ == 429) curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &retry_after_);
        return status_ >= 500 || status_ == 429 ? Outcome::Retry : Outcome::Permanent;
      case CURLE_TOO_MANY_REDIRECTS:
        why = {"more than " + std::to_string(options_.max_redirects) + " redirects", ""};
        return Outcome::Permanent;
      case CURLE_UNSUPPORTED_PROTOCOL:
        why = {"leads to a kind of URL that is not allowed there", ""};
        return Outcome::Permanent;
      case CURLE_PEER_FAILED_VERIFICATION:
        why.what = "the server's certificate is not trusted: " + why.what;
        why.fix = "SSL_CERT_FILE can name a file with your own authority";
        return Outcome::Permanent;
      case CURLE_URL_MALFORMAT:
      case CURLE_FILE_COULDNT_READ_FILE:
      case CURLE_SSL_CACERT_BADFILE:
      case CURLE_SSL_CERTPROBLEM:
      case CURLE_SSL_ENGINE_NOTFOUND:
      case CURLE_OUT_OF_MEMORY:
      case CURLE_NOT_BUILT_IN:
        return Outcome::Permanent;
      case CURLE_OPERATION_TIMEDOUT:
        why = {body_begun_ ? "the server is too slow" : "no answer in time", ""};
        return Outcome::Retry;
      default:
        return Outcome::Retry;
    }
  }

  const FetchRequest& request_;
  const FetchOptions& options_;
  const std::string& url_;
  Download& download_;
  CURL* curl_ = nullptr;
  uint64_t begin_ = 0;
  uint64_t header_bytes_ = 0;
  ResponseHead response_;
  bool body_begun_ = false;
  long status_ = 0;
  curl_off_t retry_after_ = 0;  // seconds
  std::optional<uint64_t> total_;
  Outcome outcome_ = Outcome::Complete;
  Error error_;
  std::chrono::steady_clock::time_point reported_{};
};

// No server is waited for longer than this, in seconds.
constexpr int64_t kLongestWait = 30;

void pause(int backoff_ms, int failures, int64_t asked_seconds) {
  // Jitter, so that fifty machines that lost one server do not return as one.
  thread_local std::mt19937 random(std::random_device{}());
  int64_t base = int64_t{backoff_ms} << std::min(failures - 1, 6);
  int64_t wait = base / 2 + static_cast<int64_t>(random() % static_cast<unsigned>(base + 1)) / 2;
  wait = std::max(wait, std::clamp<int64_t>(asked_seconds, 0, kLongestWait) * 1000);
  std::this_thread::sleep_for(std::chrono::milliseconds(wait));
}

// All attempts at one place. Complete means digest and size are right.
Outcome fetch_from(const std::string& url, const FetchRequest& request, const FetchOptions& options,
                   Download& download, Error& why) {
  int failures = 0, restarts = 0;
  uint64_t furthest = download.size();
  for (;;) {
    bool continued = download.size() > 0;
    // A process killed between the last byte and the rename leaves a complete file.
    if (continued && !request.sha256.empty() && download.digest() == request.sha256)
      return Outcome::Complete;
    if (request.size && download.size() == *request.size && continued) {
      if (Status status = download.restart(); !status) {
        why = status.error();
        return Outcome::Permanent;
      }
      continued = false;
    }
    Attempt attempt(request, options, url, download);
    Outcome outcome = attempt.run(why);
    if (outcome == Outcome::Complete) {
      std::string digest = download.digest();
      if (request.sha256.empty() || digest == request.sha256) return Outcome::Complete;
      why = {"the SHA-256 of what came is " + digest, "expected " + request.sha256};
      // Where an earlier beginning was continued, that may be to blame.
      if (!continued) {
        (void)download.restart();
        return Outcome::Permanent;
      }
      outcome = Outcome::Restart;
    }
    if (outcome == Outcome::Permanent) return outcome;
    if (outcome == Outcome::Restart) {
      if (Status status = download.restart(); !status) {
        why = status.error();
        return Outcome::Permanent;
      }
      if (++restarts > 2) return Outcome::Permanent;
      continue;
    }
    if (download.size() >= furthest + kProgressBytes) {
      furthest = download.size();
      failures = 0;
    }
    if (++failures >= options.attempts) {
      why.what += " (" + std::to_string(failures) + (failures == 1 ? " attempt)" : " attempts)");
      return Outcome::Permanent;
    }
    if (options.progress)
      options.progress({FetchProgress::Retrying, request.url, download.size(),
                        request.size.value_or(0), why.what});
    pause(options.backoff_ms, failures, attempt.retry_after());
  }
}

// A TLS connection that the other side has closed raises SIGPIPE in the thread that
// writes to it, and libcurl leaves that to its caller. Held back here for this thread
// alone: the process's own disposition, which its children inherit, stays as it is.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigset_t pending;
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() {
    timespec none{};
    if (!was_pending_) {
      while (::sigtimedwait(&pipe_, nullptr, &none) > 0) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

void remove_partial(const std::string& path) {
  ::unlink(path.c_str());
  ::unlink((path + ".from").c_str());
}

Result<Fetched> fetch(const FetchRequest& request, const FetchOptions& options) {
  auto at_url = [&](const std::string& url, Error error) {
    std::string where = url == request.url ? url : url + " (for " + request.url + ")";
    if (!error.file.empty()) return error;  // the disk, not the network
    error.what = where + ": " + error.what;
    return error;
  };
  std::vector<std::string> places = places_of(request.url, options.mirrors);
  bool mirrored = places.size() > 1 || places[0] != request.url;
  if (is_file_url(request.url) && !mirrored && !options.allow_file_urls)
    return at_url(request.url, {"file URLs are not allowed here",
                                "give --allow-file-urls if you trust these manifests"});
  bool local = std::all_of(places.begin(), places.end(), is_file_url);
  if (options.offline && !local)
    return at_url(request.url, {"not in the store, and this is --offline", ""});
  start_curl();
  NoSigpipe guard;

  Error why;
  for (const std::string& place : places) {
    if (options.offline && !is_file_url(place)) continue;
    Download download(request, options);
    if (Status status = download.open(); !status) return status.error();
    Outcome outcome = fetch_from(place, request, options, download, why);
    if (outcome == Outcome::Complete) return Fetched{download.digest(), download.size()};
    why = at_url(place, why);
    if (download.size() == 0) remove_partial(request.path);
  }
  return why;
}

}  // namespace fbuild::lnk
