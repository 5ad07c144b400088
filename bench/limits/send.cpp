// The least a room can do: the same bytes to each of N sockets with one send each, again and again, on one thread.
//
//   limit_send VIEWERS BYTES SECONDS
//
// Says its port, takes VIEWERS connections, answers each handshake, waits a moment and sends for SECONDS. A socket that
// is full is waited for, so no more is sent than is read.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto viewers = static_cast<std::size_t>(std::atoi(argv[1]));
  const int bytes = std::atoi(argv[2]);
  const double seconds = std::atof(argv[3]);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener, 4096) != 0) return 1;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  std::printf("{\"port\":%d}\n", ntohs(at.sin_port));
  std::fflush(stdout);
  std::vector<int> sockets;
  char waste[4096];
  while (sockets.size() < viewers) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) return 1;
    const int on = 1, buffer = 65536;  // as our server has them
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    [[maybe_unused]] const ssize_t n = ::recv(fd, waste, sizeof waste, 0);
    static constexpr char kYes[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    if (::send(fd, kYes, sizeof kYes - 1, MSG_NOSIGNAL) < 0) return 1;
    sockets.push_back(fd);
  }
  ::usleep(300000);
  std::string frame{static_cast<char>(0x81)};
  if (bytes < 126) {
    frame.push_back(static_cast<char>(bytes));
  } else {
    frame.push_back(126);
    frame.push_back(static_cast<char>(bytes >> 8));
    frame.push_back(static_cast<char>(bytes & 255));
  }
  frame.append(static_cast<std::size_t>(bytes), 'x');
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  while (Clock::now() < end)
    for (const int fd : sockets) {
      std::size_t sent = 0;
      while (sent < frame.size()) {
        const ssize_t n = ::send(fd, frame.data() + sent, frame.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
          sent += static_cast<std::size_t>(n);
        } else if (errno == EAGAIN) {
          pollfd wait{fd, POLLOUT, 0};
          ::poll(&wait, 1, 1000);
        } else {
          return 0;  // the viewers have seen enough
        }
      }
    }
}
