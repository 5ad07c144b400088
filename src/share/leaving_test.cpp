// An agent leaves: broadcasts end, and their customers are the heir's from that instant on, whether the job that writes
// it down has come by or not.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "share/test_world.hpp"

namespace lianbo::share {
namespace {

using db::Tx;

const AgentId kA{11}, kB{12}, kC{13};
constexpr Instant kStart = 1'000'000'000;

TEST(HandOn, GivesTheLockAsItStandsOrEndsIt) {
  const Lock lock{kA, kStart, kStart + 10, kStart + 100, 3};
  const Lock to_b{kB, kStart + 5, kStart + 10, kStart + 100, 3};
  EXPECT_EQ(hand_on(lock, {kA, kB}, kStart + 5), to_b) << "with what is left of its time and protection";
  EXPECT_EQ(hand_on(lock, {kB, kC}, kStart + 5), lock) << "not B's";
  EXPECT_EQ(hand_on(lock, {kA, kB}, kStart + 100), lock) << "t = expires_at: it is nobody's any more";
  const Lock ended = hand_on(lock, {kA, {}}, kStart + 5);
  EXPECT_FALSE(valid_at(ended, kStart + 5));
  EXPECT_EQ(ended.expires_at, kStart + 5);
  EXPECT_EQ(ended.protect_until, kStart + 5);
  EXPECT_EQ(hand_on(lock, {kA, {}}, kStart + 20).protect_until, kStart + 10);
}

TEST(HandOn, IsAStepOfTheFold) {
  const org::LockRules rules{1, 30, 7, 45, false, false};
  TouchInput by_a{kA, true}, by_c{kC, true};
  std::vector<LockStep> steps{{kStart, 1, rules, false, by_a, {}, {}},
                              {kStart + kDayMs, 2, rules, false, {}, {}, Hand{kA, kB}},
                              {kStart + 2 * kDayMs, 3, rules, false, by_c, {}, {}},   // protected: B has A's seven days
                              {kStart + 3 * kDayMs, 4, rules, true, {}, kB, {}},      // B's order lengthens
                              {kStart + 7 * kDayMs, 5, rules, false, by_c, {}, {}}};  // over
  std::swap(steps[0], steps[3]);
  const auto moves = replay(steps);
  EXPECT_EQ(moves[1].lock, (Lock{kB, kStart + kDayMs, kStart + 7 * kDayMs, kStart + 30 * kDayMs, 1}));
  EXPECT_EQ(moves[2].outcome, Outcome::protected_);
  EXPECT_EQ(moves[3].lock->expires_at, kStart + 48 * kDayMs);
  EXPECT_EQ(moves[4].outcome, Outcome::taken_over);
  EXPECT_EQ(moves[4].loser, kB);
}

class Leaving : public ShareWorld {
 protected:
  org::Agent make(const std::string& code, AgentId parent = {}) {
    return write([&](Tx& tx) {
      org::NewAgent wish;
      wish.code = wish.name = code;
      wish.parent = parent;
      return org::create_agent(tx, system(), brand_, wish);
    });
  }
  void set_state(const org::Agent& agent, org::AgentState state, Instant at) {
    write([&](Tx& tx) { return org::set_agent_state(tx, system(at), agent.id, state, "test", follow_agent); });
  }
  void leave(const org::Agent& agent, Instant at) { set_state(agent, org::AgentState::left, at); }
  void house(AgentId id) {
    write([&](Tx& tx) {
      org::MatrixRules rules = org::matrix_rules(tx, brand_);
      rules.house_agent = id;
      return org::set_matrix_rules(tx, system(), brand_, rules);
    });
  }
  int job(Instant now, int limit = 1000) {
    const auto did = hand_on_customers(db(), system(now), limit);
    EXPECT_TRUE(did) << did.error().text();
    return did.value_or(0);
  }
  AgentId kept_agent(PersonId buyer) {  // the row itself
    return read([&](Tx& tx) -> Result<AgentId> {
      const auto guard = store::read_guard(tx, bucket(buyer), brand_, buyer);
      return guard && guard->lock ? guard->lock->agent : AgentId{};
    });
  }
  std::size_t differences() {
    std::int64_t checked = 0;
    return read([&](Tx& tx) { return verify_locks(tx, checked); }).size();
  }
};
ON_BOTH_ENGINES(Leaving);

TEST_P(Leaving, TheHeirHasThemAtOnceAndTheJobWritesItDown) {
  const org::Agent boss = make("Boss"), anna = make("Anna", boss.id);
  const Share link = agents_share(anna);
  std::vector<PersonId> buyers;
  for (int i = 0; i < 25; ++i) {
    buyers.push_back(new_person());
    touch(guest(buyers.back()), link);
  }
  const PersonId gone = new_person();
  touch(guest(gone, kDawn - 29 * kDayMs), link);
  leave(anna, kDawn + 2 * kDayMs);  // the last one's lock has run out by then
  for (const PersonId buyer : buyers) {
    EXPECT_EQ(lock(buyer), (Lock{boss.id, kDawn + 2 * kDayMs, kDawn + 7 * kDayMs, kDawn + 30 * kDayMs, 1}));
    EXPECT_EQ(kept_agent(buyer), anna.id) << "no row has been touched yet";
  }
  EXPECT_EQ(lock(gone)->agent, anna.id);
  EXPECT_FALSE(valid_at(lock(gone), kDawn + 2 * kDayMs));
  const auto why =
      read([&](Tx& tx) { return explain_lock(tx, bucket(buyers[0]), brand_, buyers[0], kDawn + 3 * kDayMs); });
  EXPECT_NE(why.find("\"kind\":\"handed_on\""), std::string::npos) << why;
  EXPECT_NE(why.find("\"to_agent_id\":\"" + boss.id.text()), std::string::npos) << why;

  // In small pieces, and interrupted between them: it goes on where it was.
  while (job(kDawn + 3 * kDayMs, 7) == 7) {
  }
  for (const PersonId buyer : buyers) {
    EXPECT_EQ(kept_agent(buyer), boss.id);
    EXPECT_EQ(rebuilt(buyer), lock(buyer));
    EXPECT_EQ(lock(buyer), (Lock{boss.id, kDawn + 2 * kDayMs, kDawn + 7 * kDayMs, kDawn + 30 * kDayMs, 1}))
        << "by the instant of leaving, not by the job's";
  }
  EXPECT_EQ(job(kDawn + 4 * kDayMs), 0);
  EXPECT_EQ(differences(), 0u);
}

TEST_P(Leaving, WhoComesBeforeTheJobFindsTheHeirsLock) {
  const org::Agent boss = make("Boss"), anna = make("Anna", boss.id), carl = make("Carl");
  const Share of_anna = agents_share(anna), of_boss = agents_share(boss), of_carl = agents_share(carl);
  const PersonId one = new_person(), two = new_person(), three = new_person();
  for (const PersonId v : {one, two, three}) touch(guest(v), of_anna);
  leave(anna, kDawn + kDayMs);
  EXPECT_EQ(touch(guest(one, kDawn + 2 * kDayMs), of_boss).outcome, Outcome::renewed);
  EXPECT_EQ(touch(guest(one, kDawn + 2 * kDayMs), of_anna).outcome, Outcome::inactive);
  EXPECT_EQ(touch(guest(two, kDawn + 2 * kDayMs), of_carl).outcome, Outcome::protected_);
  EXPECT_EQ(order(two, kDawn + 3 * kDayMs)->agent, boss.id);
  // The same millisecond as the leaving: after it.
  EXPECT_EQ(order(three, kDawn + kDayMs)->agent, boss.id);
  job(kDawn + 4 * kDayMs);
  for (const PersonId v : {one, two, three}) {
    EXPECT_EQ(lock(v)->agent, boss.id);
    EXPECT_EQ(rebuilt(v), lock(v));
  }
  EXPECT_EQ(lock(one)->protect_until, kDawn + 9 * kDayMs);
}

TEST_P(Leaving, TheHeirIsTheParentThenTheHouseThenNobody) {
  const org::Agent boss = make("Boss"), house_agent = make("House");
  struct Row {
    org::AgentState boss_state;
    bool with_house, to_parent;
    AgentId heir;
  };
  int n = 0;
  for (const Row& row :
       {Row{org::AgentState::active, true, true, boss.id}, Row{org::AgentState::active, true, false, house_agent.id},
        Row{org::AgentState::suspended, true, true, house_agent.id},
        Row{org::AgentState::suspended, false, true, AgentId{}},
        Row{org::AgentState::active, false, false, AgentId{}}}) {
    const auto now = *db().read([&](Tx& tx) { return org::find_agent(tx, boss.id); });
    if (now.state != row.boss_state) set_state(boss, row.boss_state, kDawn);
    write([&](Tx& tx) {
      org::MatrixRules rules;
      rules.hand_to_parent = row.to_parent;
      if (row.with_house) rules.house_agent = house_agent.id;
      return org::set_matrix_rules(tx, system(), brand_, rules);
    });
    const org::Agent agent = make("agent" + std::to_string(++n), boss.id);
    const PersonId buyer = new_person();
    touch(guest(buyer), agents_share(agent));
    leave(agent, kDawn + kDayMs);
    const auto after = lock(buyer);
    EXPECT_EQ(valid_at(after, kDawn + kDayMs) ? after->agent : AgentId{}, row.heir) << "row " << n;
  }
  EXPECT_EQ(refused([&](Tx& tx) {
              org::MatrixRules rules;
              rules.house_agent = AgentId{999};
              return org::set_matrix_rules(tx, system(), brand_, rules);
            }).where,
            "/house_agent_id");
}

TEST_P(Leaving, ARunningBroadcastEndsAtOnceAndWhatWasScheduledIsCancelled) {
  const BroadcastId on_air = make_broadcast(a_, {tea_}), later = make_broadcast(a_, {tea_});
  start(on_air, kDawn);
  const live::Pin open = pin(on_air, tea_, kDawn + kMinuteMs);
  const auto state = [&](BroadcastId id) { return read([&](Tx& tx) { return live::find_broadcast(tx, id); }); };
  set_state(a_, org::AgentState::suspended, kDawn + 2 * kMinuteMs);
  EXPECT_EQ(state(on_air).state, live::BroadcastState::ended);
  EXPECT_EQ(state(on_air).ended_at, kDawn + 2 * kMinuteMs);
  EXPECT_EQ(state(on_air).ended_why, "suspended");
  EXPECT_FALSE(read([&](Tx& tx) -> Result<std::optional<live::Pin>> { return live::open_pin(tx, on_air); }));
  EXPECT_EQ(state(later).state, live::BroadcastState::scheduled);
  set_state(a_, org::AgentState::active, kDawn + 3 * kMinuteMs);
  leave(a_, kDawn + 4 * kMinuteMs);
  EXPECT_EQ(state(later).state, live::BroadcastState::cancelled);
  EXPECT_EQ(state(later).ended_why, "left");
  EXPECT_EQ(open.product, tea_);
}

TEST_P(Leaving, AnAgentWhoLeavesByFileIsFollowedToo) {
  const PersonId buyer = new_person();
  const BroadcastId on_air = make_broadcast(a_, {});
  start(on_air, kDawn);
  touch(guest(buyer), agents_share(a_));
  const auto done =
      org::import_agents(db(), system(kDawn + kDayMs), brand_, "code,name,state\nA,Agent A,left\n", follow_agent);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_FALSE(valid_at(lock(buyer), kDawn + kDayMs));
  EXPECT_EQ(read([&](Tx& tx) { return live::find_broadcast(tx, on_air); }).state, live::BroadcastState::ended);
}

// Against a model of what SPEC 6 and the rule of leaving say, kept in a few lines: every lock after every step, with
// the job coming by when it likes.
TEST_P(Leaving, AnyHistoryGivesTheLocksOfTheModelAndTheFoldOfTheirRows) {
  struct Model {
    std::size_t agent = 99;
    Instant opened = 0, protect = 0, expires = 0;
  };
  set_rules(6, 2, 4);
  const int histories = std::getenv("LIANBO_FULL") != nullptr ? 60 : 6;
  for (int n = 0; n < histories; ++n) {
    SeededRandom random(static_cast<std::uint64_t>(n) + 71);
    const std::string tag = std::to_string(n) + "-";
    std::vector<org::Agent> agents{make(tag + "0")};
    std::vector<std::size_t> parent{0};
    for (std::size_t i = 1; i < 6; ++i) {
      parent.push_back(random.below(i));
      agents.push_back(make(tag + std::to_string(i), agents[parent[i]].id));
    }
    std::vector<Share> links;
    for (const auto& agent : agents) links.push_back(agents_share(agent));
    const std::size_t house_at = random.below(6);
    house(agents[house_at].id);
    std::vector<bool> active(6, true);
    std::vector<PersonId> buyers;
    for (int i = 0; i < 4; ++i) buyers.push_back(new_person());
    std::array<Model, 4> model;
    Instant now = kDawn;
    for (int step = 0; step < 40; ++step) {
      now += static_cast<Instant>(random.below(4)) * kDayMs / 2 + 1;  // never twice the same instant: order is plain
      const std::size_t who = random.below(4), which = random.below(6);
      Model& m = model[who];
      const bool valid = m.agent != 99 && now < m.expires;
      switch (random.below(12)) {
        case 0: {  // leaves
          if (!active[which]) break;
          leave(agents[which], now);
          active[which] = false;
          std::size_t heir = 99;
          if (which != 0 && active[parent[which]])
            heir = parent[which];
          else if (house_at != which && active[house_at])
            heir = house_at;
          for (Model& each : model)
            if (each.agent == which && now < each.expires) {
              if (heir == 99)
                each.expires = now, each.protect = std::min(each.protect, now);
              else
                each.agent = heir, each.opened = now;
            }
          break;
        }
        case 1:
          job(now, 3);
          break;
        case 2:
        case 3: {  // orders
          const auto before = order(buyers[who], now);
          EXPECT_EQ(before.has_value(), valid);
          if (valid) {
            EXPECT_EQ(before->agent, agents[m.agent].id);
            m.expires = std::max(m.expires, now + 4 * kDayMs);
          }
          break;
        }
        default: {  // opens
          touch(guest(buyers[who], now), links[which]);
          if (!active[which]) break;
          const bool own = valid && m.agent == which;
          if (own)
            m.protect = std::max(m.protect, now + 2 * kDayMs), m.expires = std::max(m.expires, now + 6 * kDayMs);
          else if (!valid || now >= m.protect)
            m = {which, now, now + 2 * kDayMs, now + 6 * kDayMs};
        }
      }
      for (std::size_t i = 0; i < 4; ++i) {
        const auto is = lock(buyers[i]);
        ASSERT_EQ(is.has_value(), model[i].agent != 99) << "history " << n << " step " << step;
        if (!is) continue;
        const bool still = now < model[i].expires;
        ASSERT_EQ(valid_at(is, now), still) << "history " << n << " step " << step;
        if (still) {
          ASSERT_EQ(*is, (Lock{agents[model[i].agent].id, model[i].opened, model[i].protect, model[i].expires,
                               is->rules_version}))
              << "history " << n << " step " << step;
        }
      }
    }
    while (job(now) != 0) {
    }
    for (const PersonId buyer : buyers) ASSERT_EQ(rebuilt(buyer), lock(buyer)) << "history " << n;
  }
  EXPECT_EQ(differences(), 0u);
}

TEST_P(Leaving, LoginsKeepWhatWasHandedOn) {
  set_rules(4, 2, 3);
  const int histories = std::getenv("LIANBO_FULL") != nullptr ? 40 : 5;
  for (int n = 0; n < histories; ++n) {
    SeededRandom random(static_cast<std::uint64_t>(n) + 5);
    const std::string tag = "m" + std::to_string(n) + "-";
    const org::Agent boss = make(tag + "boss");
    const std::array<org::Agent, 3> agents{make(tag + "x", boss.id), make(tag + "y", boss.id), make(tag + "z")};
    std::vector<Share> links;
    for (const auto& agent : agents) links.push_back(agents_share(agent));
    std::array<bool, 3> active{true, true, true};
    const PersonId people[] = {new_person(), new_person(), new_person()};  // two guests and who they are
    Instant now = kDawn;
    for (int i = 0; i < 30; ++i) {
      now += static_cast<Instant>(random.below(3)) * kDayMs / 2;
      const PersonId who = people[random.below(3)];
      const std::size_t which = random.below(3);
      switch (random.below(10)) {
        case 0:
          if (active[which]) leave(agents[which], now);
          active[which] = false;
          break;
        case 1:
          job(now);
          break;
        case 2:
          order(people[2], now);
          break;
        case 3:
          log_in(people[random.below(2)], people[2], now);
          break;
        default:
          touch(guest(who, now), links[which]);
      }
      for (const PersonId person : people) {
        const auto is = lock(person);
        for (std::size_t k = 0; k < 3; ++k)
          ASSERT_FALSE(!active[k] && valid_at(is, now) && is->agent == agents[k].id)
              << "history " << n << " step " << i << ": a customer of somebody who left";
      }
    }
    while (job(now) != 0) {
    }
    for (const PersonId person : people) ASSERT_EQ(rebuilt(person), lock(person)) << "history " << n;
  }
  EXPECT_EQ(differences(), 0u);
}

TEST_P(Leaving, ManyWhoComeWhileTheAgentLeavesEndUpWithTheHeir) {
  const org::Agent boss = make("Boss"), anna = make("Anna", boss.id);
  const Share link = agents_share(anna);
  std::vector<PersonId> buyers;
  for (int i = 0; i < 12; ++i) {
    buyers.push_back(new_person());
    touch(guest(buyers.back()), link);
  }
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 30; ++i) {
        const PersonId v = buyers[static_cast<std::size_t>((i * 5 + t) % 12)];
        const Instant now = kDawn + 1 + i % 3;
        const bool ok = db().write([&](Tx& tx) -> Status {
                              const Call call = guest(v, now);
                              if (i % 3 == 0)
                                TRY_OK(lock_for_order(tx, call, brand_, v, call.make_id<OrderId>(bucket(v)), now));
                              else
                                TRY_OK(touch_share(tx, call, link));
                              return {};
                            })
                            .has_value();
        if (!ok) ++failures;
      }
    });
  threads.emplace_back([&] {
    if (!db().write([&](Tx& tx) {
               return org::set_agent_state(tx, system(kDawn + 1), anna.id, org::AgentState::left, "", follow_agent);
             })
             .has_value())
      ++failures;
    for (int i = 0; i < 5; ++i)
      if (!hand_on_customers(db(), system(kDawn + 2), 4)) ++failures;
  });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  for (const PersonId v : buyers) {
    EXPECT_EQ(lock(v)->agent, boss.id);
    touch(guest(v, kDawn + kDayMs), link);
    EXPECT_EQ(kept_agent(v), boss.id);
    EXPECT_EQ(rebuilt(v), lock(v));
  }
}

}  // namespace
}  // namespace lianbo::share
