// SHA-256, the one digest every byte from outside is held against. Computed by
// libcrypto, which uses the processor's own instructions where there are any. Its plain
// functions: the generic ones of EVP bring 5 MB of other ciphers into a program that is linked
// with them, and start-up relocations for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/result.h"

struct SHA256state_st;  // libcrypto's SHA256_CTX

namespace fbuild::lnk {

// A digest in the making.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(const void* data, size_t size);

  // The digest of everything so far as 64 lower-case hex digits; more may follow.
  std::string hex() const;

 private:
  std::unique_ptr<SHA256state_st> context_;
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
