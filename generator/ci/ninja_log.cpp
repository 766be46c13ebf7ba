#include "generator/ci/ninja_log.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace fbuild {

namespace {

struct LogLine {
  std::string output;
  std::string run;  // the whole line but for the output: one run of an edge with several
  double seconds = 0;
};

bool parse_line(std::string_view line, LogLine& out) {
  std::vector<std::string_view> fields;
  while (fields.size() < 5) {
    size_t tab = std::min(line.find('\t'), line.size());
    fields.push_back(line.substr(0, tab));
    line.remove_prefix(std::min(tab + 1, line.size()));
  }
  if (fields[4].empty()) return false;
  char* end = nullptr;
  std::string first(fields[0]), last(fields[1]);
  long long begin = std::strtoll(first.c_str(), &end, 10);
  if (first.empty() || *end) return false;
  long long finish = std::strtoll(last.c_str(), &end, 10);
  if (last.empty() || *end || finish < begin) return false;
  out.output = fields[3];
  out.run = first + ' ' + last + ' ' + std::string(fields[4]);
  out.seconds = static_cast<double>(finish - begin) / 1000;
  return true;
}

}  // namespace

std::map<std::string, double> times_in_ninja_log(
    std::string_view log, const std::map<std::string, std::vector<std::string>>& folders) {
  std::map<std::string, double> out;
  if (!log.starts_with("# ninja log v")) return out;
  std::map<std::string, LogLine> last;
  while (!log.empty()) {
    size_t end = std::min(log.find('\n'), log.size());
    LogLine line;
    if (parse_line(log.substr(0, end), line)) last[line.output] = line;
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  for (const auto& [name, places] : folders) {
    double seconds = 0;
    std::set<std::string> counted;
    for (const std::string& folder : places)
      for (auto at = last.lower_bound(folder + "/");
           at != last.end() && at->first.starts_with(folder + "/"); ++at)
        if (counted.insert(at->second.run).second) seconds += at->second.seconds;
    if (!counted.empty()) out[name] = seconds;
  }
  return out;
}

}  // namespace fbuild
