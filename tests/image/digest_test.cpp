// Digests of the documents' own examples, and of lengths around every block edge, where
// the padding changes its shape.
#include <doctest/doctest.h>

#include <string>

#include "image/md5.h"
#include "image/sha256.h"

using namespace fbuild;

namespace {

template <class Digest>
std::string hex(const Digest& digest) {
  std::string out;
  for (uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

}  // namespace

TEST_CASE("SHA-256 of the standard's examples") {
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(sha256(std::string(1000000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 with and without special instructions is the same") {
  std::string text;
  for (int size = 0; size < 300; ++size) {
    CAPTURE(size);
    CHECK(sha256(text) == sha256_portable(text));
    text += static_cast<char>(size * 37 + 11);
  }
  CHECK(hex(sha256_portable("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("MD5 of the document's examples") {
  CHECK(hex(md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex(md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(md5("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(hex(md5(
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890")) ==
        "57edf4a22be3c955ac49da2e2107b67a");
}

// Digest of the digests of all texts of 0 to 199 letters 'a'.
TEST_CASE("digests at every padding") {
  std::string all_md5, all_sha;
  for (int size = 0; size < 200; ++size) {
    all_md5 += hex(md5(std::string(size, 'a')));
    all_sha += hex(sha256(std::string(size, 'a')));
  }
  CHECK(hex(md5(all_md5)) == "49f6cc3eb4491fe05535571716f39a67");
  CHECK(hex(sha256(all_sha)) == "019f2b9f1af27a53a1f046da7e98af2c179f431e4b5bebb000e74040917a4123");
}
