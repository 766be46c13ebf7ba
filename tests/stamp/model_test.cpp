// No missed change: random operations on a tree, of every kind that has fooled a build
// system, and after every few of them the table's answer compared, entry by entry, with a
// plain walk that reads everything and remembers nothing.
//
// FBUILD_MODEL_OPS: how many operations (default 4000). FBUILD_MODEL_SEED: which ones.
#include <dirent.h>
#include <doctest/doctest.h>
#include <linux/fs.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "stamp/watch.h"
#include "tests/stamp/scratch.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

using State = std::map<std::string, std::string>;  // path -> what is there

bool watched(const std::string& name) {
  return name.ends_with(".c") || name.ends_with(".h");
}

// The oracle. Shares no code with what it judges but the hash.
void walk(const std::string& root, const std::string& path,
          std::vector<std::pair<dev_t, ino_t>> above, State& out) {
  std::string full = path.empty() ? root : root + "/" + path;
  struct stat st;
  if (::stat(full.c_str(), &st) != 0) return;
  above.emplace_back(st.st_dev, st.st_ino);
  DIR* dir = ::opendir(full.c_str());
  if (!dir) return;
  while (dirent* item = ::readdir(dir)) {
    std::string name = item->d_name;
    if (name == "." || name == ".." || name == "skip") continue;
    std::string below = path.empty() ? name : path + "/" + name;
    std::string target = root + "/" + below;
    struct stat link;
    if (::lstat(target.c_str(), &link) != 0) continue;
    if (::stat(target.c_str(), &st) != 0) {
      char text[4096];
      ssize_t n = ::readlink(target.c_str(), text, sizeof text);
      if (watched(name)) out[below] = "dangling " + hex(hash_bytes(text, static_cast<size_t>(n)));
    } else if (S_ISDIR(st.st_mode)) {
      auto at = std::find(above.rbegin(), above.rend(), std::pair(st.st_dev, st.st_ino));
      if (S_ISLNK(link.st_mode) && at != above.rend()) {
        out[below] = "loop " + std::to_string(at - above.rbegin());
      } else {
        walk(root, below, above, out);
      }
    } else if (!watched(name)) {
      continue;
    } else if (S_ISREG(st.st_mode)) {
      out[below] = "file " + hex(hash_text(read_text(target)));
    } else {
      // A FIFO and a socket are not the same input, though neither is ever opened.
      out[below] = "special " + std::to_string(IFTODT(st.st_mode));
    }
  }
  ::closedir(dir);
}

// What is watched as one set. Those of the second lie in those of the first, so that what a
// look at one finds is taken over from the other's: links to, through and out of them, and
// one that the other leaves out.
struct Watched {
  std::string name;
  std::vector<std::string> roots;
  std::vector<std::string> files;

  bool is_sealed = false;
  State sealed = {};
};
const Watched kOuter = {"set", {"root", "package"}, {"single.ini"}};
const Watched kNested = {
    "nested",
    {"root/a", "root/a/deep", "root/b", "root/l1", "root/skip", "package/include", "package/d0"},
    {}};

// A root that is no directory.
constexpr const char* kUnreadable = "?";

State oracle(const Scratch& scratch, const Watched& set) {
  State out;
  struct stat st;
  for (const std::string& root : set.roots) {
    State one;
    if (::stat((scratch / root).c_str(), &st) != 0 ? errno != ENOENT : !S_ISDIR(st.st_mode))
      out[scratch / root] = kUnreadable;
    walk(scratch / root, "", {}, one);
    for (auto& [path, what] : one) out[scratch / root + "/" + path] = what;
  }
  for (const std::string& file : set.files) {
    std::string single = scratch / file;
    if (::stat(single.c_str(), &st) == 0) out[single] = "file " + hex(hash_text(read_text(single)));
  }
  return out;
}

bool is_readable(const State& state) {
  return std::none_of(state.begin(), state.end(),
                      [](const auto& item) { return item.second == kUnreadable; });
}

Definition definition_of(const Scratch& scratch, const Watched& set) {
  Definition out;
  out.metadata = "00";
  for (const std::string& root : set.roots)
    out.roots.push_back(
        {root.starts_with("package"), scratch / root, root, false, false, {"c", "h"}, {"skip"}});
  for (const std::string& file : set.files) out.files.push_back({scratch / file});
  return out;
}

