// SHA-256, the one digest every byte from outside is held against. Computed by
// libcrypto, which uses the processor's own instructions where there are any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/result.h"

struct evp_md_ctx_st;  // libcrypto's EVP_MD_CTX

namespace fbuild::lnk {

// A digest in the making.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&& other) noexcept : context_(other.context_) { other.context_ = nullptr; }
  Sha256& operator=(Sha256&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(const void* data, size_t size);

  // The digest of everything so far as 64 lower-case hex digits; more may follow.
  std::string hex() const;

 private:
  evp_md_ctx_st* context_;
};

// The digest of `text`, as 64 lower-case hex digits.
std::string sha256_of(std::string_view text);

// Reads `fd` from its position to its end into `digest`. Returns the number of bytes.
// `path` is only for the error.
Result<uint64_t> sha256_add_file(Sha256& digest, int fd, const std::string& path);

// The digest of a regular file, read whole. A symbolic link at the end of the path is
// not followed.
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace fbuild::lnk
