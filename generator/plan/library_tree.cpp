#include "generator/plan/library_tree.h"

#include <vector>

namespace fbuild {

namespace {

class Tree {
 public:
  explicit Tree(const BuildPlan& plan) : plan_(plan), shown_(plan.used_libraries.size()) {}

  std::string run() {
    const std::vector<UsedLibrary>& all = plan_.used_libraries;
    out_ = plan_.environment + ": " + std::to_string(all.size()) +
           (all.size() == 1 ? " library" : " libraries") + " of " +
           std::to_string(plan_.fitting_libraries) +
           " that fit (lib_ldf_mode = " + plan_.library_mode +
           ", lib_compat_mode = " + plan_.library_compatibility + ")\n";
    below(plan_.library_links, "");
    return std::move(out_);
  }

 private:
  void below(const std::vector<LibraryLink>& links, const std::string& margin) {
    for (const LibraryLink& link : links) {
      const UsedLibrary& library = plan_.used_libraries[link.library];
      out_ += margin + "|-- " + library.name;
      if (!library.version.empty()) out_ += " @ " + library.version;
      out_ += " (" + library.folder + ")";
      if (!library.compiled) out_ += ", nothing to compile";
      if (link.circular) out_ += ", in a circle";
      out_ += ": " + link.file;
      if (!link.header.empty()) out_ += " includes " + link.header;
      if (link.header.empty()) out_ += " names it";
      bool again = shown_[link.library] && !library.links.empty();
      out_ += again && !link.circular ? "; see above\n" : "\n";
      if (link.circular || shown_[link.library]) continue;
      shown_[link.library] = true;
      below(library.links, margin + "|   ");
    }
  }

  const BuildPlan& plan_;
  std::vector<bool> shown_;
  std::string out_;
};

}  // namespace

std::string library_tree_text(const BuildPlan& plan) {
  return Tree(plan).run();
}

}  // namespace fbuild