State remembered(Session& session, const Watched& set) {
  State out;
  Status status = session.for_each_entry(set.name, [&](const EntryInfo& info) {
    switch (info.kind) {
      case Kind::File:
        out[info.path] = "file " + hex(info.hash);
        break;
      case Kind::Dangling:
        out[info.path] = "dangling " + hex(info.hash);
        break;
      case Kind::Loop:
        out[info.path] = "loop " + std::to_string(info.hash.low);
        break;
      case Kind::Special:
        out[info.path] = "special " + std::to_string(info.hash.low);
        break;
      case Kind::Missing:
        break;
      default:
        out[info.path] = kUnreadable;
    }
  });
  REQUIRE(status);
  return out;
}

class Model {
 public:
  Model(const Scratch& scratch, uint64_t seed) : scratch_(scratch), random_(seed) {
    for (const char* dir :
         {"root/a/deep/er", "root/b", "package/include", "outside/dir", "root/skip"})
      make_dirs(scratch / dir);
    for (int i = 0; i < 12; ++i) create();
    write_text(scratch / "outside/target.c", "outside");
    write_text(scratch / "outside/dir/in.h", "inside outside");
    write_text(scratch / "single.ini", "[env]");
  }

  uint64_t below(uint64_t n) { return random_() % n; }

  const char* operate() {
    static const std::pair<const char*, void (Model::*)()> kOperations[] = {
        {"create", &Model::create},
        {"delete", &Model::remove},
        {"rename over", &Model::rename_over},
        {"rewrite same size", &Model::rewrite},
        {"rewrite same size", &Model::rewrite},
        {"rewrite, mtime put back", &Model::rewrite_and_restore},
        {"rewrite, mtime put back", &Model::rewrite_and_restore},
        {"write twice", &Model::write_twice},
        {"chmod", &Model::change_mode},
        {"touch", &Model::touch},
        {"mtime in the future", &Model::future},
        {"rename directory", &Model::rename_directory},
        {"make directory", &Model::make_directory},
        {"remove directory", &Model::remove_directory},
        {"swap file and directory", &Model::swap},
        {"exchange", &Model::exchange},
        {"link", &Model::link},
        {"retarget link", &Model::retarget},
        {"hard link", &Model::hard_link},
        {"write through other name", &Model::write_other_name},
        {"mmap write", &Model::map_write},
        {"append", &Model::append},
        {"truncate", &Model::truncate},
        {"special file", &Model::special},
        {"unwatched", &Model::unwatched},
        {"outside", &Model::outside},
        {"single", &Model::single},
        {"replace keeping old mtime", &Model::replace_older},
        {"whole root away and back", &Model::root_away},
    };
    const auto& [name, operation] = kOperations[below(std::size(kOperations))];
    (this->*operation)();
    return name;
  }

