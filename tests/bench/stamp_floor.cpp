// The floors fbuild-stamp is measured against: the least any program can do to know what
// it knows, written without any structure around it.
//
//     stamp_floor empty                    nothing at all: the cost of a process
//     stamp_floor statx ROOT LIST THREADS  statx of every entry
//     stamp_floor read ROOT LIST THREADS   open, read to the end, close of every file
//     stamp_floor tree ROOT FILES DIRS ARCHIVES   makes a tree like an SDK's, always the same;
//                                          with ARCHIVES per mille of its files as large as
//                                          libraries are
//     stamp_floor list ROOT all|files      its entries, ended by NULs, in walk order
//
// LIST is the output of `list`. Paths are relative to ROOT, which is the cheapest way for
// the kernel that we found (absolute paths cost 5 % more, a descriptor per directory 15 %).
#include <dirent.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

int g_root;
bool g_read;
std::vector<const char*> g_paths;
std::atomic<size_t> g_next;
std::atomic<unsigned long> g_sum;

void* work(void*) {
  constexpr size_t kBuffer = 256 * 1024;
  // Aligned: into what malloc() gives the kernel copies a tenth slower.
  char* buffer = g_read ? static_cast<char*>(std::aligned_alloc(4096, kBuffer)) : nullptr;
  unsigned long sum = 0;
  for (;;) {
    size_t begin = g_next.fetch_add(256);
    if (begin >= g_paths.size()) break;
    size_t end = std::min(begin + 256, g_paths.size());
    for (size_t i = begin; i < end; ++i) {
      if (g_read) {
        int fd = ::openat(g_root, g_paths[i], O_RDONLY | O_CLOEXEC);
        ssize_t n;
        while ((n = ::read(fd, buffer, kBuffer)) > 0) sum += static_cast<unsigned long>(n);
        ::close(fd);
      } else {
        struct statx sx;
        if (::statx(g_root, g_paths[i], 0,
                    STATX_TYPE | STATX_SIZE | STATX_MTIME | STATX_CTIME | STATX_INO, &sx) == 0)
          sum += sx.stx_size;
      }
    }
  }
  g_sum += sum;
  return nullptr;
}

int run_floor(char** argv) {
  g_root = ::open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
  int list = ::open(argv[3], O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (g_root < 0 || list < 0 || ::fstat(list, &st) != 0) return 1;
  size_t size = static_cast<size_t>(st.st_size);
  const char* text = static_cast<const char*>(
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, list, 0));
  for (size_t at = 0; at < size; at += std::strlen(text + at) + 1) g_paths.push_back(text + at);
  int threads = std::atoi(argv[4]);
  std::vector<pthread_t> ids(static_cast<size_t>(std::max(0, threads - 1)));
  for (pthread_t& id : ids) ::pthread_create(&id, nullptr, work, nullptr);
  work(nullptr);
  for (pthread_t& id : ids) ::pthread_join(id, nullptr);
  return g_sum == 0;
}

int make_tree(const std::string& root, int files, int directories, size_t archives) {
  std::mt19937 random(1);
  auto below = [&](size_t n) { return static_cast<size_t>(random()) % n; };
  static const char* const kDirs[] = {"include", "src", "lib", "driver", "hal",
                                      "soc",     "esp", "net", "port",   "util"};
  static const char* const kFiles[] = {"gpio",       "uart_driver", "spi",
                                       "i2c_master", "wifi_config", "freertos_tasks"};
  static const char* const kEnds[] = {"h", "h", "h", "c", "cpp", "S", "ld"};
  ::mkdir(root.c_str(), 0755);
  std::vector<std::string> all = {""};
  while (static_cast<int>(all.size()) < directories) {
    // Mostly under one of the youngest, so that the tree is as deep as SDKs are.
    size_t from = below(10) < 7 && all.size() > 200 ? all.size() - 200 : 0;
    const std::string& up = all[from + below(all.size() - from)];
    if (std::count(up.begin(), up.end(), '/') > 6) continue;
    std::string path =
        up + (up.empty() ? "" : "/") + kDirs[below(10)] + "_" + std::to_string(all.size());
    if (::mkdir((root + "/" + path).c_str(), 0755) != 0) return 1;
    all.push_back(path);
  }
  std::normal_distribution<double> size(8.3, 1.2), archive_size(13.7, 0.8);
  std::vector<char> bytes(4000000);
  for (int i = 0; i < files; ++i) {
    const std::string& up = all[below(all.size())];
    bool archive = below(1000) < archives;
    std::string path = root + "/" + up + (up.empty() ? "" : "/") + kFiles[below(6)] + "_" +
                       std::to_string(i) + "." + (archive ? "a" : kEnds[below(7)]);
    double wanted = std::exp(archive ? archive_size(random) : size(random));
    size_t n = std::min<size_t>(archive ? bytes.size() : 200000, static_cast<size_t>(wanted));
    for (size_t k = 0; k < n; k += 4) {
      unsigned value = random();
      std::memcpy(&bytes[k], &value, std::min<size_t>(4, bytes.size() - k));
    }
    int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ::write(fd, bytes.data(), n) != static_cast<ssize_t>(n)) return 1;
    ::close(fd);
  }
  return 0;
}

void list_tree(const std::string& root, const std::string& path, bool all) {
  std::vector<std::pair<std::string, bool>> names;
  DIR* dir = ::opendir((root + "/" + path).c_str());
  if (!dir) return;
  while (dirent* item = ::readdir(dir))
    if (item->d_name[0] != '.') names.emplace_back(item->d_name, item->d_type == DT_DIR);
  ::closedir(dir);
  std::sort(names.begin(), names.end());
  for (const auto& [name, directory] : names) {
    std::string below = path.empty() ? name : path + "/" + name;
    if (all || !directory) std::fwrite(below.c_str(), 1, below.size() + 1, stdout);
    if (directory) list_tree(root, below, all);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "empty") ::_exit(0);
  if ((mode == "statx" || mode == "read") && argc == 5) {
    g_read = mode == "read";
    ::_exit(run_floor(argv));
  }
  if (mode == "tree" && argc == 6)
    return make_tree(argv[2], std::atoi(argv[3]), std::atoi(argv[4]),
                     static_cast<size_t>(std::atoi(argv[5])));
  if (mode == "list" && argc == 4) {
    if (std::string(argv[3]) == "all") std::fwrite(".", 1, 2, stdout);
    list_tree(argv[2], "", std::string(argv[3]) == "all");
    return 0;
  }
  std::fprintf(stderr, "usage: stamp_floor empty|statx|read|tree|list ...\n");
  return 2;
}
