#include "generator/ci/matrix.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "generator/ci/affected.h"
#include "generator/ci/build_times.h"
#include "generator/ci/cache_key.h"
#include "generator/ci/shards.h"
#include "generator/plan/make_plan.h"
#include "support/cache_dir.h"
#include "support/files.h"
#include "support/json_text.h"
#include "support/suggest.h"

namespace fbuild {

using nlohmann::ordered_json;

namespace {

struct Known {
  std::string name, platform, board, board_name, framework;
  std::vector<std::string> toolchain;  // cache_key.h
  bool by_default = false;
  bool installed = false;             // its packages are here
  std::optional<std::string> reason;  // why it is to be built; none: it is left out
};

struct Job {
  std::string name;
  std::vector<const Known*> environments;
  double seconds = -1;  // not known
  std::string cache_key;
};

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

// Each once, in order.
template <class Get>
std::string each_once(const Job& job, Get get) {
  std::vector<std::string> out;
  for (const Known* known : job.environments)
    if (std::find(out.begin(), out.end(), get(*known)) == out.end()) out.push_back(get(*known));
  return joined(out);
}

std::string names_of(const Job& job) {
  return each_once(job, [](const Known& k) { return k.name; });
}
std::string platforms_of(const Job& job) {
  return each_once(job, [](const Known& k) { return k.platform; });
}
std::string boards_of(const Job& job) {
  return each_once(job, [](const Known& k) { return k.board; });
}

std::string arguments_of(const Job& job) {
  std::string out;
  for (const Known* known : job.environments) out += (out.empty() ? "-e " : " -e ") + known->name;
  return out;
}

double rounded(double seconds) {
  return std::round(seconds * 1000) / 1000;
}

class Matrix {
 public:
  Matrix(Session& session, const MatrixRequest& request) : session_(session), request_(request) {}

  Status collect(const std::vector<std::string>& names) {
    std::optional<Changes> changes;
    if (!request_.changed_since.empty()) {
      Result<Changes> since =
          Changes::since(request_.changed_since, request_.input, session_.config.dependencies());
      if (!since) return since.error();
      changes = std::move(*since);
    }
    std::set<std::string> defaults;
    if (Result<const config::Value*> value = session_.config.get("platformio", "default_envs"))
      for (const config::ListItem& item : (*value)->items) defaults.insert(item.text);
    for (const std::string& name : names) {
      Result<Environment> environment = describe_environment(session_, name);
      if (!environment) return environment.error();
      Known known;
      known.name = name;
      known.platform = environment->platform->name;
      known.board = fact_or(environment->facts, "id", "");
      known.board_name = fact_or(environment->facts, "name", known.board);
      known.framework = environment->framework->name;
      known.by_default = defaults.empty() || defaults.count(name);
      Result<std::vector<std::string>> identity = toolchain_identity(session_, *environment);
      if (!identity) return identity.error();
      known.toolchain = std::move(*identity);
      known.reason = "all environments were asked for";
      if (changes) {
        // Where packages are missing there is no plan; what else is wrong the build will tell.
        Result<BuildPlan> plan = make_plan(session_, name);
        known.installed = static_cast<bool>(plan);
        Result<std::optional<std::string>> reason =
            changes->reason(session_, name, plan ? &*plan : nullptr);
        if (!reason) return reason.error();
        known.reason = std::move(*reason);
      }
      known_.push_back(std::move(known));
    }
    return {};
  }

