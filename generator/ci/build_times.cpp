#include "generator/ci/build_times.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "stamp/gate.h"
#include "support/files.h"

namespace fbuild {

namespace {

// start, end (milliseconds), mtime, output, hash of the command; tabs between them.
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

std::map<std::string, double> measured_build_times(const std::string& build_dir) {
  std::map<std::string, double> out;
  Result<stamp::Gate> gate = stamp::read_gate(join_path(build_dir, "gate"));
  Result<std::string> log = read_file(join_path(build_dir, ".ninja_log"));
  if (!gate || !log || !log->starts_with("# ninja log v")) return out;
  std::map<std::string, LogLine> last;  // by output: a later line replaces an earlier one
  std::string_view rest = *log;
  while (!rest.empty()) {
    size_t end = std::min(rest.find('\n'), rest.size());
    LogLine line;
    if (parse_line(rest.substr(0, end), line)) last[line.output] = line;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const stamp::GateEnvironment& environment : gate->environments) {
    std::vector<std::string> folders = {join_path(build_dir, environment.name)};
    folders.insert(folders.end(), environment.shared.begin(), environment.shared.end());
    double seconds = 0;
    std::set<std::string> counted;
    for (const std::string& folder : folders)
      for (auto at = last.lower_bound(folder + "/"); at != last.end() && at->first.starts_with(folder + "/"); ++at)
        if (counted.insert(at->second.run).second) seconds += at->second.seconds;
    if (!counted.empty()) out[environment.name] = seconds;
  }
  return out;
}

Status add_reported_times(const std::string& report_path, std::map<std::string, double>& times) {
  Result<std::string> text = read_file(report_path);
  const char* fix = "give a file that `fbuild-gen --report json` wrote";
  if (!text) return Error{text.error().what, fix, report_path};
  nlohmann::json report = nlohmann::json::parse(*text, nullptr, false);
  if (!report.is_object() || !report.contains("environments") || !report["environments"].is_array())
    return Error{"this is no report", fix, report_path};
  for (const nlohmann::json& item : report["environments"]) {
    if (!item.is_object() || !item.contains("name") || !item["name"].is_string()) return Error{"an environment has no name", fix, report_path};
    if (item.contains("seconds") && item["seconds"].is_number() && item["seconds"].get<double>() >= 0)
      times.try_emplace(item["name"].get<std::string>(), item["seconds"].get<double>());
  }
  return {};
}

}  // namespace fbuild
