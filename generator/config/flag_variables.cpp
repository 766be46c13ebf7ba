#include <ctime>

#include "generator/config/flags.h"
#include "support/files.h"

namespace fbuild::config {
namespace {

struct Named {
  const char* variable;
  const char* option;
};

// Variables that are directories of [platformio].
constexpr Named kDirectories[] = {
    {"PROJECT_CORE_DIR", "core_dir"},
    {"PROJECT_PACKAGES_DIR", "packages_dir"},
    {"PROJECT_WORKSPACE_DIR", "workspace_dir"},
    {"PROJECT_LIBDEPS_DIR", "libdeps_dir"},
    {"PROJECT_INCLUDE_DIR", "include_dir"},
    {"PROJECT_SRC_DIR", "src_dir"},
    {"PROJECTSRC_DIR", "src_dir"},
    {"PROJECT_TEST_DIR", "test_dir"},
    {"PROJECT_DATA_DIR", "data_dir"},
    {"PROJECTDATA_DIR", "data_dir"},
    {"PROJECT_BUILD_DIR", "build_dir"},
};

// Variables that options of the environment set, when they are given.
constexpr Named kOptions[] = {
    {"PIOPLATFORM", "platform"},
    {"BOARD", "board"},
    {"PIOFRAMEWORK", "framework"},
    {"BOARD_MCU", "board_build.mcu"},
    {"BOARD_F_CPU", "board_build.f_cpu"},
    {"BOARD_F_FLASH", "board_build.f_flash"},
    {"BOARD_FLASH_MODE", "board_build.flash_mode"},
    {"UPLOAD_PORT", "upload_port"},
    {"UPLOAD_PROTOCOL", "upload_protocol"},
    {"UPLOAD_SPEED", "upload_speed"},
    {"UPLOAD_RESETMETHOD", "upload_resetmethod"},
};

}  // namespace

Variables flag_variables(ProjectConfig& config, const std::string& environment) {
  Variables out = {
      {"PROJECT_DIR", config.project_dir()},
      {"PIOENV", environment},
      {"BUILD_DIR", "$PROJECT_BUILD_DIR/$PIOENV"},
      {"BUILD_SRC_DIR", "$BUILD_DIR/src"},
      {"BUILD_TEST_DIR", "$BUILD_DIR/test"},
      {"PROGNAME", "program"},
      {"PROGPATH", "$BUILD_DIR/$PROGNAME"},
      {"PROG_PATH", "$PROGPATH"},
      {"UNIX_TIME", std::to_string(std::time(nullptr))},
  };
  for (const Named& named : kDirectories) {
    Result<const Value*> value = config.get("platformio", named.option);
    if (value && (*value)->kind == Value::Kind::Text) out[named.variable] = (*value)->text;
  }
  std::string section = "env:" + environment;
  Result<const Value*> type = config.get(section, "build_type");
  if (type) out["BUILD_TYPE"] = (*type)->text;
  for (const Named& named : kOptions) {
    if (!config.is_set(section, named.option)) continue;
    Result<const Value*> value = config.get(section, named.option);
    if (!value) continue;
    std::string& text = out[named.variable];
    if ((*value)->kind != Value::Kind::List) {
      text = value_text(**value);
      continue;
    }
    for (const ListItem& item : (*value)->items) text += (text.empty() ? "" : " ") + item.text;
  }
  return out;
}

}  // namespace fbuild::config
