// Finding the files of a sketch and putting them in order.
#include <algorithm>

#include "generator/sketch/prototypes.h"
#include "generator/sketch/sketch.h"
#include "support/files.h"

namespace fbuild {
namespace {

bool ends_with(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

// .ino before everything else, then by path as bytes.
bool before(const SketchFile& a, const SketchFile& b) {
  bool a_later = !ends_with(a.path, ".ino"), b_later = !ends_with(b.path, ".ino");
  return a_later != b_later ? b_later : a.path < b.path;
}

bool named_like_folder(std::string_view path) {
  std::string_view name = base_name(path);
  return name.substr(0, name.rfind('.')) == base_name(dir_name(path));
}

// Where a file defines setup() and loop().
struct MainLines {
  uint32_t setup = 0;  // lines of definitions outside any #if; 0: none
  uint32_t loop = 0;
  bool either = false;  // one of them is defined, be it in an #if
};

MainLines find_main(const SketchFile& file) {
  MainLines found;
  sketch::LexedSketch lexed = sketch::lex_sketch({file.content});
  sketch::Outline outline = sketch::scan_sketch(lexed);
  if (outline.too_deep) return found;
  for (const sketch::Function& function : sketch::find_functions(lexed, outline)) {
    if (!function.signature.main_function) continue;
    found.either = true;
    if (function.signature.context != 0) continue;
    uint32_t& line = function.signature.name == "setup" ? found.setup : found.loop;
    if (line == 0) line = lexed.tokens[function.signature.first].line;
  }
  return found;
}

}  // namespace

Result<std::vector<std::string>> find_sketch_files(const std::string& directory) {
  Result<std::vector<DirEntry>> entries = list_directory(directory);
  if (!entries) return entries.error();
  std::vector<std::string> out;
  for (std::string_view extension : {".ino", ".pde"}) {
    for (const DirEntry& entry : *entries) {
      if (entry.kind != DirEntry::File || entry.name[0] == '.' || !ends_with(entry.name, extension))
        continue;
      out.push_back(join_path(directory, entry.name));
    }
  }
  return out;
}

Result<std::vector<SketchFile>> order_sketch(std::vector<SketchFile> files) {
  if (files.empty())
    return Error{.what = "no sketch files", .fix = "at least one .ino or .pde file"};
  std::sort(files.begin(), files.end(), before);
  for (SketchFile& file : files) {
    std::string_view head = std::string_view(file.content).substr(0, 3);
    if (head.substr(0, 2) == "\xff\xfe" || head.substr(0, 2) == "\xfe\xff")
      return Error{.what = "is UTF-16 text", .fix = "save it as UTF-8", .file = file.path};
    if (head == "\xef\xbb\xbf") file.content.erase(0, 3);
    if (file.content.size() >= UINT32_MAX)
      return Error{
          .what = "is too large for a source file", .fix = "less than 4 GiB", .file = file.path};
  }

  std::vector<size_t> mains;
  std::vector<MainLines> lines;
  for (size_t i = 0; i < files.size(); ++i) {
    lines.push_back(find_main(files[i]));
    if (lines.back().either) mains.push_back(i);
  }
  for (size_t a = 0; a < mains.size(); ++a) {
    for (size_t b = a + 1; b < mains.size(); ++b) {
      for (uint32_t MainLines::*line : {&MainLines::setup, &MainLines::loop}) {
        uint32_t first = lines[mains[a]].*line, second = lines[mains[b]].*line;
        if (first == 0 || second == 0) continue;
        std::string name = line == &MainLines::setup ? "setup()" : "loop()";
        return Error{
            .what = "two definitions of main file: " + name + " is also defined at " +
                    files[mains[a]].path + ":" + std::to_string(first),
            .fix =
                "keep setup() and loop() in one sketch file and move the other out of this folder",
            .file = files[mains[b]].path,
            .line = static_cast<int>(second)};
      }
    }
  }

  std::vector<SketchFile> out;
  auto take = [&](size_t i) {
    out.push_back(std::move(files[i]));
    files[i].path.clear();
  };
  std::vector<size_t> leading = mains.empty() ? std::vector<size_t>() : mains;
  if (mains.size() != 1) {
    for (size_t i = 0; i < files.size(); ++i) {
      bool may_lead = mains.empty() || std::find(mains.begin(), mains.end(), i) != mains.end();
      if (!may_lead || !named_like_folder(files[i].path)) continue;
      leading = {i};
      break;
    }
  }
  std::vector<bool> taken(files.size(), false);
  for (size_t n = leading.size(); n-- > 0;) {
    take(leading[n]);
    taken[leading[n]] = true;
  }
  for (size_t i = 0; i < files.size(); ++i) {
    if (!taken[i]) take(i);
  }
  return out;
}

std::string sketch_output_name(std::string_view main_path) {
  std::string name(base_name(main_path));
  std::erase_if(name, [](char c) { return c == '"' || c == '\'' || c == ';'; });
  return name + ".cpp";
}

}  // namespace fbuild
