#include "lnk/sha256.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "support/files.h"

namespace fbuild::lnk {

namespace {

// Only memory can run out here, and nothing sensible can be done about that.
void require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
}

void Sha256::update(const void* data, size_t size) {
  require(EVP_DigestUpdate(context_, data, size) == 1);
}

std::string Sha256::hex() const {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> copy(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  require(copy && EVP_MD_CTX_copy_ex(copy.get(), context_) == 1 &&
          EVP_DigestFinal_ex(copy.get(), digest, &length) == 1);
  std::string out;
  out.reserve(length * 2);
  for (unsigned i = 0; i < length; ++i) {
    out += "0123456789abcdef"[digest[i] >> 4];
    out += "0123456789abcdef"[digest[i] & 15];
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
