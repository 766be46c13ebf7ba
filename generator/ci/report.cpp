#include "generator/ci/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "generator/ci/build_times.h"
#include "generator/ci/diagnostics.h"
#include "stamp/gate.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

struct Use {
  int64_t used = 0, max = 0;  // bytes; max 0: not known
  std::optional<int64_t> growth;
};

struct Built {
  std::string name;
  bool built = false;
  std::optional<double> seconds;
  std::optional<Use> flash, ram;
  std::vector<Diagnostic> diagnostics;
  size_t unknown = 0;  // outputs made before diagnostics were kept

  size_t count(bool errors) const {
    return static_cast<size_t>(
        std::count_if(diagnostics.begin(), diagnostics.end(),
                      [&](const Diagnostic& d) { return d.is_error == errors; }));
  }
};

struct Report {
  bool kept = false;  // diagnostics
  std::vector<Built> environments;
};

std::optional<Use> use_in(const json& value, const char* part) {
  if (!value.is_object() || !value.contains(part) || !value[part].is_object()) return std::nullopt;
  const json& item = value[part];
  if (!item.contains("used") || !item["used"].is_number_integer()) return std::nullopt;
  Use out;
  out.used = item["used"].get<int64_t>();
  if (item.contains("max") && item["max"].is_number_integer()) out.max = item["max"].get<int64_t>();
  return out;
}

void add_file(const std::string& path, std::vector<Diagnostic>& out, bool errors) {
  Result<std::string> text = read_file(path);
  if (!text) return;
  for (Diagnostic& item : parse_diagnostics(*text)) {
    // A command that succeeded had no errors.
    if (item.is_error && !errors) continue;
    bool known = std::any_of(out.begin(), out.end(), [&](const Diagnostic& other) {
      return other.file == item.file && other.line == item.line && other.column == item.column &&
             other.text == item.text;
    });
    if (!known) out.push_back(std::move(item));
  }
}

// What was said of the environment's objects and its program.
void read_diagnostics(const std::string& build_dir, const stamp::GateEnvironment& environment,
                      bool kept, Built& item) {
  std::vector<Diagnostic>& out = item.diagnostics;
  std::vector<std::string> outputs;
  if (Result<std::string> text =
          read_file(join_path(build_dir, environment.name + "/compile_commands.json"))) {
    json commands = json::parse(*text, nullptr, false);
    if (commands.is_array())
      for (const json& item : commands)
        if (item.is_object() && item.contains("output") && item["output"].is_string())
          outputs.push_back(item["output"].get<std::string>());
  }
  outputs.push_back(join_path(build_dir, environment.set + "/firmware.elf"));
  for (const std::string& output : outputs) {
    if (is_regular_file(output)) {
      add_file(output + ".said", out, false);
      item.unknown += kept && !path_exists(output + ".said");
    }
    // Where all is built, an edit that failed has been taken back.
    if (!item.built) add_file(output + ".failed", out, true);
  }
}

Result<Report> collect(const std::vector<std::string>& names, const ReportRequest& request) {
  Result<stamp::Gate> gate = stamp::read_gate(join_path(request.build_dir, "gate"));
  if (!gate)
    return Error{"nothing was built in '" + request.build_dir + "'",
                 "run fbuild-gen and ninja first"};
  json base;
  if (!request.base.empty()) {
    Result<std::string> text = read_file(request.base);
    const char* fix = "give a file that `fbuild-gen --report json` wrote";
    if (!text) return Error{text.error().what, fix, request.base};
    base = json::parse(*text, nullptr, false);
    if (!base.is_object() || !base.contains("environments") || !base["environments"].is_array())
      return Error{"this is no report", fix, request.base};
  }
  Report out;
  out.kept = std::find(gate->generate.begin(), gate->generate.end(), "--keep-diagnostics") !=
             gate->generate.end();
  stamp::PlanState state = stamp::read_state(join_path(request.build_dir, "plan.state"));
  std::map<std::string, double> times = measured_build_times(request.build_dir);
  for (const stamp::GateEnvironment& environment : gate->environments) {
    if (!names.empty() && std::find(names.begin(), names.end(), environment.name) == names.end())
      continue;
    Built item;
    item.name = environment.name;
    auto decision = state.environments.find(environment.name);
    item.built = decision != state.environments.end() && decision->second.clean;
    if (auto time = times.find(environment.name); time != times.end())
      item.seconds = std::round(time->second * 1000) / 1000;
    Result<std::string> sizes =
        item.built
            ? read_file(join_path(request.build_dir, environment.set + "/firmware.size.json"))
            : Error{};
    if (sizes) {
      json value = json::parse(*sizes, nullptr, false);
      item.flash = use_in(value, "flash");
      item.ram = use_in(value, "ram");
    }
    if (!base.is_null())
      for (const json& other : base["environments"]) {
        if (!other.is_object() || other.value("name", json()) != item.name) continue;
        for (const auto& [use, part] :
             {std::pair(&item.flash, "flash"), std::pair(&item.ram, "ram")})
          if (std::optional<Use> before = use_in(other, part); before && *use)
            (*use)->growth = (*use)->used - before->used;
      }
    read_diagnostics(request.build_dir, environment, out.kept, item);
    out.environments.push_back(std::move(item));
  }
  return out;
}

