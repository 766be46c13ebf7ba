// answer: a small answer of a server, for fbuild-gen.
#include <algorithm>

#include "lnk/commands.h"
#include "support/json_text.h"

namespace fbuild::lnk {

namespace {

// The longest list of versions that a registry has is far below it.
constexpr uint64_t kMaxAnswer = 64 << 20;

}  // namespace

int fetch_answer(const Store& store, const std::string& url, const CommandOptions& options) {
  ProgressDisplay display(1, true);
  long status = 0;
  EnsureOptions ensure_options = options.ensure;
  ensure_options.fetch.max_bytes = std::min(ensure_options.fetch.max_bytes, kMaxAnswer);
  ensure_options.fetch.http_status = &status;
  Status valid = check_url(url);
  if (!valid) return answer_error(display, valid.error(), ", \"status\": 0");
  Result<Manifest> found = fetch_unknown(store, url, Extract::File, ensure_options);
  if (!found)
    return answer_error(display, found.error(), ", \"status\": " + std::to_string(status));
  Result<std::string> path = ensure_blob(store, *found, ensure_options);
  if (!path) return answer_error(display, path.error(), ", \"status\": 0");
  display.print("{\"path\": " + json_string(*path) + "}");
  return 0;
}

}  // namespace fbuild::lnk
