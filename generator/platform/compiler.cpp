#include "generator/platform/compiler.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/files.h"
#include "support/process.h"

namespace fbuild {

namespace {

using Json = nlohmann::json;

// Everything about a file that changes when somebody replaces or edits it.
std::string stat_text(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return "";
  std::string out;
  for (unsigned long long n :
       {static_cast<unsigned long long>(st.st_size), static_cast<unsigned long long>(st.st_ino),
        static_cast<unsigned long long>(st.st_dev),
        static_cast<unsigned long long>(st.st_mtim.tv_sec),
        static_cast<unsigned long long>(st.st_mtim.tv_nsec),
        static_cast<unsigned long long>(st.st_ctim.tv_sec),
        static_cast<unsigned long long>(st.st_ctim.tv_nsec)})
    out += std::to_string(n) + ' ';
  return out;
}

bool recall(const Json& memo, CompilerIdentity& out) {
  if (!memo.is_object() || !memo.contains("files") || !memo["files"].is_object()) return false;
  for (const auto& [path, stat] : memo["files"].items()) {
    if (!stat.is_string()) return false;
    const std::string& text = stat.get_ref<const std::string&>();
    if (text.empty() || text != stat_text(path)) return false;
    out.files.push_back(path);
  }
  if (!memo.contains("version") || !memo["version"].is_string()) return false;
  if (!memo.contains("digest") || !memo["digest"].is_string()) return false;
  out.version = memo["version"];
  out.digest = memo["digest"];
  return !out.files.empty();
}

// Adds a file's name, content and size. In pieces, because some are 20 MB and fresh memory
// for all of that costs more than the reading.
Status digest_file(const std::string& path, XXH3_state_t* state) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string name(base_name(path));
  XXH3_128bits_update(state, name.c_str(), name.size() + 1);
  static char piece[256 * 1024];
  uint64_t size = 0;
  ssize_t n = -1;
  while (fd && (n = ::read(fd.get(), piece, sizeof piece)) > 0) {
    XXH3_128bits_update(state, piece, static_cast<size_t>(n));
    size += static_cast<uint64_t>(n);
  }
  if (n < 0) return Error{"cannot read it: " + errno_text(errno), "", path};
  XXH3_128bits_update(state, &size, sizeof size);
  return {};
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
  return text;
}

}  // namespace

Result<CompilerIdentity> identify_compiler(const std::string& compiler,
                                           const std::vector<std::string>& programs,
                                           const std::string& memo_path) {
  std::string key = compiler;
  for (const std::string& program : programs) key += '\n' + program;
  Json memos = Json::object();
  if (Result<std::string> text = read_file(memo_path)) {
    memos = Json::parse(*text, nullptr, false);
    if (!memos.is_object()) memos = Json::object();
    CompilerIdentity out;
    if (memos.contains(key) && recall(memos[key], out)) return out;
  }

  // Taken before anything is read: a change in between makes the memo useless, not wrong.
  std::vector<std::string> files = {compiler};
  files.insert(files.end(), programs.begin(), programs.end());
  Json remembered = Json::object();
  for (const std::string& path : files) remembered[path] = stat_text(path);
  Result<ProcessOutput> version = run_process({compiler, "-dumpfullversion", "-dumpversion"});
  if (!version) return version.error();
  CompilerIdentity out;
  out.version = trimmed(version->out);
  if (version->exit_status != 0 || out.version.empty())
    return Error{"'" + compiler + " -dumpversion' does not tell a version", "is it a GCC?"};
  // The driver only starts others; they are what compiles.
  for (const char* name : {"cc1", "cc1plus", "lto1", "collect2", "lto-wrapper", "as", "ld"}) {
    Result<ProcessOutput> answer = run_process({compiler, std::string("-print-prog-name=") + name});
    std::string path = answer ? trimmed(answer->out) : "";
    if (path.find('/') == std::string::npos) path = find_program(path);
    if (!path.empty() && is_regular_file(path)) files.push_back(normalize_path(path));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());

  XXH3_state_t* state = XXH3_createState();
  XXH3_128bits_reset(state);
  for (const std::string& path : files) {
    if (!remembered.contains(path)) remembered[path] = stat_text(path);
    if (Status s = digest_file(path, state); !s) {
      XXH3_freeState(state);
      return s.error();
    }
  }
  XXH128_hash_t hash = XXH3_128bits_digest(state);
  XXH3_freeState(state);
  char hex[33];
  std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  out.digest = hex;
  out.files = std::move(files);
  memos[key] = {{"version", out.version}, {"digest", out.digest}, {"files", remembered}};
  // The memo only saves time: not being able to write it is no failure.
  (void)!make_directories(std::string(dir_name(memo_path)));
  (void)!write_if_changed(memo_path, memos.dump(1) + "\n");
  return out;
}

int compare_versions(const std::string& a, const std::string& b) {
  const char* p = a.c_str();
  const char* q = b.c_str();
  for (;;) {
    char *p_end, *q_end;
    long m = std::strtol(p, &p_end, 10), n = std::strtol(q, &q_end, 10);
    if (m != n) return m < n ? -1 : 1;
    bool more_p = *p_end == '.', more_q = *q_end == '.';
    if (!more_p && !more_q) return 0;
    p = more_p ? p_end + 1 : "";
    q = more_q ? q_end + 1 : "";
  }
}

bool version_in(const std::string& version, const std::vector<std::string>& ranges) {
  for (const std::string& range : ranges) {
    size_t digits = range.find_first_of("0123456789");
    std::string sign = range.substr(0, digits);
    while (!sign.empty() && sign.back() == ' ') sign.pop_back();
    int order = compare_versions(version, digits == std::string::npos ? "" : range.substr(digits));
    bool holds = sign == "<"    ? order < 0
                 : sign == "<=" ? order <= 0
                 : sign == ">"  ? order > 0
                 : sign == ">=" ? order >= 0
                                : order == 0;
    if (!holds) return false;
  }
  return true;
}

}  // namespace fbuild
