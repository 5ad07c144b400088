// The people, hosts, goods and rooms of a simulated day, as the simulator knows them. Plain data; indices are places in
// the vectors of World and never change. Belongs to the thread that runs the day; only a person's Identity is written
// by the worker that carries out that person's request.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sim/calendar.hpp"
#include "sim/client.hpp"
#include "sim/graph.hpp"
#include "sim/workload.hpp"

namespace lianbo::sim {

struct Person {
  Identity me;
  std::string name;
  std::string id, login;  // once registered
  int host = -1;          // index of the host this person is
  bool watching = false;
  bool applied = false;                         // to become an agent
  std::set<std::string> coupons, used_coupons;  // claimed; of these, in an order
};

struct Sku {
  std::string id;
  Fen price_fen = 0;  // what it costs in the stores
};
struct Product {
  std::string id, code, title;
  std::vector<Sku> skus;
  double pull = 1;         // how often it is asked for
  bool no_return = false;  // exempt from no-reason return
};

struct Host {
  std::string agent_id, store_id, code, name, region;
  int person = -1;
  bool left = false;           // the brand, in the weeks after
  int assistant = -1;          // person
  std::string next_broadcast;  // of the day after
  std::set<int> reserved;      // persons who will be told when it begins
  double conversion = 0.02;    // orders per viewer
  int rank = 0;                // 0: the most popular
};

struct Watcher {
  int person = 0;
  Rooms::Seat seat = 0;
  int since_minute = 0;
  Stay stay;
  std::string share_id;  // through which they came
};

// What the room was offered, as everybody in it knows it.
struct Flash {
  std::string sku_id;
  Fen price_fen = 0;
  int until_minute = 0;
};
struct Coupon {
  std::string id;
  Fen min_spend_fen = 0;
  bool gone = false;
};

struct Room {
  int index = 0;
  PlannedBroadcast plan;
  std::string id;
  std::vector<int> shelf;  // products
  int pinned = -1;         // product
  std::size_t next_on_shelf = 0;
  int next_pin_minute = 0;
  bool live = false;
  double chat_memory = 0;
  int bag_minute = -1;  // from when on its lucky bag may open; −1: none
  Flash flash;
  Coupon coupon;
  std::vector<Watcher> watchers;
  std::unordered_set<int> shown, visitors;  // persons: who looked at it in a list, who entered
  std::int64_t orders = 0;
  int hundredth_minute = -1, thousandth_minute = -1;  // of the day, when so many had been there
};

struct SharedThing {
  std::string kind = {};
  int person = 0;  // who shares it
  int thing = 0;   // the broadcast it comes from: what people are active in
  int room = -1;
  int host = -1;
  int product = -1;                 // the shared one; −1: none
  int purchase = -1;                // receipt
  std::string id = {}, token = {};  // once it is shared
};

struct BoughtLine {
  int product = -1;
  std::int64_t qty = 0;
  Fen paid_fen = 0;
  std::string sku_id = {};
};
struct Purchase {
  std::string id;
  int person = 0, host = 0, room = -1, product = -1;
  Fen total_fen = 0;
  std::vector<BoughtLine> lines;
  bool paid = false, received = false, touched_after = false;  // touched_after: an after-sale was asked for
  bool in_parcels = false;                                     // line by line
};

struct World {
  explicit World(Graph g) : graph(std::move(g)), people(static_cast<std::size_t>(graph.size())) {}

  Graph graph;
  std::vector<Person> people;
  std::vector<Host> hosts;
  std::vector<Product> products;
  std::deque<Room> rooms;  // by start
  std::deque<Purchase> purchases;
  std::unordered_map<std::string, int> product_of, room_of;  // by the server's id
  DayPlan plan;

  Person& person(int i) { return people[static_cast<std::size_t>(i)]; }
  Host& host(int i) { return hosts[static_cast<std::size_t>(i)]; }
  const Host& host(int i) const { return hosts[static_cast<std::size_t>(i)]; }
  Product& product(int i) { return products[static_cast<std::size_t>(i)]; }
  Room& room(int i) { return rooms[static_cast<std::size_t>(i)]; }
};

}  // namespace lianbo::sim
