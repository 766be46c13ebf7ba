#include "generator/plan/launcher.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "generator/ninja/text.h"
#include "support/files.h"
#include "support/process.h"
#include "support/suggest.h"

namespace fbuild {

namespace {

const std::array<std::string, 5> kLaunchers = {"ccache", "sccache", "distcc", "icecc", "none"};

}  // namespace

Result<std::string> find_launcher(Session& session, const std::string& section) {
  std::string named;
  Error place;  // of an error
  if (session.launcher) {
    named = *session.launcher;
    place.file = "--launcher";
  } else if (const char* value = session.config.variable("FBUILD_LAUNCHER"); value && *value) {
    named = value;
    place.file = "FBUILD_LAUNCHER";
  } else if (session.config.is_set(section, "custom_fbuild_launcher")) {
    Result<const config::Value*> value = session.config.get(section, "custom_fbuild_launcher");
    if (!value) return value.error();
    named = config::value_text(**value);
    place = session.config.at(session.config.origin(section, "custom_fbuild_launcher"), "");
  }
  if (named.empty() || named == "none") return std::string();
  std::string name(base_name(named));
  if (std::find(kLaunchers.begin(), kLaunchers.end() - 1, name) == kLaunchers.end() - 1) {
    std::string fix = did_you_mean(name, kLaunchers);
    place.what = "unknown launcher '" + named + "'";
    place.fix = fix.empty() ? "there are ccache, sccache, distcc, icecc and none" : fix;
    return place;
  }
  std::string program =
      named.find('/') == std::string::npos ? find_program(named) : absolute_path(named);
  if (program.empty() || ::access(program.c_str(), X_OK) != 0) {
    place.what = "the launcher '" + named + "' is not installed";
    place.fix = "install it, or write none";
    return place;
  }
  return program;
}

std::string launch_text(const std::string& launcher, const std::string& stamp, bool keep) {
  std::string out = "# Who runs the compilers; read by each compile. Written by fbuild-gen.\n";
  if (launcher.empty() && !keep) return out + "launch= launcher= keep=\n";
  // Words are split at line ends and nowhere else.
  out += "set -f\nIFS='\n'\n";
  out += "keep=" + (keep ? shell_word(stamp + "\nkeep\n--") : "") + '\n';
  out +=
      "launch=" + (launcher.empty() ? "" : shell_word(stamp + "\nlaunch\n" + launcher + "\n--")) +
      '\n';
  return out + "launcher=" + (launcher.empty() ? "" : shell_word(launcher)) + '\n';
}

bool launch_text_keeps(std::string_view text) {
  return text.find("\nkeep='") != text.npos || text.find("\nkeep=/") != text.npos;
}

}  // namespace fbuild