 private:
  std::vector<std::string> list(bool directories) {
    std::vector<std::string> out;
    std::error_code error;
    for (const char* root : {"root", "package"}) {
      if (directories) out.push_back(scratch_ / root);
      std::filesystem::recursive_directory_iterator it(scratch_ / root, error), end;
      for (; it != end; it.increment(error)) {
        if (error) break;
        auto status = it->symlink_status(error);
        if (directories == std::filesystem::is_directory(status)) out.push_back(it->path());
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string any_file() {
    std::vector<std::string> all = list(false);
    return all.empty() ? "" : all[below(all.size())];
  }
  std::string any_directory() {
    std::vector<std::string> all = list(true);
    return all[below(all.size())];
  }
  std::string new_name() {
    static const char* const kNames[] = {"a.c", "b.c", "main.c", "x.h",
                                         "y.h", "z.h", "skip",   "n.txt"};
    return any_directory() + "/" + kNames[below(std::size(kNames))];
  }
  std::string text(size_t size) {
    std::string out(size, ' ');
    for (char& c : out) c = static_cast<char>('a' + below(26));
    return out;
  }
  bool regular(const std::string& path) {
    struct stat st;
    return !path.empty() && ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode);
  }
  size_t size_of(const std::string& path) {
    struct stat st;
    return ::stat(path.c_str(), &st) == 0 ? static_cast<size_t>(st.st_size) : 0;
  }

  void create() {
    std::string path = new_name();
    struct stat st;
    if (::lstat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode)) return;
    write_text(path, text(1 + below(200)));
  }
  void remove() { ::unlink(any_file().c_str()); }
  void rename_over() { ::rename(any_file().c_str(), any_file().c_str()); }
  void rewrite() {
    std::string path = any_file();
    if (regular(path)) write_in_place(path, text(size_of(path)));
  }
  void rewrite_and_restore() {
    std::string path = any_file();
    struct stat st;
    if (!regular(path) || ::stat(path.c_str(), &st) != 0) return;
    write_in_place(path, text(1), static_cast<off_t>(below(size_of(path) + 1) / 2));
    timespec times[2] = {st.st_atim, st.st_mtim};
    ::utimensat(AT_FDCWD, path.c_str(), times, 0);
  }
  void write_twice() {
    std::string path = any_file();
    if (!regular(path)) return;
    for (int i = 0; i < 2; ++i) write_in_place(path, text(size_of(path)));
  }
  void change_mode() {
    std::string path = any_file();
    if (regular(path)) ::chmod(path.c_str(), below(2) ? 0644 : 0755);
  }
  void touch() { ::utimensat(AT_FDCWD, any_file().c_str(), nullptr, 0); }
  void future() {
    std::string path = any_file();
    if (!regular(path)) return;
    timespec later = {4000000000 + static_cast<time_t>(below(1000)), 0};
    timespec times[2] = {later, later};
    ::utimensat(AT_FDCWD, path.c_str(), times, 0);
    if (below(2)) write_in_place(path, text(size_of(path)));
  }
  void rename_directory() {
    std::string from = any_directory(), to = any_directory() + "/moved" + std::to_string(below(3));
    if (std::count(from.begin(), from.end(), '/') >
        std::count(scratch_.path.begin(), scratch_.path.end(), '/') + 1)
      ::rename(from.c_str(), to.c_str());
  }
  void make_directory() {
    std::string path = any_directory() + "/d" + std::to_string(below(4));
    if (path.size() > scratch_.path.size() + 120) return;
    ::mkdir(path.c_str(), 0755);
    if (below(2)) write_text(path + "/new.c", text(10));
  }
  void remove_directory() {
    std::string path = any_directory();
    if (path == scratch_ / "root" || path == scratch_ / "package" || below(3)) return;
    std::filesystem::remove_all(path);
  }
  void swap() {
    std::string path = any_file();
    if (path.empty()) return;
    ::unlink(path.c_str());
    ::mkdir(path.c_str(), 0755);
    if (below(2)) write_text(path + "/inside.h", text(20));
    if (below(2)) {
      std::filesystem::remove_all(path);
      write_text(path, text(30));
    }
  }
  void exchange() {
    std::string a = below(2) ? any_file() : any_directory();
    std::string b = below(2) ? any_file() : any_directory();
    if (a == scratch_ / "root" || a == scratch_ / "package" || b == scratch_ / "root" ||
        b == scratch_ / "package")
      return;
    ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
  }
  std::string link_target() {
    switch (below(8)) {
      case 6:
        return scratch_ / "root";  // out of a root that lies in it
      case 0:
        return any_file();
      case 1:
        return "../" + std::string(below(2) ? "a.c" : "b");
      case 2:
        return "nowhere" + std::to_string(below(3));
      case 3:
        return scratch_ / "outside/target.c";
      case 4:
        return scratch_ / "outside/dir";
      case 5:
        return ".";
      default:
        return below(3) ? scratch_ / "outside/link" : any_directory();
    }
  }
  void link() {
    if (count_links() > 3) return;  // links to directories multiply paths
    std::string path = any_directory() + "/l" + std::to_string(below(3)) + (below(2) ? ".c" : "");
    [[maybe_unused]] int r = ::symlink(link_target().c_str(), path.c_str());
  }
  size_t count_links() {
    size_t n = 0;
    for (const std::string& path : list(false)) n += std::filesystem::is_symlink(path);
    return n;
  }
  void retarget() {
    for (const std::string& path : list(false)) {
      if (!std::filesystem::is_symlink(path) || below(3)) continue;
      std::string temporary = scratch_ / "temporary-link";
      if (::symlink(link_target().c_str(), temporary.c_str()) == 0)
        ::rename(temporary.c_str(), path.c_str());
      return;
    }
  }
  void hard_link() {
    std::string path = any_file();
    if (!regular(path)) return;
    std::string other = scratch_ / "outside/hard" + std::to_string(below(4));
    ::unlink(other.c_str());
    [[maybe_unused]] int r = ::link(path.c_str(), other.c_str());
  }
  void write_other_name() {
    std::string other = scratch_ / "outside/hard" + std::to_string(below(4));
    if (regular(other)) write_in_place(other, text(size_of(other)));
  }
  void map_write() {
    std::string path = any_file();
    if (!regular(path) || size_of(path) == 0) return;
    int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    size_t size = size_of(path);
    void* map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
      static_cast<char*>(map)[below(size)] ^= 1;
      ::munmap(map, size);
    }
    ::close(fd);
  }
  void append() {
    std::string path = any_file();
    if (regular(path) && size_of(path) < 4000)
      write_in_place(path, text(1 + below(50)), static_cast<off_t>(size_of(path)));
  }
  void truncate() {
    std::string path = any_file();
    if (regular(path)) {
      [[maybe_unused]] int r =
          ::truncate(path.c_str(), static_cast<off_t>(below(size_of(path) + 1)));
    }
  }
  void special() {
    std::string path = any_directory() + "/pipe.c";
    if (below(2)) {
      ::unlink(path.c_str());
    } else if (below(2)) {
      ::mkfifo(path.c_str(), 0644);
    } else {
      int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_un address = {};
      address.sun_family = AF_UNIX;
      if (path.size() < sizeof address.sun_path) {
        std::copy(path.begin(), path.end(), address.sun_path);
        [[maybe_unused]] int r = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
      }
      ::close(fd);
    }
  }
  void unwatched() {
    std::string path = any_directory() + "/notes.md";
    // A FIFO may have been moved here, and opening one would wait for a reader.
    ::unlink(path.c_str());
    if (below(2)) write_text(path, text(5));
  }
  void outside() {
    switch (below(5)) {
      case 0:
        write_in_place(scratch_ / "outside/target.c", text(7));
        break;
      case 1:
        write_text(scratch_ / "outside/dir/f" + std::to_string(below(3)) + ".h", text(9));
        break;
      case 2:
        ::unlink((scratch_ / "outside/dir/f0.h").c_str());
        break;
      case 3: {
        // What a link leads to changes without a sign in the tree itself.
        std::string name = scratch_ / "outside/link";
        ::unlink(name.c_str());
        [[maybe_unused]] int r = ::symlink(below(2)   ? "target.c"
                                           : below(2) ? "dir"
                                                      : "gone",
                                           name.c_str());
        break;
      }
      default:
        std::filesystem::remove_all(scratch_ / "outside/target.c");
        write_text(scratch_ / "outside/target.c", text(7));
    }
  }
  void single() {
    if (below(4)) {
      write_text(scratch_ / "single.ini", text(5));
    } else {
      ::unlink((scratch_ / "single.ini").c_str());
    }
  }
  void replace_older() {
    std::string path = any_file();
    struct stat st;
    if (!regular(path) || ::lstat(path.c_str(), &st) != 0 || S_ISLNK(st.st_mode)) return;
    std::string other = scratch_ / "older";
    write_text(other, text(size_of(path)));
    timespec times[2] = {st.st_atim, st.st_mtim};
    ::utimensat(AT_FDCWD, other.c_str(), times, 0);
    ::rename(other.c_str(), path.c_str());
  }
  void root_away() {
    if (below(4)) return;
    std::string package = scratch_ / "package", away = scratch_ / "package-away";
    if (std::filesystem::exists(package)) {
      ::rename(package.c_str(), away.c_str());
      if (below(2)) {
        make_dirs(package + "/include");
        write_text(package + "/include/new.h", text(8));
      } else {
        ::rename(away.c_str(), package.c_str());
      }
      std::filesystem::remove_all(away);
    }
  }

