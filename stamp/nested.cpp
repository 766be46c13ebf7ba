#include "stamp/nested.h"

#include <algorithm>
#include <memory>
#include <string>

#include "stamp/scan.h"

namespace fbuild::stamp {

namespace {

// Where `path` lies in the folder `outer`, both as definitions have them; "": it does not.
std::string_view path_below(std::string_view path, std::string_view outer) {
  if (outer == ".")
    return path[0] == '/' || path == "." || path == ".." || path.starts_with("../") ? "" : path;
  if (outer != "/") {
    if (path.size() <= outer.size() + 1 || path[outer.size()] != '/' || !path.starts_with(outer))
      return "";
    path.remove_prefix(outer.size() + 1);
  } else {
    if (path[0] != '/') return "";
    path.remove_prefix(1);
  }
  // ".." is below "../.." by its letters only.
  return path == ".." || path.starts_with("../") ? "" : path;
}

// The index of the directory at a path in a block; kNoEntry: there is none.
uint32_t find_directory(const BlockView& view, std::string_view path) {
  std::optional<uint32_t> at = view.find(path);
  return at && view.entries[*at].kind == Kind::Directory ? *at : kNoEntry;
}

// An outer block's entry as it is in the block of the root at `at`.
Entry moved(const BlockView& outer, uint32_t at, uint32_t index) {
  Entry entry = outer.entries[index];
  entry.parent = index == at ? 0 : entry.parent - at;
  entry.end = std::min(entry.end, outer.count) - at;
  // A root is what its path leads to, link or not.
  if (index == at) entry.flags = static_cast<uint8_t>(entry.flags & ~kThroughLink);
  return entry;
}

uint32_t count_below(const BlockView& view, uint32_t at) {
  return std::max(std::min(view.entries[at].end, view.count), at + 1) - at;
}

// Whether a walk that begins at a directory of a block finds what the block holds.
bool is_walk_of_its_own(const BlockView& view, uint32_t at) {
  for (uint32_t i = at, end = at + count_below(view, at); i < end; ++i)
    if (view.entries[i].kind == Kind::Loop || view.entries[i].kind == Kind::Unreadable)
      return false;
  return true;
}

bool same_below(const BlockView& outer, uint32_t at, const BlockView& inner) {
  uint32_t count = count_below(outer, at);
  if (inner.count != count) return false;
  for (uint32_t i = 0; i < count; ++i) {
    Entry now = moved(outer, at, at + i);
    const Entry& then = inner.entries[i];
    if (!same_look(now, then) || now.flags != then.flags || now.parent != then.parent ||
        now.end != then.end)
      return false;
    if (i && outer.name(now) != inner.name(then)) return false;
  }
  return true;
}

std::unique_ptr<Block> copy_below(const BlockView& outer, uint32_t at) {
  auto block = std::make_unique<Block>();
  uint32_t count = count_below(outer, at);
  block->entries.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    Entry& entry = block->entries.emplace_back(moved(outer, at, at + i));
    std::string_view name = i ? outer.name(outer.entries[at + i]) : std::string_view();
    entry.name_offset = static_cast<uint32_t>(block->names.size());
    entry.name_size = static_cast<uint16_t>(name.size());
    block->names.append(name);
  }
  return block;
}

// Names in excludes mean the same everywhere, paths depend on the root.
bool same_filter(const RootState& a, const RootState& b) {
  return a.extensions == b.extensions && a.excludes == b.excludes &&
         a.excludes.find('/') == std::string_view::npos;
}

bool is_remembered(const RootState& root) {
  return root.known || root.fresh;
}

}  // namespace

std::vector<uint32_t> find_outer_roots(std::span<RootState* const> roots) {
  std::vector<uint32_t> out(roots.size(), kNotNested);
  auto try_outer = [&](uint32_t i, std::string_view path) {
    auto at =
        std::lower_bound(roots.begin(), roots.end(), path,
                         [](const RootState* root, std::string_view p) { return root->path < p; });
    for (; at != roots.end() && (*at)->path == path; ++at) {
      uint32_t outer = static_cast<uint32_t>(at - roots.begin());
      // What lies above sorts before, and so is decided already.
      if (outer >= i || out[outer] != kNotNested || !same_filter(*roots[i], **at)) continue;
      std::string_view below = path_below(roots[i]->path, path);
      if (below.empty() || (is_remembered(**at) && find_directory((*at)->view, below) == kNoEntry))
        continue;
      out[i] = outer;
      return true;
    }
    return false;
  };
  for (uint32_t i = 0; i < roots.size(); ++i) {
    std::string_view path = roots[i]->path;
    if (try_outer(i, path[0] == '/' ? "/" : ".")) continue;
    for (size_t slash = path.find('/', 1); slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
      if (try_outer(i, path.substr(0, slash))) break;
  }
  return out;
}

TakenFromOuter take_from_outer(RootState& root, const RootState& outer) {
  uint32_t at = find_directory(outer.view, path_below(root.path, outer.path));
  if (at == kNoEntry || !is_walk_of_its_own(outer.view, at)) return TakenFromOuter::NotThere;
  if (is_remembered(root) && same_below(outer.view, at, root.view)) return TakenFromOuter::Same;
  root.fresh = copy_below(outer.view, at);
  root.view = root.fresh->view();
  return TakenFromOuter::Changed;
}

}  // namespace fbuild::stamp
