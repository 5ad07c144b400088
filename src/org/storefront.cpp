#include "org/storefront.hpp"

#include "base/crypto.hpp"
#include "base/csv.hpp"
#include "org/org_service.hpp"

namespace lianbo::org {
namespace {

using db::Row;
using db::Sql;
using db::Tx;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;
namespace s = shape;

const Sql kFront{"org.front", "select name, intro, picture_tag from stores where id = $1"};
const Sql kSetFront{"org.set_front", "update stores set name = $2, intro = $3 where id = $1"};
const Sql kSetTag{"org.set_picture_tag", "update stores set picture_tag = $2 where id = $1"};
const Sql kPutPicture{"org.put_picture",
                      "insert into store_pictures (store_id, type, bytes, at) values ($1, $2, $3, $4) on conflict "
                      "(store_id) do update set type = excluded.type, bytes = excluded.bytes, at = excluded.at"};
const Sql kDropPicture{"org.drop_picture", "delete from store_pictures where store_id = $1"};
const Sql kPicture{"org.picture", "select type, bytes from store_pictures where store_id = $1"};
const Sql kPayoutNote{"org.payout_note", "select method, holder, account, at from payout_notes where agent_id = $1"};
const Sql kPutPayoutNote{
    "org.put_payout_note",
    "insert into payout_notes (agent_id, method, holder, account, at) values ($1, $2, $3, $4, $5) on conflict "
    "(agent_id) do update set method = excluded.method, holder = excluded.holder, account = excluded.account, "
    "at = excluded.at"};

constexpr std::size_t kMaxHolder = 60, kMaxAccount = 100, kShownOfAccount = 4;
constexpr std::size_t kTagLength = 16;

Status check_text(std::string_view text, std::size_t min, std::size_t max, const char* where) {
  if (const auto problem = text_problem(text, min, max)) return fail(Code::invalid_field, *problem, where);
  return {};
}

std::string front_json(const Storefront& front) {
  JsonWriter w;
  w.begin().field("name", front.name).field("intro", front.intro).field("picture_url", front.picture_url).end();
  return w.take();
}
Shape front_shape() {
  return {s::text("name", 1, kMaxName), s::text("intro", 0, kMaxIntro),
          s::text("picture_url", 0, 200, "of this server; empty: none")};
}

Result<StoreOwner> own_store(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(auto owner, store_owner(tx, id));
  TRY_OK(require_store_in(call, owner.store.brand, id, owner.agent.region));
  return owner;
}

std::string note_json(const std::optional<PayoutNote>& note, bool whole) {
  JsonWriter w;
  w.begin().key("note");
  if (!note)
    w.null();
  else
    w.begin()
        .field("method", method_text(note->method))
        .field("holder", whole ? note->holder : std::string())
        .field("account", whole ? note->account : mask_account(note->account))
        .field_at("at", note->at)
        .end();
  return w.end().take();
}

// Plain, because staff that sees a whole account leaves an audit row, and nobody else needs a write.
Result<Reply> get_note(const Call& call, const Request& request, db::Database& db) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent agent, db.read([&](Tx& tx) { return find_agent(tx, id); }));
  TRY(const auto note, db.read([&](Tx& tx) -> Result<std::optional<PayoutNote>> { return payout_note(tx, id); }));
  const auto* own = call.caller.agent_at(agent.brand);
  if (own && own->agent == id) return Reply::json(note_json(note, true)).with("cache-control", "no-store");
  TRY_OK(require_staff_in(call, agent.brand, agent.region, kAnyStaff));
  const bool whole = note && require_staff_in(call, agent.brand, agent.region, kPays).has_value();
  if (whole)
    TRY_OK(db.write([&](Tx& tx) -> Status {
      audit(tx, call, agent.brand, "agent.read_payout_note", "agent", id.value);
      return {};
    }));
  return Reply::json(note_json(note, whole)).with("cache-control", "no-store");
}

