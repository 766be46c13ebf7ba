// fbuild-gen: platformio.ini to build.ninja.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "generator/ci/matrix.h"
#include "generator/ci/report.h"
#include "generator/command_line.h"
#include "generator/config/config_json.h"
#include "generator/config/project_config.h"
#include "generator/config/source_excerpt.h"
#include "generator/nested/nested_ninja.h"
#include "generator/nested/watch_output.h"
#include "generator/ninja/build_files.h"
#include "generator/plan/fresh_build_dir.h"
#include "generator/plan/library_deps.h"
#include "generator/plan/library_tree.h"
#include "generator/plan/make_plan.h"
#include "generator/sketch/sketch.h"
#include "generator/upload/find_drive.h"
#include "generator/upload/find_port.h"
#include "support/files.h"
#include "support/perf_log.h"

namespace fbuild {
namespace {

constexpr int kBadInput = 2;

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n%s", error.text().c_str(), config::source_excerpt(error).c_str());
  return kBadInput;
}

void warn(const Error& warning) {
  std::fprintf(stderr, "warning: %s\n", warning.text().c_str());
}

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// The folder this program was started from, links resolved.
std::string own_folder() {
  char buffer[PATH_MAX];
  ssize_t n = ::readlink("/proc/self/exe", buffer, sizeof buffer);
  return n > 0 ? std::string(dir_name(std::string(buffer, static_cast<size_t>(n)))) : std::string();
}

// Platform files and templates: ../share/fbuild as seen from the program, in a build tree
// and in an installed prefix alike.
Result<std::string> data_folder() {
  if (const char* named = std::getenv("FBUILD_DATA_DIR"); named && *named)
    return absolute_path(named);
  std::string folder = normalize_path(own_folder() + "/../share/fbuild");
  if (!is_directory(folder + "/platforms"))
    return Error{"the platform files are not at '" + folder + "'",
                 "install fbuild whole, or set FBUILD_DATA_DIR to the folder that has platforms/ "
                 "and templates/"};
  return folder;
}

int join_sketch_files(const std::vector<std::string>& paths) {
  std::vector<SketchFile> files;
  for (size_t i = 1; i < paths.size(); ++i) {
    Result<std::string> content = read_file(paths[i]);
    if (!content) return fail(content.error());
    files.push_back({paths[i], std::move(*content)});
  }
  Result<std::string> text = join_sketch(std::move(files));
  if (!text) return fail(text.error());
  Result<bool> wrote = write_if_changed(paths[0], *text);
  return wrote ? 0 : fail(wrote.error());
}

Result<PortSearch> port_search(const std::vector<std::string>& words) {
  Result<PortSearch> search = parse_port_search(words);
  // The variable counts when the upload runs, not when the build files were written.
  if (const char* port = std::getenv("PLATFORMIO_UPLOAD_PORT");
      search && port && *port && !search->none)
    search->port = port;
  return search;
}

// The port goes to standard output for the upload's command; people see it on the other.
int print_serial_port(const std::vector<std::string>& words) {
  Result<PortSearch> search = port_search(words);
  if (!search) return fail(search.error());
  Result<SerialPort> port = find_upload_port(*search);
  if (!port) return fail(port.error());
  if (port->device.empty()) return 0;
  std::fprintf(stderr, "serial port: %s\n", port->text().c_str());
  put(port->device + "\n");
  return 0;
}

int print_upload_drive(const std::vector<std::string>& words) {
  Result<PortSearch> search = port_search(words);
  if (!search) return fail(search.error());
  Result<std::string> drive = find_upload_drive(*search);
  if (!drive) return fail(drive.error());
  std::fprintf(stderr, "drive: %s\n", drive->c_str());
  put(*drive + "\n");
  return 0;
}

class Run {
 public:
  explicit Run(const CommandLine& line) : line_(line) {}

  int operator()() {
    timespec now;
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);  // the clock of file times
    began_ = int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
    project_ = absolute_path(".");
    if (line_.job == CommandLine::Job::PrintConfig) return print_configuration();
    if (config::ErrorPtr error = config_.load(config_input())) return fail(error->error);
    std::vector<std::string> requested = line_.environments;
    if (!line_.plan_environment.empty()) requested = {line_.plan_environment};
    if (config::ErrorPtr error = config_.validate(requested)) return fail(error->error);
    log_.phase("read");
    if (line_.job == CommandLine::Job::ListEnvironments) {
      for (const std::string& name : config_.environments()) put(name + "\n");
      return 0;
    }
    if (line_.job == CommandLine::Job::Matrix) return print_matrix(requested);
    if (line_.job == CommandLine::Job::Report) return print_report(requested);
    return plan_and_write(requested);
  }

 private:
  config::ConfigInput config_input() const {
    config::ConfigInput input;
    input.project_dir = project_;
    input.overrides = line_.options;
    return input;
  }

  int print_configuration() {
    config::PrintedConfig printed = config::print_config(config_input());
    put(printed.json);
    if (!printed.error) return 0;
    return fail(printed.error->error);
  }

  std::string build_dir() const {
    return path_inside(line_.build_dir.empty() ? ".fbuild/build" : line_.build_dir, project_);
  }

