// Gather: wishes of one kind that come at once, written by one body: a statement for what they have in common instead
// of one for each. A lone wish is written at once; what comes while kUnderWay bodies are on their way to the disk waits
// and goes together.
//
// - `write` gets a span of wishes and gives an answer for each, in order. It may run more than once, as any body. If it
//   fails, each wish is tried by itself, so that one can't fail the others.
// - More than kMaxWaiting wishes are refused with Code::overloaded.
// Threads: add from any; done is called once, on a database thread or (when refused) on the caller's, and must be
// quick. The database must outlive what waits; the Gather itself need not.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "db/db.hpp"

namespace lianbo::db {

template <class Wish, class Answer>
class Gather {
 public:
  using Write = std::function<Result<std::vector<Answer>>(Tx&, std::span<const Wish>)>;
  using Done = std::function<void(Result<Answer>)>;
  static constexpr int kUnderWay = 2;  // one is written while the next is gathered
  static constexpr std::size_t kMaxWaiting = 4096;

  // At most so much weight is written at once, so that other writes need not wait long.
  Gather(Database& db, std::size_t most_weight, Write write)
      : state_(std::make_shared<State>(db, most_weight, std::move(write))) {}

  void add(Wish wish, std::size_t weight, Done done) {
    {
      const std::scoped_lock lock(state_->mutex);
      if (state_->waiting.size() < kMaxWaiting) {
        state_->waiting.push_back({std::move(wish), weight, std::move(done)});
        done = nullptr;
      }
    }
    if (done) return done(fail(Code::overloaded, "too many of these wait to be written"));
    State::go_on(state_);
  }

 private:
  struct One {
    Wish wish;
    std::size_t weight;
    Done done;
  };
  struct State {
    State(Database& db_, std::size_t most, Write write_) : db(db_), most_weight(most), write(std::move(write_)) {}

    static void go_on(const std::shared_ptr<State>& self) {
      std::vector<One> part;
      {
        const std::scoped_lock lock(self->mutex);
        if (self->under_way >= kUnderWay || self->waiting.empty()) return;
        ++self->under_way;
        std::size_t weight = 0, n = 0;
        while (n < self->waiting.size() && (n == 0 || weight + self->waiting[n].weight <= self->most_weight))
          weight += self->waiting[n++].weight;
        const auto end = self->waiting.begin() + static_cast<std::ptrdiff_t>(n);
        part.assign(std::make_move_iterator(self->waiting.begin()), std::make_move_iterator(end));
        self->waiting.erase(self->waiting.begin(), end);
      }
      run(self, std::move(part), true);
    }

    static void run(const std::shared_ptr<State>& self, std::vector<One> part, bool counts) {
      struct Batch {
        std::vector<Wish> wishes;
        std::vector<Done> done;
        std::vector<std::size_t> weights;
        std::vector<Answer> answers;
      };
      const auto batch = std::make_shared<Batch>();
      for (One& one : part) {
        batch->wishes.push_back(std::move(one.wish));
        batch->weights.push_back(one.weight);
        batch->done.push_back(std::move(one.done));
      }
      self->db.submit(
          [self, batch](Tx& tx) -> Status {
            TRY(batch->answers, self->write(tx, batch->wishes));
            return {};
          },
          [self, batch, counts](const Status& status) {
            if (counts) {
              {
                const std::scoped_lock lock(self->mutex);
                --self->under_way;
              }
              go_on(self);
            }
            if (!status && batch->wishes.size() > 1) {
              for (std::size_t i = 0; i < batch->wishes.size(); ++i) {
                std::vector<One> alone;
                alone.push_back({std::move(batch->wishes[i]), batch->weights[i], std::move(batch->done[i])});
                run(self, std::move(alone), false);
              }
              return;
            }
            for (std::size_t i = 0; i < batch->done.size(); ++i)
              batch->done[i](status ? Result<Answer>(std::move(batch->answers[i]))
                                    : Result<Answer>(fail(status.error())));
          });
    }

    Database& db;
    const std::size_t most_weight;
    const Write write;
    std::mutex mutex;
    std::vector<One> waiting;
    int under_way = 0;
  };
  std::shared_ptr<State> state_;
};

}  // namespace lianbo::db
