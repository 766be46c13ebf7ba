// Sharing environments out among a number of jobs.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace fbuild {

struct Shard {
  std::vector<std::string> environments;  // in the order they were given
  double weight = 0;                      // seconds, where they are known
};

// At most `count` shards, none of them empty, so that the longest takes as little as the
// rule "the longest first, each to who has least" makes it (at most 4/3 of the best there
// is). An environment without a time counts as the mean of those with one. The same input
// gives the same shards.
std::vector<Shard> share_out(const std::vector<std::string>& environments,
                             const std::map<std::string, double>& seconds, int count);

}  // namespace fbuild
