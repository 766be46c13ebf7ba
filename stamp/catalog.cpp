#include "stamp/catalog.h"

#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace fbuild::stamp {

uint32_t g_give_back_step = 16384;

std::optional<uint32_t> BlockView::find(std::string_view path) const {
  if (!count) return std::nullopt;
  uint32_t at = 0;
  while (!path.empty()) {
    size_t slash = std::min(path.find('/'), path.size());
    std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    uint32_t end = std::min(entries[at].end, count), child = at + 1;
    while (child < end && name(entries[child]) != part)
      child = std::max(child + 1, entries[child].end);
    if (child >= end) return std::nullopt;
    at = child;
  }
  return at;
}

std::string BlockView::path(uint32_t index) const {
  std::string out;
  // A parent always has a smaller index; anything else is damage and ends the climb.
  while (index > 0 && index < count) {
    const Entry& entry = entries[index];
    std::string part(name(entry));
    out = out.empty() ? part : part + "/" + out;
    if (entry.parent >= index) break;
    index = entry.parent;
  }
  return out;
}

namespace {

// The whole pages between two addresses.
void give_back_pages(const void* begin, const void* end) {
  constexpr uintptr_t kPage = 4096;
  uintptr_t from = (reinterpret_cast<uintptr_t>(begin) + kPage - 1) & ~(kPage - 1);
  uintptr_t to = reinterpret_cast<uintptr_t>(end) & ~(kPage - 1);
  if (from < to) (void)::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

}  // namespace

void BlockView::give_back(uint32_t begin, uint32_t end) const {
  if (is_large() && begin < end && end <= count) give_back_pages(entries + begin, entries + end);
}

void BlockView::give_back() const {
  if (is_large()) give_back_pages(entries, names + names_size);
}

std::unique_ptr<Block> copy_block(const BlockView& view) {
  auto block = std::make_unique<Block>();
  block->entries.reserve(view.count);
  for (uint32_t begin = 0, end; begin < view.count; begin = end) {
    end = begin + std::min(view.count - begin, g_give_back_step);
    block->entries.insert(block->entries.end(), view.entries + begin, view.entries + end);
    view.give_back(begin, end);
  }
  block->names.assign(view.names, view.names_size);
  view.give_back();
  return block;
}

Value value_of(const Entry& entry) {
  Value value{entry.kind, entry.size, entry.hash};
  switch (entry.kind) {
    case Kind::File:
    case Kind::Unreadable:
      break;
    case Kind::Dangling:
    case Kind::Special:
    case Kind::Missing:
    case Kind::Loop:
      value.size = 0;  // the kind and the hash say it all; sizes are of this machine
      break;
    case Kind::None:
    case Kind::Directory:
    case Kind::Ignored:
      value = {};
      break;
  }
  return value;
}

SetState* Catalog::find_set(std::string_view name) {
  auto it = std::lower_bound(sets.begin(), sets.end(), name,
                             [](const SetState& s, std::string_view n) { return s.name < n; });
  return it != sets.end() && it->name == name ? &*it : nullptr;
}

const SetState* Catalog::find_set(std::string_view name) const {
  return const_cast<Catalog*>(this)->find_set(name);
}

namespace {

std::string list_text(bool is_default, const std::vector<std::string>& list) {
  if (is_default) return "";
  std::string out = "=";
  for (size_t i = 0; i < list.size(); ++i) out += (i ? "," : "") + list[i];
  return out;
}

std::vector<std::string> list_items(std::string_view text) {
  std::vector<std::string> out;
  if (text.size() < 2) return out;
  text.remove_prefix(1);
  for (;;) {
    size_t comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

auto root_key(const RootState& root) {
  return std::tie(root.path, root.extensions, root.excludes);
}

uint32_t find_or_add_root(Catalog& catalog, const RootItem& item) {
  std::string extensions = list_text(item.default_extensions, item.extensions);
  std::string excludes = list_text(item.default_excludes, item.excludes);
  for (size_t i = 0; i < catalog.roots.size(); ++i) {
    const RootState& root = catalog.roots[i];
    if (root.path == item.path && root.extensions == extensions && root.excludes == excludes)
      return static_cast<uint32_t>(i);
  }
  RootState root;
  root.path = catalog.keep(item.path);
  root.extensions = catalog.keep(std::move(extensions));
  root.excludes = catalog.keep(std::move(excludes));
  catalog.roots.push_back(std::move(root));
  return static_cast<uint32_t>(catalog.roots.size() - 1);
}

uint32_t find_or_add_file(Catalog& catalog, std::map<std::string_view, uint32_t>& known,
                          const std::string& path) {
  auto it = known.find(path);
  if (it != known.end()) return it->second;
  uint32_t index = static_cast<uint32_t>(catalog.files.size());
  catalog.files.push_back({catalog.keep(path), Entry{}});
  known.emplace(catalog.files.back().path, index);
  return index;
}

void sort_refs(std::vector<Ref>& refs) {
  std::stable_sort(refs.begin(), refs.end(), [](const Ref& a, const Ref& b) {
    return std::tie(a.type, a.name) < std::tie(b.type, b.name);
  });
}

}  // namespace

void define_set(Catalog& catalog, std::string_view name, const Definition& definition) {
  SetState* set = catalog.find_set(name);
  if (!set) {
    auto at = std::lower_bound(catalog.sets.begin(), catalog.sets.end(), name,
                               [](const SetState& s, std::string_view n) { return s.name < n; });
    set = &*catalog.sets.insert(at, SetState{});
    set->name = catalog.keep(std::string(name));
  }
  set->checked = false;  // a token of the old definition is superseded
  set->metadata = catalog.keep(definition.metadata);
  std::vector<Ref> old_refs = std::move(set->refs);
  set->refs.clear();
  set->artifacts.clear();

  std::vector<std::string> paths, given;
  for (const RootItem& root : definition.roots) {
    paths.push_back(root.path);
    given.push_back(root.name);
  }
  std::vector<std::string> names = item_names(paths, given);
  for (size_t i = 0; i < definition.roots.size(); ++i) {
    uint32_t index = find_or_add_root(catalog, definition.roots[i]);
    set->refs.push_back(
        {RefType::Root, definition.roots[i].package, index, catalog.keep(std::move(names[i])), {}});
  }

  std::map<std::string_view, uint32_t> known;
  for (size_t i = 0; i < catalog.files.size(); ++i)
    known.emplace(catalog.files[i].path, static_cast<uint32_t>(i));
  paths.clear();
  given.clear();
  for (const FileItem& file : definition.files) {
    paths.push_back(file.path);
    given.push_back(file.name);
  }
  names = item_names(paths, given);
  for (size_t i = 0; i < definition.files.size(); ++i) {
    uint32_t index = find_or_add_file(catalog, known, definition.files[i].path);
    set->refs.push_back({RefType::File, false, index, catalog.keep(std::move(names[i])), {}});
  }
  for (const std::string& path : definition.artifacts)
    set->artifacts.push_back(find_or_add_file(catalog, known, path));
  for (const std::string& env : definition.env)
    set->refs.push_back({RefType::Env, false, 0, catalog.keep(env), {}});
  for (const std::string& line : definition.commands)
    set->refs.push_back({RefType::Command, false, 0, catalog.keep(line), {}});
  sort_refs(set->refs);
}

bool drop_set(Catalog& catalog, std::string_view name) {
  SetState* set = catalog.find_set(name);
  if (!set) return false;
  catalog.sets.erase(catalog.sets.begin() + (set - catalog.sets.data()));
  return true;
}

Definition definition_of(const Catalog& catalog, const SetState& set) {
  Definition out;
  out.metadata = set.metadata;
  auto given = [](std::string_view name) {
    return name.starts_with('=') ? std::string(name.substr(1)) : std::string();
  };
  for (const Ref& ref : set.refs) {
    switch (ref.type) {
      case RefType::Root: {
        const RootState& root = catalog.roots[ref.index];
        out.roots.push_back({ref.package, std::string(root.path), given(ref.name),
                             root.extensions.empty(), root.excludes.empty(),
                             list_items(root.extensions), list_items(root.excludes)});
        break;
      }
      case RefType::File:
        out.files.push_back({std::string(catalog.files[ref.index].path), given(ref.name)});
        break;
      case RefType::Env:
        out.env.emplace_back(ref.name);
        break;
      case RefType::Command:
        out.commands.emplace_back(ref.name);
        break;
    }
  }
  for (uint32_t index : set.artifacts) out.artifacts.emplace_back(catalog.files[index].path);
  // Canonical already but for the order, which is by name here.
  Result<Definition> canonical = canonical_definition(out);
  return canonical ? *canonical : out;
}

void collect_garbage(Catalog& catalog) {
  std::vector<bool> root_used(catalog.roots.size()), file_used(catalog.files.size());
  std::set<Hash128> sealed;
  for (const SetState& set : catalog.sets) {
    for (const Ref& ref : set.refs) {
      if (ref.type == RefType::Root) root_used[ref.index] = true;
      if (ref.type == RefType::File) file_used[ref.index] = true;
    }
    for (uint32_t index : set.artifacts) file_used[index] = true;
    for (const SealedRef& ref : set.seal.refs)
      if (ref.type == RefType::Root) sealed.insert(ref.digest);
  }
  // Drops the unused and sorts the rest; `moved` tells the new place of each.
  auto compact = [](auto& items, const std::vector<bool>& used, auto less) {
    std::vector<uint32_t> order, moved(items.size(), UINT32_MAX);
    for (uint32_t i = 0; i < items.size(); ++i)
      if (used[i]) order.push_back(i);
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return less(items[a], items[b]); });
    std::remove_reference_t<decltype(items)> out;
    out.reserve(order.size());
    for (uint32_t i : order) {
      moved[i] = static_cast<uint32_t>(out.size());
      out.push_back(std::move(items[i]));
    }
    items = std::move(out);
    return moved;
  };
  std::vector<uint32_t> root_at =
      compact(catalog.roots, root_used,
              [](const RootState& a, const RootState& b) { return root_key(a) < root_key(b); });
  std::vector<uint32_t> file_at =
      compact(catalog.files, file_used,
              [](const FileState& a, const FileState& b) { return a.path < b.path; });
  for (SetState& set : catalog.sets) {
    for (Ref& ref : set.refs) {
      if (ref.type == RefType::Root) ref.index = root_at[ref.index];
      if (ref.type == RefType::File) ref.index = file_at[ref.index];
    }
    for (uint32_t& index : set.artifacts) index = file_at[index];
  }
  for (RootState& root : catalog.roots)
    std::erase_if(root.snapshots, [&](const Snapshot& s) {
      return !sealed.contains(s.digest) || s.digest == root.digest;
    });
}

}  // namespace fbuild::stamp
