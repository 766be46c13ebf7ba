// fbuild-lnk: the command line.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "lnk/commands.h"
#include "support/perf_log.h"
#include "support/suggest.h"

using namespace fbuild;
using namespace fbuild::lnk;

namespace {

struct Arguments {
  bool offline = false, allow_file_urls = false, quiet = false, json = false, force = false;
  int jobs = 0;
  int lease = 0, strip = 0;
  uint64_t size = 0;
  std::string place = ".", url, output, extract, budget, manifest, target, sha256, ref, commit;
};

// The commands and options known at the point where a word was not understood.
std::vector<std::string> known_words(const CLI::App& app, bool options) {
  std::vector<std::string> out;
  for (const CLI::App* at = &app; at; at = at->get_parent()) {
    if (options) {
      for (const CLI::Option* option : at->get_options()) {
        for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
        for (const std::string& name : option->get_snames()) out.push_back("-" + name);
      }
    } else {
      for (const CLI::App* sub : at->get_subcommands([](const CLI::App*) { return true; }))
        out.push_back(sub->get_name());
    }
  }
  return out;
}

// The innermost command that was given.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const CLI::App& command = innermost(app);
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--") break;
    bool option = word.size() > 1 && word[0] == '-';
    std::string name = word.substr(0, word.find('='));
    std::vector<std::string> known = known_words(command, option);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    // A plain word is an argument unless a command was expected in its place.
    if (!option && command.get_subcommands([](const CLI::App*) { return true; }).empty()) continue;
    std::string fix = did_you_mean(name, known);
    if (fix.empty()) fix = "fbuild-lnk --help lists what there is";
    return report_error({std::string("unknown ") + (option ? "option " : "command ") + name, fix});
  }
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return report_error({what, "fbuild-lnk --help lists what there is"});
}

