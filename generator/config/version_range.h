// Versions and version requirements as packages state them: `^1.2.3`, `~1.2`, `>=1,<2`,
// `1.2.3+build`, `*`. The language is that of the Python library `semantic_version`, the
// one PlatformIO decides with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::config {

struct Version {
  uint64_t major = 0, minor = 0, patch = 0;
  std::vector<std::string> prerelease;
  std::vector<std::string> build;
};

// A complete version ("1.2.3-rc.1+build"); none when it is anything else.
std::optional<Version> parse_version(std::string_view text);

// As parse_version, but makes the best of texts that start with a number: missing numbers
// become 0 ("1.2" is 1.2.0), what follows the third becomes a prerelease or build part.
std::optional<Version> coerce_version(std::string_view text);

// What PlatformIO takes a package's version for: parse_version, else coerce_version, else
// 0.0.0 with the text (a commit) as its build part.
Version package_version(std::string_view text);

// Lower, equal, higher: negative, 0, positive; build parts do not count.
int compare_versions(const Version& a, const Version& b);

std::string version_text(const Version& version);

// A requirement, such as `>=1.2,<2`. No groups: anything will do.
struct VersionRange {
  enum class Operator { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
  // What a prerelease of the bound itself counts as.
  enum class Prerelease { Natural, Always, SamePatch };
  enum class Build { Implicit, Strict };
  struct Clause {
    Operator op = Operator::Equal;
    Version bound;
    Prerelease prerelease = Prerelease::Natural;
    Build build = Build::Implicit;
  };
  std::string text;
  std::vector<std::vector<Clause>> groups;  // one clause of each group has to hold
};

// The requirement a text states, or an Error whose `what` is PlatformIO's ("Invalid simple
// block 'v1.0'").
Result<VersionRange> parse_range(std::string_view text);

bool in_range(const VersionRange& range, const Version& version);

}  // namespace fbuild::config
