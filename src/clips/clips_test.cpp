// Streams and clips on both engines: who may publish, when media time begins, how pins become clips, what may go.
#include "clips/clips.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "catalog/catalog_service.hpp"
#include "clips/clips_service.hpp"
#include "clips/clips_store.hpp"
#include "live/live_service.hpp"
#include "live/stream_service.hpp"
#include "org/org_service.hpp"
#include "support/database.hpp"

namespace lianbo::clips {
namespace {

using db::Tx;
namespace fs = std::filesystem;

void fill(const std::string& file, std::size_t bytes) {
  fs::create_directories(fs::path(file).parent_path());
  std::ofstream(file, std::ios::binary) << std::string(bytes, 'x');
}

using live::Picture;

constexpr Instant kNow = 1'800'000'000'000;

class ClipsTest : public test::StoreTest {
 protected:
  template <class F>
  auto write(F&& body) {
    auto result = db().write(std::forward<F>(body));
    if (!result) ADD_FAILURE() << result.error().text();
    return *std::move(result);
  }
  template <class F>
  Code refused(F&& body) {
    const auto result = db().write([&](Tx& tx) -> Status {
      auto got = body(tx);
      if (!got) return fail(got.error());
      return {};
    });
    if (result) ADD_FAILURE() << "was accepted";
    return result ? Code::internal : result.error().code;
  }

  void SetUp() override {
    brand_ = write([&](Tx& tx) {
      org::NewBrand wish;
      wish.name = "茶";
      wish.owner_login = "owner";
      wish.owner_name = "Owner";
      wish.owner_password_hash = "x";
      return org::create_brand(tx, call(), wish);
    });
    a_ = agent("A");
    b_ = agent("B");
    tea_ = product("tea");
    made_ = schedule(a_.store);
  }
  Call call(Instant at = kNow) {
    Call out;
    out.caller.system = true;
    out.caller.guest = false;
    out.now = at;
    out.ids = &ids_;
    out.random = &random_;
    out.settings = &settings_;
    return out;
  }
  org::Agent agent(const std::string& code) {
    org::NewAgent wish;
    wish.code = wish.name = code;
    wish.state = org::AgentState::active;
    return write([&](Tx& tx) { return org::create_agent(tx, call(), brand_, wish); });
  }
  ProductId product(const std::string& code) {
    catalog::CatalogProduct wish;
    wish.code = wish.title = code;
    catalog::CatalogSku sku;
    sku.code = code + "-1";
    sku.price_fen = 990;
    sku.stock = 5;
    wish.skus.push_back(sku);
    return write([&](Tx& tx) { return catalog::create_product(tx, call(), brand_, wish); }).product.id;
  }
  live::Scheduled schedule(StoreId store) {
    return write([&](Tx& tx) {
      return live::schedule_broadcast(tx, call(), store, {"T", kNow, {tea_}, live::Audience::everybody});
    });
  }
  void start(BroadcastId id, Instant at) {
    write([&](Tx& tx) { return live::start_broadcast(tx, call(at), id); });
  }
  live::Broadcast now(BroadcastId id) {
    return write([&](Tx& tx) { return live::find_broadcast(tx, id); });
  }
  auto publish(const live::Scheduled& s, const std::string& client, Instant at = kNow) {
    return [=, this](Tx& tx) {
      return live::admit_publisher(tx, call(at), {s.broadcast.stream_name, s.stream_key, client, false});
    };
  }
  std::optional<Instant> frame(const live::Scheduled& s, Instant at) {
    return write([&](Tx& tx) { return live::frame_came(tx, call(at), s.broadcast.stream_name, at); });
  }
  std::vector<Clip> clips_of(StoreId store) {
    return write([&](Tx& tx) -> Result<std::vector<Clip>> { return store::of_store(tx, store, {}, 50); });
  }
  // As the cutter leaves it.
  Clip ready(Clip c) {
    c.state = State::ready;
    c.from_ms = c.media_open_ms;
    c.to_ms = c.media_close_ms;
    c.sha256 = sha256("film");
    c.signature = sign_bytes(std::string(32, 'k'), provenance_text(c));
    c.ready_at = kNow + 60'000;
    write([&](Tx& tx) -> Result<bool> {
      store::set_cut(tx, c);
      return true;
    });
    return c;
  }
  Clip one_clip() {
    start(made_.broadcast.id, kNow);
    write(publish(made_, "own:1"));
    frame(made_, kNow + 2000);
    write([&](Tx& tx) { return live::pin_product(tx, call(kNow + 5000), made_.broadcast.id, tea_); });
    write([&](Tx& tx) { return live::unpin(tx, call(kNow + 9000), made_.broadcast.id); });
    EXPECT_EQ(find_pins(db(), call(kNow + 9001)).value_or(-1), 1);
    return ready(clips_of(a_.store).at(0));
  }

