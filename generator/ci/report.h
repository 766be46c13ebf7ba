// --report: what a finished build made, read from its build directory. Nothing is built,
// planned or looked for.
//
//   github   annotations (workflow commands) for standard output, and a table appended to
//            the file that GITHUB_STEP_SUMMARY names:
//            https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
//   junit    one test suite for each environment: its build, its flash, its RAM
//   json     everything; what --base and --times read
//
//   {"fbuild": VERSION, "diagnostics_kept": BOOL, "environments": [
//     {"name": NAME, "state": "built" | "not built", "seconds": NUMBER | null,
//      "flash": {"used": BYTES, "max": BYTES, "growth": BYTES}, "ram": {...},
//      "unknown": COUNT, "warnings": COUNT, "diagnostics": [
//        {"file": F, "line": L, "column": C, "severity": "warning" | "error", "text": T}]}]}
//
// `growth` is there with --base, when that knows the environment. Warnings are there when the
// build was generated with --keep-diagnostics (stamp/keep.h); `unknown` counts the files that were
// compiled before that, and so without anything being kept.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct ReportRequest {
  std::string form;  // github, junit or json; others are an Error
  std::string base;  // a saved report to compare with; empty: none
  std::string build_dir;
  std::string directory;  // the project's, as it was given with -C
};

// The text for standard output. `environments`: only these; empty: all that were generated.
Result<std::string> report_text(const std::vector<std::string>& environments,
                                const ReportRequest& request);

}  // namespace fbuild