Result<Reply> put_note(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent agent, find_agent(tx, id));
  const auto* own = call.caller.agent_at(agent.brand);
  if (!own || own->agent != id)
    return fail(call.caller.guest ? Code::unauthenticated : Code::forbidden,
                "only the agent says where their commission goes");
  PayoutNote note;
  const auto method = get_text(request.value, "method");
  for (const auto m : {PayoutMethod::wechat, PayoutMethod::alipay, PayoutMethod::bank})
    if (method == method_text(m)) note.method = m;
  note.holder = csv_trim(get_text(request.value, "holder"));
  note.account = csv_trim(get_text(request.value, "account"));
  TRY_OK(set_payout_note(tx, call, id, note));
  return Reply::none();
}

}  // namespace

Result<Storefront> storefront(Tx& tx, StoreId id) {
  auto found = tx.one(kFront, {id}, [&](const Row& row) {
    Storefront out{row.str(0), row.str(1), {}};
    if (!row.text(2).empty()) out.picture_url = "/api/v1/stores/" + id.text() + "/picture?v=" + row.str(2);
    return out;
  });
  if (!found) return fail(Code::not_found, "there is no store " + id.text());
  return *std::move(found);
}

Result<Storefront> change_storefront(Tx& tx, const Call&, StoreId id, const StorefrontPatch& patch) {
  TRY(auto front, storefront(tx, id));
  if (patch.name) front.name = csv_trim(*patch.name);
  if (patch.intro) front.intro = csv_trim(*patch.intro);
  TRY_OK(check_text(front.name, 1, kMaxName, "/name"));
  TRY_OK(check_text(front.intro, 0, kMaxIntro, "/intro"));
  tx.exec(kSetFront, {id, front.name, front.intro});
  return front;
}

std::optional<std::string_view> picture_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return std::nullopt;
}

Result<Storefront> set_picture(Tx& tx, const Call& call, StoreId id, std::string_view bytes) {
  if (bytes.size() > kMaxPicture)
    return fail(Code::body_too_large,
                "a picture has at most " + std::to_string(kMaxPicture / 1024) + " KiB; make it smaller");
  std::string tag;
  if (bytes.empty()) {
    tx.exec(kDropPicture, {id});
  } else {
    const auto type = picture_type(bytes);
    if (!type) return fail(Code::unsupported_media_type, "a picture is a PNG, a JPEG or a WebP");
    tx.exec(kPutPicture, {id, *type, db::Param::blob(bytes), call.now});
    tag = to_hex(sha256(bytes)).substr(0, kTagLength);
  }
  tx.exec(kSetTag, {id, tag});
  return storefront(tx, id);
}

Result<Picture> picture_of(Tx& tx, StoreId id) {
  auto found = tx.one(kPicture, {id}, [](const Row& row) { return Picture{row.str(0), row.str(1)}; });
  if (!found) return fail(Code::not_found, "this store has no picture");
  return *std::move(found);
}

std::string_view method_text(PayoutMethod method) {
  switch (method) {
    case PayoutMethod::wechat:
      return "wechat";
    case PayoutMethod::alipay:
      return "alipay";
    case PayoutMethod::bank:
      return "bank";
  }
  return "";
}

std::optional<PayoutNote> payout_note(Tx& tx, AgentId id) {
  return tx.one(kPayoutNote, {id}, [](const Row& row) {
    PayoutNote note{PayoutMethod::wechat, row.str(1), row.str(2), row.integer(3)};
    for (const auto m : {PayoutMethod::alipay, PayoutMethod::bank})
      if (row.text(0) == method_text(m)) note.method = m;
    return note;
  });
}

Status set_payout_note(Tx& tx, const Call& call, AgentId id, const PayoutNote& note) {
  TRY_OK(check_text(note.holder, 1, kMaxHolder, "/holder"));
  TRY_OK(check_text(note.account, 1, kMaxAccount, "/account"));
  tx.exec(kPutPayoutNote, {id, method_text(note.method), note.holder, note.account, call.now});
  return {};
}

