#include <sys/socket.h>

#include "net/io_thread.hpp"
#include "net/ws.hpp"

namespace lianbo::net {
namespace {

constexpr std::size_t kFewPlaces = 8;  // as cheap one by one

std::int64_t send_to(int socket, const std::string& bytes) {
  ssize_t n;
  do {
    n = ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n < 0 ? -static_cast<std::int64_t>(errno) : n;
}

}  // namespace

void WsRow::add(WsConnection& connection) {
  connection.row_ = this;
  connection.place_ = places_.size();
  places_.emplace_back();
  who_.push_back(&connection);
  connection.seated();
}

void WsRow::take_out(std::size_t place) {
  if (who_[place] != nullptr) who_[place]->get_up();
  places_[place] = places_.back();
  who_[place] = who_.back();
  if (who_[place] != nullptr) who_[place]->place_ = place;
  places_.pop_back();
  who_.pop_back();
}

void WsConnection::get_up() {
  if (row_ == nullptr) return;
  row_->places_[place_] = {};
  row_->who_[place_] = nullptr;
  row_ = nullptr;
}

std::int64_t WsRow::send(const Frame& frame, std::int64_t after, std::int64_t now, std::vector<Left>& left) {
  const auto size = static_cast<std::int64_t>(frame.bytes.size());
  std::int64_t whole = 0, part = 0;
  const auto sent = [&](std::size_t place, std::int64_t n) {
    if (n == size) {
      ++whole;
      return;
    }
    part += std::max<std::int64_t>(n, 0);
    left.push_back({place, n});
  };
  SendRing* ring = thread_ != nullptr && places_.size() > kFewPlaces ? thread_->ring() : nullptr;
  std::array<std::size_t, SendRing::kBatch> whom;
  std::array<int, SendRing::kBatch> sockets;
  std::array<std::int64_t, SendRing::kBatch> took;
  std::size_t n = 0;
  const auto send_batch = [&] {
    if (n == 0) return;
    const bool fine = ring->send({sockets.data(), n}, frame.bytes.data(), frame.bytes.size(), {took.data(), n});
    for (std::size_t i = 0; i < n; ++i)
      sent(whom[i], took[i] == SendRing::kNotDone ? send_to(sockets[i], frame.bytes) : took[i]);
    n = 0;
    if (!fine) {
      thread_->lose_ring();
      ring = nullptr;
    }
  };
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (place.socket < 0 || place.told != after) {
      left.push_back({i, kNotTried});
      continue;
    }
    place.told = now;
    if (ring == nullptr) {
      sent(i, send_to(place.socket, frame.bytes));
      continue;
    }
    whom[n] = i;
    sockets[n] = place.socket;
    if (++n == SendRing::kBatch) send_batch();
  }
  send_batch();
  if (thread_ != nullptr) {
    thread_->add(kWsFramesSent, whole);
    thread_->add(kWsBytesSent, whole * size + part);
  }
  return whole;
}

}  // namespace lianbo::net
