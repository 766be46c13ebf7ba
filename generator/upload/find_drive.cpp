#include "generator/upload/find_drive.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "support/files.h"

namespace fbuild {

namespace {

// Blanks and the like in the fields of a table of mounts are written as \040.
std::string unescaped(std::string_view field) {
  std::string out;
  for (size_t i = 0; i < field.size(); ++i) {
    auto octal = [&](size_t at) {
      return at < field.size() && field[at] >= '0' && field[at] <= '7';
    };
    if (field[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      out += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 +
                               (field[i + 3] - '0'));
      i += 3;
    } else {
      out += field[i];
    }
  }
  return out;
}

bool is_drive(const std::string& folder, const std::string& mark) {
  return is_regular_file(join_path(folder, mark));
}

std::vector<std::string> drives(const std::string& mounts, const std::string& mark) {
  std::vector<std::string> out;
  Result<std::string> text = read_file(mounts);
  if (!text) return out;
  for (size_t begin = 0; begin < text->size();) {
    size_t end = std::min(text->find('\n', begin), text->size());
    std::string_view line = std::string_view(*text).substr(begin, end - begin);
    begin = end + 1;
    size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    line.remove_prefix(blank + 1);
    std::string folder = unescaped(line.substr(0, line.find(' ')));
    if (folder.starts_with('/') && is_drive(folder, mark)) out.push_back(std::move(folder));
  }
  return out;
}

}  // namespace

Result<std::string> find_upload_drive(const PortSearch& search, const DriveRoots& roots,
                                      const DriveTimes& times) {
  using Clock = std::chrono::steady_clock;
  if (is_directory(search.port)) {
    if (is_drive(search.port, search.drive_mark)) return search.port;
    return Error{"upload_port '" + search.port + "' is not the drive of a bootloader: it has no " +
                     search.drive_mark,
                 "name the folder where the board's drive is mounted"};
  }
  std::vector<std::string> found = drives(roots.mounts, search.drive_mark);
  if (found.empty() && search.touch_1200) {
    PortSearch running = search;
    running.reset = running.wait_new = false;
    Result<SerialPort> port = find_upload_port(running, roots.serial, times.port);
    if (!port)
      return Error{"no drive of a bootloader is mounted, and " + port.error().what,
                   port.error().fix};
    Clock::time_point end = Clock::now() + times.appear;
    while ((found = drives(roots.mounts, search.drive_mark)).empty() && Clock::now() < end)
      std::this_thread::sleep_for(times.port.poll);
  }
  if (found.empty())
    return Error{
        "no drive of a bootloader is mounted",
        "start the board's bootloader (often: its button held, or pressed twice, at reset) and "
        "mount its drive, or name its folder with 'upload_port'"};
  if (found.size() > 1) {
    std::string list;
    for (const std::string& folder : found) list += (list.empty() ? "" : ", ") + folder;
    return Error{"several drives of bootloaders are mounted: " + list,
                 "name one with 'upload_port'"};
  }
  return found.front();
}

}  // namespace fbuild
