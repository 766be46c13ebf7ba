// Writing the translation unit.
#include <algorithm>

#include "generator/sketch/prototypes.h"
#include "generator/sketch/sketch.h"

namespace fbuild {
namespace {

using sketch::LexedSketch;
using sketch::Outline;
using sketch::Prototype;
using sketch::Prototypes;
using sketch::Signature;
using sketch::Token;
using sketch::TokenKind;

// `#line 12 "path"` with its newline.
void append_line(std::string& out, uint32_t line, std::string_view path) {
  out += "#line " + std::to_string(line) + " \"";
  for (char c : path) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 32 || c == 127) {
      unsigned value = static_cast<unsigned char>(c);
      out += '\\';
      for (int shift = 6; shift >= 0; shift -= 3)
        out += static_cast<char>('0' + ((value >> shift) & 7));
    } else {
      out += c;
    }
  }
  out += "\"\n";
}

// One insertion or replacement in a file; they do not overlap.
struct Edit {
  uint32_t begin = 0;
  uint32_t end = 0;   // == begin: an insertion
  std::string text;   // empty with end > begin: blank it out
  uint32_t line = 0;  // of `begin`
};

class Writer {
 public:
  Writer(const std::vector<SketchFile>& files, const LexedSketch& sketch, const Prototypes& plan)
      : files_(files), sketch_(sketch), plan_(plan), edits_(files.size()) {}

  std::string run() {
    insert_prototypes();
    std::string out = "#include <Arduino.h>\n";
    for (uint32_t file = 0; file < files_.size(); ++file) {
      append_line(out, 1, files_[file].path);
      write_file(out, file);
      end_last_line(out, file);
    }
    return out;
  }

 private:
  void insert_prototypes() {
    const std::vector<Prototype>& prototypes = plan_.prototypes;
    for (size_t i = 0; i < prototypes.size();) {
      const Token& at = sketch_.tokens[prototypes[i].before];
      Edit edit{at.begin, at.begin, {}, at.line};
      size_t end = i;
      for (; end < prototypes.size() && prototypes[end].before == prototypes[i].before; ++end) {
        append_prototype(edit.text, prototypes[end]);
      }
      i = end;
      edits_[at.file].push_back(std::move(edit));
    }
    for (const Prototype& prototype : prototypes) {
      if (!prototype.with_defaults) continue;
      for (const sketch::TokenRange& range :
           plan_.functions[prototype.function].signature.defaults) {
        const Token& first = sketch_.tokens[range.first];
        const Token& last = sketch_.tokens[range.last - 1];
        if (first.file != last.file) continue;
        edits_[first.file].push_back({first.begin, last.end, {}, first.line});
      }
    }
    for (std::vector<Edit>& edits : edits_) {
      std::stable_sort(edits.begin(), edits.end(),
                       [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    }
  }

  void append_prototype(std::string& out, const Prototype& prototype) const {
    const sketch::Function& function = plan_.functions[prototype.function];
    const Signature& signature = function.signature;
    for (uint32_t i : prototype.guards) out += sketch_.directive(sketch_.tokens[i]).text + "\n";
    const Token& first = sketch_.tokens[signature.first];
    append_line(out, first.line, files_[first.file].path);
    for (const std::string& announced : prototype.announced) out += announced + " ";
    if (function.extern_c) out += "extern \"C\" ";
    const Token* before = nullptr;
    for (uint32_t i : signature.tokens) {
      const Token& token = sketch_.tokens[i];
      bool is_default = std::any_of(
          signature.defaults.begin(), signature.defaults.end(),
          [&](const sketch::TokenRange& range) { return i >= range.first && i < range.last; });
      if (is_default && !prototype.with_defaults) continue;
      if (token.kind == TokenKind::Directive) {
        out += "\n" + sketch_.directive(token).text + "\n";
        before = nullptr;
        continue;
      }
      if (before && (before->file != token.file || before->end != token.begin)) out += ' ';
      out += sketch_.spelling(token);
      before = &token;
    }
    out += before ? ";\n" : "\n;\n";
    for (uint32_t n = 0; n < prototype.guard_count; ++n) out += "#endif\n";
  }

  void write_file(std::string& out, uint32_t file) const {
    const std::string& content = files_[file].content;
    uint32_t at = 0;
    for (const Edit& edit : edits_[file]) {
      if (edit.begin < at) continue;
      out.append(content, at, edit.begin - at);
      at = edit.end;
      if (edit.end > edit.begin) {
        for (uint32_t i = edit.begin; i < edit.end; ++i)
          out += content[i] == '\n' || content[i] == '\r' ? content[i] : ' ';
        continue;
      }
      // What stands before the insertion on its line is repeated as blanks, so that columns
      // in messages stay right.
      size_t newline = edit.begin == 0 ? std::string::npos : content.rfind('\n', edit.begin - 1);
      size_t start = newline == std::string::npos ? 0 : newline + 1;
      std::string blanks;
      for (size_t i = start; i < edit.begin; ++i) blanks += content[i] == '\t' ? '\t' : ' ';
      bool only_blanks = content.find_first_not_of(" \t", start) >= edit.begin;
      if (only_blanks) {
        out.resize(out.size() - (edit.begin - start));
      } else {
        out += '\n';
      }
      out += edit.text;
      append_line(out, edit.line, files_[file].path);
      out += blanks;
    }
    out.append(content, at);
  }

  // A #line follows: it must not become part of a line that ends in a backslash.
  void end_last_line(std::string& out, uint32_t file) const {
    const std::string& content = files_[file].content;
    if (content.empty()) return;
    size_t end = content.size();
    if (content[end - 1] == '\n') --end;
    while (end > 0 &&
           (content[end - 1] == ' ' || content[end - 1] == '\t' || content[end - 1] == '\r' ||
            content[end - 1] == '\f' || content[end - 1] == '\v')) {
      --end;
    }
    if (content.back() != '\n') out += '\n';
    if (end > 0 && content[end - 1] == '\\') out += '\n';
  }

  const std::vector<SketchFile>& files_;
  const LexedSketch& sketch_;
  const Prototypes& plan_;
  std::vector<std::vector<Edit>> edits_;  // by file
};

}  // namespace

Result<std::string> join_sketch(std::vector<SketchFile> files) {
  Result<std::vector<SketchFile>> ordered = order_sketch(std::move(files));
  if (!ordered) return ordered.error();
  std::vector<std::string_view> contents;
  for (const SketchFile& file : *ordered) contents.push_back(file.content);
  LexedSketch lexed = sketch::lex_sketch(contents);
  Outline outline = sketch::scan_sketch(lexed);
  Prototypes plan = sketch::plan_prototypes(lexed, outline);
  return Writer(*ordered, lexed, plan).run();
}

}  // namespace fbuild