  IdMaker ids_{1, 0};
  SeededRandom random_{7};
  Settings settings_;
  BrandId brand_;
  org::Agent a_, b_;
  ProductId tea_;
  live::Scheduled made_;
};
ON_BOTH_ENGINES(ClipsTest);

TEST_P(ClipsTest, ANewKeyMayLeaveTheRunningPictureItsOwn) {
  start(made_.broadcast.id, kNow);
  write(publish(made_, "own:1"));
  const auto renew = [&](bool keep) {
    return write([&](Tx& tx) { return live::renew_stream_key(tx, call(), made_.broadcast.id, keep); });
  };
  const auto left = [&](const std::string& client) {
    write([&](Tx& tx) -> Result<bool> {
      TRY_OK(live::publisher_left(tx, call(), made_.broadcast.stream_name, client));
      return true;
    });
  };
  const auto lost = renew(true), second = renew(true);
  EXPECT_EQ(now(made_.broadcast.id).publisher, "own:1");
  EXPECT_EQ(refused(publish(lost, "own:2")), Code::forbidden) << "a newer one was asked for";
  EXPECT_EQ(refused(publish(second, "own:2")), Code::conflict) << "one at a time";
  left("own:1");
  write(publish(made_, "own:3"));  // the network was gone for a moment: back with the key that was in use
  left("own:3");
  write(publish(second, "own:4"));
  left("own:4");
  EXPECT_EQ(refused(publish(made_, "own:5")), Code::forbidden) << "the new one was used: the old one is void";
  write(publish(second, "own:6"));
  const auto third = renew(false);
  EXPECT_EQ(refused(publish(second, "own:6")), Code::forbidden) << "void at once";
  write(publish(third, "own:6"));
}

TEST_P(ClipsTest, AKeyIsGoodForItsBroadcastAndOnePublisher) {
  EXPECT_EQ(refused([&](Tx& tx) {
              return live::admit_publisher(tx, call(), {made_.broadcast.stream_name, "wrong", "own:1", false});
            }),
            Code::forbidden);
  EXPECT_EQ(
      refused([&](Tx& tx) { return live::admit_publisher(tx, call(), {"nobody", made_.stream_key, "own:1", false}); }),
      Code::forbidden);
  EXPECT_EQ(refused(publish(made_, "own:1", kNow + live::kKeyDays * kDayMs + 1)), Code::forbidden) << "expired";
  write(publish(made_, "own:1"));
  EXPECT_EQ(refused(publish(made_, "own:2")), Code::conflict) << "a second publisher";
  write([&](Tx& tx) -> Result<bool> {
    TRY_OK(live::publisher_left(tx, call(), made_.broadcast.stream_name, "own:2"));
    return true;
  });
  EXPECT_EQ(now(made_.broadcast.id).publisher, "own:1") << "the end of a refused one ends nobody else";
  const auto other = write([&](Tx& tx) { return live::renew_stream_key(tx, call(), made_.broadcast.id); });
  EXPECT_EQ(refused(publish(made_, "own:1")), Code::forbidden) << "the old key is void";
  write(publish(other, "own:1"));
  start(made_.broadcast.id, kNow);
  write([&](Tx& tx) { return live::end_broadcast(tx, call(kNow + 1), made_.broadcast.id); });
  EXPECT_EQ(refused(publish(other, "own:3")), Code::broadcast_state_conflict) << "a key that was used up";
}

TEST_P(ClipsTest, AnOutsidePictureThatWasThereBeforeBeginsWithItsBroadcast) {
  write(publish(made_, "out:c1"));
  EXPECT_EQ(now(made_.broadcast.id).first_frame_at, 0) << "before it is live nothing counts";
  start(made_.broadcast.id, kNow + 5000);
  EXPECT_EQ(now(made_.broadcast.id).first_frame_at, kNow + 5000);
  const auto pin = write([&](Tx& tx) { return live::pin_product(tx, call(kNow + 6000), made_.broadcast.id, tea_); });
  EXPECT_EQ(pin.media_open_ms, 1000);
}

TEST_P(ClipsTest, ANewKeyTakesOverFromAnOutsideServerThatNeverSaidThatItsPublisherLeft) {
  start(made_.broadcast.id, kNow);
  write(publish(made_, "out:c1"));
  EXPECT_EQ(refused(publish(made_, "out:c2")), Code::conflict) << "it may be a second publisher";
  const auto other = write([&](Tx& tx) { return live::renew_stream_key(tx, call(), made_.broadcast.id); });
  EXPECT_EQ(refused(publish(made_, "out:c1")), Code::forbidden) << "the old key is void";
  write(publish(other, "out:c2"));
  EXPECT_EQ(now(made_.broadcast.id).publisher, "out:c2");
}

TEST_P(ClipsTest, MediaTimeBeginsWithTheFirstFrameAndFollowsTheStream) {
  EXPECT_EQ(frame(made_, kNow), std::nullopt) << "before it is live nothing counts";
  start(made_.broadcast.id, kNow);
  const auto early = write([&](Tx& tx) { return live::pin_product(tx, call(kNow + 1000), made_.broadcast.id, tea_); });
  EXPECT_EQ(early.media_open_ms, 1000);
  write(publish(made_, "own:1"));
  EXPECT_EQ(frame(made_, kNow + 3000), kNow + 3000);
  EXPECT_EQ(frame(made_, kNow + 4000), kNow + 3000) << "the first one only";
  write([&](Tx& tx) -> Result<bool> {
    TRY_OK(live::set_lag(tx, call(), made_.broadcast.stream_name, 250));
    return true;
  });
  const auto closed = write([&](Tx& tx) { return live::unpin(tx, call(kNow + 8000), made_.broadcast.id); });
  EXPECT_EQ(closed->media_open_ms, 0) << "what began before the picture lies at its beginning";
  EXPECT_EQ(closed->media_close_ms, 4750) << "8000 less the first frame's 3000 and the lag";
}

TEST(MediaTime, PinsNeverOverlapWhenTheLagIsMeasuredAnew) {
  live::Broadcast b;
  b.state = live::BroadcastState::live;
  b.started_at = b.first_frame_at = kNow;
  const auto opened = live::open_step(b, std::nullopt, ProductId{1}, kNow + 1000);
  b.media_lag_ms = 400;
  live::Pin first = *opened.opens;
  EXPECT_EQ(live::close_step(b, first, kNow + 1100).closes->media_close_ms, 1000) << "not before it began";
  const auto next = live::open_step(b, first, ProductId{2}, kNow + 1200);
  EXPECT_EQ(next.closes->media_close_ms, 1000);
  EXPECT_EQ(next.opens->media_open_ms, 1000);
  first = *next.closes;
  EXPECT_EQ(live::open_step(b, first, ProductId{3}, kNow + 1300).opens->media_open_ms, 1000);
}

TEST_P(ClipsTest, CutOffAndBackItIsTheSameBroadcast) {
  start(made_.broadcast.id, kNow);
  write(publish(made_, "own:1"));
  frame(made_, kNow);
  EXPECT_EQ(live::picture_of(now(made_.broadcast.id)), Picture::on);
  EXPECT_EQ(write([&](Tx& tx) { return live::publishers_gone(tx, call(kNow + 5000), "out"); }), 0);
  EXPECT_EQ(write([&](Tx& tx) { return live::publishers_gone(tx, call(kNow + 5000), "own:"); }), 1);
  EXPECT_EQ(live::picture_of(now(made_.broadcast.id)), Picture::cut);
  write(publish(made_, "own:9", kNow + 20'000));
  EXPECT_EQ(live::picture_of(now(made_.broadcast.id)), Picture::on);
  EXPECT_EQ(now(made_.broadcast.id).first_frame_at, kNow);
}

TEST_P(ClipsTest, ARoomCarriesAnothersPictureWithItsOwnPins) {
  const auto room = schedule(b_.store);
  write([&](Tx& tx) { return live::carry_picture(tx, call(), room.broadcast.id, made_.broadcast.id); });
  EXPECT_EQ(refused(publish(room, "own:1")), Code::conflict) << "its own key is refused meanwhile";
  EXPECT_EQ(refused([&](Tx& tx) { return live::carry_picture(tx, call(), made_.broadcast.id, room.broadcast.id); }),
            Code::conflict)
      << "no chains";
  start(made_.broadcast.id, kNow);
  start(room.broadcast.id, kNow + 500);
  frame(made_, kNow + 1000);
  const auto b = now(room.broadcast.id);
  EXPECT_EQ(live::picture_of(b), Picture::on);
  EXPECT_EQ(live::media_ms_at(b, kNow + 4000), 3000) << "media time is the head's";
  write([&](Tx& tx) { return live::pin_product(tx, call(kNow + 4000), room.broadcast.id, tea_); });
  write([&](Tx& tx) { return live::unpin(tx, call(kNow + 7000), room.broadcast.id); });
  EXPECT_EQ(find_pins(db(), call(kNow + 7001)).value_or(-1), 1);
  const auto clips = clips_of(b_.store);
  ASSERT_EQ(clips.size(), 1U);
  EXPECT_EQ(clips[0].stream, made_.broadcast.stream_name) << "cut from the head's recording";
  EXPECT_EQ(clips[0].agent, b_.id) << "but the room's own";
}

TEST_P(ClipsTest, ARoomThatStopsCarryingGoesOnInTheSameMediaTime) {
  const auto room = schedule(b_.store), third = schedule(agent("C").store);
  const auto carry = [&](Instant at, const live::Scheduled& who, BroadcastId of) {
    return [=, this](Tx& tx) { return live::carry_picture(tx, call(at), who.broadcast.id, of); };
  };
  start(made_.broadcast.id, kNow);
  start(room.broadcast.id, kNow);
  start(third.broadcast.id, kNow);
  frame(made_, kNow + 1000);
  frame(third, kNow + 1500);
  write(carry(kNow + 2000, room, made_.broadcast.id));
  EXPECT_EQ(live::picture_of(now(room.broadcast.id)), Picture::on);
  write(carry(kNow + 9000, room, {}));
  EXPECT_EQ(live::picture_of(now(room.broadcast.id)), Picture::none) << "nobody of its own has been there";
  EXPECT_EQ(refused(carry(kNow + 9000, room, third.broadcast.id)), Code::broadcast_state_conflict)
      << "media time is the first head's";
  write(carry(kNow + 9500, room, made_.broadcast.id));
  write(carry(kNow + 10'000, room, {}));
  write(publish(room, "own:1", kNow + 11'000));
  EXPECT_EQ(live::picture_of(now(room.broadcast.id)), Picture::on);
  EXPECT_EQ(frame(room, kNow + 12'000), kNow + 1000) << "its first own frame lies at 11 s of that time";
  EXPECT_EQ(live::media_ms_at(now(room.broadcast.id), kNow + 12'000), 11'000);
  write([&](Tx& tx) { return live::pin_product(tx, call(kNow + 13'000), room.broadcast.id, tea_); });
  write([&](Tx& tx) { return live::unpin(tx, call(kNow + 16'000), room.broadcast.id); });
  find_pins(db(), call(kNow + 16'001));
  EXPECT_EQ(clips_of(b_.store).at(0).stream, room.broadcast.stream_name) << "cut from its own recording";
}

TEST_P(ClipsTest, APictureThatNeverComesBackEndsItsBroadcast) {
  start(made_.broadcast.id, kNow);
  const auto quiet = schedule(b_.store);
  start(quiet.broadcast.id, kNow);  // never has a picture, and may go on
  write(publish(made_, "own:1"));
  frame(made_, kNow);
  write([&](Tx& tx) { return live::pin_product(tx, call(kNow + 1000), made_.broadcast.id, tea_); });
  const auto gone = [&](Instant at) { write([&](Tx& tx) { return live::publishers_gone(tx, call(at), "own:"); }); };
  const auto ended = [&](Instant at) { return live::end_lost(db(), call(at), 10).value_or(-1); };
  const DurationMs longest = settings_.media_lost_minutes * kMinuteMs;
  gone(kNow + 10'000);
  EXPECT_EQ(ended(kNow + 10'000 + longest - 1), 0) << "the host may still come back";
  write(publish(made_, "own:2", kNow + 20'000));
  EXPECT_EQ(ended(kNow + 10'000 + longest), 0) << "and came";
  gone(kNow + 30'000);
  settings_.media_lost_minutes = 0;
  EXPECT_EQ(ended(kNow + 30'000 + kDayMs), 0) << "0: never";
  settings_.media_lost_minutes = longest / kMinuteMs;
  EXPECT_EQ(ended(kNow + 30'000 + longest), 1);
  EXPECT_EQ(ended(kNow + 30'000 + longest), 0) << "once";
  const auto b = now(made_.broadcast.id);
  EXPECT_EQ(b.state, live::BroadcastState::ended);
  EXPECT_EQ(b.ended_why, "lost");
  EXPECT_EQ(now(quiet.broadcast.id).state, live::BroadcastState::live);
  EXPECT_EQ(find_pins(db(), call(b.ended_at)).value_or(-1), 1) << "its open pin is closed and becomes a clip";
}

TEST_P(ClipsTest, AnEncoderThatWasTriedBeforehandEndsNothing) {
  const auto gone = [&](Instant at) { write([&](Tx& tx) { return live::publishers_gone(tx, call(at), "own:"); }); };
  const DurationMs longest = settings_.media_lost_minutes * kMinuteMs;
  write(publish(made_, "own:1"));
  gone(kNow + 1000);  // the test before the broadcast
  const Instant start_at = kNow + 2 * longest;
  start(made_.broadcast.id, start_at);
  EXPECT_EQ(live::end_lost(db(), call(start_at + 1), 10).value_or(-1), 0) << "it has had no picture yet";
  write(publish(made_, "own:2", start_at + 2000));
  gone(start_at + 2500);  // before a frame came
  EXPECT_EQ(live::end_lost(db(), call(start_at + 2500 + longest), 10).value_or(-1), 0);
  write(publish(made_, "own:3", start_at + 3000));
  frame(made_, start_at + 3100);
  gone(start_at + 4000);
  EXPECT_EQ(live::end_lost(db(), call(start_at + 4000 + longest), 10).value_or(-1), 1) << "now it was cut off";
}

TEST_P(ClipsTest, EachClosedPinBecomesOneClip) {
  const Clip c = one_clip();
  EXPECT_EQ(c.title, "A同款 · tea");
  EXPECT_EQ(c.media_open_ms, 3000);
  EXPECT_EQ(c.media_close_ms, 7000);
  EXPECT_EQ(find_pins(db(), call(kNow + 9500)).value_or(-1), 0) << "once";
  write([&](Tx& tx) { return live::pin_product(tx, call(kNow + 10'000), made_.broadcast.id, tea_); });
  EXPECT_EQ(find_pins(db(), call(kNow + 10'001)).value_or(-1), 0) << "an open pin waits";
  write([&](Tx& tx) { return live::unpin(tx, call(kNow + 10'500), made_.broadcast.id); });
  EXPECT_EQ(find_pins(db(), call(kNow + 10'501)).value_or(-1), 1);
  EXPECT_EQ(clips_of(a_.store).size(), 1U) << "half a second is no clip";
}

TEST_P(ClipsTest, AnotherAgentPostsItAndIsItsClipper) {
  const Clip c = one_clip();
  EXPECT_EQ(refused([&](Tx& tx) { return post_clip(tx, call(), c.id, a_.store); }), Code::conflict) << "one's own";
  write([&](Tx& tx) -> Result<bool> {
    TRY_OK(post_clip(tx, call(), c.id, b_.store));
    EXPECT_EQ(clipper_of(tx, c.id, b_.store), b_.id);
    EXPECT_EQ(clipper_of(tx, c.id, a_.store), std::nullopt) << "its host is no clipper";
    return true;
  });
  EXPECT_EQ(clips_of(b_.store).size(), 1U);
  write([&](Tx& tx) -> Result<bool> {
    TRY_OK(unpost_clip(tx, call(), c.id, b_.store));
    EXPECT_EQ(clipper_of(tx, c.id, b_.store), std::nullopt);
    return true;
  });
}

TEST_P(ClipsTest, OfManyThoseAreShownThatCanBeSeen) {
  const Clip c = one_clip();
  const auto shown = [&] {
    return write([&](Tx& tx) -> Result<std::vector<ClipId>> {
      return shown_clips(tx, std::vector<ClipId>{ClipId{4711}, c.id});
    });
  };
  EXPECT_EQ(shown(), std::vector<ClipId>{c.id});
  write([&](Tx& tx) { return withdraw_clip(tx, call(), c.id, true); });
  EXPECT_EQ(shown(), std::vector<ClipId>{}) << "its store has withdrawn it";
  write([&](Tx& tx) { return withdraw_clip(tx, call(), c.id, false); });
  EXPECT_EQ(shown(), std::vector<ClipId>{c.id});
  write([&](Tx& tx) {
    catalog::ProductPatch patch;
    patch.on_sale = false;
    return catalog::patch_product(tx, call(), tea_, patch);
  });
  EXPECT_EQ(shown(), std::vector<ClipId>{}) << "with its product";
}

TEST_P(ClipsTest, WithdrawingTheProductWithdrawsItsClips) {
  const Clip c = one_clip();
  const auto found = [&] {
    return write([&](Tx& tx) -> Result<bool> {
      return clip_for_moment(tx, c.broadcast, tea_, c.pin, 4000).has_value() && visible_clip(tx, c.id).has_value();
    });
  };
  EXPECT_TRUE(found());
  write([&](Tx& tx) {
    catalog::ProductPatch patch;
    patch.on_sale = false;
    return catalog::patch_product(tx, call(), tea_, patch);
  });
  EXPECT_FALSE(found());
}

TEST_P(ClipsTest, AClipThatIsNotShownHasNoFileWhereFilesAreServed) {
  const test::ScratchFolder media;
  const Tools tools{media.path(), "ffmpeg"};
  const Clip c = one_clip();
  const auto lies = [&](const char* part) {
    return fs::exists(tools.folder + "/" + part + "/" + c.name + "/clip.mp4");
  };
  fill(tools.folder + "/clips/" + c.name + "/clip.mp4", 10);
  const auto product = [&](bool on_sale) {
    write([&](Tx& tx) {
      catalog::ProductPatch patch;
      patch.on_sale = on_sale;
      return catalog::patch_product(tx, call(), tea_, patch);
    });
  };
  const auto withdraw = [&](bool yes) {
    write([&](Tx& tx) { return withdraw_clip(tx, call(kNow + 70'000), c.id, yes); });
  };
  const auto placed = [&](std::vector<ProductId> of) { return place_clips(db(), call(), tools, of).value_or(-1); };
  EXPECT_EQ(placed({}), 0);
  EXPECT_TRUE(lies("clips"));
  product(false);
  EXPECT_EQ(placed({tea_}), 1) << "its product is withdrawn";
  EXPECT_TRUE(lies("withdrawn") && !lies("clips"));
  withdraw(true);
  product(true);
  EXPECT_EQ(placed({tea_}), 0) << "its store has withdrawn it besides";
  EXPECT_EQ(refused([&](Tx& tx) { return visible_clip(tx, c.id); }), Code::not_found);
  write([&](Tx& tx) -> Result<bool> {
    EXPECT_EQ(clip_for_moment(tx, c.broadcast, tea_, c.pin, 4000), std::nullopt);
    EXPECT_TRUE(store::of_product(tx, tea_, {}, 10).empty());
    return true;
  });
  withdraw(false);
  EXPECT_EQ(placed({}), 1) << "a start looks at all there are";
  EXPECT_TRUE(lies("clips") && !lies("withdrawn"));
}

// Kept: 0.6 MB each of a recording of long ago, one of a held broadcast, one that is live, one that ended yesterday; a
// clip that is held and two that are not.
TEST_P(ClipsTest, TheDiskBudgetTakesTheOldestAndNothingThatMustStay) {
  const test::ScratchFolder media;
  const Tools tools{media.path(), "ffmpeg"};
  settings_.media_disk_mb = 3;
  const Instant later = kNow + (settings_.evidence_days + 10) * kDayMs;
  const auto ended = [&](StoreId store, Instant at) {
    const auto s = schedule(store);
    start(s.broadcast.id, at);
    write([&](Tx& tx) { return live::end_broadcast(tx, call(at + 1000), s.broadcast.id); });
    return s.broadcast;
  };
  const Clip clip = one_clip();  // made_ stays live
  live::Broadcast old = ended(b_.store, kNow), held = ended(agent("C").store, kNow),
                  fresh = ended(agent("D").store, later - kDayMs);
  const auto film = [&](const std::string& name, int age_h) {
    fill(tools.folder + "/" + name, 600'000);
    fs::last_write_time(tools.folder + "/" + name, fs::file_time_type::clock::now() - std::chrono::hours(age_h));
  };
  film("streams/" + made_.broadcast.stream_name + "/1.ts", 900);
  film("streams/" + held.stream_name + "/1.ts", 800);
  film("streams/" + fresh.stream_name + "/1.ts", 700);
  film("streams/" + old.stream_name + "/1.ts", 5);
  film("streams/ofNobody/1.ts", 600);
  film("clips/" + clip.name + "/clip.mp4", 3);
  film("withdrawn/forgotten/clip.mp4", 4);
  const auto keep = [&] {
    return keep_budget(db(), call(later), tools, [&](Tx&, BrandId, BroadcastId id) { return id == held.id; })
        .value_or(-1);
  };
  const auto there = [&](const std::string& name) { return fs::exists(tools.folder + "/" + name); };
  EXPECT_EQ(keep(), 2) << "4.2 MB are kept, 3 are allowed";
  EXPECT_FALSE(there("streams/" + old.stream_name)) << "the oldest that nothing holds";
  EXPECT_FALSE(there("withdrawn/forgotten")) << "then the next";
  EXPECT_TRUE(there("clips/" + clip.name)) << "and no more than must";
  for (const auto* b : {&made_.broadcast, &held, &fresh})
    EXPECT_TRUE(there("streams/" + b->stream_name)) << "live, held, or younger than evidence is kept";
  EXPECT_EQ(keep(), 0) << "it fits";
  settings_.media_disk_mb = 1;
  keep();
  for (const auto* b : {&made_.broadcast, &held, &fresh}) EXPECT_TRUE(there("streams/" + b->stream_name));
  EXPECT_FALSE(there("clips/" + clip.name));
  write([&](Tx& tx) -> Result<bool> {
    EXPECT_EQ(find_clip(tx, clip.id)->state, State::removed) << "and its row says so";
    return true;
  });
}

// ---- provenance

Clip signed_clip() {
  Clip c;
  c.id = ClipId{11};
  c.brand = BrandId{12};
  c.broadcast = BroadcastId{13};
  c.pin = PinId{14};
  c.product = ProductId{15};
  c.agent = AgentId{16};
  c.opened_at = kNow;
  c.from_ms = 1000;
  c.to_ms = 9000;
  c.sha256 = sha256("film");
  c.signature = sign_bytes(std::string(32, 'k'), provenance_text(c));
  return c;
}

TEST(Provenance, IsReadBackAndHolds) {
  const auto p = read_provenance(provenance_json(signed_clip(), public_key(std::string(32, 'k'))));
  ASSERT_TRUE(p) << p.error().text();
  EXPECT_EQ(check_provenance(*p, sha256("film"), ""), "");
  EXPECT_EQ(check_provenance(*p, sha256("film"), public_key(std::string(32, 'k'))), "");
  EXPECT_NE(check_provenance(*p, sha256("Film"), ""), "") << "one byte of the file has changed";
  EXPECT_NE(check_provenance(*p, sha256("film"), public_key(std::string(32, 'x'))), "") << "another brand's key";
}

TEST(Provenance, FailsWhenAnythingItSaysIsChanged) {
  const auto good = read_provenance(provenance_json(signed_clip(), public_key(std::string(32, 'k'))));
  ASSERT_TRUE(good);
  const std::vector<std::function<void(Clip&)>> changes = {
      [](Clip& c) { ++c.id.value; },    [](Clip& c) { ++c.brand.value; },   [](Clip& c) { ++c.broadcast.value; },
      [](Clip& c) { ++c.pin.value; },   [](Clip& c) { ++c.product.value; }, [](Clip& c) { ++c.agent.value; },
      [](Clip& c) { ++c.opened_at; },   [](Clip& c) { ++c.from_ms; },       [](Clip& c) { ++c.to_ms; },
      [](Clip& c) { c.sha256[0] ^= 1; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Provenance p = *good;
    changes[i](p.clip);
    EXPECT_NE(check_provenance(p, p.clip.sha256, ""), "") << "change " << i;
  }
}

TEST(ClipTitle, IsCutBetweenCharacters) {
  EXPECT_EQ(clip_title("小满", "面膜"), "小满同款 · 面膜");
  std::string product;
  for (int i = 0; i < 200; ++i) product += "茶";
  const std::string title = clip_title("小满", product);
  EXPECT_TRUE(live::check_title(title)) << title;
}

// ---- disk budget

RC_GTEST_PROP(DiskBudget, TheOldestThatNothingHoldsGoesFirstAndNoMoreThanMust, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(0, 20);
  std::vector<Kept> all;
  std::vector<bool> locked;
  std::int64_t sum = 0, free_bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({std::to_string(i), *rc::gen::inRange(0, 100), *rc::gen::inRange(0, 10)});
    locked.push_back(*rc::gen::inRange(0, 3) == 0);
    sum += all[i].bytes;
    if (!locked[i]) free_bytes += all[i].bytes;
  }
  const std::int64_t budget = *rc::gen::inRange(0, 1000);
  const auto gone = to_remove(all, budget, locked);
  std::int64_t left = sum;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    RC_ASSERT(!locked[gone[i]]);
    RC_ASSERT(left > budget);  // no more than must
    if (i > 0) RC_ASSERT(all[gone[i - 1]].at <= all[gone[i]].at);
    left -= all[gone[i]].bytes;
  }
  RC_ASSERT(left <= budget || left == sum - free_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const bool went = std::find(gone.begin(), gone.end(), i) != gone.end();
    if (!went && !locked[i])
      for (const std::size_t g : gone) RC_ASSERT(all[g].at <= all[i].at);
  }
}

}  // namespace
}  // namespace lianbo::clips