  Status make_jobs() {
    times_ = measured_build_times(session_.build_dir);
    for (const std::string& report : request_.times)
      if (Status s = add_reported_times(report, times_); !s) return s;
    std::vector<std::string> wanted;
    std::vector<std::string> all;  // what any of them is built with
    for (const Known& known : known_)
      if (known.reason) wanted.push_back(known.name);
    for (const Known& known : known_)
      all.insert(all.end(), known.toolchain.begin(), known.toolchain.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    std::vector<Shard> shards;
    if (request_.shards) {
      if (!wanted.empty()) shards = share_out(wanted, times_, request_.shards);
    } else {
      for (const std::string& name : wanted) shards.push_back({{name}});
    }
    for (const Shard& shard : shards) {
      Job job;
      job.seconds = 0;
      for (const std::string& name : shard.environments) {
        job.environments.push_back(&*std::find_if(known_.begin(), known_.end(),
                                                  [&](const Known& k) { return k.name == name; }));
        auto time = times_.find(name);
        job.seconds = time == times_.end() || job.seconds < 0 ? -1 : job.seconds + time->second;
      }
      std::string number = std::to_string(jobs_.size() + 1), of = std::to_string(shards.size());
      job.name = request_.shards ? "shard " + number + " of " + of : shard.environments[0];
      // Which environments share a job may change from run to run; what they are built with
      // rarely does.
      job.cache_key = request_.shards ? "fbuild-" + number + "of" + of + "-" + identity_digest(all)
                                      : "fbuild-" + job.name + "-" +
                                            identity_digest(job.environments[0]->toolchain);
      jobs_.push_back(std::move(job));
    }
    return {};
  }

  std::string text() const {
    switch (request_.form) {
      case MatrixRequest::Form::Github:
        return github();
      case MatrixRequest::Form::Gitlab:
        return gitlab();
      case MatrixRequest::Form::Json:
        break;
    }
    return everything();
  }

 private:
  std::string in_directory(const std::string& path) const {
    if (path[0] == '/' || path[0] == '~') return path;
    std::string out = normalize_path(join_path(request_.directory, path));
    return out;
  }

  // Everything that is worth keeping from one run to the next.
  std::vector<std::string> cache_paths() const {
    std::string cache = user_cache_directory();
    // Another runner has another home.
    const char* home = std::getenv("HOME");
    if (home && *home && cache.starts_with(std::string(home) + "/"))
      cache = "~" + cache.substr(std::string(home).size());
    std::vector<std::string> out = {in_directory(session_.build_dir)};
    if (!cache.empty()) out.push_back(cache);
    return out;
  }

  std::string github() const {
    ordered_json include = ordered_json::array();
    for (const Job& job : jobs_)
      include.push_back({{"name", job.name},
                         {"environments", names_of(job)},
                         {"arguments", arguments_of(job)},
                         {"platform", platforms_of(job)},
                         {"board", boards_of(job)},
                         {"directory", request_.directory.empty() ? "." : request_.directory},
                         {"cache_key", job.cache_key},
                         {"cache_paths", joined(cache_paths(), "\n")}});
    return dump({{"include", include}}, -1);
  }

  // JSON's texts are YAML's.
  std::string gitlab() const {
    std::string out =
        "# Written by fbuild-gen --matrix gitlab: a child pipeline. What its jobs do is in the "
        "hidden\n"
        "# job .fbuild of the file that is included beside this one: see docs/ci/gitlab-job.yml.\n";
    std::string directory = request_.directory.empty() ? "." : request_.directory;
    std::string cache = in_directory(".fbuild/cache");
    for (const Job& job : jobs_) {
      out += "\n" + json_string("build " + job.name) + ":\n  extends: .fbuild\n  variables:\n";
      for (const auto& [name, value] : std::vector<std::pair<const char*, std::string>>{
               {"FBUILD_ENVIRONMENTS", names_of(job)},
               {"FBUILD_ARGUMENTS", arguments_of(job)},
               {"FBUILD_PLATFORM", platforms_of(job)},
               {"FBUILD_BOARD", boards_of(job)},
               {"FBUILD_PROJECT", directory},
               {"FBUILD_CACHE_DIR", (cache[0] == '/' ? "" : "$CI_PROJECT_DIR/") + cache}})
        out += std::string("    ") + name + ": " + json_string(value) + "\n";
      out += "  cache:\n    - key: " + json_string(job.cache_key) + "\n      paths:\n";
      for (const std::string& path : {in_directory(session_.build_dir), cache})
        out += "        - " + json_string(path + "/") + "\n";
    }
    // A pipeline has to have a job.
    if (jobs_.empty()) out += "\n\"nothing to build\":\n  script:\n    - \"true\"\n";
    return out;
  }

  std::string everything() const {
    ordered_json environments = ordered_json::array(), jobs = ordered_json::array();
    for (const Known& known : known_) {
      auto time = times_.find(known.name);
      ordered_json item = {{"name", known.name},
                           {"platform", known.platform},
                           {"board", known.board},
                           {"board_name", known.board_name},
                           {"framework", known.framework},
                           {"default", known.by_default},
                           {"selected", known.reason.has_value()},
                           {"toolchain", known.toolchain}};
      item["reason"] = known.reason ? ordered_json(*known.reason) : ordered_json();
      if (!request_.changed_since.empty()) item["exact"] = known.installed;
      item["seconds"] = time == times_.end() ? ordered_json() : ordered_json(rounded(time->second));
      environments.push_back(std::move(item));
    }
    for (const Job& job : jobs_) {
      ordered_json names = ordered_json::array();
      for (const Known* known : job.environments) names.push_back(known->name);
      jobs.push_back(
          {{"name", job.name},
           {"environments", names},
           {"seconds", job.seconds < 0 ? ordered_json() : ordered_json(rounded(job.seconds))},
           {"directory", request_.directory.empty() ? "." : request_.directory},
           {"cache_key", job.cache_key},
           {"cache_paths", cache_paths()}});
    }
    ordered_json since =
        request_.changed_since.empty() ? ordered_json() : ordered_json(request_.changed_since);
    return dump({{"changed_since", since}, {"environments", environments}, {"jobs", jobs}}, 1);
  }

  // Texts that are not UTF-8 do not stop it.
  static std::string dump(const ordered_json& value, int indent) {
    return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  }

  Session& session_;
  const MatrixRequest& request_;
  std::vector<Known> known_;
  std::vector<Job> jobs_;
  std::map<std::string, double> times_;
};

}  // namespace

Result<MatrixRequest::Form> parse_matrix_form(const std::string& text) {
  if (text == "github") return MatrixRequest::Form::Github;
  if (text == "gitlab") return MatrixRequest::Form::Gitlab;
  if (text == "json") return MatrixRequest::Form::Json;
  const std::string forms[] = {"github", "gitlab", "json"};
  std::string fix = did_you_mean(text, forms);
  return Error{"--matrix: there is no form '" + text + "'",
               fix.empty() ? "give github, gitlab or json" : fix};
}

Result<std::string> matrix_text(Session& session, const std::vector<std::string>& environments,
                                const MatrixRequest& request) {
  Matrix matrix(session, request);
  if (Status s = matrix.collect(environments); !s) return s.error();
  if (Status s = matrix.make_jobs(); !s) return s.error();
  return matrix.text();
}

}  // namespace fbuild