int run(const CLI::App& app, const Arguments& arguments, PerfLog& log) {
  Result<Store> store = open_default_store();
  log.phase("open");
  if (!store) return report_error(store.error());
  CommandOptions options;
  Result<FetchOptions> fetch = fetch_options_from_environment();
  if (!fetch) return report_error(fetch.error());
  options.ensure.fetch = std::move(*fetch);
  options.ensure.fetch.offline |= arguments.offline;
  options.ensure.fetch.allow_file_urls |= arguments.allow_file_urls;
  options.ensure.lease_holder = arguments.lease;
  options.jobs = arguments.jobs;
  options.quiet = arguments.quiet;

  auto given = [&](const char* name) {
    const CLI::App& command = innermost(app);
    return command.get_name() == name;
  };
  if (given("pull")) return pull(*store, arguments.place, options);
  if (given("check")) return check(*store, arguments.place, options);
  if (given("add")) {
    AddOptions what{arguments.url, arguments.output, Extract::File, arguments.force};
    if (!arguments.extract.empty()) {
      Result<Extract> kind = extract_from_name(arguments.extract);
      if (!kind) return report_error({"--extract: " + kind.error().what, kind.error().fix});
      what.extract = *kind;
    }
    return add(*store, what, options);
  }
  if (given("materialize"))
    return materialize_one(*store, arguments.manifest, arguments.target, options);
  if (given("install")) {
    InstallOptions what{arguments.url, arguments.sha256, std::nullopt, std::nullopt,
                        arguments.strip};
    if (arguments.size > 0) what.size = arguments.size;
    if (!arguments.extract.empty()) {
      Result<Extract> kind = extract_from_name(arguments.extract);
      if (!kind) return report_error({"--extract: " + kind.error().what, kind.error().fix});
      what.extract = *kind;
    }
    return install(*store, what, options);
  }
  if (given("git"))
    return install_git(*store, arguments.url, arguments.ref, arguments.commit, options);
  if (given("answer")) return fetch_answer(*store, arguments.url, options);
  if (given("gc")) return run_gc(*store, arguments.budget, arguments.json);
  if (given("path")) return show_path(*store, arguments.manifest);
  if (given("verify")) return verify_cache(*store);
  return show_cache(*store, arguments.json);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Fetches large files and archives named by .lnk manifests, verified by SHA-256,\n"
      "into one store for all projects."};
  app.set_version_flag("--version", "fbuild-lnk " FBUILD_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  Arguments arguments;
  app.add_flag("--offline", arguments.offline, "use only what is in the store");
  app.add_flag("--allow-file-urls", arguments.allow_file_urls, "accept file:// in manifests");
  app.add_flag("-q,--quiet", arguments.quiet, "no progress on standard error");
  app.add_option("-j,--jobs", arguments.jobs, "how many at once")->check(CLI::Range(1, 256));

  CLI::App* pull_command = app.add_subcommand("pull", "fetch what every .lnk file in DIR names");
  pull_command->add_option("DIR", arguments.place, "folder, or one .lnk file (default: .)");
  CLI::App* check_command =
      app.add_subcommand("check", "verify that all of it is in the store; no network");
  check_command->add_option("DIR", arguments.place, "folder, or one .lnk file (default: .)");

  CLI::App* add_command = app.add_subcommand("add", "fetch a URL once and write its manifest");
  add_command->add_option("URL", arguments.url)->required();
  add_command->add_option("-o,--output", arguments.output, "the manifest (default: NAME.lnk)");
  add_command->add_option("--extract", arguments.extract,
                          "file, zip, tar.gz, tar.xz, tar.zst or tar.bz2");
  add_command->add_flag("--force", arguments.force, "overwrite the manifest");

  CLI::App* materialize_command =
      app.add_subcommand("materialize",
                         "put what a .lnk file names at TARGET, or a copy of a folder with all of "
                         "its .lnk files resolved");
  materialize_command->add_option("FILE", arguments.manifest, "a .lnk file, or a folder")
      ->required();
  materialize_command->add_option("TARGET", arguments.target)->required();
  materialize_command->add_option("--lease", arguments.lease,
                                  "process that keeps it from being evicted while it lives");

  // What fbuild-gen calls for packages; people write manifests instead.
  CLI::App* install_command = app.add_subcommand("install", "")->group("");
  install_command->add_option("URL", arguments.url)->required();
  install_command->add_option("--sha256", arguments.sha256);
  install_command->add_option("--size", arguments.size);
  install_command->add_option("--extract", arguments.extract);
  install_command->add_option("--strip", arguments.strip)->check(CLI::Range(0, 1));
  install_command->add_option("--lease", arguments.lease);

  CLI::App* git_command = app.add_subcommand("git", "")->group("");
  git_command->add_option("URL", arguments.url)->required();
  git_command->add_option("--ref", arguments.ref);
  git_command->add_option("--commit", arguments.commit);
  git_command->add_option("--lease", arguments.lease);
  CLI::App* answer_command = app.add_subcommand("answer", "")->group("");
  answer_command->add_option("URL", arguments.url)->required();

  // `fbuild-lnk gc` and `fbuild-lnk cache gc` are the same.
  auto add_store_commands = [&](CLI::App& parent) {
    CLI::App* gc = parent.add_subcommand("gc", "evict what was used longest ago");
    gc->add_option("--budget", arguments.budget, "bytes to keep: 20G, 500M, or 10% of the disk");
    gc->add_flag("--json", arguments.json, "as JSON");
    CLI::App* path = parent.add_subcommand("path", "where in the store a .lnk file's data is");
    path->add_option("FILE", arguments.manifest)->required();
  };
  CLI::App* cache_command = app.add_subcommand("cache", "what the store holds");
  cache_command->add_flag("--json", arguments.json, "as JSON");
  cache_command->require_subcommand(0, 1);
  add_store_commands(*cache_command);
  cache_command->add_subcommand("verify", "read the whole store and verify it");
  add_store_commands(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, argc, argv);
  }
  PerfLog log("fbuild-lnk");
  int status = run(app, arguments, log);
  log.phase(innermost(app).get_name().c_str());
  return status;
}
