// Source filters over a small tree. Patterns that lead out of it are left alone: they would
// search the machine.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "generator/config/path_glob.h"
#include "generator/config/source_filter.h"
#include "support/files.h"

using namespace fbuild;
using namespace fbuild::config;

namespace {

struct Tree {
  std::string path;
  Tree() {
    char name[] = "/tmp/fbuild-filter-fuzz-XXXXXX";
    if (!::mkdtemp(name)) std::abort();
    path = name;
    for (const char* file :
         {"main.cpp", "a.c", ".h.c", "d/x.cpp", "d/e/y.S", "d/.g/z.c", "[b].c"}) {
      std::string full = path + "/" + file;
      if (!make_directories(std::string(dir_name(full)))) std::abort();
      if (!replace_file(full, "")) std::abort();
    }
  }
  ~Tree() { std::filesystem::remove_all(path); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Tree tree;
  std::string_view filter(reinterpret_cast<const char*>(data), size);
  for (const FilterFault& fault : filter_faults(filter))
    if (fault.text.empty() || filter.substr(fault.at, fault.text.size()) != fault.text)
      std::abort();
  size_t half = filter.find('\n');
  if (half != filter.npos) (void)match_name(filter.substr(0, half), filter.substr(half + 1));
  if (filter.find("..") != filter.npos || filter.find("</") != filter.npos ||
      filter.find("<\\") != filter.npos) {
    return 0;
  }
  SourceList list = match_sources(tree.path, filter);
  for (const std::string& file : list.files) {
    if (!is_regular_file(tree.path + "/" + file)) std::abort();
  }
  return 0;
}