std::string mask_account(std::string_view account) {
  // The last characters, whole ones.
  std::size_t at = account.size(), shown = 0;
  while (at > 0 && shown < kShownOfAccount) {
    --at;
    if ((static_cast<unsigned char>(account[at]) & 0xc0) != 0x80) ++shown;
  }
  const bool is_short = utf8_length(account) <= kShownOfAccount;
  return "••••" + std::string(is_short ? std::string_view() : account.substr(at));
}

net::Routes storefront_routes(db::Database* db) {
  const std::string store = "/api/v1/stores/{store_id}", note = "/api/v1/agents/{agent_id}/payout-note";
  net::Routes out;
  out.push_back(net::write_route(Method::patch, store, "changeStore", "The store's name and its few words",
                                 Access::login,
                                 [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                   TRY(const auto owner, own_store(tx, call, request));
                                   StorefrontPatch patch;
                                   if (has(request.value, "name")) patch.name = get_text(request.value, "name");
                                   if (has(request.value, "intro")) patch.intro = get_text(request.value, "intro");
                                   TRY(const auto front, change_storefront(tx, call, owner.store.id, patch));
                                   return Reply::json(front_json(front));
                                 })
                    .taking({s::opt(s::text("name", 1, kMaxName)), s::opt(s::text("intro", 0, kMaxIntro))})
                    .giving(front_shape())
                    .may_fail({Code::not_found, Code::forbidden}));
  const auto picture_route = [&](Method method, const char* name, const char* summary, bool takes_file) {
    net::Route route =
        net::write_route(method, store + "/picture", name, summary, Access::login,
                         [takes_file](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto owner, own_store(tx, call, request));
                           if (takes_file && request.body.empty())
                             return fail(Code::unsupported_media_type, "send the picture itself as the body");
                           TRY(const auto front,
                               set_picture(tx, call, owner.store.id, takes_file ? std::string_view(request.body) : ""));
                           return Reply::json(front_json(front));
                         })
            .giving(front_shape())
            .may_fail({Code::not_found, Code::forbidden, Code::unsupported_media_type, Code::body_too_large});
    route.raw_body = takes_file;
    out.push_back(std::move(route));
  };
  picture_route(Method::put, "putStorePicture", "The store's picture: PNG, JPEG or WebP, at most 512 KiB", true);
  picture_route(Method::del, "dropStorePicture", "No picture", false);
  // Open: a picture is fetched by the thousands, and by whoever has no identity yet.
  net::Route shown =
      net::read_route(Method::get, store + "/picture", "getStorePicture", "The store's picture", Access::open,
                      [](Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                        TRY(const auto id, request.id_param<StoreId>("store_id"));
                        TRY(auto picture, picture_of(tx, id));
                        const bool named = !request.query_value("v").empty();
                        return Reply{200, std::move(picture.bytes), std::move(picture.type), {}}.with(
                            "cache-control", named ? "public, max-age=31536000, immutable" : "no-cache");
                      })
          .asking({s::opt(s::text("v", 1, 64, "of the content; a new picture has another"))})
          .may_fail({Code::not_found});
  out.push_back(std::move(shown));

  const Field method = s::choice("method", {"wechat", "alipay", "bank"});
  out.push_back(
      net::plain_route(Method::get, note, "getPayoutNote",
                       "Where an agent wants their commission; masked but for them and who pays", Access::login,
                       [db](const Call& call, const Request& request) { return get_note(call, request, *db); })
          .giving({s::nullable(s::object(
              "note",
              {method, s::text("holder", 0, kMaxHolder), s::text("account", 1, kMaxAccount + 4), s::instant("at")},
              "null: they have not said"))})
          .may_fail({Code::not_found, Code::forbidden}));
  out.push_back(
      net::write_route(Method::put, note, "putPayoutNote", "Say where the commission goes", Access::login, put_note)
          .taking({method, s::text("holder", 1, kMaxHolder), s::text("account", 1, kMaxAccount)})
          .answers(204)
          .may_fail({Code::not_found, Code::forbidden}));
  return out;
}

}  // namespace lianbo::org
