// A toolchain for benchmarks that need a big build and not its objects. Called by the names
// of the programs of a real one:
//
//   *gcc, *g++ -c     writes the source's bytes as the object, and a depend file that names
//                     the source and the headers listed in $FAKE_HEADERS (a file, one a line)
//   *gcc, *g++ -o     copies $FAKE_ELF, a program made by the real ones
//   *objcopy          copies its input
//   anything else     runs the real program, /usr/bin/NAME
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string read(const char* path) {
  std::string out;
  FILE* file = path ? std::fopen(path, "r") : nullptr;
  if (!file) std::exit(1);
  char buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) out.append(buffer, n);
  std::fclose(file);
  return out;
}

void write(const std::string& path, const std::string& text) {
  FILE* file = std::fopen(path.c_str(), "w");
  if (!file || std::fwrite(text.data(), 1, text.size(), file) != text.size()) std::exit(1);
  std::fclose(file);
}

bool ends_with(const std::string& text, const char* end) {
  size_t n = std::strlen(end);
  return text.size() >= n && text.compare(text.size() - n, n, end) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string name = argv[0];
  name = name.substr(name.rfind('/') + 1);
  std::string output, depend, last;
  bool compiles = false;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "-c")) compiles = true;
    if (!std::strcmp(argv[i], "-o") && i + 1 < argc) output = argv[i + 1];
    if (!std::strcmp(argv[i], "-MF") && i + 1 < argc) depend = argv[i + 1];
    last = argv[i];
  }
  bool driver = ends_with(name, "gcc") || ends_with(name, "g++");
  if (driver && compiles) {
    write(output, read(last.c_str()));
    std::string headers = read(std::getenv("FAKE_HEADERS"));
    for (char& c : headers)
      if (c == '\n') c = ' ';
    if (!depend.empty()) write(depend, output + ": " + last + " " + headers + "\n");
    return 0;
  }
  if (driver && !output.empty()) {
    write(output, read(std::getenv("FAKE_ELF")));
    return 0;
  }
  if (ends_with(name, "objcopy")) {
    write(last, read(argv[argc - 2]));
    return 0;
  }
  std::string real = "/usr/bin/" + name;
  argv[0] = real.data();
  ::execv(real.c_str(), argv);
  return 127;
}
