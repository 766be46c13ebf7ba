#include "generator/library/include_closure.h"

#include <algorithm>

#include "support/files.h"

namespace fbuild {

namespace {

// "x.h" or <x.h> somewhere in the value of a macro, its quotes with backslashes or not.
void add_named(std::string_view value, std::vector<std::string>& out) {
  size_t begin = value.find_first_of("\"<");
  if (begin == std::string_view::npos) return;
  size_t end = value.find_first_of("\\\">", begin + 1);
  if (end == std::string_view::npos || end == begin + 1) return;
  std::string_view name = value.substr(begin + 1, end - begin - 1);
  if (name.find('.') != std::string_view::npos && name.find(' ') == std::string_view::npos) out.emplace_back(name);
}

}  // namespace

IncludePath include_path_of(const std::vector<std::string>& words) {
  IncludePath out;
  std::vector<std::string> plain, system, after;
  std::string prefix;
  const std::pair<std::string_view, std::vector<std::string>*> kinds[] = {
      {"-I", &plain}, {"-iquote", &out.quoted}, {"-isystem", &system}, {"-idirafter", &after},
      {"-include", &out.forced}, {"-imacros", &out.forced}};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    auto argument = [&](std::string_view option) {
      if (word.size() > option.size()) return word.substr(option.size());
      return i + 1 < words.size() ? words[++i] : std::string();
    };
    if (word.starts_with("-D")) {
      std::string define = argument("-D");
      if (size_t equals = define.find('='); equals != std::string::npos) add_named(std::string_view(define).substr(equals + 1), out.named);
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
      if (std::string value = argument(option); !value.empty() && value != "-") list->push_back(value);
      break;
    }
  }
  out.folders = std::move(plain);
  for (std::vector<std::string>* more : {&system, &after}) out.folders.insert(out.folders.end(), more->begin(), more->end());
  return out;
}

size_t IncludeClosure::index_of(const std::string& path) {
  auto [known, fresh] = index_.try_emplace(path, files_.size());
  if (fresh) files_.push_back({path, false, {}, {}, {}});
  return known->second;
}

std::string IncludeClosure::find_angled(const std::string& name) {
  auto [known, fresh] = angled_.try_emplace(name);
  if (fresh) known->second = scans_.find(name, path_.folders);
  return known->second;
}

std::string IncludeClosure::resolve(const std::string& folder, IncludeLine::Kind kind, const std::string& name) {
  if (kind != IncludeLine::Angled) {
    if (std::string beside = normalize_path(join_path(folder, name)); scans_.exists(beside)) return beside;
    if (std::string path = scans_.find(name, path_.quoted); !path.empty()) return path;
  }
  return find_angled(name);
}

void IncludeClosure::look(size_t index, const std::string& text_of) {
  // Where it leads to may become new files, and so move this one.
  std::string path = files_[index].path, folder(dir_name(path));
  std::vector<size_t> next, data;
  stamp::Hasher hasher;
  auto lead = [&](const std::string& name, const std::string& to, std::vector<size_t>& list) {
    hasher.add_sized(name);
    hasher.add_sized(to);
    if (to.empty()) return;
    size_t found = index_of(to);
    if (std::find(list.begin(), list.end(), found) == list.end()) list.push_back(found);
  };
  for (const IncludeLine& line : scans_.of(text_of.empty() ? path : text_of)) {
    switch (line.kind) {
      case IncludeLine::Quoted:
      case IncludeLine::Angled:
      case IncludeLine::Asked:
        lead(line.name, resolve(folder, line.kind, line.name), next);
        break;
      case IncludeLine::Next:  // which one is next depends on how this one was found: all
        lead(line.name, resolve(folder, line.kind, line.name), next);
        for (const std::string& other : path_.folders)
          if (std::string to = normalize_path(join_path(other, line.name)); scans_.exists(to)) lead(line.name, to, next);
        break;
      case IncludeLine::Macro:
        for (const std::string& name : path_.named) lead(name, resolve(folder, line.kind, name), next);
        break;
      case IncludeLine::Data:  // from the working directory, then as includes
        lead(line.name, scans_.exists(normalize_path(line.name)) ? normalize_path(line.name) : resolve(folder, line.kind, line.name), data);
        break;
      case IncludeLine::Framework:
      case IncludeLine::Directive:  // what the compiler makes of them is not looked at
        break;
    }
  }
  File& file = files_[index];
  file.looked = true;
  file.lines = hasher.finish();
  file.next = std::move(next);
  file.data = std::move(data);
}

IncludeClosure::Closure IncludeClosure::of(const std::string& source, const std::string& text_of) {
  Closure out;
  stamp::Hasher hasher;
  std::vector<size_t> queue = {index_of(source)};
  for (const std::string& name : path_.forced) {
    std::string path = scans_.exists(normalize_path(name)) ? normalize_path(name) : resolve(".", IncludeLine::Quoted, name);
    hasher.add_sized(path);
    if (!path.empty()) queue.push_back(index_of(path));
  }
  std::vector<bool> met(files_.size());
  auto meet = [&](size_t index) {
    if (index >= met.size()) met.resize(index + 1);
    bool fresh = !met[index];
    met[index] = true;
    return fresh;
  };
  for (size_t index : queue) meet(index);
  for (size_t at = 0; at < queue.size(); ++at) {
    size_t index = queue[at];
    if (!files_[index].looked) look(index, at == 0 ? text_of : std::string());
    const File& file = files_[index];
    hasher.add_hash(file.lines);
    if (index != queue.front() || text_of.empty()) out.files.push_back(file.path);
    for (size_t next : file.next)
      if (meet(next)) queue.push_back(next);
    for (size_t data : file.data) {
      const std::string& path = files_[data].path;
      if (std::find(out.data.begin(), out.data.end(), path) == out.data.end()) out.data.push_back(path);
    }
  }
  out.digest = stamp::hex(hasher.finish()).substr(0, 16);
  return out;
}

}  // namespace fbuild
