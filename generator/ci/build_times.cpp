#include "generator/ci/build_times.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "generator/ci/ninja_log.h"
#include "stamp/gate.h"
#include "support/files.h"

namespace fbuild {

std::map<std::string, double> measured_build_times(const std::string& build_dir) {
  Result<stamp::Gate> gate = stamp::read_gate(join_path(build_dir, "gate"));
  Result<std::string> log = read_file(join_path(build_dir, ".ninja_log"));
  if (!gate || !log) return {};
  std::map<std::string, std::vector<std::string>> folders;
  for (const stamp::GateEnvironment& environment : gate->environments) {
    std::vector<std::string>& own = folders[environment.name];
    own = {join_path(build_dir, environment.name)};
    own.insert(own.end(), environment.shared.begin(), environment.shared.end());
  }
  return times_in_ninja_log(*log, folders);
}

Status add_reported_times(const std::string& report_path, std::map<std::string, double>& times) {
  Result<std::string> text = read_file(report_path);
  const char* fix = "give a file that `fbuild-gen --report json` wrote";
  if (!text) return Error{text.error().what, fix, report_path};
  nlohmann::json report = nlohmann::json::parse(*text, nullptr, false);
  if (!report.is_object() || !report.contains("environments") || !report["environments"].is_array())
    return Error{"this is no report", fix, report_path};
  for (const nlohmann::json& item : report["environments"]) {
    if (!item.is_object() || !item.contains("name") || !item["name"].is_string())
      return Error{"an environment has no name", fix, report_path};
    if (item.contains("seconds") && item["seconds"].is_number() &&
        item["seconds"].get<double>() >= 0)
      times.try_emplace(item["name"].get<std::string>(), item["seconds"].get<double>());
  }
  return {};
}

}  // namespace fbuild
