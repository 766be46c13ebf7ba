// cache, gc, path: the commands about the store.
#include <time.h>

#include <cstdio>

#include "lnk/commands.h"
#include "lnk/gc.h"
#include "lnk/progress.h"
#include "support/files.h"
#include "support/json_text.h"

namespace fbuild::lnk {

namespace {

std::string day(int64_t seconds) {
  time_t t = static_cast<time_t>(seconds);
  tm parts{};
  ::localtime_r(&t, &parts);
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%d %H:%M", &parts);
  return out;
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

void print_json(const Store& store, const StoreContents& contents, uint64_t budget) {
  std::string out = "{\n  \"directory\": " + json_string(store.root) + ",\n  \"layers\": [";
  for (size_t i = 0; i < store.layers.size(); ++i)
    out += (i ? ", " : "") + json_string(store.layers[i]);
  out += "],\n  \"budget\": " + std::to_string(budget) +
         ",\n  \"bytes\": " + std::to_string(contents.bytes) +
         ",\n  \"partial_bytes\": " + std::to_string(contents.partial_bytes) +
         ",\n  \"entries\": [";
  for (size_t i = 0; i < contents.entries.size(); ++i) {
    const StoredEntry& entry = contents.entries[i];
    out += i ? ",\n    {" : "\n    {";
    out += "\"kind\": " + json_string(entry.info.kind_text) +
           ", \"url\": " + json_string(entry.info.url) +
           ", \"sha256\": " + json_string(entry.info.sha256) +
           ", \"size\": " + std::to_string(entry.info.size) +
           ", \"disk\": " + std::to_string(entry.info.disk) +
           ", \"used\": " + std::to_string(entry.used) +
           ", \"leases\": " + std::to_string(entry.leases) +
           ", \"pins\": " + std::to_string(entry.pins) +
           ", \"path\": " + json_string(data_path(entry.path, entry.info.kind)) + "}";
  }
  out += contents.entries.empty() ? "]\n}\n" : "\n  ]\n}\n";
  print(out);
}

}  // namespace

int show_cache(const Store& store, bool json) {
  Result<StoreContents> contents = store_contents(store);
  if (!contents) return report_error(contents.error());
  Result<uint64_t> budget = store_budget(store);
  if (!budget) return report_error(budget.error());
  if (json) {
    print_json(store, *contents, *budget);
    return 0;
  }
  for (const StoredEntry& entry : contents->entries) {
    char size[32];
    std::snprintf(size, sizeof size, "%10s", human_bytes(entry.info.disk).c_str());
    print(entry.info.sha256.substr(0, 12) + " " + size + "  " + day(entry.used) + "  " +
          entry.info.kind_text + (entry.leases || entry.pins ? " (in use)" : "") + "  " +
          entry.info.url + "\n");
  }
  for (const std::string& path : contents->unreadable) print("unreadable: " + path + "\n");
  print(std::to_string(contents->entries.size()) + " entries, " + human_bytes(contents->bytes) +
        " of " + human_bytes(*budget) + " in " + store.root + "\n");
  return 0;
}

int run_gc(const Store& store, const std::string& budget_text, bool json) {
  Result<uint64_t> budget =
      budget_text.empty() ? store_budget(store) : parse_budget(budget_text, store);
  if (!budget) return report_error({"--budget: " + budget.error().what, budget.error().fix});
  Result<GcResult> result = collect_garbage(store, *budget);
  if (!result) return report_error(result.error());
  if (json) {
    print("{\"before\": " + std::to_string(result->before) + ", \"after\": " +
          std::to_string(result->after) + ", \"budget\": " + std::to_string(*budget) +
          ", \"evicted\": " + std::to_string(result->evicted) + ", \"in_use\": " +
          std::to_string(result->in_use) + ", \"swept\": " + std::to_string(result->swept) + "}\n");
    return 0;
  }
  print("evicted " + std::to_string(result->evicted) + " entries, " +
        human_bytes(result->before - result->after) + "; " + human_bytes(result->after) + " of " +
        human_bytes(*budget) + " left in use\n");
  if (result->after > *budget)
    print("still over the budget: " + std::to_string(result->in_use) +
          " entries are in use, by running builds or by build directories\n");
  return 0;
}

int verify_cache(const Store& store) {
  Result<StoreVerdict> verdict = verify_store(store);
  if (!verdict) return report_error(verdict.error());
  for (const std::string& problem : verdict->problems) print("BAD " + problem + "\n");
  print(std::to_string(verdict->entries) + " entries, " + std::to_string(verdict->problems.size()) +
        " bad\n");
  return verdict->problems.empty() ? 0 : 1;
}

int show_path(const Store& store, const std::string& path) {
  Result<Manifest> manifest = load_manifest(path);
  if (!manifest) return report_error(manifest.error());
  std::string data = find_entry(store, *manifest);
  if (data.empty()) {
    report_error({"not in the store", "fbuild-lnk pull fetches it", path});
    return 1;
  }
  print(data + "\n");
  return 0;
}

}  // namespace fbuild::lnk