  void set_choices(Session& session) {
    session.ignore_scripts = line_.ignore_scripts;
    session.launcher = line_.launcher;
    session.choices.install = line_.install;
    session.choices.locked = line_.locked;
    const char* offline = std::getenv("FBUILD_OFFLINE");  // what fbuild-lnk goes by as well
    session.choices.store.offline = line_.offline || (offline && std::string_view(offline) == "1");
    session.choices.store.quiet = line_.quiet;
    session.choices.store.program = own_folder() + "/fbuild-lnk";
  }

  int print_matrix(std::vector<std::string> names) {
    if (names.empty()) names = config_.environments();
    Result<MatrixRequest::Form> form = parse_matrix_form(line_.matrix);
    if (!form) return fail(form.error());
    Result<std::string> data = data_folder();
    if (!data) return fail(data.error());
    FreshBuildDir fresh(build_dir());
    Session session{config_, build_dir(), *data + "/platforms", project_};
    set_choices(session);
    Result<std::string> text = matrix_text(
        session, names,
        {*form, line_.changed_since, line_.shards, line_.times, line_.directory, config_input()});
    if (!text) return fail(text.error());
    for (const config::ConfigWarning& warning : config_.warnings()) warn(warning.text);
    for (const Error& warning : session.warnings) warn(warning);
    put(*text);
    return 0;
  }

  int print_report(const std::vector<std::string>& names) {
    Result<std::string> text =
        report_text(names, {line_.report, line_.base, build_dir(), line_.directory});
    if (!text) return fail(text.error());
    put(*text);
    return 0;
  }

  int plan_and_write(std::vector<std::string> names) {
    if (names.empty()) names = config_.environments();
    Result<std::string> data = data_folder();
    if (!data) return fail(data.error());
    FreshBuildDir fresh(build_dir());
    session_.reset(new Session{config_, build_dir(), *data + "/platforms", project_});
    Session& session = *session_;
    set_choices(session);
    bool all_environments = names.size() == config_.environments().size();
    session.scans.load(join_path(build_dir(), "includes"));
    std::vector<BuildPlan>& plans = plans_;
    for (const std::string& name : names) {
      size_t not_here = session.not_here.size();
      Result<BuildPlan> plan = make_plan(session, name);
      // What has to be fetched is told of all environments in one go.
      if (!plan && session.not_here.size() > not_here) continue;
      if (!plan) {
        for (const Error& error : session.not_here) fail(error);
        return fail(plan.error());
      }
      plans.push_back(std::move(*plan));
    }
    for (const Error& error : session.not_here) fail(error);
    if (!session.not_here.empty()) return kBadInput;
    for (const config::ConfigWarning& warning : config_.warnings()) warn(warning.text);
    for (const config::ConfigWarning& warning : config_.unsupported(names)) warn(warning.text);
    for (const Error& warning : session.warnings) warn(warning);
    if (line_.job == CommandLine::Job::PrintLibraries) {
      put(library_tree_text(plans.front()));
      return 0;
    }
    if (line_.job == CommandLine::Job::PrintPlan) {
      put(plan_json(plans.front()));
      return 0;
    }
    if (line_.job == CommandLine::Job::Generate) {
      Result<bool> locked = update_lock(session, all_environments, !line_.build_dir_only);
      if (!locked) return fail(locked.error());
      if (*locked && line_.build_dir_only)
        warn(
            Error{"fbuild.lock does not pin the packages that are used",
                  "run fbuild-gen in the project's folder, without --build-dir-only, to pin them"});
      else if (*locked && !line_.quiet)
        std::printf(
            "note: fbuild.lock pins the packages that are used; keep it with platformio.ini\n");
    }
    log_.phase("plan");
    int status = write(plans, session, *data);
    if (status == 0 && all_environments && line_.job == CommandLine::Job::Generate)
      tidy_library_links(session);
    if (status == 0) fresh.keep();
    return status;
  }

