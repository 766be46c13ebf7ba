// A plain, fast HTTP server of one folder on 127.0.0.1, for benchmarks and for trying
// things by hand. Prints its port. Usage: lnk_file_server FOLDER
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>

#include "support/files.h"

using namespace fbuild;

namespace {

// GET only, no Range, one request per connection.
void talk(Fd connection, const std::string& folder) {
  std::string text;
  char buffer[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    ssize_t n = ::recv(connection.get(), buffer, sizeof buffer, 0);
    if (n <= 0 || text.size() > 65536) return;
    text.append(buffer, static_cast<size_t>(n));
  }
  size_t begin = text.find(' ') + 1;
  std::string path = text.substr(begin, text.find(' ', begin) - begin);
  Fd file;
  struct stat st {};
  if (path.find("..") == std::string::npos)
    file.reset(::open((folder + path).c_str(), O_RDONLY | O_CLOEXEC));
  bool found = file && ::fstat(file.get(), &st) == 0 && S_ISREG(st.st_mode);
  std::string head = found ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 404 Not Found\r\n";
  head +=
      "Connection: close\r\nContent-Length: " + std::to_string(found ? st.st_size : 0) + "\r\n\r\n";
  if (::send(connection.get(), head.data(), head.size(), MSG_MORE) < 0 || !found) return;
  for (off_t at = 0; at < st.st_size;)
    if (::sendfile(connection.get(), file.get(), &at, 1 << 20) <= 0) return;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener.get(), 256) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("listen");
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::string folder = argv[1];
  for (;;) {
    Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    std::thread(talk, std::move(connection), folder).detach();
  }
}
