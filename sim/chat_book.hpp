// What viewers say. Either real lines by room and minute, read from a file (tab separated: room, minute, text; gz and
// xz are inflated), or sentences put together from a seed, in which nearly half repeat one just said, as in real rooms.
// Every line is valid UTF-8, 1–200 characters, without control characters. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sim/random_streams.hpp"

namespace lianbo::sim {

class ChatBook {
 public:
  ChatBook() = default;  // made from the stream
  // Keeps the lines that are fit to be said; the others are counted as dropped.
  static Result<ChatBook> parse(std::string_view bytes);
  static Result<ChatBook> load(const std::string& file);

  // The next line of a simulated room; rooms beyond those of the file begin again at other places of it.
  std::string next_line(int room, std::string_view product_title, Stream& stream);

  std::size_t lines() const { return lines_; }
  std::size_t dropped() const { return dropped_; }

 private:
  struct Talk {
    std::vector<std::string> lines;  // by minute, in the order of the file
  };
  struct Ear {  // of a simulated room
    std::size_t at = 0;
    bool begun = false;
    std::vector<std::string> heard;
  };
  std::vector<Talk> talks_;  // longest first
  std::vector<Ear> ears_;
  std::size_t lines_ = 0;
  std::size_t dropped_ = 0;
};

bool fit_to_say(std::string_view line);

}  // namespace lianbo::sim
