#include "stamp/definitions_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "stamp/hash.h"
#include "support/files.h"

namespace fbuild::stamp {

std::string format_definitions(const NamedDefinitions& sets) {
  std::string out = "# fbuild-stamp: the definitions in the table beside this file\n";
  for (const auto& [name, definition] : sets) {
    out += "set " + name + "\n";
    out += format_definition(definition);
  }
  out += "end " + hex(hash_text(out)) + "\n";
  return out;
}

Result<NamedDefinitions> parse_definitions(std::string_view text, const std::string& file) {
  Error damaged{"the copy of the definitions is damaged", "define the sets again", file};
  // The last line vouches for all before it.
  if (text.size() < 37 || text.back() != '\n') return damaged;
  size_t end = text.size() - 37;
  Hash128 hash;
  if (text.substr(end, 4) != "end " || (end && text[end - 1] != '\n') ||
      !parse_hex(text.substr(end + 4, 32), hash) || hash != hash_text(text.substr(0, end)))
    return damaged;
  text = text.substr(0, end);
  NamedDefinitions sets;
  size_t at = 0;
  while (at < text.size()) {
    size_t line_end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, line_end - at);
    at = std::min(line_end + 1, text.size());
    if (line.empty() || line[0] == '#') continue;
    if (!line.starts_with("set ") || !check_set_name(line.substr(4))) return damaged;
    size_t next = text.substr(at).starts_with("set ") ? at : text.find("\nset ", at);
    next = next == std::string_view::npos ? text.size() : next == at ? at : next + 1;
    Result<Definition> definition = parse_definition(text.substr(at, next - at), file);
    if (!definition) return damaged;
    sets.emplace_back(line.substr(4), std::move(*definition));
    at = next;
  }
  return sets;
}

Result<NamedDefinitions> read_definitions(const std::string& path) {
  if (!path_exists(path)) return NamedDefinitions{};
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  return parse_definitions(*text, path);
}

Status write_definitions(const std::string& path, const NamedDefinitions& sets) {
  std::string text = format_definitions(sets);
  if (Result<std::string> old = read_file(path); old && *old == text) return {};
  // The same name each time, as the table's lock is held: what somebody left behind who was
  // killed here is written over, not added to.
  std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  auto failed = [&](int error_number) {
    ::unlink(temporary.c_str());
    return Error{"cannot write: " + errno_text(error_number), "", path};
  };
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return failed(errno);
  for (std::string_view rest = text; !rest.empty();) {
    ssize_t n = ::write(fd.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed(errno);
    rest.remove_prefix(static_cast<size_t>(n));
  }
  if (::close(fd.release()) != 0) return failed(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed(errno);
  return {};
}

}  // namespace fbuild::stamp