std::string signed_number(int64_t number) {
  return (number >= 0 ? "+" : "") + std::to_string(number);
}

// "1994 of 32256 bytes (6.2%), +12"
std::string use_text(const Use& use) {
  std::string out = std::to_string(use.used);
  if (use.max > 0) {
    char share[32];
    std::snprintf(share, sizeof share, " (%.1f%%)",
                  100.0 * static_cast<double>(use.used) / static_cast<double>(use.max));
    out += " of " + std::to_string(use.max) + " bytes" + share;
  } else {
    out += " bytes";
  }
  return use.growth ? out + ", " + signed_number(*use.growth) : out;
}

std::string json_text(const Report& report) {
  ordered_json list = ordered_json::array();
  for (const Built& item : report.environments) {
    ordered_json entry = {{"name", item.name}, {"state", item.built ? "built" : "not built"}};
    entry["seconds"] = item.seconds ? ordered_json(*item.seconds) : ordered_json();
    for (const auto& [use, part] : {std::pair(&item.flash, "flash"), std::pair(&item.ram, "ram")}) {
      if (!*use) continue;
      entry[part] = {{"used", (*use)->used}, {"max", (*use)->max}};
      if ((*use)->growth) entry[part]["growth"] = *(*use)->growth;
    }
    entry["unknown"] = item.unknown;
    entry["warnings"] = item.count(false);
    ordered_json diagnostics = ordered_json::array();
    for (const Diagnostic& d : item.diagnostics)
      diagnostics.push_back({{"file", d.file},
                             {"line", d.line},
                             {"column", d.column},
                             {"severity", d.is_error ? "error" : "warning"},
                             {"text", d.text}});
    entry["diagnostics"] = std::move(diagnostics);
    list.push_back(std::move(entry));
  }
  ordered_json all = {
      {"fbuild", FBUILD_VERSION}, {"diagnostics_kept", report.kept}, {"environments", list}};
  return all.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

// The text of a workflow command, or a property's value.
std::string escaped(const std::string& text, bool property) {
  std::string out;
  for (char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

// Packages are nobody's to mend here, and have no lines in the repository.
bool is_in_project(const Diagnostic& item, const std::string& build_dir) {
  return item.file[0] != '/' && !item.file.starts_with(build_dir + "/") &&
         !item.file.starts_with("<");
}

std::string summary_table(const Report& report) {
  std::string out = "| environment | | flash | RAM | warnings |\n|---|---|---|---|--:|\n";
  for (const Built& item : report.environments)
    out += "| " + item.name + " | " + (item.built ? "built" : "**not built**") + " | " +
           (item.flash ? use_text(*item.flash) : "") + " | " +
           (item.ram ? use_text(*item.ram) : "") + " | " +
           (report.kept ? std::to_string(item.count(false)) : "") +
           (item.unknown ? " or more" : "") + " |\n";
  return out;
}

Result<std::string> github_text(const Report& report, const ReportRequest& request) {
  struct Annotation {
    Diagnostic what;
    std::vector<std::string> environments;
  };
  std::vector<Annotation> all;
  for (const Built& item : report.environments)
    for (const Diagnostic& d : item.diagnostics) {
      if (!is_in_project(d, request.build_dir)) continue;
      auto known = std::find_if(all.begin(), all.end(), [&](const Annotation& a) {
        return a.what.file == d.file && a.what.line == d.line && a.what.column == d.column &&
               a.what.text == d.text;
      });
      if (known == all.end()) known = all.insert(all.end(), {d, {}});
      known->environments.push_back(item.name);
    }
  // Only the first ten of a kind are shown: errors are kinds of their own.
  std::string out;
  for (const Annotation& a : all) {
    std::string names;
    for (const std::string& name : a.environments) names += (names.empty() ? "" : ", ") + name;
    out += std::string(a.what.is_error ? "::error" : "::warning") +
           " file=" + escaped(normalize_path(join_path(request.directory, a.what.file)), true) +
           ",line=" + std::to_string(a.what.line) +
           (a.what.column ? ",col=" + std::to_string(a.what.column) : "") +
           ",title=" + escaped(names, true) + "::" + escaped(a.what.text, false) + "\n";
  }
  for (const Built& item : report.environments) {
    if (!item.built) {
      out += "::error title=" + escaped(item.name, true) + "::not built\n";
      continue;
    }
    std::string text;
    if (item.flash) text += "flash " + use_text(*item.flash);
    if (item.ram) text += (text.empty() ? "RAM " : "; RAM ") + use_text(*item.ram);
    out += "::notice title=" + escaped(item.name, true) +
           "::" + escaped(text.empty() ? "built" : text, false) + "\n";
    if (item.unknown)
      out += "::notice title=" + escaped(item.name, true) + "::" + std::to_string(item.unknown) +
             " files were compiled before --keep-diagnostics was given; what was said of them is "
             "not known\n";
  }
  if (const char* path = std::getenv("GITHUB_STEP_SUMMARY"); path && *path) {
    Fd fd(::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    std::string table = summary_table(report);
    if (!fd || ::write(fd.get(), table.data(), table.size()) != static_cast<ssize_t>(table.size()))
      return Error{"cannot write: " + errno_text(errno), "GITHUB_STEP_SUMMARY names this file",
                   path};
  }
  return out;
}

std::string xml(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
      out += c;
  }
  return out;
}

std::string lines_of(const Built& item, bool errors) {
  std::string out;
  for (const Diagnostic& d : item.diagnostics)
    if (d.is_error == errors)
      out += d.file + ":" + std::to_string(d.line) +
             (d.column ? ":" + std::to_string(d.column) : "") +
             (errors ? ": error: " : ": warning: ") + d.text + "\n";
  return out;
}

std::string junit_text(const Report& report) {
  std::string suites;
  size_t tests = 0, failures = 0;
  for (const Built& item : report.environments) {
    std::string cases, properties;
    size_t here = 1;
    std::string head = "    <testcase classname=\"fbuild." + xml(item.name) + "\" name=\"";
    std::string time = item.seconds ? json(*item.seconds).dump() : "0";
    cases += head + "build\" time=\"" + time + "\">\n";
    if (!item.built)
      cases += "      <failure message=\"not built\">" + xml(lines_of(item, true)) + "</failure>\n";
    if (std::string warnings = lines_of(item, false); !warnings.empty())
      cases += "      <system-out>" + xml(warnings) + "</system-out>\n";
    cases += "    </testcase>\n";
    for (const auto& [use, part] : {std::pair(&item.flash, "flash"), std::pair(&item.ram, "ram")}) {
      if (!*use) continue;
      ++here;
      properties += std::string("      <property name=\"") + part + "\" value=\"" +
                    std::to_string((*use)->used) + "\"/>\n";
      if ((*use)->growth)
        properties += std::string("      <property name=\"") + part + "_growth\" value=\"" +
                      std::to_string(*(*use)->growth) + "\"/>\n";
      cases += head + part + "\" time=\"0\">\n      <system-out>" + xml(use_text(**use)) +
               "</system-out>\n    </testcase>\n";
    }
    tests += here;
    failures += !item.built;
    suites += "  <testsuite name=\"" + xml(item.name) + "\" tests=\"" + std::to_string(here) +
              "\" failures=\"" + (item.built ? "0" : "1") +
              "\" errors=\"0\" skipped=\"0\" time=\"" + time + "\">\n";
    if (!properties.empty()) suites += "    <properties>\n" + properties + "    </properties>\n";
    suites += cases + "  </testsuite>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fbuild\" tests=\"" +
         std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\">\n" + suites +
         "</testsuites>\n";
}

}  // namespace

Result<std::string> report_text(const std::vector<std::string>& environments,
                                const ReportRequest& request) {
  const std::vector<std::string> forms = {"github", "junit", "json"};
  if (std::find(forms.begin(), forms.end(), request.form) == forms.end()) {
    std::string fix = did_you_mean(request.form, forms);
    return Error{"--report: there is no form '" + request.form + "'",
                 fix.empty() ? "give junit, github or json" : fix};
  }
  Result<Report> report = collect(environments, request);
  if (!report) return report.error();
  if (request.form == "json") return json_text(*report);
  if (request.form == "junit") return junit_text(*report);
  return github_text(*report, request);
}

}  // namespace fbuild
