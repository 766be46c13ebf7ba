// Drives a fuzz target without libFuzzer, so that every test run exercises it: first
// each seed file as it is, then random mutations of the seeds (and of nothing) for a
// bounded number of runs. Arguments: seed folder [runs [random seed]].
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "support/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// A few edits of the kinds that break parsers: flips, cuts, doublings, splices.
std::string mutate(std::string text, const std::vector<std::string>& seeds,
                   std::mt19937_64& random) {
  auto below = [&](size_t n) { return n ? random() % n : 0; };
  for (size_t edits = 1 + below(6); edits > 0; --edits) {
    size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.resize(at);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), below(64)));
        break;
      case 3:
        text.erase(at, below(16));
        break;
      case 4:
        text.insert(at, 1 + below(8), "\n\t\"'$\\%{}[]<>=:;#,\0-+@ "[below(24)]);
        break;
      case 5: {
        const std::string& other = seeds[below(seeds.size())];
        size_t from = below(other.size() + 1);
        text.insert(at, other.substr(from, below(256)));
        break;
      }
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s SEED_FOLDER [RUNS [RANDOM_SEED]]\n", argv[0]);
    return 2;
  }
  long runs = argc > 2 ? std::atol(argv[2]) : 5000;
  uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : std::random_device{}();
  std::vector<std::string> seeds;
  fbuild::Result<std::vector<fbuild::DirEntry>> entries = fbuild::list_directory(argv[1]);
  if (!entries) {
    std::fprintf(stderr, "%s\n", entries.error().text().c_str());
    return 2;
  }
  for (const fbuild::DirEntry& entry : *entries) {
    if (entry.kind != fbuild::DirEntry::File) continue;
    fbuild::Result<std::string> text = fbuild::read_file(std::string(argv[1]) + "/" + entry.name);
    if (!text) continue;
    run(*text);
    seeds.push_back(std::move(*text));
  }
  size_t files = seeds.size();
  seeds.emplace_back();
  std::printf("%zu seeds, %ld mutations, random seed %llu\n", files, runs,
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::mt19937_64 random(seed);
  for (long i = 0; i < runs; ++i) run(mutate(seeds[random() % seeds.size()], seeds, random));
  return 0;
}
