// Private to net/: many sends with one call into the kernel (io_uring). A walk over a room's viewers does nothing but
// send; a batch of them costs two thirds of as many calls of send. Where the kernel does not offer it, or forbids it (a
// container's seccomp filter), there is none and each send is a call of its own.
//
// Threads: made and used on one thread only, which the kernel relies on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct io_uring_cqe;
struct io_uring_sqe;

namespace lianbo::net {

class SendRing {
 public:
  static constexpr std::size_t kBatch = 128;
  static constexpr std::int64_t kNotDone = INT64_MIN;
  static std::unique_ptr<SendRing> make();  // nullptr: not to be had
  ~SendRing();
  SendRing(const SendRing&) = delete;
  SendRing& operator=(const SendRing&) = delete;

  // Sends the same bytes to each of at most kBatch sockets, as send with MSG_DONTWAIT | MSG_NOSIGNAL would. Into sent:
  // how much the kernel took, or -errno, or kNotDone. False: the ring is of no use any more; some are not done.
  bool send(std::span<const int> sockets, const char* bytes, std::size_t size, std::span<std::int64_t> sent);

 private:
  SendRing() = default;
  bool open();

  int ring_ = -1;
  void* queue_ = nullptr;  // of what is asked and of what is done, in one piece
  std::size_t queue_bytes_ = 0;
  io_uring_sqe* asked_ = nullptr;
  std::size_t asked_bytes_ = 0;
  io_uring_cqe* done_ = nullptr;
  unsigned *asked_tail_ = nullptr, *done_head_ = nullptr, *done_tail_ = nullptr;
  unsigned asked_mask_ = 0, done_mask_ = 0;
};

}  // namespace lianbo::net
