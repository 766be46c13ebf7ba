#include "lnk/process_tag.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "lnk/sha256.h"

namespace fbuild::lnk {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

const std::string& place() {
  static const std::string value = [] {
    char name[128];
    ssize_t n = ::readlink("/proc/self/ns/pid", name, sizeof name);
    return sha256_of(boot_id() + "\n" + std::string(name, n > 0 ? static_cast<size_t>(n) : 0))
        .substr(0, 8);
  }();
  return value;
}

// Start time of a live process in clock ticks; 0 if there is none. One that has ended
// and only waits for its parent counts as ended.
uint64_t start_time(pid_t pid) {
  std::string stat = first_line("/proc/" + std::to_string(pid) + "/stat");
  // The second field is the program's name in parentheses and may hold anything.
  size_t close = stat.rfind(')');
  if (close == std::string::npos) return 0;
  std::istringstream fields(stat.substr(close + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z" || state == "X") return 0;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  uint64_t start = 0;
  fields >> start;
  return start;
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

const std::string& boot_id() {
  static const std::string value = first_line("/proc/sys/kernel/random/boot_id");
  return value;
}

std::string process_tag(pid_t pid) {
  uint64_t start = pid > 0 ? start_time(pid) : 0;
  if (start == 0) return "";
  return std::to_string(pid) + "." + std::to_string(start) + "." + place();
}

std::string own_process_tag() {
  return process_tag(::getpid());
}

TagState tag_state(std::string_view tag) {
  size_t first = tag.find('.');
  size_t second = first == std::string_view::npos ? first : tag.find('.', first + 1);
  if (second == std::string_view::npos) return TagState::Dead;
  pid_t pid = 0;
  uint64_t start = 0;
  if (!parse_number(tag.substr(0, first), pid) || pid <= 0 ||
      !parse_number(tag.substr(first + 1, second - first - 1), start))
    return TagState::Dead;
  if (tag.substr(second + 1) != place()) return TagState::Elsewhere;
  return start_time(pid) == start ? TagState::Alive : TagState::Dead;
}

}  // namespace fbuild::lnk
