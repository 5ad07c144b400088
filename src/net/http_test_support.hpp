// For tests of net/ only: a plain blocking socket that says exactly the bytes it is told to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace lianbo::net::testing {

constexpr int kPatienceMs = 20000;

class RawSocket {
 public:
  explicit RawSocket(int port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  RawSocket(RawSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), in_(std::move(other.in_)) {}
  ~RawSocket() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  // False at the end of the stream, or when nothing came for long.
  bool read_some() {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, kPatienceMs) <= 0) return false;
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    in_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(in_, {});
  }
  std::string take(std::size_t size) {
    while (in_.size() < size && read_some()) {
    }
    const std::string out = in_.substr(0, size);
    in_.erase(0, size);
    return out;
  }
  // One HTTP answer; body is empty when bodiless.
  struct Answer {
    std::string head, body;
    int status() const { return head.size() > 12 ? std::stoi(head.substr(9, 3)) : 0; }
    bool has(std::string_view line) const { return head.find(std::string(line) + "\r\n") != std::string::npos; }
  };
  Answer read_answer(bool bodiless = false) {
    Answer answer;
    std::size_t end;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos)
      if (!read_some()) return answer;
    answer.head = in_.substr(0, end + 4);
    in_.erase(0, end + 4);
    const std::size_t at = answer.head.find("Content-Length: ");
    if (at != std::string::npos && !bodiless) answer.body = take(std::stoul(answer.head.substr(at + 16)));
    return answer;
  }
  Answer ask(std::string_view bytes) {
    send(bytes);
    return read_answer();
  }

 private:
  int fd_;
  bool connected_;
  std::string in_;
};

// Waits until a condition that other threads change holds; asks again every millisecond at most.
inline bool eventually(const std::function<bool()>& condition, int patience_ms = kPatienceMs) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  std::mutex mutex;
  std::condition_variable tick;
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    tick.wait_for(lock, std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace lianbo::net::testing
