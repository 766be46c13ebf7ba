#include "stamp/gate.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "stamp/definition.h"
#include "stamp/hash.h"
#include "support/ninja_path.h"

namespace fbuild::stamp {

std::string objects_set(const std::string& set) {
  return set + "/objects";
}

std::string format_gate(const Gate& gate) {
  std::string out = "place " + quote_word(gate.place) + "\ngenerate";
  for (const std::string& word : gate.generate) out += " " + quote_word(word);
  out += '\n';
  for (const GateEnvironment& environment : gate.environments)
    out += "environment " + quote_word(environment.name) + " " + quote_word(environment.set) +
           (environment.is_default ? " default " : " other ") + environment.digest + "\n";
  for (const GateEnvironment& environment : gate.environments)
    for (const std::string& folder : environment.shared)
      out += "shared " + quote_word(environment.name) + " " + quote_word(folder) + "\n";
  for (const GatePackage& package : gate.packages)
    out += "package " + quote_word(package.root) + " " + quote_word(package.stamp) + "\n";
  return out;
}

Result<Gate> read_gate(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text) return Error{text.error().what, "run fbuild-gen", path};
  Gate gate;
  gate.build_dir = std::string(dir_name(path));
  std::string_view rest = *text;
  for (int number = 1; !rest.empty(); ++number) {
    size_t end = std::min(rest.find('\n'), rest.size());
    Result<std::vector<std::string>> words = split_line(rest.substr(0, end), path, number);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!words) return words.error();
    if (words->empty()) continue;
    const std::string& kind = words->front();
    if (kind == "place" && words->size() == 2) {
      gate.place = (*words)[1];
    } else if (kind == "generate" && words->size() > 1) {
      gate.generate.assign(words->begin() + 1, words->end());
    } else if (kind == "environment" && words->size() == 5) {
      gate.environments.push_back(
          {(*words)[1], (*words)[2], (*words)[3] == "default", (*words)[4]});
    } else if (kind == "shared" && words->size() == 3) {
      for (GateEnvironment& environment : gate.environments)
        if (environment.name == (*words)[1]) environment.shared.push_back((*words)[2]);
    } else if (kind == "package" && words->size() == 3) {
      gate.packages.push_back({(*words)[1], (*words)[2]});
    } else {
      return Error{"this line is not of a gate file", "run fbuild-gen", path, number};
    }
  }
  if (gate.generate.empty()) return Error{"the gate file is not complete", "run fbuild-gen", path};
  return gate;
}

std::string format_state(const PlanState& state) {
  std::string out;
  for (const auto& [name, decision] : state.environments)
    out += quote_word(name) + (decision.clean ? " clean" : " dirty " + quote_word(decision.token)) +
           "\n";
  return out;
}

PlanState read_state(const std::string& path) {
  PlanState state;
  Result<std::string> text = read_file(path);
  if (!text) return state;
  std::string_view rest = *text;
  while (!rest.empty()) {
    size_t end = std::min(rest.find('\n'), rest.size());
    Result<std::vector<std::string>> words = split_line(rest.substr(0, end), path, 0);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!words || words->size() < 2) return {};
    PlanState::Decision& decision = state.environments[(*words)[0]];
    decision.clean = (*words)[1] == "clean" && words->size() == 2;
    if (words->size() == 3) decision.token = (*words)[2];
  }
  return state;
}

namespace {

std::string include_line(const Gate& gate, const char* name) {
  return "include " + ninja_path(join_path(gate.build_dir, name)) + "\n";
}

}  // namespace

ActiveText active_text(const Gate& gate, const PlanState& state, const ActiveOptions& options) {
  std::string head = "# What `fbuild-stamp plan` decided.\n", loads, defaults, stubs, keeps;
  std::string planned = ninja_path(join_path(gate.build_dir, "planned"));
  auto is_clean = [&](const GateEnvironment& environment) {
    auto known = state.environments.find(environment.name);
    return known != state.environments.end() && known->second.clean;
  };
  bool idle = !options.load_all &&
              std::all_of(gate.environments.begin(), gate.environments.end(), is_clean);
  std::set<std::string> shared;
  for (const GateEnvironment& environment : gate.environments) {
    // The digest makes this text change when only the files it loads did.
    head += "# " + environment.digest + "\n";
    if (idle) continue;
    std::string folder = ninja_path(join_path(gate.build_dir, environment.name));
    if (is_clean(environment) && !options.load_all) {
      stubs += "include " + folder + "/stub.ninja\n";
      keeps += "include " + folder + "/keep.ninja\n";
    } else {
      auto known = state.environments.find(environment.name);
      std::string token = known == state.environments.end() ? "" : known->second.token;
      loads += "ready = " + folder + "/sealed\nsubninja " + folder + "/graph.ninja\n";
      // Every compile has the epoch among its inputs, and so waits for the plan.
      loads += "build " + folder + "/epoch: phony || " + planned + "\n";
      for (const std::string& group : environment.shared) {
        if (!shared.insert(group).second) continue;
        loads += "subninja " + ninja_path(group) + ".ninja\nbuild " + ninja_path(group) +
                 "/epoch: phony || " + planned + "\n";
      }
      loads += "build " + folder + "/sealed: fbuild_seal " + folder +
               "/made\n  environment = " + environment.name + "\n  token = " + token + "\n";
    }
    if (environment.is_default) defaults += " " + ninja_path(environment.name);
  }
  std::string tail;
  if (idle) {
    // With nothing to build, not even the logs of earlier builds have to be read.
    tail += "builddir = " + ninja_path(join_path(gate.build_dir, "idle")) + "\n";
    // What the plan found clean need not be looked at again.
    defaults = " " + planned;
    loads = include_line(gate, "stubs.ninja");
  } else {
    if (!stubs.empty()) loads += include_line(gate, "stub-rules.ninja");
    loads += stubs + keeps;
  }
  if (!defaults.empty()) tail += "default" + defaults + "\n";
  std::string loaded = hex(hash_text(head + loads + tail));
  tail += "build " + planned + ": fbuild_late\n  loaded = " + loaded + "\n";
  bool names = idle && options.names_only;
  return {
      head + loads + tail,
      names ? head + include_line(gate, "names.ninja") + tail : include_line(gate, "active.ninja"),
      std::move(loaded)};
}

bool root_has_names(const Gate& gate) {
  Result<std::string> text = read_file(join_path(gate.build_dir, "active-root.ninja"));
  return text && text->find(include_line(gate, "names.ninja")) != std::string::npos;
}

std::string stamp_text(const ActiveText& active) {
  return hex(hash_text(active.text + active.root)) + "\n";
}

Result<bool> publish_active(const Gate& gate, const PlanState& state, const ActiveText& active) {
  const std::pair<const char*, std::string> files[] = {
      {"plan.state", format_state(state)},
      {"active.ninja", active.text},
      {"active-root.ninja", active.root},
      {"plan.stamp", stamp_text(active)},
  };
  bool changed = false;
  for (const auto& [name, content] : files) {
    Result<bool> wrote = write_if_changed(join_path(gate.build_dir, name), content);
    if (!wrote) return wrote.error();
    changed = *wrote;
  }
  return changed;
}

Result<Fd> lock_gate(const std::string& build_dir) {
  std::string path = join_path(build_dir, "gate.lock");
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd)
    return Error{"cannot open the lock: " + errno_text(errno),
                 "the build directory has to be writable for whoever builds", path};
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return Error{"cannot lock: " + errno_text(errno), "", path};
  return fd;
}

}  // namespace fbuild::stamp
