// Flags against what PlatformIO's build tool makes of them: the scopes, the scopes after
// build_unflags, and the arguments that arrive at the compiler and the linker.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "generator/config/flag_words.h"
#include "support/json_text.h"
#include "tests/generator/config/case_files.h"

using namespace fbuild;
using namespace fbuild::config;
using test::Json;

namespace {

void append_item(std::string& out, const FlagItem& item) {
  if (item.kind == FlagItem::Kind::Single) {
    append_json_string(out, item.text);
    return;
  }
  out += '[';
  append_json_string(out, item.text);
  out += ',';
  if (item.number == FlagItem::Number::No) {
    append_json_string(out, item.argument);
  } else {
    out += item.argument;
  }
  out += ']';
}

std::string scopes_json(const FlagScopes& scopes) {
  std::string out = "{";
  for (size_t i = 0; i < kFlagScopes; ++i) {
    if (scopes.items[i].empty()) continue;
    if (out.size() > 1) out += ',';
    append_json_string(out, scope_name(static_cast<FlagScope>(i)));
    for (size_t j = 0; j < scopes.items[i].size(); ++j) {
      out += j ? "," : ":[";
      append_item(out, scopes.items[i][j]);
    }
    out += ']';
  }
  return out + '}';
}

// Objects in the order of their keys, for comparing.
Json sorted(Json value) {
  std::sort(value.members.begin(), value.members.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return value;
}

std::vector<ListItem> list_of(const Json* array) {
  std::vector<ListItem> out;
  if (!array) return out;
  for (const Json& item : array->items) out.push_back({item.text, {}});
  return out;
}

FlagItem item_of(const Json& json) {
  if (json.kind == Json::String) return flag(json.text);
  const Json& value = json.kind == Json::Object ? json.members[0].second : json.items[1];
  const std::string& name = json.kind == Json::Object ? json.members[0].first : json.items[0].text;
  FlagItem out = define(name, value.text);
  if (value.kind == Json::Number) out.number = FlagItem::Number::Integer;
  return out;
}

std::vector<std::string> words_of(const Json& array) {
  std::vector<std::string> out;
  for (const Json& item : array.items) out.push_back(item.text);
  return out;
}

// A project with the files the flags name.
struct Project {
  std::string path;
  Project() {
    char name[] = "/tmp/fbuild-flags-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path = name;
    REQUIRE(make_directories(path + "/include"));
    REQUIRE(make_directories(path + "/lib dir"));
    REQUIRE(replace_file(path + "/pre.h", ""));
  }
  ~Project() {
    ::unlink((path + "/pre.h").c_str());
    ::rmdir((path + "/lib dir").c_str());
    ::rmdir((path + "/include").c_str());
    ::rmdir(path.c_str());
  }
};

}  // namespace

TEST_CASE("every recorded flag") {
  Project project;
  std::string text = test::must_read(test::kCases + "/flags/probes.json");
  Json probes = test::parse_json(test::replaced(text, "@PROJECT@", project.path));
  CHECK(probes.items.size() >= 81);
  for (const Json& probe : probes.items) {
    std::vector<ListItem> flags = list_of(probe.find("flags"));
    std::vector<ListItem> unflags = list_of(probe.find("unflags"));
    std::string first = flags.empty() ? "" : flags[0].text;
    CAPTURE(first);
    FlagContext context{.directory = project.path,
                        .variables = {{"PROJECT_DIR", project.path}, {"UNIX_TIME", "1700000000"}},
                        .relative_arguments = false};
    Result<FlagScopes> parsed = parse_flags(flags, context);
    if (probe.find("error")) {
      CHECK_FALSE(parsed);
      continue;
    }
    REQUIRE(parsed);
    CHECK(sorted(test::parse_json(scopes_json(*parsed))) == sorted(probe.at("parsed")));

    FlagScopes scopes;
    scopes[FlagScope::AsppFlags].push_back(flag("$ASFLAGS"));
    if (const Json* pre = probe.find("pre")) {
      for (const auto& [name, items] : pre->members) {
        for (const Json& item : items.items) scopes[*find_scope(name)].push_back(item_of(item));
      }
    }
    REQUIRE(process_flags(scopes, flags, context));
    REQUIRE(process_unflags(scopes, unflags, context));
    CHECK(sorted(test::parse_json(scopes_json(scopes))) == sorted(probe.at("env")));

    // The compiler as it was recorded got no flags of one language.
    FlagScopes common = scopes;
    common[FlagScope::CFlags].clear();
    FlagWords compile = compile_words(common, Language::C, context);
    const Json& cc = probe.at("cc_argv");
    if (cc.kind == Json::Array && first != "-DA=\\\\") {  // there the next word was swallowed
      REQUIRE(compile);
      std::vector<std::string> argv = {"CC", "-o", "T.o", "-c"};
      argv.insert(argv.end(), compile->begin(), compile->end());
      argv.push_back("S.c");
      CHECK(argv == words_of(cc));
      CHECK(context.warnings.empty());
    } else if (cc.kind == Json::Object) {
      CHECK(!context.warnings.empty());  // the shell choked on it
    }
    const Json& link = probe.at("link_argv");
    if (link.kind != Json::Array) continue;
    std::vector<std::string> argv = {"CC", "-o", "T.o"};
    auto add = [&](const FlagWords& words) {
      REQUIRE(words);
      argv.insert(argv.end(), words->begin(), words->end());
    };
    add(scope_words(scopes, FlagScope::LinkFlags, context));
    argv.push_back("S.c");
    add(library_directory_words(scopes, context));
    add(library_words(scopes, context));
    CHECK(argv == words_of(link));
  }
}
