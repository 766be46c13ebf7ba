// How this process may use the network: the switches of the command line and the
// environment in one plain struct.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::lnk {

// URLs that begin with `from` are fetched from `to` instead.
struct Mirror {
  std::string from;
  std::string to;
};

// What a fetch reports while it runs, from whichever thread runs it.
struct FetchProgress {
  enum Phase { Waiting, Fetching, Retrying, Extracting, Done };
  Phase phase = Fetching;
  std::string_view url;
  uint64_t bytes = 0;     // received, or unpacked, so far
  uint64_t total = 0;     // expected; 0 when not known
  std::string_view note;  // Retrying: why
};
using ProgressCallback = std::function<void(const FetchProgress&)>;

struct FetchOptions {
  bool offline = false;          // never touch the network
  bool allow_file_urls = false;  // file:// in a manifest; one a mirror leads to is always fine
  std::vector<Mirror> mirrors;
  int attempts = 5;  // per URL; one that got a good deal further is not counted
  int connect_seconds = 20;
  int stall_seconds = 30;  // slower than stall_bytes per second for this long: a break
  int stall_bytes = 1024;
  int max_redirects = 10;
  int backoff_ms = 300;                    // before the second attempt; doubles, with some jitter
  uint64_t max_bytes = uint64_t{4} << 30;  // where the manifest has no size
  std::string ca_file;                     // certificates to trust instead of the system's
  std::string netrc_file;                  // instead of ~/.netrc
  long* http_status = nullptr;             // where the status of a server's last answer goes
  ProgressCallback progress;               // may be empty; must be callable from several threads
};

// The options the environment asks for:
//   FBUILD_OFFLINE, FBUILD_ALLOW_FILE_URLS   1 / 0
//   FBUILD_MIRROR           from=to, several separated by blanks
//   FBUILD_FETCH_ATTEMPTS   whole number from 1
//   FBUILD_FETCH_STALL      seconds from 1
//   FBUILD_FETCH_MAX        bytes where the manifest has no size
//   SSL_CERT_FILE, NETRC    as other programs know them
// Proxies (http_proxy, https_proxy, no_proxy, ALL_PROXY) are libcurl's own business.
// A value that makes no sense is an Error naming the variable.
Result<FetchOptions> fetch_options_from_environment();

// Reads the form of FBUILD_MIRROR.
Result<std::vector<Mirror>> parse_mirrors(std::string_view text);

// Where `url` is to be fetched from, in the order to be tried: through each mirror that
// matches, in the order given; `url` itself when none does. A mirror matches at a
// boundary only: "https://a.example" is not the beginning of "https://a.example.org/".
std::vector<std::string> places_of(const std::string& url, const std::vector<Mirror>& mirrors);

// A number of bytes: digits with an optional K, M, G or T (powers of 1024).
Result<uint64_t> parse_bytes(std::string_view text);

}  // namespace fbuild::lnk
