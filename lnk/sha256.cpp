#define OPENSSL_SUPPRESS_DEPRECATED  // see sha256.h
#include "lnk/sha256.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "support/files.h"

namespace fbuild::lnk {

Sha256::Sha256() : context_(std::make_unique<SHA256_CTX>()) {
  SHA256_Init(context_.get());
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(const void* data, size_t size) {
  SHA256_Update(context_.get(), data, size);
}

std::string Sha256::hex() const {
  SHA256_CTX copy = *context_;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_Final(digest, &copy);
  std::string out;
  out.reserve(sizeof digest * 2);
  for (unsigned char byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::string sha256_of(std::string_view text) {
  Sha256 digest;
  digest.update(text.data(), text.size());
  return digest.hex();
}

Result<uint64_t> sha256_add_file(Sha256& digest, int fd, const std::string& path) {
  constexpr size_t kChunk = 256 * 1024;
  std::unique_ptr<char[]> buffer(new char[kChunk]);
  uint64_t total = 0;
  for (;;) {
    ssize_t n = ::read(fd, buffer.get(), kChunk);
    if (n < 0) {
      if (errno == EINTR) continue;
      return Error{"cannot read: " + errno_text(errno), "", path};
    }
    if (n == 0) return total;
    digest.update(buffer.get(), static_cast<size_t>(n));
    total += static_cast<uint64_t>(n);
  }
}

Result<std::string> sha256_of_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return Error{"cannot open: " + errno_text(errno), "", path};
  struct stat st;
  if (::fstat(fd.get(), &st) != 0) return Error{"cannot stat: " + errno_text(errno), "", path};
  if (!S_ISREG(st.st_mode)) return Error{"not a regular file", "", path};
  Sha256 digest;
  Result<uint64_t> size = sha256_add_file(digest, fd.get(), path);
  if (!size) return size.error();
  return digest.hex();
}

}  // namespace fbuild::lnk
