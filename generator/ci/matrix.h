// --matrix: the environments as jobs of a continuous integration system.
//
//   github   one line of JSON for fromJSON() in `strategy.matrix`: {"include": [JOB...]},
//            every value of a JOB a text:
//            https://docs.github.com/actions/using-jobs/using-a-matrix-for-your-jobs
//   gitlab   a child pipeline: one job each that extends the hidden job `.fbuild`:
//            https://docs.gitlab.com/ee/ci/pipelines/downstream_pipelines.html
//   json     everything that is known, also of environments that were left out
//
// Nothing needs to be built or installed. What is not known makes a job more, never one less.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generator/plan/environment.h"
#include "support/result.h"

namespace fbuild {

struct MatrixRequest {
  enum class Form { Github, Gitlab, Json };
  Form form = Form::Github;
  std::string changed_since;       // a revision; empty: all environments
  int shards = 0;                  // 0: a job for each environment
  std::vector<std::string> times;  // saved reports, for --shards
  std::string directory;           // the project's, as it was given with -C
  config::ConfigInput input = {};  // how the configuration was loaded
};

// "github", "gitlab" or "json"; an Error with a suggestion for anything else.
Result<MatrixRequest::Form> parse_matrix_form(const std::string& text);

// The text for standard output, with a line end.
Result<std::string> matrix_text(Session& session, const std::vector<std::string>& environments,
                                const MatrixRequest& request);

}  // namespace fbuild
