#include "generator/plan/data_images.h"

#include <algorithm>

#include "generator/ninja/text.h"
#include "generator/plan/options.h"
#include "generator/plan/plan_actions.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {

namespace {

constexpr const char* kDataImage = "buildfs";
constexpr const char* kDataUpload = "uploadfs";

bool is_planned(const BuildPlan& plan, const char* name) {
  return std::any_of(plan.actions.begin(), plan.actions.end(),
                     [&](const PlannedAction& action) { return action.name == name; });
}

void refuse(BuildPlan& plan, const char* name, const Error& why, bool listed) {
  if (is_planned(plan, name)) return;
  PlannedAction action;
  action.name = name;
  action.needs_firmware = false;
  action.listed = listed;
  plan.actions.push_back(refusal(std::move(action), why));
}

}  // namespace

std::string data_copy_command(const Session& session, const std::string& folder,
                              const std::string& copy) {
  std::vector<std::string> words = {session.choices.store.program, "-q", "materialize"};
  if (session.choices.store.offline) words.push_back("--offline");
  return shell_line(words) + " --lease $PPID " + shell_line({folder, copy});
}

Status refuse_other_data_images(Session& session, const Environment& environment, BuildPlan& plan) {
  bool has_image = is_planned(plan, kDataImage);
  if (has_image && is_planned(plan, kDataUpload)) return {};
  config::Origin named = session.config.origin("env:" + environment.name, "board_build.filesystem");
  Result<std::string> folder = option_folder(session, "data_dir");
  if (!folder) return folder.error();
  bool listed = named.file >= 0 || is_directory(*folder);
  const Platform& platform = *environment.platform;
  if (has_image) {
    std::vector<std::string> known = values_of_actions(platform, kDataUpload, "upload.protocol");
    refuse(plan, kDataUpload,
           {"platform '" + platform.name + "' cannot write data images with upload_protocol '" +
                fact_or(environment.facts, "upload.protocol", "") + "'",
            known.empty() ? "" : "it can with " + join_words(known, ", ")},
           listed);
    return {};
  }
  std::vector<std::string> known = values_of_actions(platform, kDataImage, "build.filesystem");
  Error why{"platform '" + platform.name + "' makes no data images", ""};
  if (!known.empty()) {
    std::string wanted = fact_or(environment.facts, "build.filesystem", "");
    why.what += " of file system '" + wanted + "'";
    why.fix = did_you_mean(wanted, known);
    if (why.fix.empty()) why.fix = "it knows " + join_words(known, ", ");
  }
  if (named.file >= 0)
    session.warn(
        session.config.at(named, "'board_build.filesystem' has no effect: " + why.what, why.fix));
  refuse(plan, kDataImage, why, listed);
  refuse(plan, kDataUpload, why, listed);
  return {};
}

}  // namespace fbuild