  int write(const std::vector<BuildPlan>& plans, const Session& session, const std::string& data) {
    BuildFilesInput input;
    input.build_dir = session.build_dir;
    input.project = project_;
    input.templates_dir = data + "/templates";
    input.own = {own_folder() + "/fbuild-gen", own_folder() + "/fbuild-image",
                 own_folder() + "/fbuild-stamp", own_folder() + "/fbuild-lnk", input.templates_dir};
    input.generate_arguments = {"-q"};
    if (!line_.build_dir.empty())
      input.generate_arguments.insert(input.generate_arguments.end(), {"-B", session.build_dir});
    if (line_.ignore_scripts) input.generate_arguments.push_back("--ignore-extra-scripts");
    if (line_.offline) input.generate_arguments.push_back("--offline");
    if (line_.locked) input.generate_arguments.push_back("--locked");
    if (line_.launcher)
      input.generate_arguments.insert(input.generate_arguments.end(),
                                      {"--launcher", *line_.launcher});
    if (line_.keep_diagnostics) input.generate_arguments.push_back("--keep-diagnostics");
    input.own.keep_diagnostics = line_.keep_diagnostics;
    if (line_.build_dir_only) input.generate_arguments.push_back("--build-dir-only");
    for (const config::OptionOverride& option : line_.options)
      input.generate_arguments.insert(input.generate_arguments.end(), {"-O", option.text});
    input.root_files = !line_.build_dir_only;
    for (const std::string& name : line_.environments)
      input.generate_arguments.insert(input.generate_arguments.end(), {"-e", name});
    input.default_environments = default_environments(plans);
    input.files = {input.own.generator, input.own.image, input.own.stamp, input.own.lnk, kLockFile};
    for (const BuildPlan& plan : plans)
      for (const std::string& name : plan.templates)
        input.files.push_back(input.templates_dir + "/" + name + ".ninja");
    input.configuration = &config_.dependencies();
    input.scans = &session.scans;
    input.began = began_;
    input.log = &log_;

    bool first = !path_exists(join_path(session.build_dir, "build.ninja"));
    Result<BuildFilesResult> result = line_.job == CommandLine::Job::CompileDatabases
                                          ? write_compile_databases(plans, input)
                                          : write_build_files(plans, input);
    if (!result) return fail(result.error());
    if (line_.quiet) return 0;
    for (const std::string& note : result->notes) std::printf("note: %s\n", note.c_str());
    if (line_.job == CommandLine::Job::CompileDatabases) {
      for (const BuildPlan& plan : plans)
        std::printf("%s/compile_commands.json\n", plan.directory.c_str());
      return 0;
    }
    std::string list;
    for (const BuildPlan& plan : plans) list += (list.empty() ? "" : ", ") + plan.environment;
    std::string where = line_.directory.empty() ? "" : " -C " + line_.directory;
    if (!result->root_is_ours) {
      if (!line_.build_dir_only) std::printf("note: build.ninja is not ours and was left alone\n");
      where += " -f " + join_path(session.build_dir, "build.ninja");
    }
    std::printf("%s: %s; now run: ninja%s\n", plans.size() == 1 ? "environment" : "environments",
                list.c_str(), where.c_str());
    if (first && !line_.build_dir_only) suggest_ignoring(session.build_dir, result->root_is_ours);
    return 0;
  }

  // What is ours belongs into .gitignore, but that file is the user's.
  void suggest_ignoring(const std::string& build_dir, bool root_is_ours) {
    if (!path_exists(".git")) return;
    Result<std::string> text = read_file(".gitignore");
    std::string missing;
    std::string top = build_dir.substr(0, build_dir.find('/')) + "/";
    for (const std::string& name : {top, std::string(root_is_ours ? "build.ninja" : ""),
                                    std::string("compile_commands.json")}) {
      if (name.empty() || name[0] == '/') continue;
      std::string bare = name.back() == '/' ? name.substr(0, name.size() - 1) : name;
      if (!text || ("\n" + *text).find("\n" + bare) == std::string::npos) missing += " " + name;
    }
    if (!missing.empty())
      std::printf("note: to keep git quiet, add to .gitignore:%s\n", missing.c_str());
  }

  // What plain `ninja` builds: default_envs as far as they were generated, or everything.
  std::vector<std::string> default_environments(const std::vector<BuildPlan>& plans) {
    std::vector<std::string> out;
    if (Result<const config::Value*> value = config_.get("platformio", "default_envs"))
      for (const config::ListItem& item : (*value)->items)
        if (std::any_of(plans.begin(), plans.end(),
                        [&](const BuildPlan& plan) { return plan.environment == item.text; }))
          out.push_back(item.text);
    if (out.empty() || !line_.environments.empty()) {
      out.clear();
      for (const BuildPlan& plan : plans) out.push_back(plan.environment);
    }
    return out;
  }

  const CommandLine& line_;
  PerfLog log_{"fbuild-gen"};
  int64_t began_ = 0;
  std::string project_;
  config::ProjectConfig config_;
  std::unique_ptr<Session> session_;
  std::vector<BuildPlan> plans_;
};

}  // namespace
}  // namespace fbuild

int main(int argc, char** argv) {
  using namespace fbuild;
  Result<CommandLine> line = parse_command_line(argc, argv);
  if (!line) return fail(line.error());
  if (line->job == CommandLine::Job::Message) {
    put(line->message);
    return 0;
  }
  if (line->job == CommandLine::Job::JoinSketch) return join_sketch_files(line->sketch);
  if (line->job == CommandLine::Job::SerialPort) return print_serial_port(line->words);
  if (line->job == CommandLine::Job::UploadDrive) return print_upload_drive(line->words);
  if (line->job == CommandLine::Job::Nested) return fail(run_nested(line->words));
  if (line->job == CommandLine::Job::WatchOutput) {
    Result<int> status = watch_output(line->words);
    return status ? *status : fail(status.error());
  }
  if (!line->directory.empty() && ::chdir(line->directory.c_str()) != 0)
    return fail(Error{"cannot enter the folder: " + errno_text(errno),
                      "-C names the folder that has platformio.ini", line->directory});
  // Memory goes with the process; taking down plans of thousands of files takes milliseconds.
  Run run(*line);
  int status = run();
  std::fflush(nullptr);
  ::_exit(status);
}
