#include "generator/command_line.h"

#include <CLI/CLI.hpp>

#include "support/suggest.h"

namespace fbuild {

namespace {

Error describe(const CLI::App& app, const CLI::ParseError& error) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    std::string word = app.remaining().empty() ? "" : app.remaining().front();
    if (word.starts_with("-")) {
      std::string fix = did_you_mean(word.substr(0, word.find('=')), known);
      return Error{"unknown option '" + word + "'", fix.empty() ? "see fbuild-gen --help" : fix};
    }
    return Error{"unexpected argument '" + word + "'", "the project's folder is given with -C DIR"};
  }
  std::string what = error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
  return Error{what, "see fbuild-gen --help"};
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, char** argv) {
  CommandLine out;
  // For build files and tests; what follows has a language of its own.
  for (auto [name, job] : {std::pair("--serial-port", CommandLine::Job::SerialPort),
                           std::pair("--upload-drive", CommandLine::Job::UploadDrive),
                           std::pair("--nested", CommandLine::Job::Nested),
                           std::pair("--watch-output", CommandLine::Job::WatchOutput)})
    if (argc > 1 && std::string_view(argv[1]) == name) {
      out.job = job;
      out.words.assign(argv + 2, argv + argc);
      return out;
    }
  CLI::App app{"Turns platformio.ini into build.ninja files. Run it in a project, then run ninja."};
  app.name("fbuild-gen");

  app.set_help_flag("");
  app.allow_extras(true);
  bool list = false, print_config = false, compile_databases = false, version = false, help = false;
  app.add_option("-C,--directory", out.directory,
                 "The project's folder, which has platformio.ini (default: the current one)")
      ->type_name("DIR");
  app.add_option("-B,--build-dir", out.build_dir,
                 "The build folder, seen from the project (default: .fbuild/build)")
      ->type_name("DIR");
  app.add_option("-e,--environment", out.environments,
                 "Only this environment; may be given more than once (default: all)")
      ->type_name("ENV")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  std::vector<std::string> options;
  app.add_option("-O,--option", options,
                 "Set an option above what the files say, for every environment or with SECTION: "
                 "(env:NAME:) before it; "
                 "+= adds to a list. May be given more than once")
      ->type_name("[SECTION:]NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--list-envs", list, "Print the names of the environments and end");
  app.add_flag("--print-config", print_config, "Print the resolved configuration as JSON and end");
  app.add_option("--print-plan", out.plan_environment,
                 "Print how an environment would be built as JSON and end")
      ->type_name("ENV");
  std::string libraries_of;
  app.add_option("--print-libraries", libraries_of,
                 "Print which libraries an environment uses, and why, and end")
      ->type_name("ENV");
  app.add_flag("--compiledb", compile_databases,
               "Write only the compile databases (compile_commands.json)");
  app.add_flag("--ignore-extra-scripts", out.ignore_scripts,
               "Build without the project's extra_scripts, which are not run");
  app.add_flag("--install", out.install,
               "Fetch packages that are missing, verified, into the store of this machine");
  app.add_flag("--offline", out.offline,
               "Never use the network, in the build neither: only what is in the store");
  app.add_flag("--locked", out.locked, "Use nothing but the packages that fbuild.lock pins");
  app.add_option("--launcher", out.launcher,
                 "Run the compilers by ccache, sccache, distcc or icecc; none: by nothing "
                 "(default: $FBUILD_LAUNCHER)")
      ->type_name("NAME");
  app.add_flag("--build-dir-only", out.build_dir_only,
               "Write nothing outside the build folder: no build.ninja and compile_commands.json "
               "in the project, and fbuild.lock stays as it is");
  app.add_option("--matrix", out.matrix, "Print the environments as jobs for a CI system and end")
      ->type_name("github|gitlab|json");
  app.add_option(
         "--changed-since", out.changed_since,
         "With --matrix: leave out environments that no change since this git revision concerns")
      ->type_name("REV");
  CLI::Option* shards =
      app.add_option("--shards", out.shards,
                     "With --matrix: at most so many jobs, balanced by measured build times")
          ->type_name("N");
  app.add_option(
         "--times", out.times,
         "With --shards: build times from a saved --report json; may be given more than once")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--report", out.report, "Print what was built: sizes, growth, warnings")
      ->type_name("junit|github|json");
  app.add_option("--base", out.base, "With --report: a saved --report json to compare with")
      ->type_name("FILE");
  app.add_flag("--keep-diagnostics", out.keep_diagnostics,
               "Build so that what compilers say is kept, for --report");
  app.add_flag("-q,--quiet", out.quiet, "Print only warnings and errors");
  app.add_flag("--version", version, "Print the version and end");
  app.add_flag("-h,--help", help, "Print this and end");
  app.add_option("--join-sketch", out.sketch, "")->group("")->expected(2, 1 << 20);
  try {
    app.parse(argc, argv);
    if (!app.remaining().empty()) throw CLI::ExtrasError("fbuild-gen", app.remaining());
  } catch (const CLI::ParseError& error) {
    return describe(app, error);
  }
  if (help || version) {
    out.job = CommandLine::Job::Message;
    out.message = help ? app.help() : std::string("fbuild-gen " FBUILD_VERSION "\n");
    return out;
  }
  for (const std::string& text : options) {
    Result<config::OptionOverride> item = config::parse_option_override(text);
    if (!item) return item.error();
    out.options.push_back(std::move(*item));
  }
  if (list + print_config + compile_databases + !out.plan_environment.empty() +
          !libraries_of.empty() + !out.sketch.empty() + !out.matrix.empty() + !out.report.empty() >
      1)
    return Error{
        "--list-envs, --print-config, --print-plan, --print-libraries, --compiledb, --matrix and "
        "--report exclude each other",
        "give one of them"};
  if (out.matrix.empty() && (!out.changed_since.empty() || shards->count()))
    return Error{std::string(out.changed_since.empty() ? "--shards" : "--changed-since") +
                     " goes with --matrix",
                 "give --matrix github, gitlab or json"};
  if (!out.times.empty() && !shards->count())
    return Error{"--times goes with --shards", "give --shards N"};
  if (shards->count() && (out.shards < 1 || out.shards > 1000))
    return Error{"--shards needs a number from 1 to 1000", "how many jobs there may be"};
  if (out.report.empty() && !out.base.empty())
    return Error{"--base goes with --report", "give --report junit, github or json"};
  if (!out.matrix.empty()) out.job = CommandLine::Job::Matrix;
  if (!out.report.empty()) out.job = CommandLine::Job::Report;
  if (list) out.job = CommandLine::Job::ListEnvironments;
  if (print_config) out.job = CommandLine::Job::PrintConfig;
  if (compile_databases) out.job = CommandLine::Job::CompileDatabases;
  if (!out.plan_environment.empty()) out.job = CommandLine::Job::PrintPlan;
  if (!libraries_of.empty()) {
    out.job = CommandLine::Job::PrintLibraries;
    out.plan_environment = libraries_of;
  }
  if (!out.sketch.empty()) out.job = CommandLine::Job::JoinSketch;
  return out;
}

}  // namespace fbuild
