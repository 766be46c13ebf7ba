// Any bytes, taken as an archive of any kind, unpack into their folder or not at all.
// The first byte chooses the kind and whether a folder is stripped; the rest is the
// archive. Afterwards nothing may lie beside the folder, and what was made must be what
// the list says.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "lnk/extract.h"
#include "lnk/store.h"
#include "support/files.h"

using namespace fbuild;
using namespace fbuild::lnk;

namespace {

std::string make_box() {
  // In memory where there is a place for that: the disk would be most of the time.
  std::string path =
      (is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + std::string("/fbuild-fuzz-XXXXXX");
  if (!::mkdtemp(path.data())) std::abort();
  (void)make_directories(path + "/inner");
  static std::string at_exit;
  at_exit = path;
  std::atexit([] { remove_folder(at_exit); });
  return path;
}

[[noreturn]] void complain(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string box = make_box();
  if (size == 0) return 0;
  static const Extract kinds[] = {Extract::Zip, Extract::TarGz, Extract::TarXz, Extract::TarZst,
                                  Extract::TarBz2};
  Extract kind = kinds[data[0] % 5];
  ExtractOptions options;
  options.strip = data[0] / 5 % 2;
  options.max_bytes = 4 << 20;
  options.ratio_from = 1 << 20;
  options.names.max_items = 200;
  std::string inner = box + "/inner", target = inner + "/target";
  if (!make_directories(target)) std::abort();
  Fd fd(::memfd_create("archive", MFD_CLOEXEC));
  if (::write(fd.get(), data + 1, size - 1) != static_cast<ssize_t>(size - 1)) std::abort();
  Result<TreeList> list = extract_archive(fd.get(), kind, target, options);
  if (list) {
    if (Status status = verify_tree(target, *list); !status) complain(status.error().text());
    Result<TreeList> again = parse_tree_list(tree_list_text(*list), "list");
    if (!again || tree_list_text(*again) != tree_list_text(*list)) complain("the list differs");
  } else if (list.error().text().find('\n') != std::string::npos) {
    complain("an error of two lines: " + list.error().text());
  }
  remove_folder(target);
  Result<std::vector<DirEntry>> beside = list_directory(inner);
  Result<std::vector<DirEntry>> above = list_directory(box);
  if (!beside || !beside->empty() || !above || above->size() != 1) complain("something is outside");
  return 0;
}
