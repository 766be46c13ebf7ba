#include "lnk/archive_names.h"

#include <deque>
#include <vector>

#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr size_t kMaxComponent = 255;
constexpr int kMaxHops = 40;  // links followed for one, as many as Linux does
// Steps of all links together, each counted as deep as it stands. Real trees need some
// ten per link.
constexpr uint64_t kMaxEffort = 50'000'000;

bool has_control(std::string_view text) {
  for (char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

std::string folded(std::string_view path) {
  std::string out(path);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") out.emplace_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return out;
}

Error refuse(std::string_view name, std::string_view why) {
  return Error{"refused: '" + shown_name(name) + "' " + std::string(why), ""};
}

}  // namespace

std::string shown_name(std::string_view raw) {
  std::string out;
  for (char c : raw.substr(0, 80)) {
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    out += control ? '?' : c;
  }
  if (raw.size() > 80) out += "...";
  return out;
}

Result<std::string> ArchiveNames::plain(std::string_view raw, bool is_folder) {
  if (raw.empty()) return refuse(raw, "is an empty name");
  if (raw[0] == '/') return refuse(raw, "is an absolute path");
  if (has_control(raw)) return refuse(raw, "has a control character in its name");
  if (raw.find('\\') != std::string_view::npos) return refuse(raw, "has a backslash in its name");
  std::string out;
  bool first = true;
  for (const std::string& part : components(raw)) {
    if (part == "..") return refuse(raw, "climbs out with '..'");
    if (part.size() > kMaxComponent) return refuse(raw, "is too long a name");
    if (first && strip_ > 0) {
      if (stripped_.empty()) stripped_ = part;
      if (part != stripped_)
        return refuse(raw, "lies beside the leading folder '" + shown_name(stripped_) +
                               "' that was to be stripped");
      first = false;
      continue;
    }
    first = false;
    if (!out.empty()) out += '/';
    out += part;
  }
  if (out.size() > limits_.max_path) return refuse(raw, "is too long a name");
  if (out.empty() && !is_folder) return refuse(raw, "stands where the archive's folder should");
  return out;
}

Status ArchiveNames::enter(const std::string& path, Kind kind, std::string_view target) {
  if (items_.size() >= limits_.max_items)
    return Error{"refused: more than " + std::to_string(limits_.max_items) + " files and folders",
                 ""};
  if (!limits_.allow_case_clashes) {
    auto [other, fresh] = folded_.emplace(folded(path), path);
    if (!fresh && other->second != path)
      return refuse(path, "differs from '" + shown_name(other->second) + "' only in case");
  }
  items_.emplace(path, Item{kind, std::string(target)});
  return {};
}

Status ArchiveNames::add(const std::string& path, Kind kind, std::string_view link_target) {
  // From the nearest parent up to the first one that is known: what is above that one was
  // seen to be folders when it was entered.
  std::vector<size_t> missing;
  for (size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    std::string parent = path.substr(0, slash);
    auto found = items_.find(parent);
    if (found == items_.end()) {
      missing.push_back(slash);
      continue;
    }
    if (found->second.kind == Folder) break;
    return refuse(path, std::string("leads through '") + shown_name(parent) + "', a " +
                            (found->second.kind == Link ? "link" : "file"));
  }
  for (auto slash = missing.rbegin(); slash != missing.rend(); ++slash) {
    if (Status status = enter(path.substr(0, *slash), Folder, ""); !status) return status;
  }
  auto found = items_.find(path);
  if (found == items_.end()) return enter(path, kind, link_target);
  if (kind == Folder && found->second.kind == Folder) return {};
  return refuse(path, "is in the archive twice");
}

bool ArchiveNames::is_file(const std::string& path) const {
  auto found = items_.find(path);
  return found != items_.end() && found->second.kind == File;
}

Status ArchiveNames::check_target(std::string_view path, std::string_view target) {
  if (target.empty()) return refuse(path, "is a link to nothing");
  if (target[0] == '/') return refuse(path, "is a link to an absolute path");
  if (target.size() > 1024 || has_control(target))
    return refuse(path, "is a link with an unusable target");
  return {};
}

Status ArchiveNames::check_links() const {
  uint64_t effort = 0;
  for (const auto& [path, item] : items_) {
    if (item.kind != Link) continue;
    // Where the walk stands, and what is still to be walked. Parents of anything in
    // the map are real folders, so the starting place needs no resolving.
    std::vector<std::string> at = components(path);
    at.pop_back();
    std::vector<std::string> first = components(item.target);
    std::deque<std::string> todo(first.begin(), first.end());
    int hops = 1;
    while (!todo.empty()) {
      std::string part = std::move(todo.front());
      todo.pop_front();
      if (part == "..") {
        if (at.empty()) return refuse(path, "is a link that leaves the archive's folder");
        at.pop_back();
        continue;
      }
      at.push_back(std::move(part));
      effort += at.size();
      if (effort > kMaxEffort) return Error{"refused: its links take too long to follow", ""};
      std::string here;
      for (const std::string& step : at) here += (here.empty() ? "" : "/") + step;
      auto found = items_.find(here);
      if (found == items_.end() || found->second.kind != Link) continue;
      if (++hops > kMaxHops) return refuse(path, "is a link that never ends");
      at.pop_back();
      std::vector<std::string> more = components(found->second.target);
      todo.insert(todo.begin(), more.begin(), more.end());
      if (todo.size() > 10'000) return refuse(path, "is a link that never ends");
    }
  }
  return {};
}

}  // namespace fbuild::lnk
