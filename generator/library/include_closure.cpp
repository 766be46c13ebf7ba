#include "generator/library/include_closure.h"

#include <algorithm>
#include <utility>

#include "support/files.h"
#include "support/option_words.h"

namespace fbuild {

namespace {

// "x.h" or <x.h> somewhere in the value of a macro, its quotes with backslashes or not.
void add_named(std::string_view value, std::vector<std::string>& out) {
  size_t begin = value.find_first_of("\"<");
  if (begin == std::string_view::npos) return;
  size_t end = value.find_first_of("\\\">", begin + 1);
  if (end == std::string_view::npos || end == begin + 1) return;
  std::string_view name = value.substr(begin + 1, end - begin - 1);
  if (name.find('.') != std::string_view::npos && name.find(' ') == std::string_view::npos)
    out.emplace_back(name);
}

}  // namespace

IncludePath include_path_of(const std::vector<std::string>& words) {
  IncludePath out;
  std::vector<std::string> plain, system, after;
  std::string prefix;
  const std::pair<std::string_view, std::vector<std::string>*> kinds[] = {
      {"-I", &plain},         {"-iquote", &out.quoted},  {"-isystem", &system},
      {"-idirafter", &after}, {"-include", &out.forced}, {"-imacros", &out.forced}};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    auto argument = [&](std::string_view option) { return option_argument(words, i, option); };
    if (word.starts_with("-D")) {
      std::string define = argument("-D");
      if (size_t equals = define.find('='); equals != std::string::npos)
        add_named(std::string_view(define).substr(equals + 1), out.named);
      continue;
    }
    if (word.starts_with("-iprefix")) {
      prefix = argument("-iprefix");
      continue;
    }
    if (word.starts_with("-iwithprefixbefore")) {
      plain.push_back(prefix + argument("-iwithprefixbefore"));
      continue;
    }
    if (word.starts_with("-iwithprefix")) {
      after.push_back(prefix + argument("-iwithprefix"));
      continue;
    }
    for (const auto& [option, list] : kinds) {
      if (!word.starts_with(option)) continue;
      if (std::string value = argument(option); !value.empty() && value != "-")
        list->push_back(value);
      break;
    }
  }
  out.folders = std::move(plain);
  for (std::vector<std::string>* more : {&system, &after})
    out.folders.insert(out.folders.end(), more->begin(), more->end());
  return out;
}

IncludeClosure::IncludeClosure(IncludeScans& scans, IncludePath path)
    : scans_(scans), path_(std::move(path)) {
  for (const std::string& folder : path_.quoted) quoted_.push_back(scans.folder(folder));
  for (const std::string& folder : path_.folders) folders_.push_back(scans.folder(folder));
}

uint32_t IncludeClosure::index_of(File file) {
  if (file >= index_.size()) index_.resize(2 * size_t{file} + 64, IncludeScans::kNone);
  if (index_[file] == IncludeScans::kNone) {
    index_[file] = static_cast<uint32_t>(known_.size());
    known_.push_back({file});
  }
  return index_[file];
}

IncludeClosure::File IncludeClosure::find_angled(const std::string& name) {
  auto [known, fresh] = angled_.try_emplace(name, IncludeScans::kNone);
  if (fresh) known->second = scans_.find(name, folders_);
  return known->second;
}

IncludeClosure::File IncludeClosure::resolve(IncludeScans::Folder folder, IncludeLine::Kind kind,
                                             const std::string& name) {
  if (kind != IncludeLine::Angled) {
    if (File beside = scans_.find_in(name, folder); beside != IncludeScans::kNone) return beside;
    if (File found = scans_.find(name, quoted_); found != IncludeScans::kNone) return found;
  }
  return find_angled(name);
}

void IncludeClosure::look(uint32_t index, const std::string& text_of) {
  File own = known_[index].file;
  IncludeScans::Folder folder = scans_.folder_of(own);
  std::vector<uint32_t> next;
  std::vector<File> data;
  stamp::Hasher hasher;
  auto lead = [&](const std::string& name, File to) {
    hasher.add_sized(name);
    hasher.add_sized(to == IncludeScans::kNone ? std::string_view()
                                               : std::string_view(scans_.path(to)));
    return to != IncludeScans::kNone;
  };
  auto follow = [&](const std::string& name, File to) {
    if (!lead(name, to)) return;
    uint32_t found = index_of(to);
    if (std::find(next.begin(), next.end(), found) == next.end()) next.push_back(found);
  };
  for (const IncludeLine& line : text_of.empty() ? scans_.of(own) : scans_.of(text_of)) {
    switch (line.kind) {
      case IncludeLine::Quoted:
      case IncludeLine::Angled:
      case IncludeLine::Asked:
        follow(line.name, resolve(folder, line.kind, line.name));
        break;
      case IncludeLine::Next:  // which one is next depends on how this one was found: all
        follow(line.name, resolve(folder, line.kind, line.name));
        for (IncludeScans::Folder other : folders_)
          if (File to = scans_.find_in(line.name, other); to != IncludeScans::kNone)
            follow(line.name, to);
        break;
      case IncludeLine::Macro:
        for (const std::string& name : path_.named) follow(name, resolve(folder, line.kind, name));
        break;
      case IncludeLine::Data: {  // from the working directory, then as includes
        File here = scans_.find_in(line.name, scans_.folder("."));
        File to = here != IncludeScans::kNone ? here : resolve(folder, line.kind, line.name);
        if (lead(line.name, to) && std::find(data.begin(), data.end(), to) == data.end())
          data.push_back(to);
        break;
      }
      case IncludeLine::Framework:
      case IncludeLine::Directive:  // what the compiler makes of them is not looked at
        break;
    }
  }
  Known& known = known_[index];
  known.looked = true;
  known.lines = hasher.finish();
  known.next = std::move(next);
  known.data = std::move(data);
}

IncludeClosure::Closure IncludeClosure::of(const std::string& source, const std::string& text_of) {
  Closure out;
  stamp::Hasher hasher;
  ++walk_;
  std::vector<uint32_t> queue;
  auto meet = [&](uint32_t index) {
    if (index >= met_.size()) met_.resize(known_.size() + 64);
    if (std::exchange(met_[index], walk_) != walk_) queue.push_back(index);
  };
  meet(index_of(scans_.file(source)));
  for (const std::string& name : path_.forced) {
    File here = scans_.find_in(name, scans_.folder("."));
    File found =
        here != IncludeScans::kNone ? here : resolve(scans_.folder("."), IncludeLine::Quoted, name);
    hasher.add_sized(found == IncludeScans::kNone ? std::string_view()
                                                  : std::string_view(scans_.path(found)));
    if (found != IncludeScans::kNone) meet(index_of(found));
  }
  for (size_t at = 0; at < queue.size(); ++at) {
    uint32_t index = queue[at];
    if (!known_[index].looked) look(index, at == 0 ? text_of : std::string());
    const Known& known = known_[index];
    hasher.add_hash(known.lines);
    if (at != 0 || text_of.empty()) out.files.push_back(known.file);
    for (uint32_t next : known.next) meet(next);
    for (File data : known.data)
      if (std::find(out.data.begin(), out.data.end(), data) == out.data.end())
        out.data.push_back(data);
  }
  out.digest = stamp::hex(hasher.finish()).substr(0, 16);
  return out;
}

}  // namespace fbuild
