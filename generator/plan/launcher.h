// A compiler launcher: a program that runs the compiler, here or on another machine, or takes
// what it made before from a cache. Named, the first that is counts, by
//
//   --launcher NAME
//   FBUILD_LAUNCHER=NAME                  in the environment; empty is as good as not set
//   custom_fbuild_launcher = NAME         in the environment's section
//
// NAME is ccache, sccache, distcc or icecc, the path of one of these, or none.
//
// Who runs a compiler changes nothing of what it makes. So the launcher is no part of any
// command: commands take it from a small file, <build>/<env>.launch, and a switch rewrites
// that file and compiles nothing. Likewise whether what compilers say is kept (stamp/keep.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "generator/plan/environment.h"
#include "support/result.h"

namespace fbuild {

// The absolute path of the environment's launcher; "": none.
Result<std::string> find_launcher(Session& session, const std::string& section);

// The shell text of that file. It sets `keep` and `launch`, words before a compiler's command,
// one a line, and `launcher`, the program by itself. `stamp` is the path of fbuild-stamp;
// `keep`: what the compiler says is kept.
std::string launch_text(const std::string& launcher, const std::string& stamp, bool keep);

// Whether a text of launch_text was made with `keep`.
bool launch_text_keeps(std::string_view text);

}  // namespace fbuild
