#include "generator/ninja/targets_file.h"

#include <algorithm>

#include "generator/ninja/graph.h"
#include "support/files.h"
#include "support/json_text.h"

namespace fbuild {

namespace {

std::vector<std::string> default_images(const BuildPlan& plan) {
  std::vector<std::string> out;
  for (const PlannedStep& step : plan.steps)
    if (step.by_default) out.push_back(step.output);
  return out;
}

// What the upload takes, where that is one of the images; else the last of those that bear
// the program's name.
std::string main_image(const BuildPlan& plan, const std::vector<std::string>& images) {
  for (const PlannedAction& action : plan.actions)
    if (action.name == "upload" &&
        std::find(images.begin(), images.end(), action.input) != images.end())
      return action.input;
  std::string stem = plan.elf.substr(0, plan.elf.rfind('.') + 1);
  for (auto image = images.rbegin(); image != images.rend(); ++image)
    if (image->starts_with(stem)) return *image;
  return images.empty() ? plan.elf : images.back();
}

std::string array(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ", ";
    append_json_string(out, item);
  }
  return out + "]";
}

}  // namespace

std::string targets_text(const std::vector<BuildPlan>& plans) {
  std::string out = "{\"version\": 1,\n \"environments\": [";
  for (const BuildPlan& plan : plans) {
    std::vector<std::string> images = default_images(plan), actions;
    for (const PlannedAction& action : plan.actions)
      if (action.listed) actions.push_back(action.name);
    if (out.back() != '[') out += ",";
    out += "\n  {\"name\": " + json_string(plan.environment) +
           ", \"platform\": " + json_string(plan.platform) +
           ", \"board\": " + json_string(plan.board) + ",\n   \"elf\": " + json_string(plan.elf) +
           ",\n   \"image\": " + json_string(main_image(plan, images)) +
           ",\n   \"images\": " + array(images) +
           ",\n   \"size\": " + (plan.size.flash.empty() ? "null" : json_string(size_path(plan))) +
           ",\n   \"actions\": " + array(actions) + "}";
  }
  return out + "\n ]}\n";
}

}  // namespace fbuild
