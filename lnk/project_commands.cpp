// pull, check, add, materialize: the commands about a project's manifests.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <mutex>
#include <thread>

#include "lnk/commands.h"
#include "lnk/data_folder.h"
#include "lnk/find_manifests.h"
#include "lnk/gc.h"
#include "lnk/materialize.h"
#include "lnk/progress.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr int kDefaultTransfers = 6;

struct Line {
  bool ok = false;
  std::string text;
};

// A line is one line, and no command for the terminal, whatever files are called.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

// Runs `work` for each of `paths`, several at once, and prints the lines in the order of
// the paths, each as soon as those before it are there. Returns how many failed.
size_t for_each_manifest(const std::vector<std::string>& paths, int jobs, ProgressDisplay& display,
                         const std::function<Line(const std::string&)>& work) {
  std::vector<Line> lines(paths.size());
  std::vector<bool> ready(paths.size());
  std::atomic<size_t> next{0};
  std::mutex mutex;
  size_t printed = 0, failed = 0;
  auto worker = [&] {
    for (size_t i; (i = next++) < paths.size();) {
      Line line = work(paths[i]);
      display.file_done();
      std::lock_guard lock(mutex);
      failed += line.ok ? 0 : 1;
      lines[i] = std::move(line);
      ready[i] = true;
      for (; printed < paths.size() && ready[printed]; ++printed)
        display.print(printable(lines[printed].text));
    }
  };
  size_t count = std::min(paths.size(), static_cast<size_t>(jobs));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back(worker);
  worker();
  for (std::thread& thread : threads) thread.join();
  return failed;
}

Error nothing_there(const std::string& place) {
  return Error{"no such file or folder", "expected a folder or a .lnk file", place};
}

// The manifests at `place`: below a folder, or that one file.
Result<std::vector<std::string>> manifests_at(const std::string& place) {
  if (is_directory(place)) return find_manifests(place);
  if (!path_exists(place)) return nothing_there(place);
  return std::vector<std::string>{place};
}

std::string short_digest(const Manifest& manifest) {
  return " (sha256:" + manifest.sha256.substr(0, 12) + ")";
}

std::string plural(size_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

// Remembers whether anything was fetched or unpacked at all.
ProgressCallback noting(std::atomic<bool>& changed, ProgressCallback next) {
  return [&changed, next = std::move(next)](const FetchProgress& progress) {
    if (progress.phase == FetchProgress::Done) changed = true;
    if (next) next(progress);
  };
}

}  // namespace

void keep_within_budget(const Store& store) {
  Result<uint64_t> budget = store_budget(store);
  if (!store.writable || !budget) return;
  Result<StoreContents> contents = store_contents(store);
  if (contents && contents->bytes > *budget) (void)collect_garbage(store, *budget);
}

int report_error(const Error& error) {
  std::fprintf(stderr, "%s\n", printable(error.text()).c_str());
  return 2;
}

int pull(const Store& store, const std::string& place, const CommandOptions& options) {
  Result<std::vector<std::string>> paths = manifests_at(place);
  if (!paths) return report_error(paths.error());
  ProgressDisplay display(paths->size(), options.quiet);
  std::atomic<bool> changed{false};
  EnsureOptions ensure_options = options.ensure;
  ensure_options.fetch.progress = noting(changed, display.callback());
  int jobs = options.jobs > 0 ? options.jobs : kDefaultTransfers;
  size_t failed = for_each_manifest(*paths, jobs, display, [&](const std::string& path) -> Line {
    Result<Manifest> manifest = load_manifest(path);
    if (!manifest) return {false, "FAIL " + manifest.error().text()};
    Result<std::string> data = ensure(store, *manifest, ensure_options);
    if (!data) return {false, "FAIL " + path + ": " + data.error().text()};
    return {true, "ok " + path + short_digest(*manifest)};
  });
  if (changed) keep_within_budget(store);
  display.print(plural(paths->size() - failed, "file") + " ok, " + std::to_string(failed) +
                " failed");
  return failed == 0 ? 0 : 1;
}

int check(const Store& store, const std::string& place, const CommandOptions& options) {
  Result<std::vector<std::string>> paths = manifests_at(place);
  if (!paths) return report_error(paths.error());
  ProgressDisplay display(paths->size(), true);
  std::atomic<size_t> missing{0}, bad{0};
  int processors = static_cast<int>(std::thread::hardware_concurrency());
  int jobs = options.jobs > 0 ? options.jobs : std::clamp(processors, 1, 16);
  for_each_manifest(*paths, jobs, display, [&](const std::string& path) -> Line {
    Result<Manifest> manifest = load_manifest(path);
    if (!manifest) {
      ++bad;
      return {false, "BAD " + manifest.error().text()};
    }
    CheckedEntry entry = check_entry(store, *manifest);
    if (entry.state == EntryState::Ok) return {true, "ok " + path + short_digest(*manifest)};
    if (entry.state == EntryState::Missing) {
      ++missing;
      return {false, "MISSING " + path + short_digest(*manifest)};
    }
    ++bad;
    return {false, "BAD " + path + ": " + entry.why};
  });
  display.print(plural(paths->size() - missing - bad, "file") + " ok, " + std::to_string(missing) +
                " missing, " + std::to_string(bad) + " bad");
  return missing + bad == 0 ? 0 : 1;
}

