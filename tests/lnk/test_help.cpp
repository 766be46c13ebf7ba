#include "tests/lnk/test_help.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <random>

#include "lnk/gc.h"
#include "lnk/sha256.h"
#include "support/files.h"

namespace fbuild::lnk::testing {

TemporaryDirectory::TemporaryDirectory() {
  char name[] = "/tmp/fbuild-lnk-test-XXXXXX";
  path = ::mkdtemp(name);
}

TemporaryDirectory::~TemporaryDirectory() {
  remove_folder(path);
}

std::string noise(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string out;
  out.reserve(size + 8);
  while (out.size() < size) {
    uint64_t word = random();
    out.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  out.resize(size);
  return out;
}

std::string make_archive(Extract kind, const std::vector<ArchiveItem>& items) {
  TemporaryDirectory folder;
  std::string path = folder / "archive";
  archive* a = archive_write_new();
  switch (kind) {
    case Extract::Zip:
      archive_write_set_format_zip(a);
      break;
    case Extract::TarGz:
      archive_write_add_filter_gzip(a);
      break;
    case Extract::TarXz:
      archive_write_add_filter_xz(a);
      break;
    case Extract::TarZst:
      archive_write_add_filter_zstd(a);
      break;
    case Extract::TarBz2:
      archive_write_add_filter_bzip2(a);
      break;
    case Extract::File:
      break;
  }
  if (kind != Extract::Zip) archive_write_set_format_pax_restricted(a);
  REQUIRE(archive_write_open_filename(a, path.c_str()) == ARCHIVE_OK);
  for (const ArchiveItem& item : items) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, item.path.c_str());
    archive_entry_set_mtime(entry, item.mtime, 0);
    archive_entry_set_size(entry, 0);
    switch (item.type) {
      case ArchiveItem::File:
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_size(entry, static_cast<la_int64_t>(item.content.size()));
        break;
      case ArchiveItem::Folder:
        archive_entry_set_filetype(entry, AE_IFDIR);
        break;
      case ArchiveItem::Symlink:
        archive_entry_set_filetype(entry, AE_IFLNK);
        archive_entry_set_symlink(entry, item.content.c_str());
        break;
      case ArchiveItem::Hardlink:
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_hardlink(entry, item.content.c_str());
        break;
      case ArchiveItem::Fifo:
        archive_entry_set_filetype(entry, AE_IFIFO);
        break;
      case ArchiveItem::Device:
        archive_entry_set_filetype(entry, AE_IFCHR);
        archive_entry_set_rdev(entry, 259);
        break;
    }
    archive_entry_set_perm(entry, static_cast<mode_t>(item.mode));
    REQUIRE_MESSAGE(archive_write_header(a, entry) >= ARCHIVE_WARN, archive_error_string(a));
    if (item.type == ArchiveItem::File)
      archive_write_data(a, item.content.data(), item.content.size());
    archive_entry_free(entry);
  }
  REQUIRE(archive_write_close(a) == ARCHIVE_OK);
  archive_write_free(a);
  return slurp(path);
}

void write_file(const std::string& path, const std::string& content) {
  REQUIRE(make_directories(std::string(dir_name(path))));
  Status status = replace_file(path, content);
  REQUIRE_MESSAGE(status, path);
}

std::string slurp(const std::string& path) {
  Result<std::string> text = read_file(path);
  return text ? *text : "<" + text.error().text() + ">";
}

Manifest manifest_for(const std::string& url, const std::string& content, Extract extract,
                      bool with_size) {
  Manifest out{url, sha256_of(content), std::nullopt, extract};
  if (with_size) out.size = content.size();
  return out;
}

EnsureOptions quick_options() {
  EnsureOptions out;
  out.fetch.attempts = 3;
  out.fetch.backoff_ms = 2;
  out.fetch.stall_seconds = 1;
  out.fetch.connect_seconds = 5;
  return out;
}

StoreCensus census(const Store& store) {
  StoreCensus out;
  auto count = [&](const char* folder) {
    Result<std::vector<DirEntry>> entries = list_directory(store.root + "/" + folder);
    return entries ? static_cast<int>(entries->size()) : 0;
  };
  out.entries = count("blobs") + count("trees");
  out.partials = count("partial");
  out.leftovers = count("tmp") + count("trash");
  return out;
}

bool is_clean(const Store& store) {
  Result<StoreVerdict> verdict = verify_store(store);
  REQUIRE(verdict);
  for (const std::string& problem : verdict->problems) MESSAGE(problem);
  return verdict->problems.empty() && census(store).leftovers == 0;
}

int start_lnk(const std::vector<std::string>& words, const std::string& folder,
              const std::vector<std::string>& environment, const std::string& log) {
  std::string program = FBUILD_BIN_DIR "/fbuild-lnk";
  std::vector<const char*> argv = {program.c_str()};
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  std::vector<const char*> envp;
  for (const std::string& variable : environment) envp.push_back(variable.c_str());
  envp.push_back(nullptr);
  std::string out = log.empty() ? "/dev/null" : log + ".out";
  std::string err = log.empty() ? "/dev/null" : log + ".err";
  pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid > 0) return pid;
  int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (::chdir(folder.c_str()) != 0 || ::dup2(out_fd, 1) < 0 || ::dup2(err_fd, 2) < 0) ::_exit(126);
  ::execve(program.c_str(), const_cast<char**>(argv.data()), const_cast<char**>(envp.data()));
  ::_exit(127);
}

int wait_for(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

ProgramResult run_lnk(const std::vector<std::string>& words, const std::string& folder,
                      const std::vector<std::string>& environment) {
  TemporaryDirectory logs;
  ProgramResult out;
  out.status = wait_for(start_lnk(words, folder, environment, logs / "log"));
  out.out = slurp(logs / "log.out");
  out.err = slurp(logs / "log.err");
  return out;
}

}  // namespace fbuild::lnk::testing
