#include "generator/library/include_scan.h"

#include <algorithm>
#include <tuple>

#include "support/files.h"

namespace fbuild {

std::vector<IncludeLine> scan_includes(std::string_view text) {
  std::vector<IncludeLine> out;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    auto skip_blanks = [&] {
      while (!line.empty() && (line[0] == ' ' || line[0] == '\t')) line.remove_prefix(1);
    };
    skip_blanks();
    if (line.empty() || line[0] != '#') continue;
    line.remove_prefix(1);
    skip_blanks();
    if (line.starts_with("include")) {
      line.remove_prefix(7);
    } else if (line.starts_with("import")) {
      line.remove_prefix(6);
    } else {
      continue;
    }
    skip_blanks();
    if (line.empty() || (line[0] != '<' && line[0] != '"')) continue;
    bool quoted = line[0] == '"';
    line.remove_prefix(1);
    size_t close = line.find_first_of(">\"");
    if (close == 0 || close == std::string_view::npos) continue;
    out.push_back({quoted, std::string(line.substr(0, close))});
  }
  std::stable_sort(out.begin(), out.end(), [](const IncludeLine& a, const IncludeLine& b) {
    return std::tie(b.quoted, a.name) < std::tie(a.quoted, b.name);
  });
  return out;
}

const std::vector<IncludeLine>& IncludeScans::of(const std::string& path) {
  auto known = scans_.find(path);
  if (known != scans_.end()) return known->second;
  Result<std::string> text = read_file(path);
  return scans_[path] = text ? scan_includes(*text) : std::vector<IncludeLine>();
}

void IncludeScans::set(const std::string& path, std::string_view text) {
  scans_[path] = scan_includes(text);
}

std::string IncludeScans::find(const std::string& name, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    std::string path = normalize_path(join_path(folder, name));
    auto [known, fresh] = exists_.try_emplace(path, false);
    if (fresh) known->second = is_regular_file(path);
    if (known->second) return path;
  }
  return "";
}

}  // namespace fbuild