  const Scratch& scratch_;
  std::mt19937_64 random_;
};

std::string differences(const State& truth, const State& table) {
  std::string out;
  for (const auto& [path, what] : truth) {
    auto it = table.find(path);
    if (it == table.end())
      out += path + " is missing in the table: " + what + "\n";
    else if (it->second != what)
      out += path + " is " + what + ", the table says " + it->second + "\n";
  }
  for (const auto& [path, what] : table)
    if (!truth.contains(path)) out += path + " is only in the table: " + what + "\n";
  return out;
}

}  // namespace

TEST_CASE("a random model finds no missed change and no false alarm") {
  const char* operations_text = std::getenv("FBUILD_MODEL_OPS");
  const char* seed_text = std::getenv("FBUILD_MODEL_SEED");
  long operations = operations_text ? std::atol(operations_text) : 4000;
  uint64_t seed = seed_text ? std::strtoull(seed_text, nullptr, 10) : std::random_device{}();
  std::printf("model: %ld operations, FBUILD_MODEL_SEED=%llu\n", operations,
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);

  // So that what is done to large tables only is done to this one.
  g_give_back_step = 8;
  Scratch scratch;
  Model model(scratch, seed);
  std::string table = scratch / "build/table";
  std::vector<Watched> sets = {kOuter, kNested};
  std::vector<std::string> names;
  {
    Session session(table);
    for (const Watched& set : sets) {
      REQUIRE(session.define(set.name, definition_of(scratch, set)));
      names.push_back(set.name);
    }
  }
  CheckOptions exact;
  exact.window = 0;

  long checks = 0, seals = 0, refusals = 0, cleans = 0;
  std::string recent;
  long lifetime = 0;
  auto session = std::make_unique<Session>(table);
  for (long done = 0; done < operations;) {
    long burst = 1 + static_cast<long>(model.below(4));
    for (long i = 0; i < burst; ++i) recent += std::string(" ") + model.operate() + ";";
    done += burst;
    if (recent.size() > 1500) recent.erase(0, recent.size() - 1500);
    if (model.below(40) == 0) ::usleep(static_cast<useconds_t>(model.below(40000)));
    // Both a session that lives on and a new one must do.
    if (++lifetime > 5) {
      session = std::make_unique<Session>(table);
      lifetime = 0;
    }
    // Each by itself before, now and then, so that it knows more than the other one.
    if (uint64_t one = model.below(8); one < names.size())
      REQUIRE(session->check({&names[one], 1}, exact));
    auto status = session->check(names, exact);
    REQUIRE_MESSAGE(status, status.error().text());
    ++checks;
    auto expected = [&](const Watched& set, const State& truth) {
      return set.is_sealed && truth == set.sealed && is_readable(truth);
    };
    std::vector<State> truths;
    for (size_t i = 0; i < sets.size(); ++i) {
      State truth = oracle(scratch, sets[i]);
      std::string wrong = differences(truth, remembered(*session, sets[i]));
      REQUIRE_MESSAGE(wrong.empty(), "seed " << seed << " after " << done << " operations, "
                                             << names[i] << ":\n"
                                             << wrong << "recent:" << recent);
      cleans += (*status)[i].clean;
      REQUIRE_MESSAGE((*status)[i].clean == expected(sets[i], truth),
                      "seed " << seed << " after " << done << ", " << names[i] << ": clean is "
                              << (*status)[i].clean << ", why: " << (*status)[i].why
                              << "\nrecent:" << recent);
      truths.push_back(std::move(truth));
    }
    if (checks % 16 == 0) {
      // The table's fingerprints are those of a look without any table.
      Session bare(table, false);
      auto full = bare.check(names, exact);
      REQUIRE(full);
      for (size_t i = 0; i < sets.size(); ++i) {
        REQUIRE((*full)[i].fingerprint == (*status)[i].fingerprint);
        REQUIRE((*full)[i].clean == expected(sets[i], truths[i]));
      }
    }
    if (model.below(3) == 0) {
      size_t i = model.below(sets.size());
      bool meddle = model.below(3) == 0 || !is_readable(truths[i]);
      if (meddle) recent += std::string(" (before seal) ") + model.operate() + ";";
      if ((*status)[i].token.empty()) continue;
      auto outcome = session->seal(names[i], (*status)[i].token, exact);
      REQUIRE(outcome);
      REQUIRE_MESSAGE((outcome->sealed || meddle), "refused: " << outcome->reason << recent);
      ++(outcome->sealed ? seals : refusals);
      if (outcome->sealed) {
        sets[i].is_sealed = true;
        sets[i].sealed = truths[i];
        std::string wrong = differences(truths[i], oracle(scratch, sets[i]));
        REQUIRE_MESSAGE(wrong.empty(), "sealed though it changed: " << wrong << recent);
        auto after = session->check(names, exact);
        REQUIRE(after);
        REQUIRE_MESSAGE((*after)[i].clean, (*after)[i].why << recent);
      }
    }
    for (const std::string& warning : session->take_warnings()) FAIL(warning);
  }
  std::printf("model: %ld checks, %ld clean, %ld seals, %ld refused\n", checks, cleans, seals,
              refusals);
  Session last(table);
  auto wrong = last.verify_contents();
  REQUIRE(wrong);
  for (const std::string& line : *wrong) FAIL(line);
}
