#include "generator/config/config_json.h"

#include "support/json_text.h"

namespace fbuild::config {
namespace {

void append_value(std::string& out, const Value& value) {
  switch (value.kind) {
    case Value::Kind::None:
      out += "null";
      break;
    case Value::Kind::Bool:
      out += value.flag ? "true" : "false";
      break;
    case Value::Kind::Int:
      out += value.text;
      break;
    case Value::Kind::Text:
      append_json_string(out, value.text);
      break;
    case Value::Kind::List: {
      const char* between = "[";
      for (const ListItem& item : value.items) {
        out += between;
        append_json_string(out, item.text);
        between = ", ";
      }
      out += value.items.empty() ? "[]" : "]";
    }
  }
}

void append_error(std::string& out, const ConfigError& error) {
  auto member = [&](const char* name, const std::string& text) {
    if (text.empty()) return;
    out += out.back() == '{' ? "\"" : ", \"";
    out += name;
    out += "\": ";
    append_json_string(out, text);
  };
  out += '{';
  member("class", error.kind);
  member("message", error.message.empty() ? error.error.what : error.message);
  member("stage", error.stage);
  member("section", error.section);
  member("option", error.option);
  member("text", error.error.text());
  out += '}';
}

// The members of a JSON object that is filled while others are, too.
struct Object {
  std::string text;
  void key(std::string_view name, const char* indent) {
    text += text.empty() ? "{" : ",";
    text += indent;
    append_json_string(text, name);
    text += ": ";
  }
  std::string close(const char* indent) const { return text.empty() ? "{}" : text + indent + "}"; }
};

struct Printer {
  ProjectConfig& config;
  ErrorPtr& first_error;
  Object option_errors = {};

  void note(Object& errors, ErrorPtr error, std::string_view section, std::string_view option) {
    error->section = section;
    error->option = option;
    if (error->stage.empty()) error->stage = "resolve";
    errors.key(option, "\n   ");
    append_error(errors.text, *error);
    if (!first_error) first_error = std::move(error);
  }

  // All options of a section that can be resolved, as an object; the others go to errors.
  void section(const std::string& name, const char* indent, const char* close, std::string& out) {
    Object values, errors;
    std::vector<Symbol> options;
    if (ErrorPtr error = config.list_options(name, options)) {
      note(errors, std::move(error), name, "*");
      options.clear();
    }
    for (Symbol option : options) {
      const std::string& option_name = config.name_of(option);
      const Value* value = nullptr;
      if (ErrorPtr error = config.look_up(name, option_name, value)) {
        note(errors, std::move(error), name, option_name);
        continue;
      }
      values.key(option_name, indent);
      append_value(values.text, *value);
    }
    out += values.close(close);
    if (errors.text.empty()) return;
    option_errors.key(name, "\n  ");
    option_errors.text += errors.close("\n  ");
  }
};

}  // namespace

PrintedConfig print_config(const ConfigInput& input) {
  PrintedConfig out;
  ProjectConfig config;
  out.error = config.load(input);
  std::string envs = "[", defaults = "[]", platformio = "{}";
  Object resolved;
  Printer printer{config, out.error};
  if (!out.error) {
    out.error = config.validate();
    for (const std::string& name : config.environments()) {
      if (envs.size() > 1) envs += ", ";
      append_json_string(envs, name);
    }
    const Value* list = nullptr;
    if (ErrorPtr error = config.look_up("platformio", "default_envs", list); !error) {
      defaults.clear();
      append_value(defaults, *list);
    }
    platformio.clear();
    printer.section("platformio", "\n  ", "\n ", platformio);
    for (const std::string& name : config.environments()) {
      resolved.key(name, "\n  ");
      printer.section("env:" + name, "\n   ", "\n  ", resolved.text);
    }
  }
  std::string& json = out.json;
  json = "{\n \"envs\": " + envs + "],\n \"default_envs\": " + defaults +
         ",\n \"platformio\": " + platformio + ",\n \"resolved\": ";
  json += resolved.close("\n ");
  json += ",\n \"option_errors\": " + printer.option_errors.close("\n ") + ",\n \"warnings\": [";
  out.warnings = config.warnings();
  for (const ConfigWarning& warning : out.warnings) {
    json += json.back() == '[' ? "\n  " : ",\n  ";
    append_json_string(json, warning.message);
  }
  json += out.warnings.empty() ? "],\n \"error\": " : "\n ],\n \"error\": ";
  if (out.error) {
    append_error(json, *out.error);
  } else {
    json += "null";
  }
  json += "\n}\n";
  return out;
}

}  // namespace fbuild::config