namespace {

Result<std::string> default_output(const std::string& url) {
  std::string path = url.substr(0, url.find_first_of("?#"));
  size_t scheme = path.find("://");
  size_t slash = path.rfind('/');
  std::string name = slash > scheme + 2 ? path.substr(slash + 1) : "";
  if (name.empty() || name == "." || name == ".." || name.size() > 200)
    return Error{"the URL does not end in a file's name", "give one with -o NAME.lnk"};
  return name + ".lnk";
}

}  // namespace

int add(const Store& store, const AddOptions& what, const CommandOptions& options) {
  if (Status status = check_url(what.url); !status) return report_error(status.error());
  Result<std::string> output =
      what.output.empty() ? default_output(what.url) : Result<std::string>(what.output);
  if (!output) return report_error(output.error());
  if (output->size() < 5 || output->compare(output->size() - 4, 4, ".lnk") != 0)
    return report_error(
        {"a manifest's name ends in .lnk", "did you mean '" + *output + ".lnk'?", *output});
  struct stat st;
  auto exists = [&] { return report_error({"exists already", "--force overwrites it", *output}); };
  if (!what.force && ::lstat(output->c_str(), &st) == 0) return exists();
  if (std::string folder(dir_name(*output)); !is_directory(folder))
    return report_error({"there is no folder " + folder, "create it first", *output});

  ProgressDisplay display(1, options.quiet);
  EnsureOptions ensure_options = options.ensure;
  ensure_options.fetch.progress = display.callback();
  Result<Manifest> manifest = fetch_unknown(store, what.url, what.extract, ensure_options);
  if (!manifest) {
    report_error(manifest.error());
    return 1;
  }
  // A manifest whose archive cannot be unpacked is of no use to anyone.
  if (Result<std::string> data = ensure(store, *manifest, ensure_options); !data) {
    report_error(data.error());
    return 1;
  }
  std::string text = manifest_text(*manifest);
  if (what.force) {
    if (Status status = replace_file(*output, text); !status) return report_error(status.error());
  } else {
    // Complete before it has its name, and never over a file that came meanwhile.
    std::string temporary = *output + ".tmp." + std::to_string(::getpid());
    if (Status status = replace_file(temporary, text); !status) return report_error(status.error());
    int linked = ::link(temporary.c_str(), output->c_str());
    int error_number = errno;
    ::unlink(temporary.c_str());
    if (linked != 0 && error_number == EEXIST) return exists();
    if (linked != 0) {
      // No hard links on this file system.
      if (Status status = replace_file(*output, text); !status) return report_error(status.error());
    }
  }
  display.print("ok " + *output + short_digest(*manifest));
  keep_within_budget(store);
  return 0;
}

namespace {

int materialize_folder(const Store& store, const std::string& folder, const std::string& target,
                       const CommandOptions& options) {
  ProgressDisplay display(0, options.quiet);
  EnsureOptions ensure_options = options.ensure;
  ensure_options.fetch.progress = display.callback();
  int jobs = options.jobs > 0 ? options.jobs : kDefaultTransfers;
  std::vector<Error> warnings;
  Result<std::vector<Error>> failed =
      materialize_data(store, folder, target, jobs, ensure_options, warnings);
  for (const Error& warning : warnings)
    std::fprintf(stderr, "warning: %s\n", printable(warning.text()).c_str());
  if (!failed) return report_error(failed.error());
  for (const Error& error : *failed) report_error(error);
  return failed->empty() ? 0 : 1;
}

}  // namespace

int materialize_one(const Store& store, const std::string& path, const std::string& target,
                    const CommandOptions& options) {
  if (is_directory(path)) return materialize_folder(store, path, target, options);
  if (!path_exists(path)) return report_error(nothing_there(path));
  Result<Manifest> manifest = load_manifest(path);
  if (!manifest) return report_error(manifest.error());
  ProgressDisplay display(1, options.quiet);
  EnsureOptions ensure_options = options.ensure;
  ensure_options.fetch.progress = display.callback();
  Result<std::string> data = ensure(store, *manifest, ensure_options);
  if (!data) {
    report_error({path + ": " + data.error().text(), ""});
    return 1;
  }
  if (manifest->extract != Extract::File) {
    Status status = materialize_tree(*data, target);
    return status ? 0 : report_error(status.error());
  }
  Result<Materialized> how = materialize(store, *data, target);
  return how ? 0 : report_error(how.error());
}

}  // namespace fbuild::lnk
