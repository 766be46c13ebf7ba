#include "generator/plan/embeds.h"

#include <algorithm>
#include <map>

#include "generator/config/scons_text.h"
#include "generator/ninja/text.h"
#include "generator/plan/compile_flags.h"
#include "support/files.h"

namespace fbuild {

namespace {

constexpr std::string_view kSuffix = ".lnk";

class EmbedPlanner {
 public:
  EmbedPlanner(Session& session, const Environment& environment, const std::string& folder,
               LinkedFiles& linked, BuildPlan& plan)
      : session_(session), env_(environment), folder_(folder), linked_(linked), plan_(plan) {}

  Status run() {
    for (const char* option : {"embed_files", "embed_txtfiles"})
      if (Status s = option_files(option); !s) return s;
    if (plan_.link_objects.empty()) return {};
    return set_format();
  }

 private:
  // Where the option is written; a board's own manifest may have it too.
  Error at(const std::string& what, const std::string& fix) const {
    config::Origin origin = session_.config.origin("env:" + env_.name, "board_build." + option_);
    if (origin.file < 0 && !env_.board_file.empty()) return Error{what, fix, env_.board_file};
    return session_.config.at(origin, what, fix);
  }

  Status option_files(const char* option) {
    const Facts* fact = find_fact(env_.facts, std::string("build.") + option);
    if (!fact) return {};
    option_ = option;
    std::string text = fact_text(*fact);
    for (size_t begin = 0;
         (begin = text.find_first_not_of(" \t\r\n", begin)) != std::string::npos;) {
      size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
      Result<std::string> word = config::substitute_text(text.substr(begin, end - begin),
                                                         environment_variables(session_, env_));
      if (!word) return at(word.error().what, word.error().fix);
      if (Status s = file(*word); !s) return s;
      begin = end;
    }
    return {};
  }

  Status file(const std::string& written) {
    // As written, whatever the folder is called that the project lies in.
    std::string path =
        written[0] == '/' ? path_inside(written, session_.project) : normalize_path(written);
    bool is_text = option_ == "embed_txtfiles";
    std::string manifest, name = path;
    if (path.ends_with(kSuffix)) {
      manifest = path;
      name = path.substr(0, path.size() - kSuffix.size());
    } else if (!path_exists(path) && is_regular_file(path + std::string(kSuffix))) {
      manifest = path + std::string(kSuffix);
    }
    const std::string& real = manifest.empty() ? path : manifest;
    if (!is_regular_file(real))
      return at("'" + written + "' of 'board_build." + option_ + "' is no file",
                "paths are relative to the project's folder");
    if (!writable_in_ninja(real))
      return Error{"ninja cannot build a file whose name has a '|', a tab or a line end",
                   "rename it", real};
    std::string symbol = symbol_of_path(name);
    auto [other, fresh] = symbols_.try_emplace(symbol, written);
    if (!fresh)
      return at("'" + other->second + "' and '" + written +
                    "' would both be embedded as '_binary_" + symbol + "_start'",
                other->second == written ? "name it once" : "rename one of them");

    std::string input = path;
    if (!manifest.empty()) {
      Result<LinkedFile> linked = linked_.add(manifest);
      if (!linked) return linked.error();
      input = linked->place;
    } else {
      plan_.input_files.push_back(path);
    }
    if (is_text) {
      std::string copy = place_below(join_path(folder_, "text"), name);
      plan_.prepared.push_back({"terminated_text", input, copy});
      input = copy;
    }
    std::string object = place_below(join_path(folder_, "objects"), name) + ".o";
    PreparedFile edge{"embed", input, object};
    // objcopy makes the names from the path it is given.
    if (std::string made = symbol_of_path(input); made != symbol) {
      std::vector<std::string> words;
      for (const char* end : {"_start", "_end", "_size"})
        words.insert(words.end(),
                     {"--redefine-sym", "_binary_" + made + end + "=_binary_" + symbol + end});
      edge.variables.emplace_back("symbols", shell_line(words));
    }
    edge.by_toolchain = true;
    plan_.prepared.push_back(std::move(edge));
    plan_.link_objects.push_back(object);
    return {};
  }

  Status set_format() {
    const Platform& platform = *env_.platform;
    for (const EmbedSpec& spec : platform.embed) {
      if (!env_.holds(spec.when)) continue;
      Result<std::vector<std::string>> filled = fill_words(env_, {spec.format, spec.arch});
      if (!filled) return filled.error();
      plan_.variables.emplace_back("embed_format", (*filled)[0]);
      plan_.variables.emplace_back("embed_arch", (*filled)[1]);
      return {};
    }
    return at("platform '" + platform.name + "' cannot embed files",
              "its file needs 'embed: - {format: ..., arch: ...}'");
  }

  Session& session_;
  const Environment& env_;
  const std::string& folder_;
  LinkedFiles& linked_;
  BuildPlan& plan_;
  std::string option_;
  std::map<std::string, std::string> symbols_;  // to the path as written
};

}  // namespace

std::string symbol_of_path(std::string_view path) {
  std::string out(path);
  for (char& c : out)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) c = '_';
  return out;
}

Status plan_embeds(Session& session, const Environment& environment, const std::string& folder,
                   LinkedFiles& linked, BuildPlan& plan) {
  return EmbedPlanner(session, environment, folder, linked, plan).run();
}

}  // namespace fbuild
