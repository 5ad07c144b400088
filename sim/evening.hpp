// The evening after the simulated day: some of its hosts go on air again, people come, chat and buy, at the pace of the
// wall's clock, so that whoever opens the pages finds them alive. A client of the server like the day itself. Nothing
// here is counted or verified; what fails is left out, and the next step goes on. One thread.
// The first `pictures` rooms have a picture that somebody else publishes (shows()); one more carries the first one's. A
// room with a picture ends its broadcast after a while and begins the next, so that there are replays.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace lianbo::sim {

struct EveningOptions {
  std::string base_url, brand_id;
  std::vector<std::string> host_logins;
  std::string password;  // theirs
  std::uint64_t seed = 1;
  int pictures = 0;
};

// A broadcast on air that waits for a picture.
struct Show {
  std::string stream, key;  // how it is published
  std::string host, title;
  std::string product;  // what is explained now
};

class Evening {
 public:
  explicit Evening(EveningOptions options);
  ~Evening();
  // Once or twice a second. now: the server's clock.
  void step(Instant now);
  int rooms() const;
  std::vector<Show> shows() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lianbo::sim
