#include "net/send_ring.hpp"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lianbo::net {

std::unique_ptr<SendRing> SendRing::make() {
  std::unique_ptr<SendRing> ring(new SendRing);
  return ring->open() ? std::move(ring) : nullptr;
}

SendRing::~SendRing() {
  if (asked_ != nullptr) ::munmap(asked_, asked_bytes_);
  if (queue_ != nullptr) ::munmap(queue_, queue_bytes_);
  if (ring_ >= 0) ::close(ring_);
}

bool SendRing::open() {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  ring_ = static_cast<int>(::syscall(SYS_io_uring_setup, kBatch, &params));
  if (ring_ < 0 || (params.features & IORING_FEAT_SINGLE_MMAP) == 0) return false;
  const auto map = [&](std::size_t bytes, std::int64_t at) {
    void* const mapped =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_, static_cast<off_t>(at));
    return mapped == MAP_FAILED ? nullptr : mapped;
  };
  queue_bytes_ = std::max(params.sq_off.array + params.sq_entries * sizeof(unsigned),
                          params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe));
  queue_ = map(queue_bytes_, IORING_OFF_SQ_RING);
  if (queue_ == nullptr) return false;
  asked_bytes_ = params.sq_entries * sizeof(io_uring_sqe);
  asked_ = static_cast<io_uring_sqe*>(map(asked_bytes_, IORING_OFF_SQES));
  if (asked_ == nullptr) return false;
  char* const base = static_cast<char*>(queue_);
  const auto word = [&](unsigned offset) { return reinterpret_cast<unsigned*>(base + offset); };
  asked_tail_ = word(params.sq_off.tail);
  asked_mask_ = *word(params.sq_off.ring_mask);
  done_head_ = word(params.cq_off.head);
  done_tail_ = word(params.cq_off.tail);
  done_mask_ = *word(params.cq_off.ring_mask);
  done_ = reinterpret_cast<io_uring_cqe*>(base + params.cq_off.cqes);
  unsigned* const order = word(params.sq_off.array);
  for (unsigned i = 0; i < params.sq_entries; ++i) order[i] = i;
  return true;
}

bool SendRing::send(std::span<const int> sockets, const char* bytes, std::size_t size, std::span<std::int64_t> sent) {
  std::fill(sent.begin(), sent.end(), kNotDone);
  unsigned tail = *asked_tail_;  // only we write it
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    io_uring_sqe& ask = asked_[tail++ & asked_mask_];
    std::memset(&ask, 0, sizeof ask);
    ask.opcode = IORING_OP_SEND;
    ask.fd = sockets[i];
    ask.addr = reinterpret_cast<std::uintptr_t>(bytes);
    ask.len = static_cast<unsigned>(size);
    ask.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    ask.user_data = i;
  }
  __atomic_store_n(asked_tail_, tail, __ATOMIC_RELEASE);
  // Nothing waits in the kernel: with MSG_DONTWAIT each is done, or refused, before the call comes back.
  for (std::size_t left = sockets.size(), done = 0;;) {
    const long took = ::syscall(SYS_io_uring_enter, ring_, left, 0, IORING_ENTER_GETEVENTS, nullptr, 0);
    if (took < 0 && errno != EINTR) return false;
    if (took > 0) left -= static_cast<std::size_t>(took);
    unsigned head = *done_head_;  // only we write it
    const unsigned end = __atomic_load_n(done_tail_, __ATOMIC_ACQUIRE);
    for (; head != end; ++head, ++done) {
      const io_uring_cqe& cqe = done_[head & done_mask_];
      if (cqe.user_data < sent.size()) sent[cqe.user_data] = cqe.res;
    }
    __atomic_store_n(done_head_, head, __ATOMIC_RELEASE);
    if (left == 0) return done == sockets.size();
    if (took == 0) return false;
  }
}

}  // namespace lianbo::net
