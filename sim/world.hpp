// The people, hosts, goods and rooms of a simulated day, as the simulator knows them. Plain data; indices are places in
// the vectors of World and never change. Belongs to the thread that runs the day; only a person's Identity is written
// by the worker that carries out that person's request.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/calendar.hpp"
#include "sim/client.hpp"
#include "sim/graph.hpp"
#include "sim/workload.hpp"

namespace lianbo::sim {

struct Person {
  Identity me;
  std::string name;
  std::string login;  // once registered
  int host = -1;      // index of the host this person is
  bool watching = false;
};

struct Sku {
  std::string id;
  Fen price_fen = 0;
};
struct Product {
  std::string id, code, title;
  std::vector<Sku> skus;
  double pull = 1;  // how often it is asked for
};

struct Host {
  std::string agent_id, store_id, code, name;
  int person = -1;
  double conversion = 0.02;  // orders per viewer
  int rank = 0;              // 0: the most popular
};

struct Watcher {
  int person = 0;
  Rooms::Seat seat = 0;
  int since_minute = 0;
  Stay stay;
  std::string share_id;  // through which they came
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
  std::vector<Watcher> watchers;
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
};
struct Purchase {
  std::string id;
  int person = 0, host = 0, room = -1, product = -1;
  Fen total_fen = 0;
  std::vector<BoughtLine> lines;
  bool paid = false, received = false, touched_after = false;  // touched_after: an after-sale was asked for
};

struct World {
  explicit World(Graph g) : graph(std::move(g)), people(static_cast<std::size_t>(graph.size())) {}

  Graph graph;
  std::vector<Person> people;
  std::vector<Host> hosts;
  std::vector<Product> products;
  std::deque<Room> rooms;  // by start
  std::deque<Purchase> purchases;
  std::unordered_map<std::string, int> product_of;  // by the server's id
  DayPlan plan;

  Person& person(int i) { return people[static_cast<std::size_t>(i)]; }
  Host& host(int i) { return hosts[static_cast<std::size_t>(i)]; }
  Product& product(int i) { return products[static_cast<std::size_t>(i)]; }
  Room& room(int i) { return rooms[static_cast<std::size_t>(i)]; }
};

}  // namespace lianbo::sim
