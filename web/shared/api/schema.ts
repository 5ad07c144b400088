// Made from the OpenAPI document of the server by tools/generate_api.mjs; not to be edited.
import type { Operation } from './operation'

export type AcceptInviteBody = {
  token: string
  /** may be left out for a new password: it stays as it was */
  login?: string
  /** 8 to 128 characters */
  password: string
}
export type AcceptInviteReply = {
  /** for `Authorization: Bearer …`; the cookie lb_sid carries it too */
  token: string
  person_id: string
  expires_at: string
  staff: {
    brand_id: string
    /** roles at the brand */
    roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
    /** what the roles are limited to; none: the whole brand */
    regions: string[]
  }[]
  agents: {
    brand_id: string
    agent_id: string
    store_id: string
    active: boolean
  }[]
}
/** Accept an invitation and log in */
export const acceptInvite: Operation<undefined, undefined, AcceptInviteBody, AcceptInviteReply> = { method: 'POST', path: '/api/v1/invites/accept', keyed: true }

export type AddAssistantReply = undefined
/** Let a person pin, mute and ban in this store's rooms */
export const addAssistant: Operation<{ store_id: string; person_id: string }, undefined, undefined, AddAssistantReply> = { method: 'PUT', path: '/api/v1/stores/{store_id}/assistants/{person_id}', keyed: true }

export type AddAssistantByLoginBody = {
  login: string
}
export type AddAssistantByLoginReply = {
  person_id: string
  name: string
  at: string
}
/** The same, by the login the person told the host */
export const addAssistantByLogin: Operation<{ store_id: string }, undefined, AddAssistantByLoginBody, AddAssistantByLoginReply> = { method: 'POST', path: '/api/v1/stores/{store_id}/assistants', keyed: true }

export type AddEvidenceBody = {
  text: string
}
export type AddEvidenceReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
  /** the steps somebody may take now */
  may: Array<'request' | 'approve' | 'reject' | 'withdraw' | 'send_back' | 'goods_back' | 'send_replacement' | 'receive_replacement' | 'refund_instead' | 'dispute' | 'uphold' | 'dismiss' | 'money_back' | 'time_up'>
  steps: {
    n: number
    step: 'request' | 'approve' | 'reject' | 'withdraw' | 'send_back' | 'goods_back' | 'send_replacement' | 'receive_replacement' | 'refund_instead' | 'dispute' | 'uphold' | 'dismiss' | 'money_back' | 'time_up'
    to_state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
    by_id?: string | null
    note: string
    at: string
  }[]
  evidence: {
    n: number
    by_id?: string | null
    text: string
    media_type: string
    sha256: string
    size: number
    at: string
  }[]
}
/** Adds words to an open case */
export const addEvidence: Operation<{ after_sale_id: string }, undefined, AddEvidenceBody, AddEvidenceReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/evidence', keyed: true }

export type AddPictureBody = Blob | ArrayBuffer | string
export type AddPictureReply = {
  sha256: string
}
/** Adds a picture to an open case: the body is the file (JPEG, PNG, WebP, at most 300 KiB) */
export const addPicture: Operation<{ after_sale_id: string }, undefined, AddPictureBody, AddPictureReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/pictures', keyed: true }

export type AddStaffBody = {
  /** a name or phone number to log in with, the same in either case */
  login: string
  name: string
  /** roles at the brand */
  roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
  /** names of regions that the rights end at; left out: as it was, and for who is new the whole brand; []: the whole brand */
  regions?: string[]
}
export type AddStaffReply = {
  person_id: string
  /** null: has a password already */
  invite_token?: string | null
}
/** Invite staff, or change their roles */
export const addStaff: Operation<{ brand_id: string }, undefined, AddStaffBody, AddStaffReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/staff', keyed: true }

export type AddWebhookSecretBody = {
  /** hmac (v1, default), or ed25519 (v1a) */
  secret_kind?: 'hmac' | 'ed25519'
  /** the old ones sign for so long; default 24 */
  overlap_hours?: number
}
export type AddWebhookSecretReply = {
  /** whsec_… or, of ed25519, whpk_…; told here and never again */
  secret: string
}
/** A new secret; the old ones sign beside it for a while, so that a receiver can change over */
export const addWebhookSecret: Operation<{ webhook_id: string }, undefined, AddWebhookSecretBody, AddWebhookSecretReply> = { method: 'POST', path: '/api/v1/webhooks/{webhook_id}/secrets', keyed: true }

export type AllotStockBody = {
  units: number
  /** default 0: it is not refilled */
  keep?: number
  /** default true */
  shared?: boolean
  /** default: until it is taken back */
  until_at?: string | null
}
export type AllotStockReply = {
  sku_id: string
  store_id: string
  /** unsold */
  units: number
  /** refilled from the pool up to this when half is gone; 0: never */
  keep: number
  /** when they are sold, the store sells from the pool like the others */
  shared: boolean
  /** then what is left goes back to the pool */
  until_at?: string | null
}
/** The store has exactly so many unsold units of its own from now on: taken from the pool, or given back to it */
export const allotStock: Operation<{ store_id: string; sku_id: string }, undefined, AllotStockBody, AllotStockReply> = { method: 'PUT', path: '/api/v1/stores/{store_id}/allotments/{sku_id}', keyed: true }

export type AllotStockToStoresBody = {
  sku_id: string
  items: {
    store_id: string
    units: number
  }[]
  /** default 0: it is not refilled */
  keep?: number
  /** default true */
  shared?: boolean
  /** default: until it is taken back */
  until_at?: string | null
}
export type AllotStockToStoresReply = {
  stores: number
  /** that these stores have now */
  units: number
}
/** Units of one SKU for many stores, all or none */
export const allotStockToStores: Operation<{ brand_id: string }, undefined, AllotStockToStoresBody, AllotStockToStoresReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/allotments', keyed: true }

export type AnswerQuizBody = {
  /** for each question the option's place, from 0 */
  answers: number[]
}
export type AnswerQuizReply = {
  right: number
  asked: number
  passed: boolean
  tries_left: number
}
/** Try a quiz; five times in 24 hours */
export const answerQuiz: Operation<{ agent_id: string; task_id: string }, undefined, AnswerQuizBody, AnswerQuizReply> = { method: 'POST', path: '/api/v1/agents/{agent_id}/training/{task_id}/answers', keyed: true }

export type ApplyAsAgentBody = {
  name: string
  phone: string
  message?: string
  /** of the recruit link that led here */
  share_token?: string
}
export type ApplyAsAgentReply = {
  /** the application is an agent in state `applied` */
  agent_id: string
  brand_id: string
  store_id: string
  code: string
  name: string
  /** masked */
  phone: string
  region: string
  /** of the agent now */
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  /** whose recruit share it came with, if they were active then */
  recruiter_id?: string | null
  share_id?: string | null
  /** when the applicant last opened that share */
  opened_at?: string | null
  message: string
  at: string
  decision: 'waits' | 'approved' | 'refused'
  decided_at?: string | null
  reason: string
}
/** Ask to become an agent of this brand; costs nothing */
export const applyAsAgent: Operation<{ brand_id: string }, undefined, ApplyAsAgentBody, ApplyAsAgentReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/applications', keyed: true }

export type ApproveAfterSaleBody = {
  answer?: string
}
export type ApproveAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** Agrees: the money goes back, or the goods may come back */
export const approveAfterSale: Operation<{ after_sale_id: string }, undefined, ApproveAfterSaleBody, ApproveAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/approve', keyed: true }

export type ApproveApplicationBody = {
  /** the brand's own number */
  code?: string
  region?: string
  level?: string
  reason?: string
}
export type ApproveApplicationReply = {
  agent_id: string
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
}
/** Take an applicant in: into training, or active at once if there is none */
export const approveApplication: Operation<{ agent_id: string }, undefined, ApproveApplicationBody, ApproveApplicationReply> = { method: 'POST', path: '/api/v1/agents/{agent_id}/approve', keyed: true }

export type ApproveSettlementReply = {
  id: string
  brand_id: string
  cutoff_at?: string | null
  /** proposed: another person has to approve it */
  state: 'proposed' | 'open' | 'finished'
  proposed_by_id?: string | null
  approved_by_id?: string | null
  agents: number
  settled_now: number
  settled_before: number
  /** amount in fen */
  entries_fen: number
  /** amount in fen */
  worked_off_fen: number
  /** amount in fen */
  new_debt_fen: number
  /** amount in fen */
  payable_fen: number
  failed: string[]
}
/** Another person agrees to exactly what was proposed; it is settled now */
export const approveSettlement: Operation<{ run_id: string }, undefined, undefined, ApproveSettlementReply> = { method: 'POST', path: '/api/v1/settlement-runs/{run_id}/approve', keyed: true }

export type BuyPromotionBody = {
  /** absent: enter */
  objective?: 'enter' | 'product_click' | 'order' | 'value'
  budget_fen: number
  /** absent: smooth */
  pace?: 'smooth' | 'fast'
  /** the bid for one objective (value: for each 100.00 paid); null: automatic */
  cap_fen?: number | null
  audience?: {
    /** lookalikes: have bought elsewhere what this store's buyers bought */
    kind?: 'everyone' | 'region' | 'lookalikes'
    /** of the brand; takes in what lies below it */
    region?: string
    /** leave out who is locked to an agent already */
    exclude_locked?: boolean
  }
  /** absent: now, or when the broadcast is to begin */
  starts_at?: string | null
  /** absent: two hours after its start */
  ends_at?: string | null
  /** a moment of it to show, that leads into the room; absent: the room itself */
  pin_id?: string | null
}
export type BuyPromotionReply = {
  id: string
  brand_id: string
  store_id: string
  broadcast_id: string
  /** the moment of it that is shown; null: the room */
  pin_id?: string | null
  /** whose wallet paid; null: the brand's */
  agent_id?: string | null
  objective: 'enter' | 'product_click' | 'order' | 'value'
  /** amount in fen */
  budget_fen: number
  /** amount in fen */
  spent_fen: number
  /** to the wallet, when it ended */
  returned_fen: number
  pace: 'smooth' | 'fast'
  /** for one objective; value: for each 100.00 paid; null: automatic */
  cap_fen?: number | null
  /** no click costs less */
  reserve_fen: number
  audience: {
    /** lookalikes: have bought elsewhere what this store's buyers bought */
    kind: 'everyone' | 'region' | 'lookalikes'
    /** of the brand; takes in what lies below it */
    region: string
    /** leave out who is locked to an agent already */
    exclude_locked: boolean
  }
  starts_at: string
  ends_at: string
  state: 'open' | 'paused' | 'ended'
  /** open, in its window, and its room is on air */
  delivering: boolean
  /** room_over, window_over, spent, stopped */
  ended_why: string
  /** people who saw the slot */
  shown: number
  /** paid for */
  clicks: number
  created_at: string
  ended_at?: string | null
}
/** Buys paid traffic into a broadcast, before or while it is on air: the host from their own wallet, staff from the brand's */
export const buyPromotion: Operation<{ broadcast_id: string }, undefined, BuyPromotionBody, BuyPromotionReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/promotions', keyed: true }

export type CancelBroadcastReply = {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at?: string | null
  /** also when it was cancelled */
  ended_at?: string | null
  likes: number
  /** how often somebody entered */
  enters: number
  peak_viewers: number
  /** a rehearsal is for its crew and the brand's staff only */
  audience: 'public' | 'rehearsal'
  /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
  ai_presenter: boolean
  /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
  ended_why: string
  picture: {
    /** cut: the host is reconnecting; over: a replay */
    state: 'none' | 'on' | 'cut' | 'over'
    /** its name in the addresses that getSite gives */
    stream: string
    /** media time 0 */
    first_frame_at?: string | null
    /** since when no frames come */
    cut_at?: string | null
    /** simulcast: the broadcast whose picture it carries */
    of?: string | null
  }
}
/** Cancel a scheduled broadcast */
export const cancelBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, CancelBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/cancel', keyed: true }

export type CancelLuckyBagReply = {
  id: string
  broadcast_id: string
  title: string
  prize: string
  /** what winners get */
  coupon_id?: string | null
  /** enter by writing the word in the room, or by a tap */
  rule: 'chat' | 'tap'
  word: string
  winners: number
  /** told when it opens: the seed is bound by it */
  commitment: string
  algorithm: string
  media_ms: number
  opened_at: string
  draws_at: string
  drawn_at?: string | null
  cancelled_at?: string | null
  /** in the draw; 0 until then */
  entrants: number
}
/** Takes a bag back before its time */
export const cancelLuckyBag: Operation<{ bag_id: string }, undefined, undefined, CancelLuckyBagReply> = { method: 'POST', path: '/api/v1/lucky-bags/{bag_id}/cancel', keyed: true }

export type CancelOrderBody = {
  reason?: string
}
export type CancelOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
  /** what the discount came from */
  coupon_id?: string | null
  state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
  currency: string
  /** amount in fen */
  goods_fen: number
  /** amount in fen */
  discount_fen: number
  /** amount in fen */
  shipping_fen: number
  /** amount in fen */
  total_fen: number
  /** with the shipping fee's part */
  refunded_fen: number
  /** amount in fen */
  shipping_refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit, as listed */
    list_fen: number
    /** of one unit, as sold */
    price_fen: number
    price_source: 'list' | 'campaign' | 'flash'
    /** amount in fen */
    goods_fen: number
    /** its goods less its share of the discount */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** given back, their money too */
    refunded_qty: number
    shipped_qty: number
    /** given up before they left */
    dropped_qty: number
    no_return: boolean
  }[]
  parcels: {
    id: string
    /** of a replacement */
    after_sale_id?: string | null
    carrier: string
    carrier_name: string
    tracking_number: string
    at: string
    lines: {
      line: number
      sku_id: string
      qty: number
    }[]
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  /** code of the last parcel's carrier */
  carrier: string
  carrier_name: string
  tracking_number: string
  cancel_reason: string
  placed_at?: string | null
  /** unpaid at this instant: cancelled */
  release_at?: string | null
  paid_at?: string | null
  shipped_at?: string | null
  received_at?: string | null
  completed_at?: string | null
  cancelled_at?: string | null
}
/** Cancels an unpaid order */
export const cancelOrder: Operation<{ order_id: string }, undefined, CancelOrderBody, CancelOrderReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/cancel', keyed: true }

export type CarryPictureBody = {
  /** the broadcast whose picture is carried */
  of?: string | null
}
export type CarryPictureReply = undefined
/** Simulcast: this room shows the picture of another broadcast of its brand; null: its own again */
export const carryPicture: Operation<{ broadcast_id: string }, undefined, CarryPictureBody, CarryPictureReply> = { method: 'PUT', path: '/api/v1/broadcasts/{broadcast_id}/picture', keyed: true }

export type ChangeBrandBody = {
  name: string
}
export type ChangeBrandReply = {
  id: string
  name: string
  /** ISO 4217 */
  currency: string
  /** reports group by its days */
  time_zone: string
  created_at: string
}
/** Give the brand another name */
export const changeBrand: Operation<{ brand_id: string }, undefined, ChangeBrandBody, ChangeBrandReply> = { method: 'PATCH', path: '/api/v1/brands/{brand_id}', keyed: true }

export type ChangeBroadcastBody = {
  title?: string
  scheduled_at?: string
  /** taken back only before it has begun */
  ai_presenter?: boolean
}
export type ChangeBroadcastReply = {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at?: string | null
  /** also when it was cancelled */
  ended_at?: string | null
  likes: number
  /** how often somebody entered */
  enters: number
  peak_viewers: number
  /** a rehearsal is for its crew and the brand's staff only */
  audience: 'public' | 'rehearsal'
  /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
  ai_presenter: boolean
  /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
  ended_why: string
  picture: {
    /** cut: the host is reconnecting; over: a replay */
    state: 'none' | 'on' | 'cut' | 'over'
    /** its name in the addresses that getSite gives */
    stream: string
    /** media time 0 */
    first_frame_at?: string | null
    /** since when no frames come */
    cut_at?: string | null
    /** simulcast: the broadcast whose picture it carries */
    of?: string | null
  }
}
/** Another title, another time as long as the old one has not come, or the label of a presenter made by AI */
export const changeBroadcast: Operation<{ broadcast_id: string }, undefined, ChangeBroadcastBody, ChangeBroadcastReply> = { method: 'PATCH', path: '/api/v1/broadcasts/{broadcast_id}', keyed: true }

export type ChangeCampaignBody = {
  name: string
  starts_at: string
  /** its prices and plans count until then */
  ends_at: string
  /** what hosts say about it */
  talking_points?: string
  /** the stores it goes to */
  target: {
    kind: 'all' | 'region' | 'level' | 'list'
    /** of the region (with those below it) or level */
    name?: string
    store_ids?: string[]
  }
  items: {
    sku_id: string
    /** amount in fen */
    price_fen: number
    talking_points?: string
    /** owner or finance; absent: the brand's own plan */
    plan?: {
      /** rate in basis points */
      host_bp: number
      /** rate in basis points */
      promoter_bp: number
      /** default 0 */
      recruiter_bp?: number
      /** default 0 */
      clipper_bp?: number
      /** default: the server's setting */
      freeze_days?: number | null
    } | null
  }[]
}
export type ChangeCampaignReply = {
  id: string
  brand_id: string
  name: string
  talking_points: string
  state: 'draft' | 'pushed' | 'ended' | 'undone'
  /** pushed, and within its window */
  counts_now: boolean
  starts_at: string
  ends_at: string
  target: {
    kind: 'all' | 'region' | 'level' | 'list'
    name: string
  }
  pushed_at?: string | null
  over_at?: string | null
  created_at: string
  version: number
  /** the last push or undo: how far it is */
  push?: {
    kind: 'push' | 'undo'
    /** stores to go through */
    total: number
    /** gone through */
    done: number
    /** given the campaign, or relieved of it */
    changed: number
    started_at: string
    finished_at?: string | null
  } | null
  items: {
    sku_id: string
    /** amount in fen */
    price_fen: number
    talking_points: string
    plan?: {
      /** rate in basis points */
      host_bp: number
      /** rate in basis points */
      promoter_bp: number
      /** rate in basis points */
      recruiter_bp: number
      /** rate in basis points */
      clipper_bp: number
      freeze_days?: number | null
      version: number
    } | null
  }[]
}
/** Replaces a draft */
export const changeCampaign: Operation<{ campaign_id: string }, undefined, ChangeCampaignBody, ChangeCampaignReply> = { method: 'PUT', path: '/api/v1/campaigns/{campaign_id}', keyed: true }

export type ChangePasswordBody = {
  /** the present one */
  password: string
  /** 8 to 128 characters */
  new_password: string
}
export type ChangePasswordReply = undefined
/** Change one's own password; other logins end, API tokens stay */
export const changePassword: Operation<undefined, undefined, ChangePasswordBody, ChangePasswordReply> = { method: 'POST', path: '/api/v1/me/password', keyed: true }

export type ChangeProductBody = {
  title?: string
  category?: string
  description?: string
  image_url?: string
  on_sale?: boolean
  no_return?: boolean
}
export type ChangeProductReply = {
  id: string
  brand_id: string
  code: string
  title: string
  category: string
  description: string
  image_url: string
  on_sale: boolean
  /** exempt from the seven-day return */
  no_return: boolean
  created_at: string
  updated_at: string
  version: number
  skus: {
    id: string
    code: string
    /** its options; empty when the product has none */
    title: string
    /** amount in fen */
    price_fen: number
    version: number
    sold_out: boolean
    /** units left; null while there are many */
    left?: number | null
    /** in the store asked for, while a campaign of it counts */
    store_price_fen?: number | null
    campaign_id?: string | null
  }[]
}
/** Change a product; If-Match guards against overwriting others' changes */
export const changeProduct: Operation<{ product_id: string }, undefined, ChangeProductBody, ChangeProductReply> = { method: 'PATCH', path: '/api/v1/products/{product_id}', keyed: true }

export type ChangeSkuBody = {
  /** amount in fen */
  price_fen: number
}
export type ChangeSkuReply = {
  id: string
  code: string
  /** its options; empty when the product has none */
  title: string
  /** amount in fen */
  price_fen: number
  version: number
  sold_out: boolean
  /** units left; null while there are many */
  left?: number | null
  /** in the store asked for, while a campaign of it counts */
  store_price_fen?: number | null
  campaign_id?: string | null
}
/** Change a SKU's price; orders placed keep theirs */
export const changeSku: Operation<{ sku_id: string }, undefined, ChangeSkuBody, ChangeSkuReply> = { method: 'PATCH', path: '/api/v1/skus/{sku_id}', keyed: true }

export type ChangeStoreBody = {
  name?: string
  intro?: string
}
export type ChangeStoreReply = {
  name: string
  intro: string
  /** of this server; empty: none */
  picture_url: string
}
/** The store's name and its few words */
export const changeStore: Operation<{ store_id: string }, undefined, ChangeStoreBody, ChangeStoreReply> = { method: 'PATCH', path: '/api/v1/stores/{store_id}', keyed: true }

export type ChangeTrainingTaskBody = {
  title?: string
  /** lesson: to read */
  text?: string
  /** lesson: to watch; https://… or a page of this site */
  link?: string
  /** quiz */
  questions?: {
    text: string
    options: string[]
    /** which option, from 0; shown to staff only */
    right: number
  }[]
  /** quiz: default: all of them */
  pass_right?: number
  /** rehearsal: it lasts at least so long */
  rehearsal_minutes?: number
  /** default true */
  required?: boolean
  /** place in the list; default: at its end */
  position?: number
  /** what was done before does not count any more for who is in training */
  again?: boolean
}
export type ChangeTrainingTaskReply = {
  id: string
  kind: 'lesson' | 'quiz' | 'rehearsal'
  title: string
  /** lesson: to read */
  text: string
  /** lesson: to watch */
  link: string
  questions: {
    text: string
    options: string[]
    /** which option, from 0; shown to staff only */
    right?: number
  }[]
  /** quiz: so many right answers pass */
  pass_right: number
  /** rehearsal: it lasts at least so long */
  rehearsal_minutes: number
  /** nobody goes public before it is done */
  required: boolean
  position: number
  version: number
  /** what was done under an older version has to be done again */
  counts_from: number
  created_at: string
  /** no longer asked for */
  retired_at?: string | null
}
/** Change a task; what was done stays done, unless `again` */
export const changeTrainingTask: Operation<{ brand_id: string; task_id: string }, undefined, ChangeTrainingTaskBody, ChangeTrainingTaskReply> = { method: 'PATCH', path: '/api/v1/brands/{brand_id}/training-tasks/{task_id}', keyed: true }

export type ChangeWebhookBody = {
  /** https://… */
  url?: string
  description?: string
  /** docs/events.md; none: every type */
  types?: string[]
  state?: 'active' | 'disabled'
  /** with state active: what happened meanwhile is not told */
  skip_missed?: boolean
}
export type ChangeWebhookReply = {
  id: string
  brand_id: string
  url: string
  description: string
  /** none: every type */
  types: string[]
  state: 'active' | 'disabled'
  /** why it was disabled */
  note: string
  /** it was told of everything up to here */
  cursor?: string | null
  /** the first failure since the last success */
  failing_since?: string | null
  /** that sign now, the newest first */
  secrets: {
    kind: 'hmac' | 'ed25519'
    created_at: string
    expires_at?: string | null
  }[]
  created_at: string
}
/** Change it; a disabled one that is made active goes on where it stood */
export const changeWebhook: Operation<{ webhook_id: string }, undefined, ChangeWebhookBody, ChangeWebhookReply> = { method: 'PATCH', path: '/api/v1/webhooks/{webhook_id}', keyed: true }

export type ClaimCouponReply = {
  coupon: {
    id: string
    brand_id: string
    giver: 'brand' | 'store' | 'room' | 'prize'
    /** good in this store only */
    store_id?: string | null
    /** given and good in this room only */
    broadcast_id?: string | null
    name: string
    /** an amount off, or 0 */
    off_fen: number
    /** a rate off, or 0 */
    off_bp: number
    /** a rate takes off at most this; 0: no cap */
    cap_fen: number
    /** goods of at least this */
    min_spend_fen: number
    total: number
    left: number
    starts_at: string
    ends_at: string
    withdrawn_at?: string | null
  }
  at: string
  /** the order it was used for */
  order_id?: string | null
}
/** Claims it for the caller: once a person; again, it is the same claim */
export const claimCoupon: Operation<{ coupon_id: string }, undefined, undefined, ClaimCouponReply> = { method: 'POST', path: '/api/v1/coupons/{coupon_id}/claim', keyed: true }

export type ClearCartReply = undefined
/** Empties my cart at a store */
export const clearCart: Operation<undefined, { store_id: string }, undefined, ClearCartReply> = { method: 'DELETE', path: '/api/v1/cart', keyed: true }

export type CloseFlashReply = {
  id: string
  broadcast_id: string
  product_id: string
  sku_id: string
  /** amount in fen */
  price_fen: number
  units: number
  left: number
  /** of the broadcast, when it was opened */
  media_ms: number
  opened_at: string
  ends_at: string
  closed_at?: string | null
}
/** Ends a flash price now */
export const closeFlash: Operation<{ flash_id: string }, undefined, undefined, CloseFlashReply> = { method: 'POST', path: '/api/v1/flash/{flash_id}/close', keyed: true }

export type ClosePinReply = undefined
/** Close the open pin, if there is one */
export const closePin: Operation<{ broadcast_id: string }, undefined, undefined, ClosePinReply> = { method: 'DELETE', path: '/api/v1/broadcasts/{broadcast_id}/pins/open', keyed: true }

export type CreateAgentBody = {
  code: string
  name: string
  phone?: string
  region?: string
  level?: string
  parent_id?: string | null
  /** default active */
  state?: 'applied' | 'training' | 'active' | 'suspended'
  /** the store's name; default the agent's */
  store?: string
}
export type CreateAgentReply = {
  id: string
  brand_id: string
  store_id: string
  /** the brand's own number for the agent */
  code: string
  name: string
  /** masked, except for the agent and staff that operates the brand */
  phone: string
  region: string
  level: string
  /** who recruited them */
  parent_id?: string | null
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  created_at: string
}
/** Add one agent, with a store */
export const createAgent: Operation<{ brand_id: string }, undefined, CreateAgentBody, CreateAgentReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/agents', keyed: true }

export type CreateApiTokenBody = {
  /** what it is for */
  name: string
  /** how long it lasts; default 365 */
  days?: number
}
export type CreateApiTokenReply = {
  token: string
  expires_at: string
}
/** A token for a program, with the caller's own rights */
export const createApiToken: Operation<undefined, undefined, CreateApiTokenBody, CreateApiTokenReply> = { method: 'POST', path: '/api/v1/api-tokens', keyed: true }

export type CreateBrandBody = {
  name: string
  /** default CNY */
  currency?: string
  /** default Asia/Shanghai */
  time_zone?: string
  owner_login: string
  owner_name?: string
  /** 8 to 128 characters */
  owner_password: string
}
export type CreateBrandReply = {
  id: string
  owner_person_id: string
}
/** Make a brand and its owner (the server's operator only) */
export const createBrand: Operation<undefined, undefined, CreateBrandBody, CreateBrandReply> = { method: 'POST', path: '/api/v1/brands', keyed: true }

export type CreateCampaignBody = {
  name: string
  starts_at: string
  /** its prices and plans count until then */
  ends_at: string
  /** what hosts say about it */
  talking_points?: string
  /** the stores it goes to */
  target: {
    kind: 'all' | 'region' | 'level' | 'list'
    /** of the region (with those below it) or level */
    name?: string
    store_ids?: string[]
  }
  items: {
    sku_id: string
    /** amount in fen */
    price_fen: number
    talking_points?: string
    /** owner or finance; absent: the brand's own plan */
    plan?: {
      /** rate in basis points */
      host_bp: number
      /** rate in basis points */
      promoter_bp: number
      /** default 0 */
      recruiter_bp?: number
      /** default 0 */
      clipper_bp?: number
      /** default: the server's setting */
      freeze_days?: number | null
    } | null
  }[]
}
export type CreateCampaignReply = {
  id: string
  brand_id: string
  name: string
  talking_points: string
  state: 'draft' | 'pushed' | 'ended' | 'undone'
  /** pushed, and within its window */
  counts_now: boolean
  starts_at: string
  ends_at: string
  target: {
    kind: 'all' | 'region' | 'level' | 'list'
    name: string
  }
  pushed_at?: string | null
  over_at?: string | null
  created_at: string
  version: number
  /** the last push or undo: how far it is */
  push?: {
    kind: 'push' | 'undo'
    /** stores to go through */
    total: number
    /** gone through */
    done: number
    /** given the campaign, or relieved of it */
    changed: number
    started_at: string
    finished_at?: string | null
  } | null
  items: {
    sku_id: string
    /** amount in fen */
    price_fen: number
    talking_points: string
    plan?: {
      /** rate in basis points */
      host_bp: number
      /** rate in basis points */
      promoter_bp: number
      /** rate in basis points */
      recruiter_bp: number
      /** rate in basis points */
      clipper_bp: number
      freeze_days?: number | null
      version: number
    } | null
  }[]
}
/** A draft: SKUs with price, plan and talking points, a window, and the stores it goes to */
export const createCampaign: Operation<{ brand_id: string }, undefined, CreateCampaignBody, CreateCampaignReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/campaigns', keyed: true }

export type CreateCouponBody = {
  giver: 'brand' | 'store' | 'prize'
  name: string
  /** an amount off; this or off_bp */
  off_fen?: number
  /** a rate off */
  off_bp?: number
  /** a rate takes off at most this */
  cap_fen?: number
  /** goods of at least this */
  min_spend_fen?: number
  total: number
  /** default: now */
  starts_at?: string | null
  ends_at: string
  /** good in this store only */
  store_id?: string | null
}
export type CreateCouponReply = {
  id: string
  brand_id: string
  giver: 'brand' | 'store' | 'room' | 'prize'
  /** good in this store only */
  store_id?: string | null
  /** given and good in this room only */
  broadcast_id?: string | null
  name: string
  /** an amount off, or 0 */
  off_fen: number
  /** a rate off, or 0 */
  off_bp: number
  /** a rate takes off at most this; 0: no cap */
  cap_fen: number
  /** goods of at least this */
  min_spend_fen: number
  total: number
  left: number
  starts_at: string
  ends_at: string
  withdrawn_at?: string | null
}
/** So many coupons with fixed terms: of the brand, for one store, or as prizes of lucky bags. A store's agent may make the store's own, within store.discount_max_bp */
export const createCoupon: Operation<{ brand_id: string }, undefined, CreateCouponBody, CreateCouponReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/coupons', keyed: true }

export type CreatePersonBody = {
  /** a name or phone number to log in with, the same in either case */
  login: string
  /** 8 to 128 characters */
  password: string
  name: string
}
export type CreatePersonReply = {
  /** for `Authorization: Bearer …`; the cookie lb_sid carries it too */
  token: string
  person_id: string
  expires_at: string
  staff: {
    brand_id: string
    /** roles at the brand */
    roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
    /** what the roles are limited to; none: the whole brand */
    regions: string[]
  }[]
  agents: {
    brand_id: string
    agent_id: string
    store_id: string
    active: boolean
  }[]
}
/** Register as a buyer and log in */
export const createPerson: Operation<undefined, undefined, CreatePersonBody, CreatePersonReply> = { method: 'POST', path: '/api/v1/persons', keyed: true }

export type CreateProductBody = {
  code: string
  title: string
  category?: string
  description?: string
  image_url?: string
  /** default true */
  on_sale?: boolean
  /** default false */
  no_return?: boolean
  skus: {
    /** default: made from the product's code and title */
    code?: string
    title?: string
    /** amount in fen */
    price_fen: number
    /** first stock */
    stock?: number
  }[]
}
export type CreateProductReply = {
  id: string
  brand_id: string
  code: string
  title: string
  category: string
  description: string
  image_url: string
  on_sale: boolean
  /** exempt from the seven-day return */
  no_return: boolean
  created_at: string
  updated_at: string
  version: number
  skus: {
    id: string
    code: string
    /** its options; empty when the product has none */
    title: string
    /** amount in fen */
    price_fen: number
    version: number
    sold_out: boolean
    /** units left; null while there are many */
    left?: number | null
    /** in the store asked for, while a campaign of it counts */
    store_price_fen?: number | null
    campaign_id?: string | null
  }[]
}
/** A new product with its SKUs and first stock */
export const createProduct: Operation<{ brand_id: string }, undefined, CreateProductBody, CreateProductReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/products', keyed: true }

export type CreateRegionBody = {
  name: string
}
export type CreateRegionReply = {
  id: string
  /** may be a path: 华东/上海 lies in 华东 */
  name: string
  /** in this very region, without those who have left */
  agents: number
  active: number
  created_at: string
}
/** Add a region */
export const createRegion: Operation<{ brand_id: string }, undefined, CreateRegionBody, CreateRegionReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/regions', keyed: true }

export type CreateSessionBody = {
  /** a name or phone number to log in with, the same in either case */
  login: string
  password: string
}
export type CreateSessionReply = {
  /** for `Authorization: Bearer …`; the cookie lb_sid carries it too */
  token: string
  person_id: string
  expires_at: string
  staff: {
    brand_id: string
    /** roles at the brand */
    roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
    /** what the roles are limited to; none: the whole brand */
    regions: string[]
  }[]
  agents: {
    brand_id: string
    agent_id: string
    store_id: string
    active: boolean
  }[]
}
/** Log in */
export const createSession: Operation<undefined, undefined, CreateSessionBody, CreateSessionReply> = { method: 'POST', path: '/api/v1/sessions', keyed: true }

export type CreateShareBody = {
  kind: 'moment' | 'broadcast' | 'clip' | 'product' | 'store' | 'recruit' | 'receipt'
  channel: 'dm' | 'group' | 'moments' | 'article' | 'poster' | 'other'
  /** product, store; recruit: the sharer's own */
  store_id?: string | null
  /** moment, broadcast */
  broadcast_id?: string | null
  /** moment, product */
  product_id?: string | null
  /** moment: media time; left out: now, or the pin's start */
  media_ms?: number | null
  /** clip */
  clip_id?: string | null
  /** receipt: a paid order of one's own */
  order_id?: string | null
}
export type CreateShareReply = {
  id: string
  token: string
  /** what is handed on */
  url: string
  kind: 'moment' | 'broadcast' | 'clip' | 'product' | 'store' | 'recruit' | 'receipt'
  channel: 'dm' | 'group' | 'moments' | 'article' | 'poster' | 'other'
  brand_id: string
  /** a person */
  sharer_id: string
  /** the sharer as agent of the brand */
  agent_id?: string | null
  store_id: string
  broadcast_id?: string | null
  product_id?: string | null
  /** the pin that covers the moment */
  pin_id?: string | null
  /** media time of the moment */
  media_ms?: number | null
  clip_id?: string | null
  order_id?: string | null
  /** the share its sharer came through */
  parent_id?: string | null
  root_id: string
  /** 0 for a root */
  depth: number
  created_at: string
}
/** Make a link to a moment, a broadcast, a product, a store, a paid order, or to recruit */
export const createShare: Operation<undefined, undefined, CreateShareBody, CreateShareReply> = { method: 'POST', path: '/api/v1/shares', keyed: true }

export type CreateTrainingTaskBody = {
  kind: 'lesson' | 'quiz' | 'rehearsal'
  title: string
  /** lesson: to read */
  text?: string
  /** lesson: to watch; https://… or a page of this site */
  link?: string
  /** quiz */
  questions?: {
    text: string
    options: string[]
    /** which option, from 0; shown to staff only */
    right: number
  }[]
  /** quiz: default: all of them */
  pass_right?: number
  /** rehearsal: it lasts at least so long */
  rehearsal_minutes?: number
  /** default true */
  required?: boolean
  /** place in the list; default: at its end */
  position?: number
}
export type CreateTrainingTaskReply = {
  id: string
  kind: 'lesson' | 'quiz' | 'rehearsal'
  title: string
  /** lesson: to read */
  text: string
  /** lesson: to watch */
  link: string
  questions: {
    text: string
    options: string[]
    /** which option, from 0; shown to staff only */
    right?: number
  }[]
  /** quiz: so many right answers pass */
  pass_right: number
  /** rehearsal: it lasts at least so long */
  rehearsal_minutes: number
  /** nobody goes public before it is done */
  required: boolean
  position: number
  version: number
  /** what was done under an older version has to be done again */
  counts_from: number
  created_at: string
  /** no longer asked for */
  retired_at?: string | null
}
/** Ask for one more thing */
export const createTrainingTask: Operation<{ brand_id: string }, undefined, CreateTrainingTaskBody, CreateTrainingTaskReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/training-tasks', keyed: true }

export type CreateWebhookBody = {
  /** https://… */
  url: string
  description?: string
  /** docs/events.md; none: every type */
  types?: string[]
  /** hmac (v1, default), or ed25519 (v1a) */
  secret_kind?: 'hmac' | 'ed25519'
}
export type CreateWebhookReply = {
  id: string
  brand_id: string
  url: string
  description: string
  /** none: every type */
  types: string[]
  state: 'active' | 'disabled'
  /** why it was disabled */
  note: string
  /** it was told of everything up to here */
  cursor?: string | null
  /** the first failure since the last success */
  failing_since?: string | null
  /** that sign now, the newest first */
  secrets: {
    kind: 'hmac' | 'ed25519'
    created_at: string
    expires_at?: string | null
  }[]
  created_at: string
  /** whsec_… or, of ed25519, whpk_…; told here and never again */
  secret: string
}
/** Tell a program of events by HTTP, in the form of Standard Webhooks, from now on */
export const createWebhook: Operation<{ brand_id: string }, undefined, CreateWebhookBody, CreateWebhookReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/webhooks', keyed: true }

export type CreditWalletBody = {
  /** null: the brand's own wallet */
  agent_id?: string | null
  /** negative: taken back */
  amount_fen: number
  /** for instance what was paid for it, and how */
  reason: string
}
export type CreditWalletReply = {
  id: string
  agent_id?: string | null
  /** amount in fen */
  amount_fen: number
  /** amount in fen */
  balance_fen: number
}
/** Puts money into a wallet, or takes it back; owner or finance, audited */
export const creditWallet: Operation<{ brand_id: string }, undefined, CreditWalletBody, CreditWalletReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/wallet-credits', keyed: true }

export type DeleteSessionReply = undefined
/** Log out */
export const deleteSession: Operation<undefined, undefined, undefined, DeleteSessionReply> = { method: 'DELETE', path: '/api/v1/sessions/current', keyed: true }

export type DeleteWebhookReply = undefined
/** Delete it with its deliveries */
export const deleteWebhook: Operation<{ webhook_id: string }, undefined, undefined, DeleteWebhookReply> = { method: 'DELETE', path: '/api/v1/webhooks/{webhook_id}', keyed: true }

export type DismissAfterSaleBody = {
  answer?: string
}
export type DismissAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The dispute is decided for the shop, by another than who refused */
export const dismissAfterSale: Operation<{ after_sale_id: string }, undefined, DismissAfterSaleBody, DismissAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/dismiss', keyed: true }

export type DisputeAfterSaleBody = {
  answer?: string
}
export type DisputeAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The buyer disputes a refusal */
export const disputeAfterSale: Operation<{ after_sale_id: string }, undefined, DisputeAfterSaleBody, DisputeAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/dispute', keyed: true }

export type DropStorePictureReply = {
  name: string
  intro: string
  /** of this server; empty: none */
  picture_url: string
}
/** No picture */
export const dropStorePicture: Operation<{ store_id: string }, undefined, undefined, DropStorePictureReply> = { method: 'DELETE', path: '/api/v1/stores/{store_id}/picture', keyed: true }

export type EditAgentBody = {
  code?: string
  name?: string
  phone?: string
  region?: string
  level?: string
  /** null: none any more */
  parent_id?: string | null
}
export type EditAgentReply = {
  id: string
  brand_id: string
  store_id: string
  /** the brand's own number for the agent */
  code: string
  name: string
  /** masked, except for the agent and staff that operates the brand */
  phone: string
  region: string
  level: string
  /** who recruited them */
  parent_id?: string | null
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  created_at: string
}
/** Change an agent's code, name, phone, region, level or parent */
export const editAgent: Operation<{ agent_id: string }, undefined, EditAgentBody, EditAgentReply> = { method: 'PATCH', path: '/api/v1/agents/{agent_id}', keyed: true }

export type EndBroadcastReply = {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at?: string | null
  /** also when it was cancelled */
  ended_at?: string | null
  likes: number
  /** how often somebody entered */
  enters: number
  peak_viewers: number
  /** a rehearsal is for its crew and the brand's staff only */
  audience: 'public' | 'rehearsal'
  /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
  ai_presenter: boolean
  /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
  ended_why: string
  picture: {
    /** cut: the host is reconnecting; over: a replay */
    state: 'none' | 'on' | 'cut' | 'over'
    /** its name in the addresses that getSite gives */
    stream: string
    /** media time 0 */
    first_frame_at?: string | null
    /** since when no frames come */
    cut_at?: string | null
    /** simulcast: the broadcast whose picture it carries */
    of?: string | null
  }
}
/** End a live broadcast; its open pin is closed */
export const endBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, EndBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/end', keyed: true }

export type EndCampaignReply = {
  id: string
  brand_id: string
  name: string
  talking_points: string
  state: 'draft' | 'pushed' | 'ended' | 'undone'
  /** pushed, and within its window */
  counts_now: boolean
  starts_at: string
  ends_at: string
  target: {
    kind: 'all' | 'region' | 'level' | 'list'
    name: string
  }
  pushed_at?: string | null
  over_at?: string | null
  created_at: string
  version: number
  /** the last push or undo: how far it is */
  push?: {
    kind: 'push' | 'undo'
    /** stores to go through */
    total: number
    /** gone through */
    done: number
    /** given the campaign, or relieved of it */
    changed: number
    started_at: string
    finished_at?: string | null
  } | null
  items: {
    sku_id: string
    /** amount in fen */
    price_fen: number
    talking_points: string
    plan?: {
      /** rate in basis points */
      host_bp: number
      /** rate in basis points */
      promoter_bp: number
      /** rate in basis points */
      recruiter_bp: number
      /** rate in basis points */
      clipper_bp: number
      freeze_days?: number | null
      version: number
    } | null
  }[]
}
/** Ends it before its window does */
export const endCampaign: Operation<{ campaign_id: string }, undefined, undefined, EndCampaignReply> = { method: 'POST', path: '/api/v1/campaigns/{campaign_id}/end', keyed: true }

export type EnterLuckyBagReply = undefined
/** Enters a bag that is entered by a tap; again, it is the same entry */
export const enterLuckyBag: Operation<{ bag_id: string }, undefined, undefined, EnterLuckyBagReply> = { method: 'POST', path: '/api/v1/lucky-bags/{bag_id}/entry', keyed: true }

export type EraseBuyerBody = {
  /** why; written down in the audit */
  reason: string
}
export type EraseBuyerReply = {
  id?: string
  person_id?: string
  /** null: everywhere, with the account */
  brand_id?: string | null
  /** partly: erased, but for evidence that must be kept for now */
  state?: 'waiting' | 'partly' | 'done'
  requested_at?: string | null
  erased_at?: string | null
  done_at?: string | null
  /** told once: what GET /erasures/{receipt} is asked with, also without a login */
  receipt?: string
  /** in the caller's language */
  erases: string[]
  keeps: {
    what: string
    why: 'retention' | 'legal_hold' | 'books'
    count: number
    /** null: not known yet, or for good */
    until?: string | null
    says: string
  }[]
  /** orders under way, whose address is needed */
  waits_for: string[]
  /** roles that must end first */
  blocked_by: Array<'staff' | 'agent'>
}
/** Erase a buyer on their request: what this brand holds, and their account if they have nothing to do with any other brand */
export const eraseBuyer: Operation<{ brand_id: string; person_id: string }, undefined, EraseBuyerBody, EraseBuyerReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/buyers/{person_id}/erasure', keyed: true }

export type EraseMeBody = {
  /** it can't be undone */
  confirm: 'erase'
}
export type EraseMeReply = {
  id?: string
  person_id?: string
  /** null: everywhere, with the account */
  brand_id?: string | null
  /** partly: erased, but for evidence that must be kept for now */
  state?: 'waiting' | 'partly' | 'done'
  requested_at?: string | null
  erased_at?: string | null
  done_at?: string | null
  /** told once: what GET /erasures/{receipt} is asked with, also without a login */
  receipt?: string
  /** in the caller's language */
  erases: string[]
  keeps: {
    what: string
    why: 'retention' | 'legal_hold' | 'books'
    count: number
    /** null: not known yet, or for good */
    until?: string | null
    says: string
  }[]
  /** orders under way, whose address is needed */
  waits_for: string[]
  /** roles that must end first */
  blocked_by: Array<'staff' | 'agent'>
}
/** Erase the caller: name, login and addresses, everywhere; the account is closed */
export const eraseMe: Operation<undefined, undefined, EraseMeBody, EraseMeReply> = { method: 'POST', path: '/api/v1/me/erasure', keyed: true }

export type ExplainEntryReply = undefined
/** Why: one commission entry, to the fen */
export const explainEntry: Operation<{ entry_id: string }, undefined, undefined, ExplainEntryReply> = { method: 'GET', path: '/api/v1/entries/{entry_id}/explain' }

export type ExplainOrderReply = undefined
/** Why: attribution, plans, entries, lock, ledger of an order */
export const explainOrder: Operation<{ order_id: string }, undefined, undefined, ExplainOrderReply> = { method: 'GET', path: '/api/v1/orders/{order_id}/explain' }

export type ExplainSettlementReply = undefined
/** Why: one settlement, its entries and debt */
export const explainSettlement: Operation<{ settlement_id: string }, { limit?: number; after?: string }, undefined, ExplainSettlementReply> = { method: 'GET', path: '/api/v1/settlements/{settlement_id}/explain' }

export type ExportEvidenceBody = {
  order_id?: string | null
  broadcast_id?: string | null
  /** why; written down in the audit */
  reason: string
  /** open what is sealed in it; staff that operates */
  personal?: boolean
  /** `next_seq` of the part before */
  after_seq?: number
}
export type ExportEvidenceReply = undefined
/** Evidence about an order or a broadcast, with the proof that it stands in the chain; audited */
export const exportEvidence: Operation<{ brand_id: string }, undefined, ExportEvidenceBody, ExportEvidenceReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/evidence/export', keyed: true }

export type ExportProductsReply = undefined
/** Every product of the brand as a file (CSV) */
export const exportProducts: Operation<{ brand_id: string }, { format?: string }, undefined, ExportProductsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/products:export' }

export type FindBuyerReply = undefined
/** A buyer of the brand by their login; audited */
export const findBuyer: Operation<{ brand_id: string }, { login: string }, undefined, FindBuyerReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/buyers' }

export type FinishTaskReply = {
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  tasks: {
    id: string
    kind: 'lesson' | 'quiz' | 'rehearsal'
    title: string
    /** lesson: to read */
    text: string
    /** lesson: to watch */
    link: string
    questions: {
      text: string
      options: string[]
      /** which option, from 0; shown to staff only */
      right?: number
    }[]
    /** quiz: so many right answers pass */
    pass_right: number
    /** rehearsal: it lasts at least so long */
    rehearsal_minutes: number
    /** nobody goes public before it is done */
    required: boolean
    position: number
    version: number
    /** what was done under an older version has to be done again */
    counts_from: number
    created_at: string
    /** no longer asked for */
    retired_at?: string | null
    done_at?: string | null
    /** set down as done by staff */
    waived: boolean
    /** quiz: within 24 hours */
    tries_left?: number | null
  }[]
  /** required and not done: no broadcast goes public before */
  missing: string[]
  /** all done; the brand has yet to admit */
  waits_for_staff: boolean
}
/** A lesson was read, says its agent; or staff waives a task of any kind */
export const finishTask: Operation<{ agent_id: string; task_id: string }, undefined, undefined, FinishTaskReply> = { method: 'POST', path: '/api/v1/agents/{agent_id}/training/{task_id}/done', keyed: true }

export type FollowStoreReply = undefined
/** Follow a host */
export const followStore: Operation<{ store_id: string }, undefined, undefined, FollowStoreReply> = { method: 'PUT', path: '/api/v1/stores/{store_id}/follow', keyed: true }

export type GetAccountReply = {
  agent_id: string
  /** amount in fen */
  pending_fen: number
  /** amount in fen */
  available_fen: number
  /** amount in fen */
  settled_fen: number
  /** amount in fen */
  paid_fen: number
  /** amount in fen */
  debt_fen: number
}
/** An agent's money: frozen, available, settled, paid, debt */
export const getAccount: Operation<{ agent_id: string }, undefined, undefined, GetAccountReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/account' }

export type GetAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
  /** the steps somebody may take now */
  may: Array<'request' | 'approve' | 'reject' | 'withdraw' | 'send_back' | 'goods_back' | 'send_replacement' | 'receive_replacement' | 'refund_instead' | 'dispute' | 'uphold' | 'dismiss' | 'money_back' | 'time_up'>
  steps: {
    n: number
    step: 'request' | 'approve' | 'reject' | 'withdraw' | 'send_back' | 'goods_back' | 'send_replacement' | 'receive_replacement' | 'refund_instead' | 'dispute' | 'uphold' | 'dismiss' | 'money_back' | 'time_up'
    to_state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
    by_id?: string | null
    note: string
    at: string
  }[]
  evidence: {
    n: number
    by_id?: string | null
    text: string
    media_type: string
    sha256: string
    size: number
    at: string
  }[]
}
/** An after-sale with its steps, its evidence, and what may happen now */
export const getAfterSale: Operation<{ after_sale_id: string }, undefined, undefined, GetAfterSaleReply> = { method: 'GET', path: '/api/v1/after-sales/{after_sale_id}' }

export type GetAgentReply = {
  id: string
  brand_id: string
  store_id: string
  /** the brand's own number for the agent */
  code: string
  name: string
  /** masked, except for the agent and staff that operates the brand */
  phone: string
  region: string
  level: string
  /** who recruited them */
  parent_id?: string | null
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  created_at: string
}
/** An agent, for themselves and for staff */
export const getAgent: Operation<{ agent_id: string }, undefined, undefined, GetAgentReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}' }

export type GetAgentWalletReply = {
  brand_id: string
  /** null: the brand's own */
  agent_id?: string | null
  /** amount in fen */
  balance_fen: number
  /** newest first */
  items: {
    id: string
    cause: 'wallet_credit' | 'promotion_bought' | 'promotion_returned'
    /** the credit, or the promotion */
    cause_id: string
    /** amount in fen */
    amount_fen: number
    reason: string
    at: string
  }[]
  next?: string | null
}
/** An agent's wallet and its movements: for the agent, and staff */
export const getAgentWallet: Operation<{ agent_id: string }, { limit?: number; after?: string }, undefined, GetAgentWalletReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/wallet' }

export type GetAssortmentReply = {
  store_id: string
  items: {
    campaign_id: string
    campaign: string
    campaign_points: string
    starts_at: string
    ends_at: string
    /** else it is to come */
    counts_now: boolean
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    image_url: string
    on_sale: boolean
    /** amount in fen */
    list_fen: number
    /** of the campaign */
    price_fen: number
    talking_points: string
    /** what this store can sell */
    left: number
    /** rate in basis points */
    host_bp: number
    /** rate in basis points */
    promoter_bp: number
    /** rate in basis points */
    clipper_bp: number
  }[]
}
/** What to prepare a broadcast from: the store's campaigns that are on or to come, with price, rates, stock and talking points */
export const getAssortment: Operation<{ store_id: string }, undefined, undefined, GetAssortmentReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/assortment' }

export type GetBalancesReply = {
  accounts: {
    account: string
    /** positive: a credit */
    amount_fen: number
  }[]
  /** 0 when the books balance */
  difference_fen: number
}
/** The brand's books: what each account holds; together they are 0 */
export const getBalances: Operation<{ brand_id: string }, undefined, undefined, GetBalancesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/balances' }

export type GetBoardReply = {
  now: {
    from_at: string
    to_at: string
    enters: number
    most_viewers: number
    likes: number
    chat_lines: number
    orders: number
    /** amount in fen */
    paid_fen: number
  }
  before: {
    from_at: string
    to_at: string
    enters: number
    most_viewers: number
    likes: number
    chat_lines: number
    orders: number
    /** amount in fen */
    paid_fen: number
  }
}
/** The last ten minutes of a room against the ten before; for its crew */
export const getBoard: Operation<{ broadcast_id: string }, undefined, undefined, GetBoardReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/board' }

export type GetBrandReply = {
  id: string
  name: string
  /** ISO 4217 */
  currency: string
  /** reports group by its days */
  time_zone: string
  created_at: string
}
/** A brand */
export const getBrand: Operation<{ brand_id: string }, undefined, undefined, GetBrandReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}' }

export type GetBrandWalletReply = {
  brand_id: string
  /** null: the brand's own */
  agent_id?: string | null
  /** amount in fen */
  balance_fen: number
  /** newest first */
  items: {
    id: string
    cause: 'wallet_credit' | 'promotion_bought' | 'promotion_returned'
    /** the credit, or the promotion */
    cause_id: string
    /** amount in fen */
    amount_fen: number
    reason: string
    at: string
  }[]
  next?: string | null
}
/** The brand's own wallet and its movements */
export const getBrandWallet: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, GetBrandWalletReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/wallet' }

export type GetBroadcastReply = {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at?: string | null
  /** also when it was cancelled */
  ended_at?: string | null
  likes: number
  /** how often somebody entered */
  enters: number
  peak_viewers: number
  /** a rehearsal is for its crew and the brand's staff only */
  audience: 'public' | 'rehearsal'
  /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
  ai_presenter: boolean
  /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
  ended_why: string
  picture: {
    /** cut: the host is reconnecting; over: a replay */
    state: 'none' | 'on' | 'cut' | 'over'
    /** its name in the addresses that getSite gives */
    stream: string
    /** media time 0 */
    first_frame_at?: string | null
    /** since when no frames come */
    cut_at?: string | null
    /** simulcast: the broadcast whose picture it carries */
    of?: string | null
  }
  store_name: string
  /** the agent whose store it is */
  host_name: string
  /** in the room right now */
  viewers: number
  reservations: number
  /** by the caller */
  reserved: boolean
  promises: {
    kept: number
    due: number
  }
  /** the shelf, in order */
  product_ids: string[]
  /** the open one */
  pin?: {
    id: string
    broadcast_id: string
    product_id: string
    opened_at: string
    /** milliseconds since the broadcast's start */
    media_open_ms: number
    /** null: open */
    closed_at?: string | null
    media_close_ms?: number | null
  } | null
}
/** A broadcast, its shelf and its open pin */
export const getBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, GetBroadcastReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}' }

export type GetBroadcastFiguresReply = {
  total: {
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  pins: {
    /** null: while no pin of the product was open */
    pin_id?: string | null
    product_id?: string | null
    product: string
    opened_at?: string | null
    closed_at?: string | null
    media_open_ms: number
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }[]
}
/** What a broadcast brought, pin by pin; for its store and the brand's staff */
export const getBroadcastFigures: Operation<{ broadcast_id: string }, undefined, undefined, GetBroadcastFiguresReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/figures' }

export type GetBuyerReply = {
  person_id: string
  name: string
  login: string
  orders: number
  /** amount in fen */
  paid_fen: number
  first_order_at?: string | null
  last_order_at?: string | null
  erasures: {
    id: string
    state: 'waiting' | 'partly' | 'done'
    requested_at: string
  }[]
}
/** What the brand knows of a buyer; audited */
export const getBuyer: Operation<{ brand_id: string; person_id: string }, undefined, undefined, GetBuyerReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/buyers/{person_id}' }

export type GetBuyerLockReply = {
  /** none was ever opened: null */
  lock?: {
    agent_id: string
    agent_name: string
    /** theirs */
    store_id: string
    opened_at: string
    protect_until: string
    expires_at: string
    rules_version: number
    /** now */
    valid: boolean
  } | null
  /** with ?explain: every touch and order, its inputs, rules and outcome, and who lost */
  explain?: unknown
}
/** A buyer's lock, and why; for staff, audited */
export const getBuyerLock: Operation<{ brand_id: string; person_id: string }, { explain?: string }, undefined, GetBuyerLockReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/buyers/{person_id}/lock' }

export type GetCampaignReply = {
  id: string
  brand_id: string
  name: string
  talking_points: string
  state: 'draft' | 'pushed' | 'ended' | 'undone'
  /** pushed, and within its window */
  counts_now: boolean
  starts_at: string
  ends_at: string
  target: {
    kind: 'all' | 'region' | 'level' | 'list'
    name: string
  }
  pushed_at?: string | null
  over_at?: string | null
  created_at: string
  version: number
  /** the last push or undo: how far it is */
  push?: {
    kind: 'push' | 'undo'
    /** stores to go through */
    total: number
    /** gone through */
    done: number
    /** given the campaign, or relieved of it */
    changed: number
    started_at: string
    finished_at?: string | null
  } | null
  items: {
    sku_id: string
    /** amount in fen */
    price_fen: number
    talking_points: string
    plan?: {
      /** rate in basis points */
      host_bp: number
      /** rate in basis points */
      promoter_bp: number
      /** rate in basis points */
      recruiter_bp: number
      /** rate in basis points */
      clipper_bp: number
      freeze_days?: number | null
      version: number
    } | null
  }[]
}
/** One campaign, with its items and how far its push is */
export const getCampaign: Operation<{ campaign_id: string }, undefined, undefined, GetCampaignReply> = { method: 'GET', path: '/api/v1/campaigns/{campaign_id}' }

export type GetCartReply = {
  store_id: string
  lines: {
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    image_url: string
    qty: number
    /** amount in fen */
    list_fen: number
    /** in this store now; flash prices and coupons: quote */
    price_fen: number
    on_sale: boolean
    /** what this store can sell */
    left: number
    no_return: boolean
    broadcast_id?: string | null
    share_id?: string | null
  }[]
  /** amount in fen */
  goods_fen: number
}
/** My cart at a store */
export const getCart: Operation<undefined, { store_id: string }, undefined, GetCartReply> = { method: 'GET', path: '/api/v1/cart' }

export type GetCascadeReply = {
  root_id: string
  /** steps from the root to the deepest link */
  depth: number
  /** links in the tree, the root included */
  size: number
  /** people who opened or shared */
  reach: number
  /** people who opened any of its links */
  visitors: number
  /** openings */
  touches: number
}
/** How far the tree of shares went that this one belongs to */
export const getCascade: Operation<{ share_id: string }, undefined, undefined, GetCascadeReply> = { method: 'GET', path: '/api/v1/shares/{share_id}/cascade' }

export type GetClipReply = {
  id: string
  brand_id: string
  /** its origin */
  store_id: string
  store_name: string
  host_name: string
  broadcast_id: string
  pin_id: string
  product_id: string
  title: string
  /** waiting: it is being cut */
  state: 'waiting' | 'ready' | 'failed' | 'removed'
  /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
  name: string
  /** of the pin, in the broadcast's media time */
  media_open_ms: number
  media_close_ms: number
  /** media time of the clip's first frame */
  from_ms: number
  to_ms: number
  created_at: string
  ready_at?: string | null
  /** its store took it out of sight */
  withdrawn_at?: string | null
  /** who is shown is made by AI: to be labelled while it plays */
  ai_presenter: boolean
  /** it can be watched: ready, not withdrawn, its product on sale */
  shown: boolean
}
/** A clip that is shown */
export const getClip: Operation<{ clip_id: string }, undefined, undefined, GetClipReply> = { method: 'GET', path: '/api/v1/clips/{clip_id}' }

export type GetClipProvenanceReply = {
  clip_id: string
  brand_id: string
  broadcast_id: string
  pin_id: string
  product_id: string
  host_agent_id: string
  opened_at: string
  from_ms: number
  to_ms: number
  sha256: string
  /** Ed25519, by the brand's key */
  signature: string
  public_key: string
}
/** What is signed about it; lianbo clip verify checks it against the file */
export const getClipProvenance: Operation<{ clip_id: string }, undefined, undefined, GetClipProvenanceReply> = { method: 'GET', path: '/api/v1/clips/{clip_id}/provenance' }

export type GetClockReply = {
  now: string
  simulated: boolean
}
/** The server's time */
export const getClock: Operation<undefined, undefined, undefined, GetClockReply> = { method: 'GET', path: '/api/v1/clock', open: true }

export type GetErasureReply = {
  id?: string
  person_id?: string
  /** null: everywhere, with the account */
  brand_id?: string | null
  /** partly: erased, but for evidence that must be kept for now */
  state?: 'waiting' | 'partly' | 'done'
  requested_at?: string | null
  erased_at?: string | null
  done_at?: string | null
  /** told once: what GET /erasures/{receipt} is asked with, also without a login */
  receipt?: string
  /** in the caller's language */
  erases: string[]
  keeps: {
    what: string
    why: 'retention' | 'legal_hold' | 'books'
    count: number
    /** null: not known yet, or for good */
    until?: string | null
    says: string
  }[]
  /** orders under way, whose address is needed */
  waits_for: string[]
  /** roles that must end first */
  blocked_by: Array<'staff' | 'agent'>
}
/** How far an erasure is, by its receipt: who is erased has no login any more */
export const getErasure: Operation<{ receipt: string }, undefined, undefined, GetErasureReply> = { method: 'GET', path: '/api/v1/erasures/{receipt}', open: true }

export type GetEvidenceReply = {
  entries: number
  /** that are closed and anchored */
  segments: number
  head_hash: string
  /** of the newest closed segment */
  anchor: string
  /** Ed25519; anchors are signed with it */
  public_key: string
}
/** Where the brand's chain of evidence stands */
export const getEvidence: Operation<{ brand_id: string }, undefined, undefined, GetEvidenceReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/evidence' }

export type GetFeedReply = {
  /** to be told in recordFeedViews */
  feed: string
  items: {
    /** a room on air, a moment of one, or a broadcast that is coming */
    kind: 'room' | 'pin' | 'upcoming'
    /** to be told in recordFeedViews */
    id: string
    /** why it stands here: the caller's host, one they follow, people they know are in it; its heat; new, and everything new is shown; it is coming; nothing hotter is left; somebody paid for it */
    why: 'locked' | 'followed' | 'known' | 'heat' | 'newcomer' | 'coming' | 'more' | 'paid'
    /** people the caller knows who are in it */
    known: number
    /** of a room, and of what is coming */
    broadcast?: {
      id: string
      brand_id: string
      store_id: string
      title: string
      state: 'scheduled' | 'live' | 'ended' | 'cancelled'
      scheduled_at: string
      started_at?: string | null
      /** also when it was cancelled */
      ended_at?: string | null
      likes: number
      /** how often somebody entered */
      enters: number
      peak_viewers: number
      /** a rehearsal is for its crew and the brand's staff only */
      audience: 'public' | 'rehearsal'
      /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
      ai_presenter: boolean
      /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
      ended_why: string
      picture: {
        /** cut: the host is reconnecting; over: a replay */
        state: 'none' | 'on' | 'cut' | 'over'
        /** its name in the addresses that getSite gives */
        stream: string
        /** media time 0 */
        first_frame_at?: string | null
        /** since when no frames come */
        cut_at?: string | null
        /** simulcast: the broadcast whose picture it carries */
        of?: string | null
      }
      store_name: string
      host_name: string
      reservations: number
      /** what is being explained right now */
      explaining?: {
        product_id: string
        title: string
        image_url: string
        /** of the cheapest SKU */
        price_fen: number
      } | null
      /** in the room right now */
      viewers: number
      /** by the caller; only while it is scheduled */
      reserved: boolean
    } | null
    /** of a moment */
    pin?: {
      id: string
      broadcast_id: string
      product_id: string
      opened_at: string
      media_open_ms: number
      closed_at?: string | null
      media_close_ms?: number | null
      store_id: string
      store_name: string
      host_name: string
      /** of the product */
      title: string
      image_url: string
      /** of the cheapest SKU */
      price_fen: number
      /** the moment's recording, once it is cut */
      clip?: {
        id: string
        title: string
        /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
        name: string
        /** the presenter is made by AI: say so where it is shown */
        ai_presenter: boolean
      } | null
    } | null
    /** of what somebody paid for; to be marked as such */
    paid?: {
      promotion_id: string
      /** where a click goes: into the room */
      address: string
    } | null
  }[]
  /** the cursor of the next page; null: that was all */
  next?: string | null
}
/** Rooms on air, moments and what is coming, in one stream for the caller, nothing twice */
export const getFeed: Operation<{ brand_id: string }, { limit?: string; cursor?: string }, undefined, GetFeedReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/feed' }

export type GetFeedFairnessReply = {
  /** the first day, of the brand's zone */
  from: string
  /** today */
  to: string
  /** that were on air in these days */
  rooms: number
  /** of rooms */
  exposures: number
  /** 0: every room was shown as often */
  gini_bp: number
  /** of all exposures, what the half of the rooms that was shown least had */
  smallest_half_bp: number
  /** of all exposures, what the least shown 0, 5, … 100 % of the rooms had */
  lorenz_bp: number[]
  /** exposures of pool 1 */
  first_quota: number
  /** by now */
  rooms_below_first_quota: number
  /** rooms, by now */
  resting: number
  pools: {
    pool: number
    /** in it by now */
    rooms: number
  }[]
  /** filled in feeds */
  places: number
  /** of them, those of pool 1 */
  newcomer_places: number
  /** their share */
  newcomer_bp: number
  /** of them, those somebody paid for: at most one in six of a feed */
  paid_places: number
  /** places kept for pool 1 for which it had nothing the viewer had not seen */
  wanting: number
  /** a tenth of the places went to pool 1, but for those it had nothing for */
  floor_kept: boolean
}
/** How exposures spread over the rooms, and whether newcomers had their share */
export const getFeedFairness: Operation<{ brand_id: string }, { days?: string }, undefined, GetFeedFairnessReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/feed/fairness' }

export type GetFeedRulesReply = {
  /** points of each deed, once a person and item */
  weights: {
    enter: number
    /** 30 seconds */
    stay: number
    interact: number
    /** a product's card */
    click: number
    order: number
    /** an order of the full value */
    value: number
  }
  /** an order of so much or more has the full value, less has its share */
  full_value_fen: number
  /** the pools with a quota; after them comes one without */
  pools: {
    /** exposures */
    quota: number
    /** what is sure of the value of one exposure must be more, to rise; thousandths of a point */
    threshold_milli: number
  }[]
  /** 0: the program's own, never changed by the brand */
  version: number
  room_half_life_ms: number
  pin_half_life_ms: number
}
/** What makes an item hot and lets it rise */
export const getFeedRules: Operation<{ brand_id: string }, undefined, undefined, GetFeedRulesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/feed/rules' }

export type GetForbiddenWordsReply = {
  words: string[]
}
/** Chat that holds one of these is held for the room's assistants */
export const getForbiddenWords: Operation<{ brand_id: string }, undefined, undefined, GetForbiddenWordsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/forbidden-words' }

export type GetFunnelReply = {
  /** first day */
  from: string
  /** last day */
  to: string
  total: {
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  items: {
    /** agent, broadcast, or the store when outside a room */
    id?: string | null
    name: string
    /** the agent's region, the broadcast's host */
    note: string
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }[]
  next?: string | null
}
/** From exposures to what was earned, by region, agent or broadcast; every roll-up adds up to the same. Staff limited to regions sees theirs */
export const getFunnel: Operation<{ brand_id: string }, { from?: string; to?: string; region?: string; agent_id?: string; by?: 'region' | 'agent' | 'broadcast'; limit?: number; after?: string }, undefined, GetFunnelReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/funnel' }

export type GetFunnelDaysReply = {
  /** first day */
  from: string
  /** last day */
  to: string
  total: {
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  items: {
    day: string
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }[]
}
/** The funnel day by day */
export const getFunnelDays: Operation<{ brand_id: string }, { from?: string; to?: string; region?: string; agent_id?: string }, undefined, GetFunnelDaysReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/funnel/days' }

export type GetFunnelMinutesReply = {
  day: string
  total: {
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  items: {
    at: string
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }[]
}
/** A day minute by minute; quiet minutes are left out */
export const getFunnelMinutes: Operation<{ brand_id: string }, { day?: string }, undefined, GetFunnelMinutesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/funnel/minutes' }

export type GetGuaranteeReply = {
  text_zh: string
  text_en: string
  /** 0: the brand gives none */
  version: number
}
/** What the brand guarantees */
export const getGuarantee: Operation<{ brand_id: string }, undefined, undefined, GetGuaranteeReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/guarantee' }

export type GetHabitReply = {
  /** first day */
  from: string
  /** last day */
  to: string
  items: {
    day: string
    /** seen for the first time */
    people: number
    /** of them, seen again on one of the next 7 days */
    returned: number
    /** the 7 days are over */
    complete: boolean
  }[]
}
/** Of the people first seen on a day, who came back within 7 days */
export const getHabit: Operation<{ brand_id: string }, { from?: string; to?: string }, undefined, GetHabitReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/habit' }

export type GetHallReply = {
  /** the fullest rooms first */
  on_air: {
    id: string
    brand_id: string
    store_id: string
    title: string
    state: 'scheduled' | 'live' | 'ended' | 'cancelled'
    scheduled_at: string
    started_at?: string | null
    /** also when it was cancelled */
    ended_at?: string | null
    likes: number
    /** how often somebody entered */
    enters: number
    peak_viewers: number
    /** a rehearsal is for its crew and the brand's staff only */
    audience: 'public' | 'rehearsal'
    /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
    ai_presenter: boolean
    /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
    ended_why: string
    picture: {
      /** cut: the host is reconnecting; over: a replay */
      state: 'none' | 'on' | 'cut' | 'over'
      /** its name in the addresses that getSite gives */
      stream: string
      /** media time 0 */
      first_frame_at?: string | null
      /** since when no frames come */
      cut_at?: string | null
      /** simulcast: the broadcast whose picture it carries */
      of?: string | null
    }
    store_name: string
    host_name: string
    reservations: number
    /** what is being explained right now */
    explaining?: {
      product_id: string
      title: string
      image_url: string
      /** of the cheapest SKU */
      price_fen: number
    } | null
    /** in the room right now */
    viewers: number
    /** by the caller; only while it is scheduled */
    reserved: boolean
  }[]
  /** the next first */
  next_up: {
    id: string
    brand_id: string
    store_id: string
    title: string
    state: 'scheduled' | 'live' | 'ended' | 'cancelled'
    scheduled_at: string
    started_at?: string | null
    /** also when it was cancelled */
    ended_at?: string | null
    likes: number
    /** how often somebody entered */
    enters: number
    peak_viewers: number
    /** a rehearsal is for its crew and the brand's staff only */
    audience: 'public' | 'rehearsal'
    /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
    ai_presenter: boolean
    /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
    ended_why: string
    picture: {
      /** cut: the host is reconnecting; over: a replay */
      state: 'none' | 'on' | 'cut' | 'over'
      /** its name in the addresses that getSite gives */
      stream: string
      /** media time 0 */
      first_frame_at?: string | null
      /** since when no frames come */
      cut_at?: string | null
      /** simulcast: the broadcast whose picture it carries */
      of?: string | null
    }
    store_name: string
    host_name: string
    reservations: number
    /** what is being explained right now */
    explaining?: {
      product_id: string
      title: string
      image_url: string
      /** of the cheapest SKU */
      price_fen: number
    } | null
    /** in the room right now */
    viewers: number
    /** by the caller; only while it is scheduled */
    reserved: boolean
  }[]
  /** the newest first */
  ended: {
    id: string
    brand_id: string
    store_id: string
    title: string
    state: 'scheduled' | 'live' | 'ended' | 'cancelled'
    scheduled_at: string
    started_at?: string | null
    /** also when it was cancelled */
    ended_at?: string | null
    likes: number
    /** how often somebody entered */
    enters: number
    peak_viewers: number
    /** a rehearsal is for its crew and the brand's staff only */
    audience: 'public' | 'rehearsal'
    /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
    ai_presenter: boolean
    /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
    ended_why: string
    picture: {
      /** cut: the host is reconnecting; over: a replay */
      state: 'none' | 'on' | 'cut' | 'over'
      /** its name in the addresses that getSite gives */
      stream: string
      /** media time 0 */
      first_frame_at?: string | null
      /** since when no frames come */
      cut_at?: string | null
      /** simulcast: the broadcast whose picture it carries */
      of?: string | null
    }
    store_name: string
    host_name: string
    reservations: number
    /** what is being explained right now */
    explaining?: {
      product_id: string
      title: string
      image_url: string
      /** of the cheapest SKU */
      price_fen: number
    } | null
    /** in the room right now */
    viewers: number
    /** by the caller; only while it is scheduled */
    reserved: boolean
  }[]
}
/** The live hall: on air, next up, ended */
export const getHall: Operation<{ brand_id: string }, undefined, undefined, GetHallReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/hall' }

export type GetJournalReply = undefined
/** Every posting of a day or month, for the accountants; debits equal credits */
export const getJournal: Operation<{ brand_id: string }, { day: string }, undefined, GetJournalReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/journal.csv' }

export type GetKnownBuyersReply = {
  /** people the caller is tied to at the brand */
  known: number
  bought: number
  names: string[]
}
/** How many of the people the caller knows bought it; names only of who shows it */
export const getKnownBuyers: Operation<{ product_id: string }, undefined, undefined, GetKnownBuyersReply> = { method: 'GET', path: '/api/v1/products/{product_id}/known-buyers' }

export type GetLeaderboardReply = {
  /** of the brand's zone */
  day: string
  /** the most first */
  items: {
    store_id: string
    store_name: string
    host_name: string
    /** on air right now */
    broadcast_id?: string | null
    /** by=paid: the amount's first digit, then noughts; else 0 */
    at_least_fen: number
    /** by=new_buyers: the number's first digit, then noughts; else 0 */
    new_buyers_at_least: number
    /** by=promises; else 0 */
    kept: number
    /** by=promises; else 0 */
    due: number
  }[]
  /** of hosts of that day, to be asked for */
  regions: string[]
}
/** Hosts of a day: by what was paid in their stores, by new buyers, or by kept promises */
export const getLeaderboard: Operation<{ brand_id: string }, { by?: string; region?: string; day?: string }, undefined, GetLeaderboardReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/leaderboard' }

export type GetLockRulesReply = {
  version: number
  /** a lock lasts this long; -1 for ever; not 0 */
  validity_days: number
  /** no other agent takes a lock over in this time; 0 at once, -1 never while valid */
  protect_days: number
  /** an order keeps the lock at least this long */
  order_extends_days: number
  /** agents can be locked as buyers */
  lock_agents: boolean
  /** an agent earns on their own orders */
  self_purchase: boolean
}
/** The lock rules that hold now */
export const getLockRules: Operation<{ brand_id: string }, undefined, undefined, GetLockRulesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/lock-rules' }

export type GetLuckyBagReply = {
  id: string
  broadcast_id: string
  title: string
  prize: string
  /** what winners get */
  coupon_id?: string | null
  /** enter by writing the word in the room, or by a tap */
  rule: 'chat' | 'tap'
  word: string
  winners: number
  /** told when it opens: the seed is bound by it */
  commitment: string
  algorithm: string
  media_ms: number
  opened_at: string
  draws_at: string
  drawn_at?: string | null
  cancelled_at?: string | null
  /** in the draw; 0 until then */
  entrants: number
  /** told with the draw */
  seed?: string | null
  /** best first */
  winners_list: {
    person_id: string
    /** masked */
    name: string
  }[]
}
/** A lucky bag; once drawn, with seed and winners */
export const getLuckyBag: Operation<{ bag_id: string }, undefined, undefined, GetLuckyBagReply> = { method: 'GET', path: '/api/v1/lucky-bags/{bag_id}' }

export type GetLuckyBagProofReply = {
  algorithm: string
  id: string
  commitment: string
  seed?: string | null
  winners_wanted: number
  opened_at: string
  drawn_at?: string | null
  /** sorted */
  entrants: string[]
  /** best first */
  winners: string[]
}
/** Everything the draw was made from: lianbo luckybag verify recomputes it, and so can anybody */
export const getLuckyBagProof: Operation<{ bag_id: string }, undefined, undefined, GetLuckyBagProofReply> = { method: 'GET', path: '/api/v1/lucky-bags/{bag_id}/proof' }

export type GetMatrixRulesReply = {
  /** who may ask to become an agent: anybody, who came by an agent's recruit link, nobody */
  applications: 'open' | 'by_share' | 'closed'
  /** who has finished training becomes active, or waits for staff */
  admission: 'automatic' | 'by_staff'
  /** the customers of an agent who leaves go to their parent, if active */
  hand_to_parent: boolean
  /** else to this agent, if active; else their locks end */
  house_agent_id?: string | null
}
/** How agents come in, and who has their customers when they leave */
export const getMatrixRules: Operation<{ brand_id: string }, undefined, undefined, GetMatrixRulesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/matrix-rules' }

export type GetMeReply = {
  person_id?: string | null
  /** nobody is logged in */
  guest: boolean
  name: string
  staff: {
    brand_id: string
    /** roles at the brand */
    roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
    /** what the roles are limited to; none: the whole brand */
    regions: string[]
  }[]
  agents: {
    brand_id: string
    agent_id: string
    store_id: string
    active: boolean
  }[]
}
/** Who is calling, and as what */
export const getMe: Operation<undefined, undefined, undefined, GetMeReply> = { method: 'GET', path: '/api/v1/me' }

export type GetMoneyRulesReply = {
  /** whether another person approves each run; auto: where at least two may pay */
  settlement_approval: 'auto' | 'always' | 'never'
  needed_now: boolean
}
/** Whether settlements need a second person */
export const getMoneyRules: Operation<{ brand_id: string }, undefined, undefined, GetMoneyRulesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/money-rules' }

export type GetMyDataReply = undefined
/** Everything the server keeps of the caller, as one file */
export const getMyData: Operation<undefined, undefined, undefined, GetMyDataReply> = { method: 'GET', path: '/api/v1/me/data' }

export type GetOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
  /** what the discount came from */
  coupon_id?: string | null
  state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
  currency: string
  /** amount in fen */
  goods_fen: number
  /** amount in fen */
  discount_fen: number
  /** amount in fen */
  shipping_fen: number
  /** amount in fen */
  total_fen: number
  /** with the shipping fee's part */
  refunded_fen: number
  /** amount in fen */
  shipping_refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit, as listed */
    list_fen: number
    /** of one unit, as sold */
    price_fen: number
    price_source: 'list' | 'campaign' | 'flash'
    /** amount in fen */
    goods_fen: number
    /** its goods less its share of the discount */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** given back, their money too */
    refunded_qty: number
    shipped_qty: number
    /** given up before they left */
    dropped_qty: number
    no_return: boolean
  }[]
  parcels: {
    id: string
    /** of a replacement */
    after_sale_id?: string | null
    carrier: string
    carrier_name: string
    tracking_number: string
    at: string
    lines: {
      line: number
      sku_id: string
      qty: number
    }[]
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  /** code of the last parcel's carrier */
  carrier: string
  carrier_name: string
  tracking_number: string
  cancel_reason: string
  placed_at?: string | null
  /** unpaid at this instant: cancelled */
  release_at?: string | null
  paid_at?: string | null
  shipped_at?: string | null
  received_at?: string | null
  completed_at?: string | null
  cancelled_at?: string | null
}
/** One order; staff that operates reads the address, and the reading is audited */
export const getOrder: Operation<{ order_id: string }, undefined, undefined, GetOrderReply> = { method: 'GET', path: '/api/v1/orders/{order_id}' }

export type GetOwnApplicationReply = {
  /** the application is an agent in state `applied` */
  agent_id: string
  brand_id: string
  store_id: string
  code: string
  name: string
  /** masked */
  phone: string
  region: string
  /** of the agent now */
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  /** whose recruit share it came with, if they were active then */
  recruiter_id?: string | null
  share_id?: string | null
  /** when the applicant last opened that share */
  opened_at?: string | null
  message: string
  at: string
  decision: 'waits' | 'approved' | 'refused'
  decided_at?: string | null
  reason: string
}
/** The caller's newest application at this brand, and what became of it */
export const getOwnApplication: Operation<{ brand_id: string }, undefined, undefined, GetOwnApplicationReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/application' }

export type GetOwnLockReply = {
  /** none was ever opened: null */
  lock?: {
    agent_id: string
    agent_name: string
    /** theirs */
    store_id: string
    opened_at: string
    protect_until: string
    expires_at: string
    rules_version: number
    /** now */
    valid: boolean
  } | null
  /** with ?explain: every touch and order, its inputs, rules and outcome, and who lost */
  explain?: unknown
}
/** The agent the caller is locked to at this brand */
export const getOwnLock: Operation<{ brand_id: string }, { explain?: string }, undefined, GetOwnLockReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/lock' }

export type GetPaidSlotReply = {
  slot?: {
    promotion_id: string
    broadcast_id: string
    store_id: string
    /** always: to be marked as such */
    paid: boolean
    /** for POST /promotions/shown */
    token: string
    /** where a click goes */
    address: string
  } | null
}
/** Who gets this viewer's next paid slot, for pages that have no feed; null: nobody */
export const getPaidSlot: Operation<{ brand_id: string }, undefined, undefined, GetPaidSlotReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/paid-slot' }

export type GetPayoutFileReply = undefined
/** The batch as CSV, for a bank or a WeChat transfer batch */
export const getPayoutFile: Operation<{ batch_id: string }, undefined, undefined, GetPayoutFileReply> = { method: 'GET', path: '/api/v1/payout-batches/{batch_id}/file' }

export type GetPayoutNoteReply = {
  /** null: they have not said */
  note?: {
    method: 'wechat' | 'alipay' | 'bank'
    holder: string
    account: string
    at: string
  } | null
}
/** Where an agent wants their commission; masked but for them and who pays */
export const getPayoutNote: Operation<{ agent_id: string }, undefined, undefined, GetPayoutNoteReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/payout-note' }

export type GetPictureReply = undefined
/** A picture of a case: to its buyer and the brand's staff */
export const getPicture: Operation<{ after_sale_id: string; sha256: string }, undefined, undefined, GetPictureReply> = { method: 'GET', path: '/api/v1/after-sales/{after_sale_id}/pictures/{sha256}' }

export type GetPosterReply = undefined
/** A picture to hand on: product, price, host and QR code (PNG, 750 × 1334) */
export const getPoster: Operation<{ share_id: string }, undefined, undefined, GetPosterReply> = { method: 'GET', path: '/api/v1/shares/{share_id}/poster.png' }

export type GetProductReply = {
  id: string
  brand_id: string
  code: string
  title: string
  category: string
  description: string
  image_url: string
  on_sale: boolean
  /** exempt from the seven-day return */
  no_return: boolean
  created_at: string
  updated_at: string
  version: number
  skus: {
    id: string
    code: string
    /** its options; empty when the product has none */
    title: string
    /** amount in fen */
    price_fen: number
    version: number
    sold_out: boolean
    /** units left; null while there are many */
    left?: number | null
    /** in the store asked for, while a campaign of it counts */
    store_price_fen?: number | null
    campaign_id?: string | null
  }[]
}
/** One product, on sale or not */
export const getProduct: Operation<{ product_id: string }, { store_id?: string }, undefined, GetProductReply> = { method: 'GET', path: '/api/v1/products/{product_id}' }

export type GetPromotionReply = {
  id: string
  brand_id: string
  store_id: string
  broadcast_id: string
  /** the moment of it that is shown; null: the room */
  pin_id?: string | null
  /** whose wallet paid; null: the brand's */
  agent_id?: string | null
  objective: 'enter' | 'product_click' | 'order' | 'value'
  /** amount in fen */
  budget_fen: number
  /** amount in fen */
  spent_fen: number
  /** to the wallet, when it ended */
  returned_fen: number
  pace: 'smooth' | 'fast'
  /** for one objective; value: for each 100.00 paid; null: automatic */
  cap_fen?: number | null
  /** no click costs less */
  reserve_fen: number
  audience: {
    /** lookalikes: have bought elsewhere what this store's buyers bought */
    kind: 'everyone' | 'region' | 'lookalikes'
    /** of the brand; takes in what lies below it */
    region: string
    /** leave out who is locked to an agent already */
    exclude_locked: boolean
  }
  starts_at: string
  ends_at: string
  state: 'open' | 'paused' | 'ended'
  /** open, in its window, and its room is on air */
  delivering: boolean
  /** room_over, window_over, spent, stopped */
  ended_why: string
  /** people who saw the slot */
  shown: number
  /** paid for */
  clicks: number
  created_at: string
  ended_at?: string | null
}
/** A promotion: for the room's host, and staff */
export const getPromotion: Operation<{ promotion_id: string }, undefined, undefined, GetPromotionReply> = { method: 'GET', path: '/api/v1/promotions/{promotion_id}' }

export type GetPromotionReportReply = {
  promotion_id: string
  objective: 'enter' | 'product_click' | 'order' | 'value'
  /** amount in fen */
  budget_fen: number
  /** amount in fen */
  spent_fen: number
  /** amount in fen */
  returned_fen: number
  /** people who saw the slot */
  shown: number
  /** paid for */
  clicks: number
  /** reached; value: each 100.00 paid */
  objectives: number
  /** what one of them cost */
  each_fen?: number | null
  /** by who came through it last */
  brought: {
    /** people the room was shown to */
    exposures: number
    enters: number
    /** products' cards opened */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  room: {
    broadcast_id: string
    /** of the room, as everywhere */
    total: {
      /** people the room was shown to */
      exposures: number
      enters: number
      /** products' cards opened */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
    /** who came by themselves */
    natural: {
      /** people the room was shown to */
      exposures: number
      enters: number
      /** products' cards opened */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
    /** who came by a link into the room */
    shared: {
      /** people the room was shown to */
      exposures: number
      enters: number
      /** products' cards opened */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
    /** who came by a paid slot */
    paid: {
      /** people the room was shown to */
      exposures: number
      enters: number
      /** products' cards opened */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
  }
}
/** What a promotion cost and brought, beside the room's other traffic */
export const getPromotionReport: Operation<{ promotion_id: string }, undefined, undefined, GetPromotionReportReply> = { method: 'GET', path: '/api/v1/promotions/{promotion_id}/report' }

export type GetPromotionRulesReply = {
  /** a click costs at least this */
  reserve_fen: number
  /** and with an automatic bid at most this */
  ceiling_fen: number
}
/** What a paid click costs at least, and with an automatic bid at most: for agents and staff */
export const getPromotionRules: Operation<{ brand_id: string }, undefined, undefined, GetPromotionRulesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/promotion-rules' }

export type GetPushKeyReply = {
  /** P-256, uncompressed, base64url */
  key: string
}
/** The key a browser asks its push service for notifications with */
export const getPushKey: Operation<undefined, undefined, undefined, GetPushKeyReply> = { method: 'GET', path: '/api/v1/push/key' }

export type GetRegionReportReply = {
  items: {
    /** empty: in none */
    region: string
    agents: number
    active: number
    broadcasts: number
    enters: number
    orders_placed: number
    orders_paid: number
    orders_cancelled: number
    /** amount in fen */
    gmv_fen: number
    /** amount in fen */
    refunded_fen: number
    /** amount in fen */
    commission_fen: number
    /** amount in fen */
    debt_fen: number
  }[]
  /** of the rows above */
  total: {
    agents: number
    active: number
    broadcasts: number
    enters: number
    orders_placed: number
    orders_paid: number
    orders_cancelled: number
    /** amount in fen */
    gmv_fen: number
    /** amount in fen */
    refunded_fen: number
    /** amount in fen */
    commission_fen: number
    /** amount in fen */
    debt_fen: number
  }
}
/** The figures by region; the rows add up to the brand's report. Staff limited to regions sees theirs */
export const getRegionReport: Operation<{ brand_id: string }, { depth?: number }, undefined, GetRegionReportReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/report/regions' }

export type GetReportReply = {
  agents: number
  broadcasts: number
  pins: number
  exposures: number
  enters: number
  chat_lines: number
  likes: number
  shares: number
  touches: number
  locks_opened: number
  locks_renewed: number
  locks_taken_over: number
  locks_protected: number
  share_cascades: number
  cascade_depth_max: number
  orders_placed: number
  orders_paid: number
  orders_cancelled: number
  refunds: number
  /** amount in fen */
  gmv_fen: number
  /** amount in fen */
  refunded_fen: number
  /** amount in fen */
  commission_pending_fen: number
  /** amount in fen */
  commission_available_fen: number
  /** amount in fen */
  commission_settled_fen: number
  /** amount in fen */
  commission_paid_fen: number
  /** amount in fen */
  debt_fen: number
  oversold_units: number
  /** amount in fen */
  ledger_difference_fen: number
  hours: {
    at: string
    orders: number
    /** amount in fen */
    gmv_fen: number
  }[]
  top_hosts: {
    agent_id: string
    name: string
    orders: number
    /** amount in fen */
    gmv_fen: number
  }[]
}
/** The brand's figures, computed from the rows */
export const getReport: Operation<{ brand_id: string }, undefined, undefined, GetReportReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/report' }

export type GetResultsReply = {
  minutes: {
    at: string
    /** the most at the same time */
    viewers: number
    enters: number
    likes: number
    chat_lines: number
    orders: number
    /** amount in fen */
    paid_fen: number
  }[]
  /** in order */
  pins: {
    id: string
    product_id: string
    title: string
    opened_at: string
    closed_at?: string | null
    media_open_ms: number
    /** people who opened the product's card */
    clicks: number
    /** paid */
    orders: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** amount in fen */
    net_fen: number
  }[]
  /** bought in the room while its product was not explained */
  other: {
    /** people who opened the product's card */
    clicks: number
    /** paid */
    orders: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** amount in fen */
    net_fen: number
  }
  total: {
    /** people who opened the product's card */
    clicks: number
    /** paid */
    orders: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** amount in fen */
    net_fen: number
  }
}
/** What a broadcast came to, minute by minute; for its host and staff */
export const getResults: Operation<{ broadcast_id: string }, undefined, undefined, GetResultsReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/results' }

export type GetShareReply = {
  id: string
  token: string
  /** what is handed on */
  url: string
  kind: 'moment' | 'broadcast' | 'clip' | 'product' | 'store' | 'recruit' | 'receipt'
  channel: 'dm' | 'group' | 'moments' | 'article' | 'poster' | 'other'
  brand_id: string
  /** a person */
  sharer_id: string
  /** the sharer as agent of the brand */
  agent_id?: string | null
  store_id: string
  broadcast_id?: string | null
  product_id?: string | null
  /** the pin that covers the moment */
  pin_id?: string | null
  /** media time of the moment */
  media_ms?: number | null
  clip_id?: string | null
  order_id?: string | null
  /** the share its sharer came through */
  parent_id?: string | null
  root_id: string
  /** 0 for a root */
  depth: number
  created_at: string
}
/** One share, for its sharer and staff */
export const getShare: Operation<{ share_id: string }, undefined, undefined, GetShareReply> = { method: 'GET', path: '/api/v1/shares/{share_id}' }

export type GetShareTreeReply = {
  share: {
    id: string
    parent_id?: string | null
    root_id: string
    kind: string
    channel: string
    /** an agent's name, or a buyer's, masked */
    sharer: string
    agent_id?: string | null
    store_id: string
    host: string
    broadcast_id?: string | null
    product_id?: string | null
    product: string
    /** steps from the root */
    depth: number
    created_at: string
    /** people who opened it */
    visitors: number
    /** links made by who came through it */
    children: number
    /** what it brought by itself */
    figures: {
      /** people a room was shown to */
      exposures: number
      /** entries into rooms */
      enters: number
      /** products' cards opened; one a person, product and room */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      /** of paid orders */
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
    /** links of its subtree, itself included, up to 10,000 */
    size: number
    /** steps down to the deepest of them */
    deepest: number
    /** links that each link of the subtree led to, on average */
    k_bp: number
    /** what the whole subtree brought */
    subtree: {
      /** people a room was shown to */
      exposures: number
      /** entries into rooms */
      enters: number
      /** products' cards opened; one a person, product and room */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      /** of paid orders */
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
  }
  children: {
    id: string
    parent_id?: string | null
    root_id: string
    kind: string
    channel: string
    /** an agent's name, or a buyer's, masked */
    sharer: string
    agent_id?: string | null
    store_id: string
    host: string
    broadcast_id?: string | null
    product_id?: string | null
    product: string
    /** steps from the root */
    depth: number
    created_at: string
    /** people who opened it */
    visitors: number
    /** links made by who came through it */
    children: number
    /** what it brought by itself */
    figures: {
      /** people a room was shown to */
      exposures: number
      /** entries into rooms */
      enters: number
      /** products' cards opened; one a person, product and room */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      /** of paid orders */
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
    /** links of its subtree, itself included, up to 10,000 */
    size: number
    /** steps down to the deepest of them */
    deepest: number
    /** links that each link of the subtree led to, on average */
    k_bp: number
    /** what the whole subtree brought */
    subtree: {
      /** people a room was shown to */
      exposures: number
      /** entries into rooms */
      enters: number
      /** products' cards opened; one a person, product and room */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      /** of paid orders */
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
  }[]
  next?: string | null
}
/** One link of a cascade, and the links made by who came through it */
export const getShareTree: Operation<{ share_id: string }, { limit?: number; after?: string }, undefined, GetShareTreeReply> = { method: 'GET', path: '/api/v1/shares/{share_id}/tree' }

export type GetShippingReply = {
  /** 0: there is no table, shipping is free */
  version: number
  rules: {
    /** what the address's region begins with; "": everywhere else */
    region: string
    /** for the first unit of an order */
    first_fen: number
    /** for each further unit */
    more_fen: number
    /** goods paid for at least this: no fee; null: never free */
    free_from_fen?: number | null
  }[]
}
/** What shipping costs, by region */
export const getShipping: Operation<{ brand_id: string }, undefined, undefined, GetShippingReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/shipping' }

export type GetShowPurchasesReply = {
  show: boolean
}
/** Whether people who know the caller see their name beside what they bought */
export const getShowPurchases: Operation<undefined, undefined, undefined, GetShowPurchasesReply> = { method: 'GET', path: '/api/v1/me/show-purchases' }

export type GetSiteReply = {
  brands: {
    id: string
    name: string
    currency: string
    time_zone: string
    /** the company it belongs to; empty: not verified */
    verified_as: string
  }[]
  now: string
  /** the clock stands still */
  simulated: boolean
  /** payment is confirmed on a page of ours */
  sandbox: boolean
  /** what a store may take off by an offer of its own */
  store_discount_max_bp: number
  media: {
    /** playlist of who watches live, with {stream} in it; one that begins with : is on the page's host; empty: there are no pictures */
    live_url: string
    /** the playlist back to the broadcast's start */
    all_url: string
    /** folder of clips: {name}/clip.mp4, {name}/poster.jpg */
    clips_url: string
    /** RTMP server for encoders; the key is {stream}?key={stream_key} */
    ingest_url: string
    /** a browser may send its camera */
    camera: boolean
  }
  /** null: none was asked for, or there is none of this token */
  share?: {
    id: string
    kind: 'moment' | 'broadcast' | 'clip' | 'product' | 'store' | 'recruit' | 'receipt'
    brand_id: string
    store_id: string
    broadcast_id?: string | null
    product_id?: string | null
  } | null
}
/** The brands of this server, its time, and what a share is of */
export const getSite: Operation<undefined, { share?: string }, undefined, GetSiteReply> = { method: 'GET', path: '/api/v1/site', open: true }

export type GetSpreadReply = {
  /** where it was clicked or ordered */
  rooms: number
  total: {
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  items: {
    /** null: in the store, outside of rooms */
    broadcast_id?: string | null
    store_id: string
    agent_id: string
    title: string
    host: string
    region: string
    /** people a room was shown to */
    exposures: number
    /** entries into rooms */
    enters: number
    /** products' cards opened; one a person, product and room */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    /** of paid orders */
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }[]
}
/** One product over all rooms, the most units first; staff limited to regions sees theirs */
export const getSpread: Operation<{ product_id: string }, { days?: number; limit?: number }, undefined, GetSpreadReply> = { method: 'GET', path: '/api/v1/products/{product_id}/spread' }

export type GetStandingReply = {
  kind: 'room' | 'pin'
  id: string
  /** of the room, or of the moment's product while it may be shown */
  title: string
  pool: number
  /** its quota is used and it did not rise; new evidence is judged at once */
  resting: boolean
  /** exposures in all */
  shown: number
  /** exposures in this pool */
  used: number
  /** null: the last pool, without one */
  quota?: number | null
  /** its heat, in thousandths of a point an exposure */
  score_milli: number
  /** they add up to the score */
  terms: {
    term: 'enter' | 'stay' | 'interact' | 'click' | 'order' | 'value'
    weight: number
    score_milli: number
  }[]
  /** what is sure of its value per exposure in this pool (lower bound at 95 %) */
  sure_milli: number
  /** what that must beat */
  threshold_milli?: number | null
  /** each by itself; empty: nothing more is wanted than the rest of the quota */
  would_lift: {
    what: 'enter' | 'stay' | 'interact' | 'click' | 'order'
    /** so many more, at the quota's exposures */
    n: number
  }[]
  rules_version: number
}
/** For its host: my pool, my quota, my terms, what would lift me */
export const getStanding: Operation<{ broadcast_id: string }, undefined, undefined, GetStandingReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/standing' }

export type GetStatementReply = undefined
/** An agent's month, every line explained, as CSV */
export const getStatement: Operation<{ agent_id: string }, { month: string }, undefined, GetStatementReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/statement.csv' }

export type GetStatementPdfReply = undefined
/** The same, to print */
export const getStatementPdf: Operation<{ agent_id: string }, { month: string }, undefined, GetStatementPdfReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/statement.pdf' }

export type GetStockReply = {
  sku_id: string
  received: number
  pool: number
  /** to buckets of buyers */
  leased: number
  /** to stores */
  allotted: number
  reserved: number
  sold: number
  /** pool and leased: what a store without an allotment can sell */
  left: number
}
/** Where the units are: pool + leased + reserved + sold = received */
export const getStock: Operation<{ sku_id: string }, undefined, undefined, GetStockReply> = { method: 'GET', path: '/api/v1/skus/{sku_id}/stock' }

export type GetStoreReply = {
  id: string
  brand_id: string
  agent_id: string
  name: string
  host_name: string
  region: string
  /** its agent is active */
  open: boolean
  intro: string
  /** of this server; empty: none */
  picture_url: string
}
/** A store */
export const getStore: Operation<{ store_id: string }, undefined, undefined, GetStoreReply> = { method: 'GET', path: '/api/v1/stores/{store_id}' }

export type GetStoreAnswerReply = {
  /** the caller's newest at this store */
  orders: {
    order_id: string
    state: string
    /** amount in fen */
    total_fen: number
    placed_at: string
    /** of the first line */
    title: string
  }[]
  standing: {
    store_id: string
    /** of the formula */
    version: number
    score: number
    /** fewer than 10 rated lines */
    new: boolean
    /** null: new */
    level?: number | null
    rated_lines: number
    rated_lines_wanted: number
  }
  /** of the last 20 broadcasts */
  promises: {
    kept: number
    due: number
  }
  next_broadcast?: {
    id: string
    title: string
    scheduled_at: string
  } | null
  /** the brand's, in the caller's language; empty: none */
  guarantee: string
  /** by the caller */
  followed: boolean
  followers: number
}
/** In the room, one tap: my orders here, the store's level, the guarantee, the next broadcast */
export const getStoreAnswer: Operation<{ store_id: string }, undefined, undefined, GetStoreAnswerReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/answer' }

export type GetStorePictureReply = undefined
/** The store's picture */
export const getStorePicture: Operation<{ store_id: string }, { v?: string }, undefined, GetStorePictureReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/picture', open: true }

export type GetStoreScoreReply = {
  store_id: string
  /** of the formula */
  version: number
  score: number
  /** fewer than 10 rated lines */
  new: boolean
  /** null: new */
  level?: number | null
  rated_lines: number
  rated_lines_wanted: number
  /** their points add up to the score */
  parts: {
    part: 'reviews' | 'shipping' | 'refunds' | 'promises'
    title: string
    /** points at most */
    weight: number
    good: number
    total: number
    prior_good: number
    prior_total: number
    /** rate in basis points */
    value_bp: number
    /** hundredths of a point */
    points_c: number
  }[]
  /** lines that don't count */
  left_out: {
    own: number
    agent: number
    device: number
    refunded: number
  }
  formula: string
}
/** Score and level of a store, what each part came from, and the formula */
export const getStoreScore: Operation<{ store_id: string }, undefined, undefined, GetStoreScoreReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/score' }

export type GetTodayReply = {
  since_at: string
  /** paid since then */
  orders: number
  /** amount in fen */
  paid_fen: number
  buyers: number
  /** commission granted since then, less what refunds took back */
  earned_fen: number
  /** orders that wait to be sent */
  to_ship: number
  /** that are open */
  after_sales: number
  /** under the agent's lock now */
  customers: number
  /** of them, since then */
  new_customers: number
  /** on air now */
  live?: {
    id: string
    title: string
    scheduled_at: string
    started_at?: string | null
    products: number
    reservations: number
  } | null
  /** the next first */
  next: {
    id: string
    title: string
    scheduled_at: string
    started_at?: string | null
    products: number
    reservations: number
  }[]
}
/** A store's day so far, what is planned and what waits */
export const getToday: Operation<{ store_id: string }, { since: string }, undefined, GetTodayReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/today' }

export type GetTrafficReply = {
  broadcast_id: string
  /** of the room, as everywhere */
  total: {
    /** people the room was shown to */
    exposures: number
    enters: number
    /** products' cards opened */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  /** who came by themselves */
  natural: {
    /** people the room was shown to */
    exposures: number
    enters: number
    /** products' cards opened */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  /** who came by a link into the room */
  shared: {
    /** people the room was shown to */
    exposures: number
    enters: number
    /** products' cards opened */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
  /** who came by a paid slot */
  paid: {
    /** people the room was shown to */
    exposures: number
    enters: number
    /** products' cards opened */
    clicks: number
    /** links opened */
    touches: number
    /** placed */
    orders: number
    paid_orders: number
    units: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** paid − refunded */
    net_fen: number
  }
}
/** Natural, shared and paid traffic of a broadcast, which add up: for its host, and staff */
export const getTraffic: Operation<{ broadcast_id: string }, undefined, undefined, GetTrafficReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/traffic' }

export type GetTrainingReply = {
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  tasks: {
    id: string
    kind: 'lesson' | 'quiz' | 'rehearsal'
    title: string
    /** lesson: to read */
    text: string
    /** lesson: to watch */
    link: string
    questions: {
      text: string
      options: string[]
      /** which option, from 0; shown to staff only */
      right?: number
    }[]
    /** quiz: so many right answers pass */
    pass_right: number
    /** rehearsal: it lasts at least so long */
    rehearsal_minutes: number
    /** nobody goes public before it is done */
    required: boolean
    position: number
    version: number
    /** what was done under an older version has to be done again */
    counts_from: number
    created_at: string
    /** no longer asked for */
    retired_at?: string | null
    done_at?: string | null
    /** set down as done by staff */
    waived: boolean
    /** quiz: within 24 hours */
    tries_left?: number | null
  }[]
  /** required and not done: no broadcast goes public before */
  missing: string[]
  /** all done; the brand has yet to admit */
  waits_for_staff: boolean
}
/** What an agent has done and has yet to do */
export const getTraining: Operation<{ agent_id: string }, undefined, undefined, GetTrainingReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/training' }

export type GetWebhookReply = {
  id: string
  brand_id: string
  url: string
  description: string
  /** none: every type */
  types: string[]
  state: 'active' | 'disabled'
  /** why it was disabled */
  note: string
  /** it was told of everything up to here */
  cursor?: string | null
  /** the first failure since the last success */
  failing_since?: string | null
  /** that sign now, the newest first */
  secrets: {
    kind: 'hmac' | 'ed25519'
    created_at: string
    expires_at?: string | null
  }[]
  created_at: string
}
/** A webhook */
export const getWebhook: Operation<{ webhook_id: string }, undefined, undefined, GetWebhookReply> = { method: 'GET', path: '/api/v1/webhooks/{webhook_id}' }

export type GiveBackStockReply = {
  /** that went back */
  units: number
}
/** What is left of the store's units goes back to the pool */
export const giveBackStock: Operation<{ store_id: string; sku_id: string }, undefined, undefined, GiveBackStockReply> = { method: 'DELETE', path: '/api/v1/stores/{store_id}/allotments/{sku_id}', keyed: true }

export type GiveRoomCouponBody = {
  name: string
  /** an amount off; this or off_bp */
  off_fen?: number
  /** a rate off */
  off_bp?: number
  /** a rate takes off at most this */
  cap_fen?: number
  /** goods of at least this */
  min_spend_fen?: number
  total: number
  /** default: now */
  starts_at?: string | null
  ends_at: string
}
export type GiveRoomCouponReply = {
  id: string
  brand_id: string
  giver: 'brand' | 'store' | 'room' | 'prize'
  /** good in this store only */
  store_id?: string | null
  /** given and good in this room only */
  broadcast_id?: string | null
  name: string
  /** an amount off, or 0 */
  off_fen: number
  /** a rate off, or 0 */
  off_bp: number
  /** a rate takes off at most this; 0: no cap */
  cap_fen: number
  /** goods of at least this */
  min_spend_fen: number
  total: number
  left: number
  starts_at: string
  ends_at: string
  withdrawn_at?: string | null
}
/** So many coupons for who is in this room: claimed while it is on, good for orders placed in it */
export const giveRoomCoupon: Operation<{ broadcast_id: string }, undefined, GiveRoomCouponBody, GiveRoomCouponReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/coupons', keyed: true }

export type GoodsBackAfterSaleBody = {
  answer?: string
  /** units fit to be sold again; absent: all */
  restock_qty?: number
}
export type GoodsBackAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The goods have come back; as many go on sale again as are fit for it */
export const goodsBackAfterSale: Operation<{ after_sale_id: string }, undefined, GoodsBackAfterSaleBody, GoodsBackAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/goods-back', keyed: true }

export type HideReviewBody = {
  /** kept in the audit */
  reason: string
}
export type HideReviewReply = {
  id: string
  store_id: string
  store_name: string
  product_id: string
  /** of the buyer, masked */
  name: string
  stars: number
  words: string
  /** always: only a received line can be reviewed */
  verified: boolean
  at: string
  order_id: string
  line: number
  hidden_at?: string | null
  hidden_reason: string
}
/** Hide a review's words with a reason; its stars go on counting */
export const hideReview: Operation<{ review_id: string }, undefined, HideReviewBody, HideReviewReply> = { method: 'POST', path: '/api/v1/reviews/{review_id}/hide', keyed: true }

export type ImportAgentsBody = Blob | ArrayBuffer | string
export type ImportAgentsReply = {
  /** new agents */
  imported: number
  /** agents that changed */
  updated: number
  unchanged: number
  /** new stores */
  stores: number
  /** new regions */
  regions: number
}
/** Bring the network in from a CSV file, all or nothing */
export const importAgents: Operation<{ brand_id: string }, { dry_run?: '1' }, ImportAgentsBody, ImportAgentsReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/agents:import', keyed: true }

export type ImportProductsBody = Blob | ArrayBuffer | string
export type ImportProductsReply = {
  format: 'lianbo' | 'shopify' | 'woocommerce' | 'taobao' | 'price_list'
  /** in the file */
  products: number
  /** in the file */
  skus: number
  /** products */
  created: number
  /** products */
  updated: number
  /** products */
  unchanged: number
  /** units: the first stock of SKUs that were new */
  stock_taken: number
  /** SKUs that were known: an import does not touch their stock */
  stock_ignored_skus: number
  notes: string[]
}
/** Products from a Shopify, WooCommerce, Lianbo, Taobao assistant or price-list file (CSV, gz too), all or nothing; the same file again changes nothing */
export const importProducts: Operation<{ brand_id: string }, { default_stock?: string; incomplete_off_sale?: string; dry_run?: '1' }, ImportProductsBody, ImportProductsReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/products:import', keyed: true }

export type InviteAgentReply = {
  invite_token: string
}
/** An invitation with which the agent chooses login and password */
export const inviteAgent: Operation<{ agent_id: string }, undefined, undefined, InviteAgentReply> = { method: 'POST', path: '/api/v1/agents/{agent_id}/invite', keyed: true }

export type ListAfterSalesReply = {
  items: {
    id: string
    order_id: string
    line: number
    kind: 'refund_only' | 'return_and_refund' | 'exchange'
    cause: 'no_reason' | 'fault'
    state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
    /** while it is, the commission of its line stays frozen */
    open: boolean
    qty: number
    /** of the line; of an exchange, what is paid back if there is no replacement */
    amount_fen: number
    /** of the order's shipping fee */
    shipping_fen: number
    /** of an exchange: what is sent instead */
    sku_id?: string | null
    reason: string
    answer: string
    back_carrier: string
    back_number: string
    restocked_qty: number
    at?: string | null
    /** at this instant it goes on by itself */
    due_at?: string | null
    closed_at?: string | null
    /** of a refusal */
    dispute_until?: string | null
  }[]
  next?: string | null
}
/** After-sales of an order */
export const listAfterSales: Operation<{ order_id: string }, undefined, undefined, ListAfterSalesReply> = { method: 'GET', path: '/api/v1/orders/{order_id}/after-sales' }

export type ListAgentsReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    /** the brand's own number for the agent */
    code: string
    name: string
    /** masked, except for the agent and staff that operates the brand */
    phone: string
    region: string
    level: string
    /** who recruited them */
    parent_id?: string | null
    state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
    created_at: string
    /** whom they recruited */
    children: number
  }[]
  /** give as `after` for the next page */
  next?: string | null
}
/** The brand's agents */
export const listAgents: Operation<{ brand_id: string }, { state?: 'applied' | 'training' | 'active' | 'suspended' | 'left'; region?: string; q?: string; level?: string; parent?: string; limit?: number; after?: string }, undefined, ListAgentsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/agents' }

export type ListAnchorsReply = {
  items: {
    segment: number
    first_seq: number
    last_seq: number
    prev_hash: string
    last_hash: string
    closed_at: string
    anchor: string
    signature: string
    purged_at?: string | null
  }[]
}
/** Anchors of the closed segments; keep them elsewhere, and nobody can rewrite what stands before them */
export const listAnchors: Operation<{ brand_id: string }, { limit?: number; after_segment?: number }, undefined, ListAnchorsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/evidence/anchors' }

export type ListApiTokensReply = {
  items: {
    /** of the token, not the token */
    id: string
    name: string
    created_at: string
    expires_at: string
  }[]
}
/** The caller's tokens for programs */
export const listApiTokens: Operation<undefined, undefined, undefined, ListApiTokensReply> = { method: 'GET', path: '/api/v1/api-tokens' }

export type ListApplicationsReply = {
  items: {
    /** the application is an agent in state `applied` */
    agent_id: string
    brand_id: string
    store_id: string
    code: string
    name: string
    /** masked */
    phone: string
    region: string
    /** of the agent now */
    state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
    /** whose recruit share it came with, if they were active then */
    recruiter_id?: string | null
    share_id?: string | null
    /** when the applicant last opened that share */
    opened_at?: string | null
    message: string
    at: string
    decision: 'waits' | 'approved' | 'refused'
    decided_at?: string | null
    reason: string
  }[]
  /** give as `after` */
  next?: string | null
}
/** Who asked to become an agent; for staff limited to regions, of theirs */
export const listApplications: Operation<{ brand_id: string }, { decision?: 'waits' | 'approved' | 'refused'; limit?: number; after?: string }, undefined, ListApplicationsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/applications' }

export type ListAssistantsReply = {
  items: {
    person_id: string
    name: string
    at: string
  }[]
}
/** Who may pin, mute and ban in this store's rooms */
export const listAssistants: Operation<{ store_id: string }, undefined, undefined, ListAssistantsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/assistants' }

export type ListAuditReply = {
  items: {
    id: string
    /** null: the server */
    actor_id?: string | null
    actor_name: string
    action: string
    subject_kind: string
    subject_id?: string | null
    detail: unknown
    at: string
  }[]
  /** give as `after` for the next page */
  next?: string | null
}
/** Who changed or read what, newest first; for owners and auditors */
export const listAudit: Operation<{ brand_id: string }, { action?: string; subject_kind?: string; subject_id?: string; actor_id?: string; since?: string; until?: string; limit?: number; after?: string }, undefined, ListAuditReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/audit' }

export type ListBackupsReply = {
  planned: boolean
  hours: number
  keep: number
  last_error?: string | null
  items: {
    name: string
    made_at: string
    bytes: number
  }[]
}
/** The server's own backups, newest first, and their plan */
export const listBackups: Operation<undefined, undefined, undefined, ListBackupsReply> = { method: 'GET', path: '/api/v1/backups' }

export type ListBrandClipsReply = {
  items: {
    id: string
    brand_id: string
    /** its origin */
    store_id: string
    store_name: string
    host_name: string
    broadcast_id: string
    pin_id: string
    product_id: string
    title: string
    /** waiting: it is being cut */
    state: 'waiting' | 'ready' | 'failed' | 'removed'
    /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
    name: string
    /** of the pin, in the broadcast's media time */
    media_open_ms: number
    media_close_ms: number
    /** media time of the clip's first frame */
    from_ms: number
    to_ms: number
    created_at: string
    ready_at?: string | null
    /** its store took it out of sight */
    withdrawn_at?: string | null
    /** who is shown is made by AI: to be labelled while it plays */
    ai_presenter: boolean
    /** it can be watched: ready, not withdrawn, its product on sale */
    shown: boolean
  }[]
  next?: string | null
}
/** All clips of a brand, newest first; its staff sees those that are not shown, too */
export const listBrandClips: Operation<{ brand_id: string }, { limit?: string; after?: string }, undefined, ListBrandClipsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/clips' }

export type ListBrandOrdersReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    buyer_id: string
    broadcast_id?: string | null
    pin_id?: string | null
    share_id?: string | null
    /** what the discount came from */
    coupon_id?: string | null
    state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
    currency: string
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    discount_fen: number
    /** amount in fen */
    shipping_fen: number
    /** amount in fen */
    total_fen: number
    /** with the shipping fee's part */
    refunded_fen: number
    /** amount in fen */
    shipping_refunded_fen: number
    lines: {
      /** place in the order, from 0 */
      line: number
      sku_id: string
      product_id: string
      title: string
      sku_title: string
      qty: number
      /** of one unit, as listed */
      list_fen: number
      /** of one unit, as sold */
      price_fen: number
      price_source: 'list' | 'campaign' | 'flash'
      /** amount in fen */
      goods_fen: number
      /** its goods less its share of the discount */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** given back, their money too */
      refunded_qty: number
      shipped_qty: number
      /** given up before they left */
      dropped_qty: number
      no_return: boolean
    }[]
    parcels: {
      id: string
      /** of a replacement */
      after_sale_id?: string | null
      carrier: string
      carrier_name: string
      tracking_number: string
      at: string
      lines: {
        line: number
        sku_id: string
        qty: number
      }[]
    }[]
    /** masked for those who need not deliver */
    address: {
      name?: string
      phone?: string
      region?: string
      detail?: string
    }
    /** code of the last parcel's carrier */
    carrier: string
    carrier_name: string
    tracking_number: string
    cancel_reason: string
    placed_at?: string | null
    /** unpaid at this instant: cancelled */
    release_at?: string | null
    paid_at?: string | null
    shipped_at?: string | null
    received_at?: string | null
    completed_at?: string | null
    cancelled_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** The brand's orders, oldest first, or newest first with filters */
export const listBrandOrders: Operation<{ brand_id: string }, { newest?: '1'; state?: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'; agent_id?: string; from_at?: string; until_at?: string; limit?: number; after?: string; addresses?: '1' }, undefined, ListBrandOrdersReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/orders' }

export type ListBrandPromotionsReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    broadcast_id: string
    /** the moment of it that is shown; null: the room */
    pin_id?: string | null
    /** whose wallet paid; null: the brand's */
    agent_id?: string | null
    objective: 'enter' | 'product_click' | 'order' | 'value'
    /** amount in fen */
    budget_fen: number
    /** amount in fen */
    spent_fen: number
    /** to the wallet, when it ended */
    returned_fen: number
    pace: 'smooth' | 'fast'
    /** for one objective; value: for each 100.00 paid; null: automatic */
    cap_fen?: number | null
    /** no click costs less */
    reserve_fen: number
    audience: {
      /** lookalikes: have bought elsewhere what this store's buyers bought */
      kind: 'everyone' | 'region' | 'lookalikes'
      /** of the brand; takes in what lies below it */
      region: string
      /** leave out who is locked to an agent already */
      exclude_locked: boolean
    }
    starts_at: string
    ends_at: string
    state: 'open' | 'paused' | 'ended'
    /** open, in its window, and its room is on air */
    delivering: boolean
    /** room_over, window_over, spent, stopped */
    ended_why: string
    /** people who saw the slot */
    shown: number
    /** paid for */
    clicks: number
    created_at: string
    ended_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** All promotions at the brand, newest first */
export const listBrandPromotions: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListBrandPromotionsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/promotions' }

export type ListBrandReviewsReply = {
  items: {
    id: string
    store_id: string
    store_name: string
    product_id: string
    /** of the buyer, masked */
    name: string
    stars: number
    words: string
    /** always: only a received line can be reviewed */
    verified: boolean
    at: string
    order_id: string
    line: number
    hidden_at?: string | null
    hidden_reason: string
  }[]
  next?: string | null
}
/** All reviews at the brand, the hidden ones too, newest first */
export const listBrandReviews: Operation<{ brand_id: string }, { limit?: string; after?: string }, undefined, ListBrandReviewsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/reviews' }

export type ListBroadcastPromotionsReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    broadcast_id: string
    /** the moment of it that is shown; null: the room */
    pin_id?: string | null
    /** whose wallet paid; null: the brand's */
    agent_id?: string | null
    objective: 'enter' | 'product_click' | 'order' | 'value'
    /** amount in fen */
    budget_fen: number
    /** amount in fen */
    spent_fen: number
    /** to the wallet, when it ended */
    returned_fen: number
    pace: 'smooth' | 'fast'
    /** for one objective; value: for each 100.00 paid; null: automatic */
    cap_fen?: number | null
    /** no click costs less */
    reserve_fen: number
    audience: {
      /** lookalikes: have bought elsewhere what this store's buyers bought */
      kind: 'everyone' | 'region' | 'lookalikes'
      /** of the brand; takes in what lies below it */
      region: string
      /** leave out who is locked to an agent already */
      exclude_locked: boolean
    }
    starts_at: string
    ends_at: string
    state: 'open' | 'paused' | 'ended'
    /** open, in its window, and its room is on air */
    delivering: boolean
    /** room_over, window_over, spent, stopped */
    ended_why: string
    /** people who saw the slot */
    shown: number
    /** paid for */
    clicks: number
    created_at: string
    ended_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** The promotions of a broadcast, newest first */
export const listBroadcastPromotions: Operation<{ broadcast_id: string }, undefined, undefined, ListBroadcastPromotionsReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/promotions' }

export type ListBroadcastsReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    title: string
    state: 'scheduled' | 'live' | 'ended' | 'cancelled'
    scheduled_at: string
    started_at?: string | null
    /** also when it was cancelled */
    ended_at?: string | null
    likes: number
    /** how often somebody entered */
    enters: number
    peak_viewers: number
    /** a rehearsal is for its crew and the brand's staff only */
    audience: 'public' | 'rehearsal'
    /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
    ai_presenter: boolean
    /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
    ended_why: string
    picture: {
      /** cut: the host is reconnecting; over: a replay */
      state: 'none' | 'on' | 'cut' | 'over'
      /** its name in the addresses that getSite gives */
      stream: string
      /** media time 0 */
      first_frame_at?: string | null
      /** since when no frames come */
      cut_at?: string | null
      /** simulcast: the broadcast whose picture it carries */
      of?: string | null
    }
  }[]
  next?: string | null
}
/** A store's broadcasts, newest first */
export const listBroadcasts: Operation<{ store_id: string }, { limit?: string; after?: string }, undefined, ListBroadcastsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/broadcasts' }

export type ListCampaignStoresReply = {
  items: {
    store_id: string
  }[]
  next?: string | null
}
/** The stores that have it; of a draft for a list of stores, that list */
export const listCampaignStores: Operation<{ campaign_id: string }, { limit?: string; after?: string }, undefined, ListCampaignStoresReply> = { method: 'GET', path: '/api/v1/campaigns/{campaign_id}/stores' }

export type ListCampaignsReply = {
  items: {
    id: string
    brand_id: string
    name: string
    talking_points: string
    state: 'draft' | 'pushed' | 'ended' | 'undone'
    /** pushed, and within its window */
    counts_now: boolean
    starts_at: string
    ends_at: string
    target: {
      kind: 'all' | 'region' | 'level' | 'list'
      name: string
    }
    pushed_at?: string | null
    over_at?: string | null
    created_at: string
    version: number
    /** the last push or undo: how far it is */
    push?: {
      kind: 'push' | 'undo'
      /** stores to go through */
      total: number
      /** gone through */
      done: number
      /** given the campaign, or relieved of it */
      changed: number
      started_at: string
      finished_at?: string | null
    } | null
  }[]
  next?: string | null
}
/** The brand's campaigns, oldest first */
export const listCampaigns: Operation<{ brand_id: string }, { limit?: string; after?: string }, undefined, ListCampaignsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/campaigns' }

export type ListCarriersReply = {
  items: {
    code: string
    name: string
  }[]
}
/** Carriers, by their codes */
export const listCarriers: Operation<undefined, undefined, undefined, ListCarriersReply> = { method: 'GET', path: '/api/v1/carriers', open: true }

export type ListCascadesReply = {
  /** first day */
  from: string
  /** last day */
  to: string
  items: {
    id: string
    parent_id?: string | null
    root_id: string
    kind: string
    channel: string
    /** an agent's name, or a buyer's, masked */
    sharer: string
    agent_id?: string | null
    store_id: string
    host: string
    broadcast_id?: string | null
    product_id?: string | null
    product: string
    /** steps from the root */
    depth: number
    created_at: string
    /** people who opened it */
    visitors: number
    /** links made by who came through it */
    children: number
    /** what it brought by itself */
    figures: {
      /** people a room was shown to */
      exposures: number
      /** entries into rooms */
      enters: number
      /** products' cards opened; one a person, product and room */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      /** of paid orders */
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
    /** links of its subtree, itself included, up to 10,000 */
    size: number
    /** steps down to the deepest of them */
    deepest: number
    /** links that each link of the subtree led to, on average */
    k_bp: number
    /** what the whole subtree brought */
    subtree: {
      /** people a room was shown to */
      exposures: number
      /** entries into rooms */
      enters: number
      /** products' cards opened; one a person, product and room */
      clicks: number
      /** links opened */
      touches: number
      /** placed */
      orders: number
      paid_orders: number
      /** of paid orders */
      units: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** paid − refunded */
      net_fen: number
    }
  }[]
}
/** Links whose cascades brought most in these days */
export const listCascades: Operation<{ brand_id: string }, { from?: string; to?: string; limit?: number }, undefined, ListCascadesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/cascades' }

export type ListChatReply = {
  items: {
    id: string
    person_id: string
    name: string
    text: string
    media_ms: number
    at: string
  }[]
  next?: string | null
}
/** What was written in the room, in order */
export const listChat: Operation<{ broadcast_id: string }, { limit?: string; after?: string }, undefined, ListChatReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/chat' }

export type ListCouponsReply = {
  items: {
    id: string
    brand_id: string
    giver: 'brand' | 'store' | 'room' | 'prize'
    /** good in this store only */
    store_id?: string | null
    /** given and good in this room only */
    broadcast_id?: string | null
    name: string
    /** an amount off, or 0 */
    off_fen: number
    /** a rate off, or 0 */
    off_bp: number
    /** a rate takes off at most this; 0: no cap */
    cap_fen: number
    /** goods of at least this */
    min_spend_fen: number
    total: number
    left: number
    starts_at: string
    ends_at: string
    withdrawn_at?: string | null
  }[]
  next?: string | null
}
/** Every coupon of the brand, oldest first */
export const listCoupons: Operation<{ brand_id: string }, { limit?: string; after?: string }, undefined, ListCouponsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/coupons' }

export type ListCustomersReply = {
  items: {
    person_id: string
    /** masked; empty: a guest */
    name: string
    /** masked, of the last order here; empty: none */
    phone: string
    region: string
    /** paid, in this store */
    orders: number
    /** paid less refunded, in this store */
    net_fen: number
    last_paid_at?: string | null
    /** null: under no lock of this agent */
    lock?: {
      opened_at: string
      protect_until: string
      expires_at: string
      /** no other agent takes it over now */
      protected: boolean
    } | null
  }[]
  next?: string | null
}
/** Who is under the agent's lock now, or who bought in the store; names and phones masked */
export const listCustomers: Operation<{ store_id: string }, { of?: 'locked' | 'bought'; limit?: number; after?: string }, undefined, ListCustomersReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/customers' }

export type ListDebtsReply = {
  items: {
    id: string
    /** amount in fen */
    debt_fen: number
    /** amount in fen */
    days_30_fen: number
    /** amount in fen */
    days_60_fen: number
    /** amount in fen */
    days_90_fen: number
    /** amount in fen */
    older_fen: number
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** What agents owe, by age: to 30 days, 60, 90, and older */
export const listDebts: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListDebtsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/debts' }

export type ListEntriesReply = {
  items: {
    id: string
    agent_id: string
    order_id: string
    line: number
    role: 'host' | 'promoter' | 'recruiter' | 'clipper'
    seq: number
    /** amount in fen */
    net_fen: number
    /** rate in basis points */
    bp: number
    /** amount in fen */
    amount_fen: number
    state: 'pending' | 'available' | 'settled' | 'paid'
    refund_id?: string | null
    settlement_id?: string | null
    at?: string | null
    available_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** An agent's commission, entry by entry, newest first */
export const listEntries: Operation<{ agent_id: string }, { limit?: number; after?: string }, undefined, ListEntriesReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/entries' }

export type ListErasuresReply = {
  items: {
    id: string
    person_id: string
    brand_id?: string | null
    reason: string
    state: 'waiting' | 'partly' | 'done'
    requested_at?: string | null
    erased_at?: string | null
    done_at?: string | null
  }[]
  next?: string | null
}
/** Erasures that the brand was asked for, oldest first */
export const listErasures: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListErasuresReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/erasures' }

export type ListEventsReply = {
  items: {
    /** the same at every delivery: what repetitions are told by */
    id: string
    /** give as `after` to read on from here */
    cursor: string
    type: string
    /** when it happened */
    timestamp: string
    brand_id: string
    subject_kind: string
    /** events of one subject come in the order of its changes */
    subject_id?: string | null
    /** see docs/events.md */
    data: unknown
  }[]
  /** give as `after`, also when there is nothing */
  next?: string | null
  /** there is more already */
  more: boolean
}
/** What has happened, in an order that never changes; keep `next` and nothing is missed or seen twice */
export const listEvents: Operation<{ brand_id: string }, { limit?: number; after?: string; types?: string }, undefined, ListEventsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/events' }

export type ListFailedRefundsReply = {
  items: {
    id: string
    order_id: string
    line?: number | null
    after_sale_id?: string | null
    /** amount in fen */
    amount_fen: number
    /** amount in fen */
    shipping_fen: number
    units: number
    state: 'due' | 'sent' | 'done' | 'failed'
    /** what the rail knows it by */
    number: string
    tries: number
    last_error: string
    paid_otherwise: string
    at: string
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** Refunds that the rail did not carry out and that wait for staff */
export const listFailedRefunds: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListFailedRefundsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/refunds' }

export type ListFlashReply = {
  items: {
    id: string
    broadcast_id: string
    product_id: string
    sku_id: string
    /** amount in fen */
    price_fen: number
    units: number
    left: number
    /** of the broadcast, when it was opened */
    media_ms: number
    opened_at: string
    ends_at: string
    closed_at?: string | null
  }[]
  next?: string | null
}
/** Flash prices of this broadcast, open and over, in order */
export const listFlash: Operation<{ broadcast_id: string }, { limit?: string; after?: string }, undefined, ListFlashReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/flash' }

export type ListFollowsReply = {
  items: {
    store_id: string
    store_name: string
    host_name: string
    /** on air right now */
    broadcast_id?: string | null
    /** the next broadcast */
    next_at?: string | null
    /** since when */
    at: string
  }[]
  next?: string | null
}
/** Whom the caller follows */
export const listFollows: Operation<undefined, { limit?: string; after?: string }, undefined, ListFollowsReply> = { method: 'GET', path: '/api/v1/me/follows' }

export type ListHeldChatReply = {
  items: {
    id: string
    person_id: string
    name: string
    text: string
    /** the forbidden word */
    word: string
    state: 'held' | 'released' | 'rejected'
    media_ms: number
    at: string
  }[]
  next?: string | null
}
/** Lines that wait for the room's crew because of a forbidden word, oldest first */
export const listHeldChat: Operation<{ broadcast_id: string }, { limit?: string; after?: string }, undefined, ListHeldChatReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/held-chat' }

export type ListHoldsReply = {
  items: {
    id: string
    brand_id: string
    kind: 'order' | 'broadcast' | 'person' | 'brand'
    subject_id: string
    reason: string
    set_by?: string | null
    set_at: string
    released_by?: string | null
    released_at?: string | null
    release_reason: string
  }[]
  next?: string | null
}
/** Legal holds, oldest first */
export const listHolds: Operation<{ brand_id: string }, { standing?: '1'; limit?: number; after?: string }, undefined, ListHoldsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/holds' }

export type ListLeftOutReply = {
  items: {
    order_id: string
    line: number
    /** 0: no review */
    stars: number
    why: 'own' | 'agent' | 'device' | 'refunded'
    says: string
  }[]
}
/** Which lines do not count in the score, and why; for the host and staff */
export const listLeftOut: Operation<{ store_id: string }, undefined, undefined, ListLeftOutReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/score/left-out' }

export type ListLuckyBagsReply = {
  items: {
    id: string
    broadcast_id: string
    title: string
    prize: string
    /** what winners get */
    coupon_id?: string | null
    /** enter by writing the word in the room, or by a tap */
    rule: 'chat' | 'tap'
    word: string
    winners: number
    /** told when it opens: the seed is bound by it */
    commitment: string
    algorithm: string
    media_ms: number
    opened_at: string
    draws_at: string
    drawn_at?: string | null
    cancelled_at?: string | null
    /** in the draw; 0 until then */
    entrants: number
  }[]
  next?: string | null
}
/** Lucky bags of this broadcast, newest first */
export const listLuckyBags: Operation<{ broadcast_id: string }, undefined, undefined, ListLuckyBagsReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/lucky-bags' }

export type ListMarksReply = {
  items: {
    person_id: string
    name: string
    mark: 'muted' | 'banned'
    at: string
    /** null: for good */
    until_at?: string | null
  }[]
}
/** Who is muted or banned in this room; for the host and the room's assistants */
export const listMarks: Operation<{ broadcast_id: string }, undefined, undefined, ListMarksReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/marks' }

export type ListMyCouponsReply = {
  items: {
    coupon: {
      id: string
      brand_id: string
      giver: 'brand' | 'store' | 'room' | 'prize'
      /** good in this store only */
      store_id?: string | null
      /** given and good in this room only */
      broadcast_id?: string | null
      name: string
      /** an amount off, or 0 */
      off_fen: number
      /** a rate off, or 0 */
      off_bp: number
      /** a rate takes off at most this; 0: no cap */
      cap_fen: number
      /** goods of at least this */
      min_spend_fen: number
      total: number
      left: number
      starts_at: string
      ends_at: string
      withdrawn_at?: string | null
    }
    at: string
    /** the order it was used for */
    order_id?: string | null
  }[]
  next?: string | null
}
/** What I have claimed, newest first */
export const listMyCoupons: Operation<undefined, { limit?: string; after?: string }, undefined, ListMyCouponsReply> = { method: 'GET', path: '/api/v1/coupons' }

export type ListMyOrdersReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    buyer_id: string
    broadcast_id?: string | null
    pin_id?: string | null
    share_id?: string | null
    /** what the discount came from */
    coupon_id?: string | null
    state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
    currency: string
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    discount_fen: number
    /** amount in fen */
    shipping_fen: number
    /** amount in fen */
    total_fen: number
    /** with the shipping fee's part */
    refunded_fen: number
    /** amount in fen */
    shipping_refunded_fen: number
    lines: {
      /** place in the order, from 0 */
      line: number
      sku_id: string
      product_id: string
      title: string
      sku_title: string
      qty: number
      /** of one unit, as listed */
      list_fen: number
      /** of one unit, as sold */
      price_fen: number
      price_source: 'list' | 'campaign' | 'flash'
      /** amount in fen */
      goods_fen: number
      /** its goods less its share of the discount */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** given back, their money too */
      refunded_qty: number
      shipped_qty: number
      /** given up before they left */
      dropped_qty: number
      no_return: boolean
    }[]
    parcels: {
      id: string
      /** of a replacement */
      after_sale_id?: string | null
      carrier: string
      carrier_name: string
      tracking_number: string
      at: string
      lines: {
        line: number
        sku_id: string
        qty: number
      }[]
    }[]
    /** masked for those who need not deliver */
    address: {
      name?: string
      phone?: string
      region?: string
      detail?: string
    }
    /** code of the last parcel's carrier */
    carrier: string
    carrier_name: string
    tracking_number: string
    cancel_reason: string
    placed_at?: string | null
    /** unpaid at this instant: cancelled */
    release_at?: string | null
    paid_at?: string | null
    shipped_at?: string | null
    received_at?: string | null
    completed_at?: string | null
    cancelled_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** My orders, newest first */
export const listMyOrders: Operation<undefined, { limit?: number; after?: string }, undefined, ListMyOrdersReply> = { method: 'GET', path: '/api/v1/orders' }

export type ListNamesReply = {
  items: {
    id: string
    kind: 'agent' | 'store' | 'broadcast' | 'product' | 'sku' | 'staff' | 'campaign' | 'coupon' | 'task'
    name: string
    /** its code */
    note: string
  }[]
}
/** What ids of agents, stores, broadcasts, products, SKUs, staff, campaigns, coupons and tasks stand for */
export const listNames: Operation<{ brand_id: string }, { ids?: string }, undefined, ListNamesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/names' }

export type ListNotesReply = {
  items: {
    product_id: string
    text: string
  }[]
}
/** Talking points of what is on the shelf; for the host and the room's assistants */
export const listNotes: Operation<{ broadcast_id: string }, undefined, undefined, ListNotesReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/notes' }

export type ListOpenAfterSalesReply = {
  items: {
    id: string
    order_id: string
    line: number
    kind: 'refund_only' | 'return_and_refund' | 'exchange'
    cause: 'no_reason' | 'fault'
    state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
    /** while it is, the commission of its line stays frozen */
    open: boolean
    qty: number
    /** of the line; of an exchange, what is paid back if there is no replacement */
    amount_fen: number
    /** of the order's shipping fee */
    shipping_fen: number
    /** of an exchange: what is sent instead */
    sku_id?: string | null
    reason: string
    answer: string
    back_carrier: string
    back_number: string
    restocked_qty: number
    at?: string | null
    /** at this instant it goes on by itself */
    due_at?: string | null
    closed_at?: string | null
    /** of a refusal */
    dispute_until?: string | null
    /** of the line's product, as it was ordered */
    title: string
    sku_title: string
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** After-sales that are open, oldest first */
export const listOpenAfterSales: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListOpenAfterSalesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/after-sales' }

export type ListOrderReviewsReply = {
  items: {
    id: string
    store_id: string
    store_name: string
    product_id: string
    /** of the buyer, masked */
    name: string
    stars: number
    words: string
    /** always: only a received line can be reviewed */
    verified: boolean
    at: string
    order_id: string
    line: number
    hidden_at?: string | null
    hidden_reason: string
  }[]
  next?: string | null
}
/** What was written about an order's lines; for its buyer, its host and staff */
export const listOrderReviews: Operation<{ order_id: string }, undefined, undefined, ListOrderReviewsReply> = { method: 'GET', path: '/api/v1/orders/{order_id}/reviews' }

export type ListPayoutBatchesReply = {
  items: {
    id: string
    brand_id: string
    by_id?: string | null
    at: string
    payouts: number
    done: number
    failed: number
    /** amount in fen */
    amount_fen: number
    /** amount in fen */
    done_fen: number
    /** rail: sent through the payment rail */
    channel: 'file' | 'rail'
    /** transfers that have not ended */
    transferring: number
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** Batches of payouts, oldest first */
export const listPayoutBatches: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListPayoutBatchesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/payout-batches' }

export type ListPayoutsReply = {
  items: {
    id: string
    agent_id: string
    settlement_id: string
    /** amount in fen */
    amount_fen: number
    /** arrived through the payment rail */
    transferred_fen: number
    /** amount in fen */
    on_its_way_fen: number
    state: 'sent' | 'done' | 'failed'
    reference: string
    reason: string
    done_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** A batch's payouts, and how far each is */
export const listPayouts: Operation<{ batch_id: string }, { limit?: number; after?: string }, undefined, ListPayoutsReply> = { method: 'GET', path: '/api/v1/payout-batches/{batch_id}/payouts' }

export type ListPinsReply = {
  items: {
    id: string
    broadcast_id: string
    product_id: string
    opened_at: string
    /** milliseconds since the broadcast's start */
    media_open_ms: number
    /** null: open */
    closed_at?: string | null
    media_close_ms?: number | null
  }[]
  next?: string | null
}
/** What was explained when, in order */
export const listPins: Operation<{ broadcast_id: string }, { limit?: string; after?: string }, undefined, ListPinsReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/pins' }

export type ListPlanVersionsReply = {
  items: {
    id: string
    scope: 'brand' | 'campaign' | 'agent'
    /** the agent or campaign; null for the brand's own */
    scope_id?: string | null
    /** null: every SKU without a plan of its own */
    sku_id?: string | null
    version: number
    withdrawn: boolean
    /** rate in basis points */
    host_bp: number
    /** rate in basis points */
    promoter_bp: number
    /** rate in basis points */
    recruiter_bp: number
    /** rate in basis points */
    clipper_bp: number
    /** days after receipt; null: the server's setting */
    freeze_days?: number | null
    by_person_id?: string | null
    at: string
  }[]
  next?: string | null
}
/** Every version of the brand's plans, a campaign's, or an agent's own */
export const listPlanVersions: Operation<{ brand_id: string }, { scope: 'brand' | 'campaign' | 'agent'; scope_id?: string; limit?: number; after?: string }, undefined, ListPlanVersionsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/plan-versions' }

export type ListPlansReply = {
  items: {
    id: string
    scope: 'brand' | 'campaign' | 'agent'
    /** the agent or campaign; null for the brand's own */
    scope_id?: string | null
    /** null: every SKU without a plan of its own */
    sku_id?: string | null
    version: number
    withdrawn: boolean
    /** rate in basis points */
    host_bp: number
    /** rate in basis points */
    promoter_bp: number
    /** rate in basis points */
    recruiter_bp: number
    /** rate in basis points */
    clipper_bp: number
    /** days after receipt; null: the server's setting */
    freeze_days?: number | null
    by_person_id?: string | null
    at: string
  }[]
  next?: string | null
}
/** The commission plans that count now */
export const listPlans: Operation<{ brand_id: string }, { limit?: string; after?: string }, undefined, ListPlansReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/plans' }

export type ListPrizeCouponsReply = {
  items: {
    id: string
    brand_id: string
    giver: 'brand' | 'store' | 'room' | 'prize'
    /** good in this store only */
    store_id?: string | null
    /** given and good in this room only */
    broadcast_id?: string | null
    name: string
    /** an amount off, or 0 */
    off_fen: number
    /** a rate off, or 0 */
    off_bp: number
    /** a rate takes off at most this; 0: no cap */
    cap_fen: number
    /** goods of at least this */
    min_spend_fen: number
    total: number
    left: number
    starts_at: string
    ends_at: string
    withdrawn_at?: string | null
  }[]
  next?: string | null
}
/** What a lucky bag of this store may promise */
export const listPrizeCoupons: Operation<{ store_id: string }, undefined, undefined, ListPrizeCouponsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/prize-coupons' }

export type ListProductClipsReply = {
  items: {
    id: string
    brand_id: string
    /** its origin */
    store_id: string
    store_name: string
    host_name: string
    broadcast_id: string
    pin_id: string
    product_id: string
    title: string
    /** waiting: it is being cut */
    state: 'waiting' | 'ready' | 'failed' | 'removed'
    /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
    name: string
    /** of the pin, in the broadcast's media time */
    media_open_ms: number
    media_close_ms: number
    /** media time of the clip's first frame */
    from_ms: number
    to_ms: number
    created_at: string
    ready_at?: string | null
    /** its store took it out of sight */
    withdrawn_at?: string | null
    /** who is shown is made by AI: to be labelled while it plays */
    ai_presenter: boolean
    /** it can be watched: ready, not withdrawn, its product on sale */
    shown: boolean
  }[]
  next?: string | null
}
/** All clips of the same item, newest first */
export const listProductClips: Operation<{ product_id: string }, { limit?: string; after?: string }, undefined, ListProductClipsReply> = { method: 'GET', path: '/api/v1/products/{product_id}/clips' }

export type ListProductReviewsReply = {
  items: {
    id: string
    store_id: string
    store_name: string
    product_id: string
    /** of the buyer, masked */
    name: string
    stars: number
    words: string
    /** always: only a received line can be reviewed */
    verified: boolean
    at: string
  }[]
  next?: string | null
  summary: {
    count: number
    /** the sum of all stars */
    stars: number
    /** how many gave one star, two, … */
    by_star: number[]
  }
}
/** A product's reviews in all stores, newest first */
export const listProductReviews: Operation<{ product_id: string }, { limit?: string; after?: string }, undefined, ListProductReviewsReply> = { method: 'GET', path: '/api/v1/products/{product_id}/reviews' }

export type ListProductsReply = {
  items: {
    id: string
    brand_id: string
    code: string
    title: string
    category: string
    image_url: string
    on_sale: boolean
    /** exempt from the seven-day return */
    no_return: boolean
    created_at: string
    updated_at: string
    version: number
    skus: {
      id: string
      code: string
      /** its options; empty when the product has none */
      title: string
      /** amount in fen */
      price_fen: number
      version: number
      sold_out: boolean
      /** units left; null while there are many */
      left?: number | null
      /** in the store asked for, while a campaign of it counts */
      store_price_fen?: number | null
      campaign_id?: string | null
    }[]
  }[]
  next?: string | null
}
/** Products of a brand, oldest first; who is not its staff sees those on sale */
export const listProducts: Operation<{ brand_id: string }, { category?: string; q?: string; on_sale?: string; store_id?: string; limit?: string; after?: string }, undefined, ListProductsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/products' }

export type ListRecruitsReply = {
  items: {
    /** the application is an agent in state `applied` */
    agent_id: string
    brand_id: string
    store_id: string
    code: string
    name: string
    /** masked */
    phone: string
    region: string
    /** of the agent now */
    state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
    /** whose recruit share it came with, if they were active then */
    recruiter_id?: string | null
    share_id?: string | null
    /** when the applicant last opened that share */
    opened_at?: string | null
    message: string
    at: string
    decision: 'waits' | 'approved' | 'refused'
    decided_at?: string | null
    reason: string
  }[]
  /** give as `after` */
  next?: string | null
}
/** Who applied by this agent's recruit links, and what became of it */
export const listRecruits: Operation<{ agent_id: string }, { limit?: number; after?: string }, undefined, ListRecruitsReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/recruits' }

export type ListRegionsReply = {
  items: {
    id: string
    /** may be a path: 华东/上海 lies in 华东 */
    name: string
    /** in this very region, without those who have left */
    agents: number
    active: number
    created_at: string
  }[]
  /** give as `after` for the next page */
  next?: string | null
}
/** The brand's regions; for staff limited to some, theirs */
export const listRegions: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListRegionsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/regions' }

export type ListRoomCouponsReply = {
  items: {
    id: string
    brand_id: string
    giver: 'brand' | 'store' | 'room' | 'prize'
    /** good in this store only */
    store_id?: string | null
    /** given and good in this room only */
    broadcast_id?: string | null
    name: string
    /** an amount off, or 0 */
    off_fen: number
    /** a rate off, or 0 */
    off_bp: number
    /** a rate takes off at most this; 0: no cap */
    cap_fen: number
    /** goods of at least this */
    min_spend_fen: number
    total: number
    left: number
    starts_at: string
    ends_at: string
    withdrawn_at?: string | null
  }[]
  next?: string | null
}
/** Coupons shown in this room that are not over */
export const listRoomCoupons: Operation<{ broadcast_id: string }, undefined, undefined, ListRoomCouponsReply> = { method: 'GET', path: '/api/v1/broadcasts/{broadcast_id}/coupons' }

export type ListRoomsSellingReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    title: string
    state: 'scheduled' | 'live' | 'ended' | 'cancelled'
    scheduled_at: string
    started_at?: string | null
    /** also when it was cancelled */
    ended_at?: string | null
    likes: number
    /** how often somebody entered */
    enters: number
    peak_viewers: number
    /** a rehearsal is for its crew and the brand's staff only */
    audience: 'public' | 'rehearsal'
    /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
    ai_presenter: boolean
    /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
    ended_why: string
    picture: {
      /** cut: the host is reconnecting; over: a replay */
      state: 'none' | 'on' | 'cut' | 'over'
      /** its name in the addresses that getSite gives */
      stream: string
      /** media time 0 */
      first_frame_at?: string | null
      /** since when no frames come */
      cut_at?: string | null
      /** simulcast: the broadcast whose picture it carries */
      of?: string | null
    }
    store_name: string
    host_name: string
    reservations: number
    /** what is being explained right now */
    explaining?: {
      product_id: string
      title: string
      image_url: string
      /** of the cheapest SKU */
      price_fen: number
    } | null
    /** in the room right now */
    viewers: number
    /** by the caller; only while it is scheduled */
    reserved: boolean
  }[]
}
/** Rooms on air that sell a product, the newest first */
export const listRoomsSelling: Operation<{ product_id: string }, undefined, undefined, ListRoomsSellingReply> = { method: 'GET', path: '/api/v1/products/{product_id}/rooms' }

export type ListRunSettlementsReply = {
  items: {
    id: string
    run_id: string
    agent_id: string
    state: 'settled' | 'paid'
    /** amount in fen */
    entries_fen: number
    /** amount in fen */
    debt_before_fen: number
    /** amount in fen */
    worked_off_fen: number
    /** amount in fen */
    new_debt_fen: number
    /** amount in fen */
    payable_fen: number
    payout_reference: string
    at?: string | null
    paid_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** What a run gave each agent */
export const listRunSettlements: Operation<{ run_id: string }, { limit?: number; after?: string }, undefined, ListRunSettlementsReply> = { method: 'GET', path: '/api/v1/settlement-runs/{run_id}/settlements' }

export type ListScoresReply = {
  items: {
    store_id: string
    /** of the formula */
    version: number
    score: number
    /** fewer than 10 rated lines */
    new: boolean
    /** null: new */
    level?: number | null
    rated_lines: number
    rated_lines_wanted: number
    store_name: string
    host_name: string
  }[]
  next?: string | null
}
/** Score and level of every store, in order of their making */
export const listScores: Operation<{ brand_id: string }, { limit?: string; after?: string }, undefined, ListScoresReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/scores' }

export type ListSettlementRunsReply = {
  items: {
    id: string
    cutoff_at: string
    state: 'proposed' | 'open' | 'finished'
    by_id?: string | null
    proposed_by_id?: string | null
    approved_by_id?: string | null
    started_at: string
    finished_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** Runs of the brand, newest first */
export const listSettlementRuns: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListSettlementRunsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/settlement-runs' }

export type ListSettlementsReply = {
  items: {
    id: string
    run_id: string
    agent_id: string
    state: 'settled' | 'paid'
    /** amount in fen */
    entries_fen: number
    /** amount in fen */
    debt_before_fen: number
    /** amount in fen */
    worked_off_fen: number
    /** amount in fen */
    new_debt_fen: number
    /** amount in fen */
    payable_fen: number
    payout_reference: string
    at?: string | null
    paid_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** An agent's settlements, newest first */
export const listSettlements: Operation<{ agent_id: string }, { limit?: number; after?: string }, undefined, ListSettlementsReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/settlements' }

export type ListSharesReply = {
  items: {
    id: string
    token: string
    /** what is handed on */
    url: string
    kind: 'moment' | 'broadcast' | 'clip' | 'product' | 'store' | 'recruit' | 'receipt'
    channel: 'dm' | 'group' | 'moments' | 'article' | 'poster' | 'other'
    brand_id: string
    /** a person */
    sharer_id: string
    /** the sharer as agent of the brand */
    agent_id?: string | null
    store_id: string
    broadcast_id?: string | null
    product_id?: string | null
    /** the pin that covers the moment */
    pin_id?: string | null
    /** media time of the moment */
    media_ms?: number | null
    clip_id?: string | null
    order_id?: string | null
    /** the share its sharer came through */
    parent_id?: string | null
    root_id: string
    /** 0 for a root */
    depth: number
    created_at: string
    /** openings */
    touches: number
    /** buyers it won: locks opened or taken over */
    locks: number
  }[]
  next?: string | null
}
/** The caller's own shares, newest first */
export const listShares: Operation<undefined, { mine?: string; limit?: string; after?: string }, undefined, ListSharesReply> = { method: 'GET', path: '/api/v1/shares' }

export type ListSharesBelowReply = {
  items: {
    id: string
    kind: 'moment' | 'broadcast' | 'clip' | 'product' | 'store' | 'recruit' | 'receipt'
    channel: 'dm' | 'group' | 'moments' | 'article' | 'poster' | 'other'
    /** the caller's own */
    mine: boolean
    /** masked; empty: somebody not logged in */
    sharer: string
    created_at: string
    /** openings */
    touches: number
    /** buyers it won */
    locks: number
  }[]
  next?: string | null
}
/** The links made by who came through this one, for who made it or one above it */
export const listSharesBelow: Operation<{ share_id: string }, { limit?: string; after?: string }, undefined, ListSharesBelowReply> = { method: 'GET', path: '/api/v1/shares/{share_id}/children' }

export type ListSkuAllotmentsReply = {
  items: {
    sku_id: string
    store_id: string
    /** unsold */
    units: number
    /** refilled from the pool up to this when half is gone; 0: never */
    keep: number
    /** when they are sold, the store sells from the pool like the others */
    shared: boolean
    /** then what is left goes back to the pool */
    until_at?: string | null
  }[]
  next?: string | null
}
/** The stores that have units of this SKU of their own */
export const listSkuAllotments: Operation<{ sku_id: string }, { limit?: string; after?: string }, undefined, ListSkuAllotmentsReply> = { method: 'GET', path: '/api/v1/skus/{sku_id}/allotments' }

export type ListStaffReply = {
  items: {
    person_id: string
    name: string
    login: string
    /** roles at the brand */
    roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
    /** what the roles are limited to */
    regions: string[]
    has_password: boolean
  }[]
  /** give as `after` for the next page */
  next?: string | null
}
/** Who works for the brand */
export const listStaff: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListStaffReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/staff' }

export type ListStandingsReply = {
  items: {
    kind: 'room' | 'pin'
    id: string
    /** of the room, or of the moment's product while it may be shown */
    title: string
    pool: number
    /** its quota is used and it did not rise; new evidence is judged at once */
    resting: boolean
    /** exposures in all */
    shown: number
    /** exposures in this pool */
    used: number
    /** null: the last pool, without one */
    quota?: number | null
    /** its heat, in thousandths of a point an exposure */
    score_milli: number
    /** they add up to the score */
    terms: {
      term: 'enter' | 'stay' | 'interact' | 'click' | 'order' | 'value'
      weight: number
      score_milli: number
    }[]
    /** what is sure of its value per exposure in this pool (lower bound at 95 %) */
    sure_milli: number
    /** what that must beat */
    threshold_milli?: number | null
    /** each by itself; empty: nothing more is wanted than the rest of the quota */
    would_lift: {
      what: 'enter' | 'stay' | 'interact' | 'click' | 'order'
      /** so many more, at the quota's exposures */
      n: number
    }[]
    rules_version: number
  }[]
  next?: string | null
}
/** For its host: every room and moment of the store that was shown, the newest first */
export const listStandings: Operation<{ store_id: string }, { limit?: string; after?: string }, undefined, ListStandingsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/standings' }

export type ListStoreAllotmentsReply = {
  items: {
    sku_id: string
    store_id: string
    /** unsold */
    units: number
    /** refilled from the pool up to this when half is gone; 0: never */
    keep: number
    /** when they are sold, the store sells from the pool like the others */
    shared: boolean
    /** then what is left goes back to the pool */
    until_at?: string | null
  }[]
  next?: string | null
}
/** Units set aside for this store */
export const listStoreAllotments: Operation<{ store_id: string }, { limit?: string; after?: string }, undefined, ListStoreAllotmentsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/allotments' }

export type ListStoreClipsReply = {
  items: {
    id: string
    brand_id: string
    /** its origin */
    store_id: string
    store_name: string
    host_name: string
    broadcast_id: string
    pin_id: string
    product_id: string
    title: string
    /** waiting: it is being cut */
    state: 'waiting' | 'ready' | 'failed' | 'removed'
    /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
    name: string
    /** of the pin, in the broadcast's media time */
    media_open_ms: number
    media_close_ms: number
    /** media time of the clip's first frame */
    from_ms: number
    to_ms: number
    created_at: string
    ready_at?: string | null
    /** its store took it out of sight */
    withdrawn_at?: string | null
    /** who is shown is made by AI: to be labelled while it plays */
    ai_presenter: boolean
    /** it can be watched: ready, not withdrawn, its product on sale */
    shown: boolean
  }[]
  next?: string | null
}
/** A store's clips and those posted in it, newest first; its own agent and who operates the brand see those that are not shown, too */
export const listStoreClips: Operation<{ store_id: string }, { limit?: string; after?: string }, undefined, ListStoreClipsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/clips' }

export type ListStoreCouponsReply = {
  items: {
    id: string
    brand_id: string
    giver: 'brand' | 'store' | 'room' | 'prize'
    /** good in this store only */
    store_id?: string | null
    /** given and good in this room only */
    broadcast_id?: string | null
    name: string
    /** an amount off, or 0 */
    off_fen: number
    /** a rate off, or 0 */
    off_bp: number
    /** a rate takes off at most this; 0: no cap */
    cap_fen: number
    /** goods of at least this */
    min_spend_fen: number
    total: number
    left: number
    starts_at: string
    ends_at: string
    withdrawn_at?: string | null
  }[]
  next?: string | null
}
/** What can be claimed in this store now: the brand's coupons and the store's own */
export const listStoreCoupons: Operation<{ store_id: string }, undefined, undefined, ListStoreCouponsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/coupons' }

export type ListStoreOrdersReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    buyer_id: string
    broadcast_id?: string | null
    pin_id?: string | null
    share_id?: string | null
    /** what the discount came from */
    coupon_id?: string | null
    state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
    currency: string
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    discount_fen: number
    /** amount in fen */
    shipping_fen: number
    /** amount in fen */
    total_fen: number
    /** with the shipping fee's part */
    refunded_fen: number
    /** amount in fen */
    shipping_refunded_fen: number
    lines: {
      /** place in the order, from 0 */
      line: number
      sku_id: string
      product_id: string
      title: string
      sku_title: string
      qty: number
      /** of one unit, as listed */
      list_fen: number
      /** of one unit, as sold */
      price_fen: number
      price_source: 'list' | 'campaign' | 'flash'
      /** amount in fen */
      goods_fen: number
      /** its goods less its share of the discount */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      /** given back, their money too */
      refunded_qty: number
      shipped_qty: number
      /** given up before they left */
      dropped_qty: number
      no_return: boolean
    }[]
    parcels: {
      id: string
      /** of a replacement */
      after_sale_id?: string | null
      carrier: string
      carrier_name: string
      tracking_number: string
      at: string
      lines: {
        line: number
        sku_id: string
        qty: number
      }[]
    }[]
    /** masked for those who need not deliver */
    address: {
      name?: string
      phone?: string
      region?: string
      detail?: string
    }
    /** code of the last parcel's carrier */
    carrier: string
    carrier_name: string
    tracking_number: string
    cancel_reason: string
    placed_at?: string | null
    /** unpaid at this instant: cancelled */
    release_at?: string | null
    paid_at?: string | null
    shipped_at?: string | null
    received_at?: string | null
    completed_at?: string | null
    cancelled_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** A store's orders, newest first */
export const listStoreOrders: Operation<{ store_id: string }, { state?: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'; limit?: number; after?: string; addresses?: '1' }, undefined, ListStoreOrdersReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/orders' }

export type ListStorePromotionsReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    broadcast_id: string
    /** the moment of it that is shown; null: the room */
    pin_id?: string | null
    /** whose wallet paid; null: the brand's */
    agent_id?: string | null
    objective: 'enter' | 'product_click' | 'order' | 'value'
    /** amount in fen */
    budget_fen: number
    /** amount in fen */
    spent_fen: number
    /** to the wallet, when it ended */
    returned_fen: number
    pace: 'smooth' | 'fast'
    /** for one objective; value: for each 100.00 paid; null: automatic */
    cap_fen?: number | null
    /** no click costs less */
    reserve_fen: number
    audience: {
      /** lookalikes: have bought elsewhere what this store's buyers bought */
      kind: 'everyone' | 'region' | 'lookalikes'
      /** of the brand; takes in what lies below it */
      region: string
      /** leave out who is locked to an agent already */
      exclude_locked: boolean
    }
    starts_at: string
    ends_at: string
    state: 'open' | 'paused' | 'ended'
    /** open, in its window, and its room is on air */
    delivering: boolean
    /** room_over, window_over, spent, stopped */
    ended_why: string
    /** people who saw the slot */
    shown: number
    /** paid for */
    clicks: number
    created_at: string
    ended_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** The promotions of a store's broadcasts, newest first */
export const listStorePromotions: Operation<{ store_id: string }, { limit?: number; after?: string }, undefined, ListStorePromotionsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/promotions' }

export type ListStoreReviewsReply = {
  items: {
    id: string
    store_id: string
    store_name: string
    product_id: string
    /** of the buyer, masked */
    name: string
    stars: number
    words: string
    /** always: only a received line can be reviewed */
    verified: boolean
    at: string
  }[]
  next?: string | null
  summary: {
    count: number
    /** the sum of all stars */
    stars: number
    /** how many gave one star, two, … */
    by_star: number[]
  }
}
/** A store's reviews, newest first */
export const listStoreReviews: Operation<{ store_id: string }, { limit?: string; after?: string }, undefined, ListStoreReviewsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/reviews' }

export type ListTrainingTasksReply = {
  items: {
    id: string
    kind: 'lesson' | 'quiz' | 'rehearsal'
    title: string
    /** lesson: to read */
    text: string
    /** lesson: to watch */
    link: string
    questions: {
      text: string
      options: string[]
      /** which option, from 0; shown to staff only */
      right?: number
    }[]
    /** quiz: so many right answers pass */
    pass_right: number
    /** rehearsal: it lasts at least so long */
    rehearsal_minutes: number
    /** nobody goes public before it is done */
    required: boolean
    position: number
    version: number
    /** what was done under an older version has to be done again */
    counts_from: number
    created_at: string
    /** no longer asked for */
    retired_at?: string | null
  }[]
  next?: string | null
}
/** What the brand asks of its new agents, with the right answers */
export const listTrainingTasks: Operation<{ brand_id: string }, undefined, undefined, ListTrainingTasksReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/training-tasks' }

export type ListTransfersReply = {
  items: {
    /** the rail knows it by this */
    number: string
    /** amount in fen */
    amount_fen: number
    /** waiting: for the agent to confirm */
    state: 'due' | 'sent' | 'waiting' | 'done' | 'failed'
    /** JSON for requestMerchantTransfer: mchId, appId, package; the agent's only */
    confirm_params: string
    reason: string
    bill_no: string
    at: string
    done_at?: string | null
  }[]
}
/** Transfers of commission to an agent, newest first; the last 100 */
export const listTransfers: Operation<{ agent_id: string }, undefined, undefined, ListTransfersReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/transfers' }

export type ListWalletsReply = {
  /** in the brand's own */
  own_fen: number
  items: {
    agent_id: string
    name: string
    /** amount in fen */
    balance_fen: number
  }[]
  next?: string | null
}
/** The wallets that pay for promotions: the brand's own and its agents' */
export const listWallets: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListWalletsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/wallets' }

export type ListWebhookDeliveriesReply = {
  items: {
    event_id: string
    cursor: string
    type: string
    state: 'waiting' | 'delivered' | 'dead'
    tries: number
    next_try_at?: string | null
    /** HTTP, of the last try */
    status?: number | null
    error: string
    at: string
    done_at?: string | null
  }[]
  next?: string | null
}
/** Events on their way to a webhook, oldest first; ?state=dead lists the dead letters */
export const listWebhookDeliveries: Operation<{ webhook_id: string }, { state?: 'waiting' | 'delivered' | 'dead'; limit?: number; after?: string }, undefined, ListWebhookDeliveriesReply> = { method: 'GET', path: '/api/v1/webhooks/{webhook_id}/deliveries' }

export type ListWebhooksReply = {
  items: {
    id: string
    brand_id: string
    url: string
    description: string
    /** none: every type */
    types: string[]
    state: 'active' | 'disabled'
    /** why it was disabled */
    note: string
    /** it was told of everything up to here */
    cursor?: string | null
    /** the first failure since the last success */
    failing_since?: string | null
    /** that sign now, the newest first */
    secrets: {
      kind: 'hmac' | 'ed25519'
      created_at: string
      expires_at?: string | null
    }[]
    created_at: string
  }[]
}
/** The brand's webhooks */
export const listWebhooks: Operation<{ brand_id: string }, undefined, undefined, ListWebhooksReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/webhooks' }

export type MakeBackupReply = undefined
/** Makes a backup now, beside whatever goes on; it is in the list when it is done */
export const makeBackup: Operation<undefined, undefined, undefined, MakeBackupReply> = { method: 'POST', path: '/api/v1/backups', keyed: true }

export type MakePayoutBatchReply = {
  batch: {
    id: string
    brand_id: string
    by_id?: string | null
    at: string
    payouts: number
    done: number
    failed: number
    /** amount in fen */
    amount_fen: number
    /** amount in fen */
    done_fen: number
    /** rail: sent through the payment rail */
    channel: 'file' | 'rail'
    /** transfers that have not ended */
    transferring: number
  }
  without_note: string[]
}
/** Puts what is settled and not paid into a batch of payouts */
export const makePayoutBatch: Operation<{ brand_id: string }, undefined, undefined, MakePayoutBatchReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/payout-batches', keyed: true }

export type MarkPersonBody = {
  person_id: string
  mark: 'none' | 'muted' | 'banned'
  /** 0, or absent: for good */
  minutes?: number
}
export type MarkPersonReply = undefined
/** Mute or ban a person in this room, or lift it */
export const markPerson: Operation<{ broadcast_id: string }, undefined, MarkPersonBody, MarkPersonReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/marks', keyed: true }

export type MarkSettlementPaidBody = {
  reference: string
}
export type MarkSettlementPaidReply = {
  id: string
  run_id: string
  agent_id: string
  state: 'settled' | 'paid'
  /** amount in fen */
  entries_fen: number
  /** amount in fen */
  debt_before_fen: number
  /** amount in fen */
  worked_off_fen: number
  /** amount in fen */
  new_debt_fen: number
  /** amount in fen */
  payable_fen: number
  payout_reference: string
  at?: string | null
  paid_at?: string | null
}
/** Finance has paid it out; once, with the bank's reference */
export const markSettlementPaid: Operation<{ settlement_id: string }, undefined, MarkSettlementPaidBody, MarkSettlementPaidReply> = { method: 'POST', path: '/api/v1/settlements/{settlement_id}/paid', keyed: true }

export type OfferCouponReply = {
  id: string
  brand_id: string
  giver: 'brand' | 'store' | 'room' | 'prize'
  /** good in this store only */
  store_id?: string | null
  /** given and good in this room only */
  broadcast_id?: string | null
  name: string
  /** an amount off, or 0 */
  off_fen: number
  /** a rate off, or 0 */
  off_bp: number
  /** a rate takes off at most this; 0: no cap */
  cap_fen: number
  /** goods of at least this */
  min_spend_fen: number
  total: number
  left: number
  starts_at: string
  ends_at: string
  withdrawn_at?: string | null
}
/** Shows the room a coupon of the brand or of this store */
export const offerCoupon: Operation<{ broadcast_id: string; coupon_id: string }, undefined, undefined, OfferCouponReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/coupons/{coupon_id}/offer', keyed: true }

export type OpenFlashBody = {
  sku_id: string
  /** amount in fen */
  price_fen: number
  units: number
  seconds: number
}
export type OpenFlashReply = {
  id: string
  broadcast_id: string
  product_id: string
  sku_id: string
  /** amount in fen */
  price_fen: number
  units: number
  left: number
  /** of the broadcast, when it was opened */
  media_ms: number
  opened_at: string
  ends_at: string
  closed_at?: string | null
}
/** A flash price in this room: so many units, for so many seconds. The store's own people stay within store.discount_max_bp */
export const openFlash: Operation<{ broadcast_id: string }, undefined, OpenFlashBody, OpenFlashReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/flash', keyed: true }

export type OpenLuckyBagBody = {
  title: string
  prize?: string
  /** a coupon whose giver is prize */
  coupon_id?: string | null
  rule: 'chat' | 'tap'
  word?: string
  winners: number
  seconds: number
}
export type OpenLuckyBagReply = {
  id: string
  broadcast_id: string
  title: string
  prize: string
  /** what winners get */
  coupon_id?: string | null
  /** enter by writing the word in the room, or by a tap */
  rule: 'chat' | 'tap'
  word: string
  winners: number
  /** told when it opens: the seed is bound by it */
  commitment: string
  algorithm: string
  media_ms: number
  opened_at: string
  draws_at: string
  drawn_at?: string | null
  cancelled_at?: string | null
  /** in the draw; 0 until then */
  entrants: number
}
/** A lucky bag in this room, drawn by a seed that is committed to now and told with the draw */
export const openLuckyBag: Operation<{ broadcast_id: string }, undefined, OpenLuckyBagBody, OpenLuckyBagReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/lucky-bags', keyed: true }

export type OpenPaidSlotReply = undefined
/** A click on a paid slot: one redirect, into the room while it is on air */
export const openPaidSlot: Operation<{ token: string }, undefined, undefined, OpenPaidSlotReply> = { method: 'GET', path: '/ad/{token}' }

export type OpenPinBody = {
  product_id: string
}
export type OpenPinReply = {
  id: string
  broadcast_id: string
  product_id: string
  opened_at: string
  /** milliseconds since the broadcast's start */
  media_open_ms: number
  /** null: open */
  closed_at?: string | null
  media_close_ms?: number | null
}
/** Open a product's pin; the one that is open is closed */
export const openPin: Operation<{ broadcast_id: string }, undefined, OpenPinBody, OpenPinReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/pins', keyed: true }

export type OpenShareReply = undefined
/** Open a share: one redirect to where it leads now; the visit is recorded */
export const openShare: Operation<{ token: string }, undefined, undefined, OpenShareReply> = { method: 'GET', path: '/s/{token}' }

export type PausePromotionReply = {
  id: string
  brand_id: string
  store_id: string
  broadcast_id: string
  /** the moment of it that is shown; null: the room */
  pin_id?: string | null
  /** whose wallet paid; null: the brand's */
  agent_id?: string | null
  objective: 'enter' | 'product_click' | 'order' | 'value'
  /** amount in fen */
  budget_fen: number
  /** amount in fen */
  spent_fen: number
  /** to the wallet, when it ended */
  returned_fen: number
  pace: 'smooth' | 'fast'
  /** for one objective; value: for each 100.00 paid; null: automatic */
  cap_fen?: number | null
  /** no click costs less */
  reserve_fen: number
  audience: {
    /** lookalikes: have bought elsewhere what this store's buyers bought */
    kind: 'everyone' | 'region' | 'lookalikes'
    /** of the brand; takes in what lies below it */
    region: string
    /** leave out who is locked to an agent already */
    exclude_locked: boolean
  }
  starts_at: string
  ends_at: string
  state: 'open' | 'paused' | 'ended'
  /** open, in its window, and its room is on air */
  delivering: boolean
  /** room_over, window_over, spent, stopped */
  ended_why: string
  /** people who saw the slot */
  shown: number
  /** paid for */
  clicks: number
  created_at: string
  ended_at?: string | null
}
/** No slot goes to it until it is resumed; its budget stays */
export const pausePromotion: Operation<{ promotion_id: string }, undefined, undefined, PausePromotionReply> = { method: 'POST', path: '/api/v1/promotions/{promotion_id}/pause', keyed: true }

export type PayNoticeBody = Blob | ArrayBuffer | string
export type PayNoticeReply = undefined
/** Signed notices of the payment rail (WeChat Pay API v3) */
export const payNotice: Operation<undefined, undefined, PayNoticeBody, PayNoticeReply> = { method: 'POST', path: '/api/v1/pay/wechat/notice', open: true }

export type PayOrderBody = {
  /** the payer's openid at the payment rail */
  openid?: string
}
export type PayOrderReply = {
  prepay_id: string
  pay_params: unknown
}
/** What the buyer's client needs to pay; may be asked again */
export const payOrder: Operation<{ order_id: string }, undefined, PayOrderBody, PayOrderReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/pay', keyed: true }

export type PingWebhookReply = {
  taken: boolean
  status?: number | null
  error: string
  took_ms: number
}
/** Send a test event now, once */
export const pingWebhook: Operation<{ webhook_id: string }, undefined, undefined, PingWebhookReply> = { method: 'POST', path: '/api/v1/webhooks/{webhook_id}/ping', keyed: true }

export type PlaceOrderBody = {
  store_id: string
  lines: {
    sku_id: string
    qty: number
    /** what the buyer saw; refused with price_changed if it is another now */
    price_fen?: number | null
  }[]
  /** the room the buyer is in: its flash prices and coupons count */
  broadcast_id?: string | null
  /** the share the buyer came through */
  share_id?: string | null
  /** one that the buyer has claimed */
  coupon_id?: string | null
  /** its region decides on the shipping fee */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  /** what the buyer was shown; refused with price_changed if it is another now */
  total_fen?: number | null
}
export type PlaceOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
  /** what the discount came from */
  coupon_id?: string | null
  state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
  currency: string
  /** amount in fen */
  goods_fen: number
  /** amount in fen */
  discount_fen: number
  /** amount in fen */
  shipping_fen: number
  /** amount in fen */
  total_fen: number
  /** with the shipping fee's part */
  refunded_fen: number
  /** amount in fen */
  shipping_refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit, as listed */
    list_fen: number
    /** of one unit, as sold */
    price_fen: number
    price_source: 'list' | 'campaign' | 'flash'
    /** amount in fen */
    goods_fen: number
    /** its goods less its share of the discount */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** given back, their money too */
    refunded_qty: number
    shipped_qty: number
    /** given up before they left */
    dropped_qty: number
    no_return: boolean
  }[]
  parcels: {
    id: string
    /** of a replacement */
    after_sale_id?: string | null
    carrier: string
    carrier_name: string
    tracking_number: string
    at: string
    lines: {
      line: number
      sku_id: string
      qty: number
    }[]
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  /** code of the last parcel's carrier */
  carrier: string
  carrier_name: string
  tracking_number: string
  cancel_reason: string
  placed_at?: string | null
  /** unpaid at this instant: cancelled */
  release_at?: string | null
  paid_at?: string | null
  shipped_at?: string | null
  received_at?: string | null
  completed_at?: string | null
  cancelled_at?: string | null
}
/** Places an order: every line is reserved or none; prices, coupon, shipping, plan, lock and attribution are fixed now */
export const placeOrder: Operation<undefined, undefined, PlaceOrderBody, PlaceOrderReply> = { method: 'POST', path: '/api/v1/orders', keyed: true }

export type PostClipReply = undefined
/** Publish another store's clip in one's own, as clipper */
export const postClip: Operation<{ clip_id: string; store_id: string }, undefined, undefined, PostClipReply> = { method: 'PUT', path: '/api/v1/clips/{clip_id}/posts/{store_id}', keyed: true }

export type PreviewErasureReply = {
  id?: string
  person_id?: string
  /** null: everywhere, with the account */
  brand_id?: string | null
  /** partly: erased, but for evidence that must be kept for now */
  state?: 'waiting' | 'partly' | 'done'
  requested_at?: string | null
  erased_at?: string | null
  done_at?: string | null
  /** told once: what GET /erasures/{receipt} is asked with, also without a login */
  receipt?: string
  /** in the caller's language */
  erases: string[]
  keeps: {
    what: string
    why: 'retention' | 'legal_hold' | 'books'
    count: number
    /** null: not known yet, or for good */
    until?: string | null
    says: string
  }[]
  /** orders under way, whose address is needed */
  waits_for: string[]
  /** roles that must end first */
  blocked_by: Array<'staff' | 'agent'>
}
/** What erasing the caller would erase, what must be kept and why, and what it would wait for */
export const previewErasure: Operation<undefined, undefined, undefined, PreviewErasureReply> = { method: 'GET', path: '/api/v1/me/erasure' }

export type PreviewSettlementReply = {
  cutoff_at: string
  agents: number
  /** amount in fen */
  entries_fen: number
  /** amount in fen */
  worked_off_fen: number
  /** amount in fen */
  new_debt_fen: number
  /** amount in fen */
  payable_fen: number
  items: {
    /** the agent's */
    id: string
    entries: number
    /** amount in fen */
    debt_before_fen: number
    /** amount in fen */
    entries_fen: number
    /** amount in fen */
    worked_off_fen: number
    /** amount in fen */
    new_debt_fen: number
    /** amount in fen */
    payable_fen: number
  }[]
  next?: string | null
}
/** What a settlement would do, agent by agent; nothing is written */
export const previewSettlement: Operation<{ brand_id: string }, { cutoff_at?: string; limit?: number; after?: string }, undefined, PreviewSettlementReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/settlements/preview' }

export type PushCampaignReply = {
  kind: 'push' | 'undo'
  /** stores to go through */
  total: number
  /** gone through */
  done: number
  /** given the campaign, or relieved of it */
  changed: number
  started_at: string
  finished_at?: string | null
}
/** Gives it to its stores, and to those that came since; poll the campaign for how far it is */
export const pushCampaign: Operation<{ campaign_id: string }, undefined, undefined, PushCampaignReply> = { method: 'POST', path: '/api/v1/campaigns/{campaign_id}/push', keyed: true }

export type PutCartLineBody = {
  store_id: string
  sku_id: string
  qty: number
  broadcast_id?: string | null
  share_id?: string | null
}
export type PutCartLineReply = undefined
/** Puts so many of a SKU into my cart; 0 takes it out */
export const putCartLine: Operation<undefined, undefined, PutCartLineBody, PutCartLineReply> = { method: 'PUT', path: '/api/v1/cart/lines', keyed: true }

export type PutFeedRulesBody = {
  /** points of each deed, once a person and item */
  weights: {
    enter: number
    /** 30 seconds */
    stay: number
    interact: number
    /** a product's card */
    click: number
    order: number
    /** an order of the full value */
    value: number
  }
  /** an order of so much or more has the full value, less has its share */
  full_value_fen: number
  /** the pools with a quota; after them comes one without */
  pools: {
    /** exposures */
    quota: number
    /** what is sure of the value of one exposure must be more, to rise; thousandths of a point */
    threshold_milli: number
  }[]
}
export type PutFeedRulesReply = {
  /** points of each deed, once a person and item */
  weights: {
    enter: number
    /** 30 seconds */
    stay: number
    interact: number
    /** a product's card */
    click: number
    order: number
    /** an order of the full value */
    value: number
  }
  /** an order of so much or more has the full value, less has its share */
  full_value_fen: number
  /** the pools with a quota; after them comes one without */
  pools: {
    /** exposures */
    quota: number
    /** what is sure of the value of one exposure must be more, to rise; thousandths of a point */
    threshold_milli: number
  }[]
  /** 0: the program's own, never changed by the brand */
  version: number
  room_half_life_ms: number
  pin_half_life_ms: number
}
/** A new version of them; by staff that operates the brand */
export const putFeedRules: Operation<{ brand_id: string }, undefined, PutFeedRulesBody, PutFeedRulesReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/feed/rules', keyed: true }

export type PutForbiddenWordsBody = {
  words: string[]
}
export type PutForbiddenWordsReply = {
  words: string[]
}
/** Replaces the list; case, width, blanks and dots between letters don't matter */
export const putForbiddenWords: Operation<{ brand_id: string }, undefined, PutForbiddenWordsBody, PutForbiddenWordsReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/forbidden-words', keyed: true }

export type PutGuaranteeBody = {
  text_zh: string
  text_en: string
}
export type PutGuaranteeReply = {
  text_zh: string
  text_en: string
  /** 0: the brand gives none */
  version: number
}
/** Say what it guarantees */
export const putGuarantee: Operation<{ brand_id: string }, undefined, PutGuaranteeBody, PutGuaranteeReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/guarantee', keyed: true }

export type PutLockRulesBody = {
  /** a lock lasts this long; -1 for ever; not 0 */
  validity_days: number
  /** no other agent takes a lock over in this time; 0 at once, -1 never while valid */
  protect_days: number
  /** an order keeps the lock at least this long */
  order_extends_days: number
  /** agents can be locked as buyers */
  lock_agents: boolean
  /** an agent earns on their own orders */
  self_purchase: boolean
}
export type PutLockRulesReply = {
  version: number
  /** a lock lasts this long; -1 for ever; not 0 */
  validity_days: number
  /** no other agent takes a lock over in this time; 0 at once, -1 never while valid */
  protect_days: number
  /** an order keeps the lock at least this long */
  order_extends_days: number
  /** agents can be locked as buyers */
  lock_agents: boolean
  /** an agent earns on their own orders */
  self_purchase: boolean
}
/** Change the lock rules: adds a version */
export const putLockRules: Operation<{ brand_id: string }, undefined, PutLockRulesBody, PutLockRulesReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/lock-rules', keyed: true }

export type PutMatrixRulesBody = {
  /** who may ask to become an agent: anybody, who came by an agent's recruit link, nobody */
  applications: 'open' | 'by_share' | 'closed'
  /** who has finished training becomes active, or waits for staff */
  admission: 'automatic' | 'by_staff'
  /** the customers of an agent who leaves go to their parent, if active */
  hand_to_parent: boolean
  /** else to this agent, if active; else their locks end */
  house_agent_id?: string | null
}
export type PutMatrixRulesReply = {
  /** who may ask to become an agent: anybody, who came by an agent's recruit link, nobody */
  applications: 'open' | 'by_share' | 'closed'
  /** who has finished training becomes active, or waits for staff */
  admission: 'automatic' | 'by_staff'
  /** the customers of an agent who leaves go to their parent, if active */
  hand_to_parent: boolean
  /** else to this agent, if active; else their locks end */
  house_agent_id?: string | null
}
/** Change these rules */
export const putMatrixRules: Operation<{ brand_id: string }, undefined, PutMatrixRulesBody, PutMatrixRulesReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/matrix-rules', keyed: true }

export type PutMoneyRulesBody = {
  /** whether another person approves each run; auto: where at least two may pay */
  settlement_approval: 'auto' | 'always' | 'never'
}
export type PutMoneyRulesReply = {
  /** whether another person approves each run; auto: where at least two may pay */
  settlement_approval: 'auto' | 'always' | 'never'
  needed_now: boolean
}
/** Says whether settlements need a second person; owner */
export const putMoneyRules: Operation<{ brand_id: string }, undefined, PutMoneyRulesBody, PutMoneyRulesReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/money-rules', keyed: true }

export type PutNoteBody = {
  text: string
}
export type PutNoteReply = undefined
/** What to say about a product on the shelf; empty takes it away */
export const putNote: Operation<{ broadcast_id: string; product_id: string }, undefined, PutNoteBody, PutNoteReply> = { method: 'PUT', path: '/api/v1/broadcasts/{broadcast_id}/notes/{product_id}', keyed: true }

export type PutPayoutNoteBody = {
  method: 'wechat' | 'alipay' | 'bank'
  holder: string
  account: string
}
export type PutPayoutNoteReply = undefined
/** Say where the commission goes */
export const putPayoutNote: Operation<{ agent_id: string }, undefined, PutPayoutNoteBody, PutPayoutNoteReply> = { method: 'PUT', path: '/api/v1/agents/{agent_id}/payout-note', keyed: true }

export type PutPlanBody = {
  scope: 'brand' | 'agent'
  /** the agent, for scope agent */
  scope_id?: string
  /** absent: every SKU without a plan of its own */
  sku_id?: string
  /** rate in basis points */
  host_bp?: number
  /** rate in basis points */
  promoter_bp?: number
  /** default 0 */
  recruiter_bp?: number
  /** default 0 */
  clipper_bp?: number
  /** default: the server's setting */
  freeze_days?: number
  /** true: the plan no longer counts */
  withdrawn?: boolean
}
export type PutPlanReply = {
  id: string
  scope: 'brand' | 'campaign' | 'agent'
  /** the agent or campaign; null for the brand's own */
  scope_id?: string | null
  /** null: every SKU without a plan of its own */
  sku_id?: string | null
  version: number
  withdrawn: boolean
  /** rate in basis points */
  host_bp: number
  /** rate in basis points */
  promoter_bp: number
  /** rate in basis points */
  recruiter_bp: number
  /** rate in basis points */
  clipper_bp: number
  /** days after receipt; null: the server's setting */
  freeze_days?: number | null
  by_person_id?: string | null
  at: string
}
/** Save a commission plan (a new version): an agent's own beats the brand's, a SKU's row beats the row for all SKUs */
export const putPlan: Operation<{ brand_id: string }, undefined, PutPlanBody, PutPlanReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/plans', keyed: true }

export type PutPromotionRulesBody = {
  /** a click costs at least this */
  reserve_fen: number
  /** and with an automatic bid at most this */
  ceiling_fen: number
}
export type PutPromotionRulesReply = {
  /** a click costs at least this */
  reserve_fen: number
  /** and with an automatic bid at most this */
  ceiling_fen: number
}
/** Sets them, for promotions bought from now on; owner or operator */
export const putPromotionRules: Operation<{ brand_id: string }, undefined, PutPromotionRulesBody, PutPromotionRulesReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/promotion-rules', keyed: true }

export type PutPushSubscriptionBody = {
  /** https, at a push service */
  endpoint: string
  p256dh: string
  auth: string
  language: 'zh' | 'en'
}
export type PutPushSubscriptionReply = {
  on: boolean
}
/** This browser is told when a broadcast begins that the caller reserved */
export const putPushSubscription: Operation<undefined, undefined, PutPushSubscriptionBody, PutPushSubscriptionReply> = { method: 'PUT', path: '/api/v1/push/subscription', keyed: true }

export type PutShippingBody = {
  rules: {
    region: string
    /** amount in fen */
    first_fen: number
    /** amount in fen */
    more_fen?: number
    /** amount in fen */
    free_from_fen?: number | null
  }[]
}
export type PutShippingReply = {
  /** 0: there is no table, shipping is free */
  version: number
  rules: {
    /** what the address's region begins with; "": everywhere else */
    region: string
    /** for the first unit of an order */
    first_fen: number
    /** for each further unit */
    more_fen: number
    /** goods paid for at least this: no fee; null: never free */
    free_from_fen?: number | null
  }[]
}
/** A new version of the table of fees; orders keep the one they were placed under */
export const putShipping: Operation<{ brand_id: string }, undefined, PutShippingBody, PutShippingReply> = { method: 'PUT', path: '/api/v1/brands/{brand_id}/shipping', keyed: true }

export type PutShowPurchasesBody = {
  show: boolean
}
export type PutShowPurchasesReply = {
  show: boolean
}
/** Show it, or not */
export const putShowPurchases: Operation<undefined, undefined, PutShowPurchasesBody, PutShowPurchasesReply> = { method: 'PUT', path: '/api/v1/me/show-purchases', keyed: true }

export type PutStorePictureBody = Blob | ArrayBuffer | string
export type PutStorePictureReply = {
  name: string
  intro: string
  /** of this server; empty: none */
  picture_url: string
}
/** The store's picture: PNG, JPEG or WebP, at most 512 KiB */
export const putStorePicture: Operation<{ store_id: string }, undefined, PutStorePictureBody, PutStorePictureReply> = { method: 'PUT', path: '/api/v1/stores/{store_id}/picture', keyed: true }

export type QuoteOrderBody = {
  store_id: string
  lines: {
    sku_id: string
    qty: number
    /** what the buyer saw; refused with price_changed if it is another now */
    price_fen?: number | null
  }[]
  /** the room the buyer is in: its flash prices and coupons count */
  broadcast_id?: string | null
  /** the share the buyer came through */
  share_id?: string | null
  /** one that the buyer has claimed */
  coupon_id?: string | null
  /** its region decides on the shipping fee */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  /** what the buyer was shown; refused with price_changed if it is another now */
  total_fen?: number | null
}
export type QuoteOrderReply = {
  store_id: string
  currency: string
  /** placed like this, it would go through */
  ok: boolean
  lines: {
    line: number
    sku_id: string
    product_id?: string | null
    title: string
    sku_title: string
    qty: number
    /** amount in fen */
    list_fen: number
    /** of one unit, now */
    price_fen: number
    price_source: 'list' | 'campaign' | 'flash'
    campaign_id?: string | null
    flash_id?: string | null
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    discount_fen: number
    /** amount in fen */
    paid_fen: number
    no_return: boolean
    /** what the store can sell */
    left: number
    /** why it can't be ordered like this */
    problem?: {
      /** of the error list */
      name: string
      detail: string
    } | null
  }[]
  /** amount in fen */
  goods_fen: number
  /** amount in fen */
  discount_fen: number
  /** amount in fen */
  shipping_fen: number
  /** goods paid for at least this: no fee */
  shipping_free_from_fen?: number | null
  /** amount in fen */
  total_fen: number
  /** applied */
  coupon_id?: string | null
  /** why it can't be ordered like this */
  coupon_problem?: {
    /** of the error list */
    name: string
    detail: string
  } | null
  /** the caller's, what takes off most first */
  coupons: {
    coupon: {
      id: string
      brand_id: string
      giver: 'brand' | 'store' | 'room' | 'prize'
      /** good in this store only */
      store_id?: string | null
      /** given and good in this room only */
      broadcast_id?: string | null
      name: string
      /** an amount off, or 0 */
      off_fen: number
      /** a rate off, or 0 */
      off_bp: number
      /** a rate takes off at most this; 0: no cap */
      cap_fen: number
      /** goods of at least this */
      min_spend_fen: number
      total: number
      left: number
      starts_at: string
      ends_at: string
      withdrawn_at?: string | null
    }
    /** amount in fen */
    discount_fen: number
    /** why it can't be ordered like this */
    problem?: {
      /** of the error list */
      name: string
      detail: string
    } | null
  }[]
}
/** What these lines would cost now, to the fen, and what is in the way; nothing is kept */
export const quoteOrder: Operation<undefined, undefined, QuoteOrderBody, QuoteOrderReply> = { method: 'POST', path: '/api/v1/orders/quote', keyed: true }

export type ReceiveOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
  /** what the discount came from */
  coupon_id?: string | null
  state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
  currency: string
  /** amount in fen */
  goods_fen: number
  /** amount in fen */
  discount_fen: number
  /** amount in fen */
  shipping_fen: number
  /** amount in fen */
  total_fen: number
  /** with the shipping fee's part */
  refunded_fen: number
  /** amount in fen */
  shipping_refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit, as listed */
    list_fen: number
    /** of one unit, as sold */
    price_fen: number
    price_source: 'list' | 'campaign' | 'flash'
    /** amount in fen */
    goods_fen: number
    /** its goods less its share of the discount */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** given back, their money too */
    refunded_qty: number
    shipped_qty: number
    /** given up before they left */
    dropped_qty: number
    no_return: boolean
  }[]
  parcels: {
    id: string
    /** of a replacement */
    after_sale_id?: string | null
    carrier: string
    carrier_name: string
    tracking_number: string
    at: string
    lines: {
      line: number
      sku_id: string
      qty: number
    }[]
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  /** code of the last parcel's carrier */
  carrier: string
  carrier_name: string
  tracking_number: string
  cancel_reason: string
  placed_at?: string | null
  /** unpaid at this instant: cancelled */
  release_at?: string | null
  paid_at?: string | null
  shipped_at?: string | null
  received_at?: string | null
  completed_at?: string | null
  cancelled_at?: string | null
}
/** The buyer has the goods */
export const receiveOrder: Operation<{ order_id: string }, undefined, undefined, ReceiveOrderReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/receive', keyed: true }

export type ReceiveReplacementBody = {
  answer?: string
}
export type ReceiveReplacementReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The buyer has the replacement */
export const receiveReplacement: Operation<{ after_sale_id: string }, undefined, ReceiveReplacementBody, ReceiveReplacementReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/receive-replacement', keyed: true }

export type ReceiveStockBody = {
  qty: number
}
export type ReceiveStockReply = {
  sku_id: string
  received: number
  pool: number
  /** to buckets of buyers */
  leased: number
  /** to stores */
  allotted: number
  reserved: number
  sold: number
  /** pool and leased: what a store without an allotment can sell */
  left: number
}
/** More units have come */
export const receiveStock: Operation<{ sku_id: string }, undefined, ReceiveStockBody, ReceiveStockReply> = { method: 'POST', path: '/api/v1/skus/{sku_id}/stock', keyed: true }

export type RecordClicksBody = {
  items: {
    store_id: string
    product_id: string
    /** the room; null: outside of one */
    broadcast_id?: string | null
    /** the share the caller came through */
    share_id?: string | null
  }[]
}
export type RecordClicksReply = {
  /** how many were new */
  counted: number
}
/** The caller opened a product's card; each product counts once a room */
export const recordClicks: Operation<undefined, undefined, RecordClicksBody, RecordClicksReply> = { method: 'POST', path: '/api/v1/clicks', keyed: true }

export type RecordExposuresBody = {
  items: {
    kind: 'broadcast' | 'product' | 'clip'
    id: string
  }[]
}
export type RecordExposuresReply = {
  /** how many were new */
  counted: number
  left_out: {
    kind: string
    id: string
  }[]
}
/** What was shown to the caller; each counts once, of what the public is shown */
export const recordExposures: Operation<undefined, undefined, RecordExposuresBody, RecordExposuresReply> = { method: 'POST', path: '/api/v1/exposures', keyed: true }

export type RecordFeedViewsBody = {
  feed: string
  items: {
    id: string
    what: 'exposure' | 'enter' | 'stay' | 'interact' | 'click'
  }[]
}
export type RecordFeedViewsReply = {
  counted: number
  /** in the order of the request; not_shown: not in this feed, or its exposure was never told; own: agents of the brand count for nothing; paid: told to its promotion, counts for no heat; in_room: of a room only its exposure is told, the rest counts when the server sees it */
  items: Array<'counted' | 'repeated' | 'not_shown' | 'too_soon' | 'own' | 'paid' | 'in_room'>
}
/** What the caller saw of a feed and did with it; each counts once, and only what this feed has shown */
export const recordFeedViews: Operation<undefined, undefined, RecordFeedViewsBody, RecordFeedViewsReply> = { method: 'POST', path: '/api/v1/feed/views', keyed: true }

export type RefundInsteadBody = {
  answer?: string
}
export type RefundInsteadReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** There is no replacement: the money goes back */
export const refundInstead: Operation<{ after_sale_id: string }, undefined, RefundInsteadBody, RefundInsteadReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/refund-instead', keyed: true }

export type RefundPaidOtherwiseBody = {
  reference: string
}
export type RefundPaidOtherwiseReply = {
  id: string
  order_id: string
  line?: number | null
  after_sale_id?: string | null
  /** amount in fen */
  amount_fen: number
  /** amount in fen */
  shipping_fen: number
  units: number
  state: 'due' | 'sent' | 'done' | 'failed'
  /** what the rail knows it by */
  number: string
  tries: number
  last_error: string
  paid_otherwise: string
  at: string
}
/** Finance has paid a failed refund by other means, under this reference */
export const refundPaidOtherwise: Operation<{ refund_id: string }, undefined, RefundPaidOtherwiseBody, RefundPaidOtherwiseReply> = { method: 'POST', path: '/api/v1/refunds/{refund_id}/paid-otherwise', keyed: true }

export type RefuseApplicationBody = {
  /** the applicant reads it */
  reason: string
}
export type RefuseApplicationReply = {
  agent_id: string
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
}
/** Say no, and why */
export const refuseApplication: Operation<{ agent_id: string }, undefined, RefuseApplicationBody, RefuseApplicationReply> = { method: 'POST', path: '/api/v1/agents/{agent_id}/refuse', keyed: true }

export type RejectAfterSaleBody = {
  answer?: string
}
export type RejectAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** Refuses the claim, or the goods that came back; say why */
export const rejectAfterSale: Operation<{ after_sale_id: string }, undefined, RejectAfterSaleBody, RejectAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/reject', keyed: true }

export type RejectHeldChatReply = {
  id: string
  person_id: string
  name: string
  text: string
  /** the forbidden word */
  word: string
  state: 'held' | 'released' | 'rejected'
  media_ms: number
  at: string
}
/** Keeps it from the room; its sender is told */
export const rejectHeldChat: Operation<{ broadcast_id: string; chat_id: string }, undefined, undefined, RejectHeldChatReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/held-chat/{chat_id}/reject', keyed: true }

export type ReleaseHeldChatReply = {
  id: string
  person_id: string
  name: string
  text: string
  /** the forbidden word */
  word: string
  state: 'held' | 'released' | 'rejected'
  media_ms: number
  at: string
}
/** Tells the room a line that was held */
export const releaseHeldChat: Operation<{ broadcast_id: string; chat_id: string }, undefined, undefined, ReleaseHeldChatReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/held-chat/{chat_id}/release', keyed: true }

export type ReleaseHoldBody = {
  /** why; written down in the audit */
  reason: string
}
export type ReleaseHoldReply = {
  id: string
  brand_id: string
  kind: 'order' | 'broadcast' | 'person' | 'brand'
  subject_id: string
  reason: string
  set_by?: string | null
  set_at: string
  released_by?: string | null
  released_at?: string | null
  release_reason: string
}
/** End a hold */
export const releaseHold: Operation<{ hold_id: string }, undefined, ReleaseHoldBody, ReleaseHoldReply> = { method: 'POST', path: '/api/v1/holds/{hold_id}/release', keyed: true }

export type RemoveAssistantReply = undefined
/** Take that away */
export const removeAssistant: Operation<{ store_id: string; person_id: string }, undefined, undefined, RemoveAssistantReply> = { method: 'DELETE', path: '/api/v1/stores/{store_id}/assistants/{person_id}', keyed: true }

export type RemovePushSubscriptionBody = {
  endpoint: string
}
export type RemovePushSubscriptionReply = {
  on: boolean
}
/** This browser is told nothing any more */
export const removePushSubscription: Operation<undefined, undefined, RemovePushSubscriptionBody, RemovePushSubscriptionReply> = { method: 'POST', path: '/api/v1/push/unsubscribe', keyed: true }

export type RemoveRegionReply = undefined
/** Remove a region that nobody is in */
export const removeRegion: Operation<{ brand_id: string; region_id: string }, undefined, undefined, RemoveRegionReply> = { method: 'DELETE', path: '/api/v1/brands/{brand_id}/regions/{region_id}', keyed: true }

export type RemoveStaffReply = undefined
/** No longer works for the brand */
export const removeStaff: Operation<{ brand_id: string; person_id: string }, undefined, undefined, RemoveStaffReply> = { method: 'DELETE', path: '/api/v1/brands/{brand_id}/staff/{person_id}', keyed: true }

export type RenameClipBody = {
  title: string
}
export type RenameClipReply = {
  id: string
  brand_id: string
  /** its origin */
  store_id: string
  store_name: string
  host_name: string
  broadcast_id: string
  pin_id: string
  product_id: string
  title: string
  /** waiting: it is being cut */
  state: 'waiting' | 'ready' | 'failed' | 'removed'
  /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
  name: string
  /** of the pin, in the broadcast's media time */
  media_open_ms: number
  media_close_ms: number
  /** media time of the clip's first frame */
  from_ms: number
  to_ms: number
  created_at: string
  ready_at?: string | null
  /** its store took it out of sight */
  withdrawn_at?: string | null
  /** who is shown is made by AI: to be labelled while it plays */
  ai_presenter: boolean
  /** it can be watched: ready, not withdrawn, its product on sale */
  shown: boolean
}
/** Another title */
export const renameClip: Operation<{ clip_id: string }, undefined, RenameClipBody, RenameClipReply> = { method: 'PATCH', path: '/api/v1/clips/{clip_id}', keyed: true }

export type RenameRegionBody = {
  name: string
}
export type RenameRegionReply = {
  id: string
  /** may be a path: 华东/上海 lies in 华东 */
  name: string
  /** in this very region, without those who have left */
  agents: number
  active: number
  created_at: string
}
/** Rename a region and all below it; agents and staff rights go along */
export const renameRegion: Operation<{ brand_id: string; region_id: string }, undefined, RenameRegionBody, RenameRegionReply> = { method: 'PATCH', path: '/api/v1/brands/{brand_id}/regions/{region_id}', keyed: true }

export type RenewStreamKeyBody = {
  /** who publishes goes on, and the old key is good until the new one is used */
  keep_picture?: boolean
}
export type RenewStreamKeyReply = {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at?: string | null
  /** also when it was cancelled */
  ended_at?: string | null
  likes: number
  /** how often somebody entered */
  enters: number
  peak_viewers: number
  /** a rehearsal is for its crew and the brand's staff only */
  audience: 'public' | 'rehearsal'
  /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
  ai_presenter: boolean
  /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
  ended_why: string
  picture: {
    /** cut: the host is reconnecting; over: a replay */
    state: 'none' | 'on' | 'cut' | 'over'
    /** its name in the addresses that getSite gives */
    stream: string
    /** media time 0 */
    first_frame_at?: string | null
    /** since when no frames come */
    cut_at?: string | null
    /** simulcast: the broadcast whose picture it carries */
    of?: string | null
  }
  /** shown here and never again */
  stream_key: string
}
/** A new stream key; the old one is void, and who publishes with it cut off */
export const renewStreamKey: Operation<{ broadcast_id: string }, undefined, RenewStreamKeyBody, RenewStreamKeyReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/stream-key', keyed: true }

export type ReplayWebhookBody = {
  event_id?: string | null
  /** a cursor; everything wanted behind it */
  after?: string | null
}
export type ReplayWebhookReply = undefined
/** Send one event again, or everything after a cursor */
export const replayWebhook: Operation<{ webhook_id: string }, undefined, ReplayWebhookBody, ReplayWebhookReply> = { method: 'POST', path: '/api/v1/webhooks/{webhook_id}/replay', keyed: true }

export type RequestAfterSaleBody = {
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  /** no_reason (default): within the seven days; fault: faulty or wrong goods */
  cause?: 'no_reason' | 'fault'
  /** units that come back, or (refund_only) need not be sent */
  qty: number
  /** of the line; leave it out for an exchange */
  amount_fen?: number
  /** of the order's shipping fee */
  shipping_fen?: number
  /** exchange: another SKU of the product */
  sku_id?: string | null
  reason: string
}
export type RequestAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** Asks for money back for a line, in part or whole, or for other goods */
export const requestAfterSale: Operation<{ order_id: string }, undefined, RequestAfterSaleBody, RequestAfterSaleReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/after-sales', keyed: true }

export type ReserveBroadcastReply = undefined
/** Remind me of this broadcast */
export const reserveBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, ReserveBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/reservation', keyed: true }

export type ResetAgentPasswordReply = {
  invite_token: string
}
/** An invitation that puts a new password in the place of the old */
export const resetAgentPassword: Operation<{ agent_id: string }, undefined, undefined, ResetAgentPasswordReply> = { method: 'POST', path: '/api/v1/agents/{agent_id}/password-reset', keyed: true }

export type ResetStaffPasswordReply = {
  invite_token: string
}
/** An invitation that puts a new password in the place of the old */
export const resetStaffPassword: Operation<{ brand_id: string; person_id: string }, undefined, undefined, ResetStaffPasswordReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/staff/{person_id}/password-reset', keyed: true }

export type ResumePromotionReply = {
  id: string
  brand_id: string
  store_id: string
  broadcast_id: string
  /** the moment of it that is shown; null: the room */
  pin_id?: string | null
  /** whose wallet paid; null: the brand's */
  agent_id?: string | null
  objective: 'enter' | 'product_click' | 'order' | 'value'
  /** amount in fen */
  budget_fen: number
  /** amount in fen */
  spent_fen: number
  /** to the wallet, when it ended */
  returned_fen: number
  pace: 'smooth' | 'fast'
  /** for one objective; value: for each 100.00 paid; null: automatic */
  cap_fen?: number | null
  /** no click costs less */
  reserve_fen: number
  audience: {
    /** lookalikes: have bought elsewhere what this store's buyers bought */
    kind: 'everyone' | 'region' | 'lookalikes'
    /** of the brand; takes in what lies below it */
    region: string
    /** leave out who is locked to an agent already */
    exclude_locked: boolean
  }
  starts_at: string
  ends_at: string
  state: 'open' | 'paused' | 'ended'
  /** open, in its window, and its room is on air */
  delivering: boolean
  /** room_over, window_over, spent, stopped */
  ended_why: string
  /** people who saw the slot */
  shown: number
  /** paid for */
  clicks: number
  created_at: string
  ended_at?: string | null
}
/** Delivery goes on */
export const resumePromotion: Operation<{ promotion_id: string }, undefined, undefined, ResumePromotionReply> = { method: 'POST', path: '/api/v1/promotions/{promotion_id}/resume', keyed: true }

export type RetireTrainingTaskReply = undefined
/** Ask for it no longer; who has nothing left to do is admitted */
export const retireTrainingTask: Operation<{ brand_id: string; task_id: string }, undefined, undefined, RetireTrainingTaskReply> = { method: 'DELETE', path: '/api/v1/brands/{brand_id}/training-tasks/{task_id}', keyed: true }

export type RetryRefundReply = {
  id: string
  order_id: string
  line?: number | null
  after_sale_id?: string | null
  /** amount in fen */
  amount_fen: number
  /** amount in fen */
  shipping_fen: number
  units: number
  state: 'due' | 'sent' | 'done' | 'failed'
  /** what the rail knows it by */
  number: string
  tries: number
  last_error: string
  paid_otherwise: string
  at: string
}
/** Asks the rail what became of a failed refund and tries it anew, under a new number */
export const retryRefund: Operation<{ refund_id: string }, undefined, undefined, RetryRefundReply> = { method: 'POST', path: '/api/v1/refunds/{refund_id}/retry', keyed: true }

export type RevokeApiTokenReply = undefined
/** The token no longer counts */
export const revokeApiToken: Operation<{ token_id: string }, undefined, undefined, RevokeApiTokenReply> = { method: 'DELETE', path: '/api/v1/api-tokens/{token_id}', keyed: true }

export type RunSettlementBody = {
  /** not in the future */
  cutoff_at: string
}
export type RunSettlementReply = {
  id: string
  brand_id: string
  cutoff_at?: string | null
  /** proposed: another person has to approve it */
  state: 'proposed' | 'open' | 'finished'
  proposed_by_id?: string | null
  approved_by_id?: string | null
  agents: number
  settled_now: number
  settled_before: number
  /** amount in fen */
  entries_fen: number
  /** amount in fen */
  worked_off_fen: number
  /** amount in fen */
  new_debt_fen: number
  /** amount in fen */
  payable_fen: number
  failed: string[]
}
/** Settles what became available until the cut-off; the same cut-off again is the same run */
export const runSettlement: Operation<{ brand_id: string }, undefined, RunSettlementBody, RunSettlementReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/settlements', keyed: true }

export type ScheduleBroadcastBody = {
  title: string
  scheduled_at: string
  /** the shelf, in order */
  product_ids?: string[]
  /** default public */
  audience?: 'public' | 'rehearsal'
  /** who is shown is made by AI; default false */
  ai_presenter?: boolean
}
export type ScheduleBroadcastReply = {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at?: string | null
  /** also when it was cancelled */
  ended_at?: string | null
  likes: number
  /** how often somebody entered */
  enters: number
  peak_viewers: number
  /** a rehearsal is for its crew and the brand's staff only */
  audience: 'public' | 'rehearsal'
  /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
  ai_presenter: boolean
  /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
  ended_why: string
  picture: {
    /** cut: the host is reconnecting; over: a replay */
    state: 'none' | 'on' | 'cut' | 'over'
    /** its name in the addresses that getSite gives */
    stream: string
    /** media time 0 */
    first_frame_at?: string | null
    /** since when no frames come */
    cut_at?: string | null
    /** simulcast: the broadcast whose picture it carries */
    of?: string | null
  }
  /** shown once; null in a repeated answer */
  stream_key?: string | null
}
/** Schedule a broadcast */
export const scheduleBroadcast: Operation<{ store_id: string }, undefined, ScheduleBroadcastBody, ScheduleBroadcastReply> = { method: 'POST', path: '/api/v1/stores/{store_id}/broadcasts', keyed: true }

export type SearchReply = {
  /** on sale, the best first */
  products: {
    id: string
    title: string
    image_url: string
    category: string
    /** of the cheapest SKU */
    price_fen: number
    sold_out: boolean
  }[]
  /** on air first; also those of hosts and of the best product found */
  rooms: {
    id: string
    store_id: string
    title: string
    state: 'live' | 'scheduled'
    scheduled_at: string
    started_at?: string | null
    store_name: string
    host_name: string
  }[]
  hosts: {
    store_id: string
    store_name: string
    host_name: string
    /** on air right now */
    broadcast_id?: string | null
  }[]
  /** at which the products found were explained, the newest of each first */
  moments: {
    pin_id: string
    broadcast_id: string
    product_id: string
    /** of the product */
    title: string
    media_open_ms: number
    media_close_ms: number
    opened_at: string
    store_id: string
    store_name: string
    host_name: string
    /** the moment's recording, once it is cut */
    clip_id?: string | null
  }[]
}
/** Products, rooms, hosts and moments by Chinese or Latin text, first letters or sounds; a slip of the pen in a Latin word is forgiven */
export const search: Operation<{ brand_id: string }, { q: string; limit?: string }, undefined, SearchReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/search' }

export type SendBackAfterSaleBody = {
  answer?: string
  /** a code or name of GET /carriers */
  carrier: string
  tracking_number: string
}
export type SendBackAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The buyer has sent the goods back, with this number */
export const sendBackAfterSale: Operation<{ after_sale_id: string }, undefined, SendBackAfterSaleBody, SendBackAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/send-back', keyed: true }

export type SendPayoutBatchReply = {
  transfers: number
  /** amount in fen */
  amount_fen: number
  /** payouts that can't go this way; they stay in the file */
  by_file: number
}
/** Sends a batch through the payment rail: agents paid by WeChat, in parts; again: what failed */
export const sendPayoutBatch: Operation<{ batch_id: string }, undefined, undefined, SendPayoutBatchReply> = { method: 'POST', path: '/api/v1/payout-batches/{batch_id}/send', keyed: true }

export type SendReplacementBody = {
  answer?: string
  /** a code or name of GET /carriers */
  carrier: string
  tracking_number: string
}
export type SendReplacementReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The replacement leaves, from stock */
export const sendReplacement: Operation<{ after_sale_id: string }, undefined, SendReplacementBody, SendReplacementReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/send-replacement', keyed: true }

export type SetAgentStateBody = {
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  reason?: string
}
export type SetAgentStateReply = {
  id: string
  brand_id: string
  store_id: string
  /** the brand's own number for the agent */
  code: string
  name: string
  /** masked, except for the agent and staff that operates the brand */
  phone: string
  region: string
  level: string
  /** who recruited them */
  parent_id?: string | null
  state: 'applied' | 'training' | 'active' | 'suspended' | 'left'
  created_at: string
}
/** Train, admit, suspend, reinstate or let go */
export const setAgentState: Operation<{ agent_id: string }, undefined, SetAgentStateBody, SetAgentStateReply> = { method: 'POST', path: '/api/v1/agents/{agent_id}/state', keyed: true }

export type SetHoldBody = {
  kind: 'order' | 'broadcast' | 'person' | 'brand'
  subject_id: string
  /** why; written down in the audit */
  reason: string
}
export type SetHoldReply = {
  id: string
  brand_id: string
  kind: 'order' | 'broadcast' | 'person' | 'brand'
  subject_id: string
  reason: string
  set_by?: string | null
  set_at: string
  released_by?: string | null
  released_at?: string | null
  release_reason: string
}
/** Keep evidence beyond its time: of an order, a broadcast, a person, or all of the brand */
export const setHold: Operation<{ brand_id: string }, undefined, SetHoldBody, SetHoldReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/holds', keyed: true }

export type SetShelfBody = {
  /** the shelf, in order */
  product_ids: string[]
}
export type SetShelfReply = undefined
/** Replace the shelf; the pin of a product that leaves it is closed */
export const setShelf: Operation<{ broadcast_id: string }, undefined, SetShelfBody, SetShelfReply> = { method: 'PUT', path: '/api/v1/broadcasts/{broadcast_id}/shelf', keyed: true }

export type ShipOrderBody = {
  /** a code or name of GET /carriers */
  carrier: string
  tracking_number: string
  /** absent: all that is left */
  lines?: {
    line: number
    qty: number
  }[]
}
export type ShipOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
  /** what the discount came from */
  coupon_id?: string | null
  state: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'
  currency: string
  /** amount in fen */
  goods_fen: number
  /** amount in fen */
  discount_fen: number
  /** amount in fen */
  shipping_fen: number
  /** amount in fen */
  total_fen: number
  /** with the shipping fee's part */
  refunded_fen: number
  /** amount in fen */
  shipping_refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit, as listed */
    list_fen: number
    /** of one unit, as sold */
    price_fen: number
    price_source: 'list' | 'campaign' | 'flash'
    /** amount in fen */
    goods_fen: number
    /** its goods less its share of the discount */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    /** given back, their money too */
    refunded_qty: number
    shipped_qty: number
    /** given up before they left */
    dropped_qty: number
    no_return: boolean
  }[]
  parcels: {
    id: string
    /** of a replacement */
    after_sale_id?: string | null
    carrier: string
    carrier_name: string
    tracking_number: string
    at: string
    lines: {
      line: number
      sku_id: string
      qty: number
    }[]
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  /** code of the last parcel's carrier */
  carrier: string
  carrier_name: string
  tracking_number: string
  cancel_reason: string
  placed_at?: string | null
  /** unpaid at this instant: cancelled */
  release_at?: string | null
  paid_at?: string | null
  shipped_at?: string | null
  received_at?: string | null
  completed_at?: string | null
  cancelled_at?: string | null
}
/** A parcel is on its way; the order is shipped with the last */
export const shipOrder: Operation<{ order_id: string }, undefined, ShipOrderBody, ShipOrderReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/ship', keyed: true }

export type ShowClipReply = {
  id: string
  brand_id: string
  /** its origin */
  store_id: string
  store_name: string
  host_name: string
  broadcast_id: string
  pin_id: string
  product_id: string
  title: string
  /** waiting: it is being cut */
  state: 'waiting' | 'ready' | 'failed' | 'removed'
  /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
  name: string
  /** of the pin, in the broadcast's media time */
  media_open_ms: number
  media_close_ms: number
  /** media time of the clip's first frame */
  from_ms: number
  to_ms: number
  created_at: string
  ready_at?: string | null
  /** its store took it out of sight */
  withdrawn_at?: string | null
  /** who is shown is made by AI: to be labelled while it plays */
  ai_presenter: boolean
  /** it can be watched: ready, not withdrawn, its product on sale */
  shown: boolean
}
/** Show it again */
export const showClip: Operation<{ clip_id: string }, undefined, undefined, ShowClipReply> = { method: 'DELETE', path: '/api/v1/clips/{clip_id}/withdrawn', keyed: true }

export type ShowPaidSlotsBody = {
  tokens: string[]
}
export type ShowPaidSlotsReply = {
  counted: number
}
/** Paid slots the caller was shown; each person counts once a promotion */
export const showPaidSlots: Operation<undefined, undefined, ShowPaidSlotsBody, ShowPaidSlotsReply> = { method: 'POST', path: '/api/v1/promotions/shown', keyed: true }

export type ShowReviewReply = {
  id: string
  store_id: string
  store_name: string
  product_id: string
  /** of the buyer, masked */
  name: string
  stars: number
  words: string
  /** always: only a received line can be reviewed */
  verified: boolean
  at: string
  order_id: string
  line: number
  hidden_at?: string | null
  hidden_reason: string
}
/** Show it again */
export const showReview: Operation<{ review_id: string }, undefined, undefined, ShowReviewReply> = { method: 'POST', path: '/api/v1/reviews/{review_id}/show', keyed: true }

export type StartBroadcastReply = {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at?: string | null
  /** also when it was cancelled */
  ended_at?: string | null
  likes: number
  /** how often somebody entered */
  enters: number
  peak_viewers: number
  /** a rehearsal is for its crew and the brand's staff only */
  audience: 'public' | 'rehearsal'
  /** who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays */
  ai_presenter: boolean
  /** suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so */
  ended_why: string
  picture: {
    /** cut: the host is reconnecting; over: a replay */
    state: 'none' | 'on' | 'cut' | 'over'
    /** its name in the addresses that getSite gives */
    stream: string
    /** media time 0 */
    first_frame_at?: string | null
    /** since when no frames come */
    cut_at?: string | null
    /** simulcast: the broadcast whose picture it carries */
    of?: string | null
  }
}
/** Go live */
export const startBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, StartBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/start', keyed: true }

export type StopPromotionReply = {
  id: string
  brand_id: string
  store_id: string
  broadcast_id: string
  /** the moment of it that is shown; null: the room */
  pin_id?: string | null
  /** whose wallet paid; null: the brand's */
  agent_id?: string | null
  objective: 'enter' | 'product_click' | 'order' | 'value'
  /** amount in fen */
  budget_fen: number
  /** amount in fen */
  spent_fen: number
  /** to the wallet, when it ended */
  returned_fen: number
  pace: 'smooth' | 'fast'
  /** for one objective; value: for each 100.00 paid; null: automatic */
  cap_fen?: number | null
  /** no click costs less */
  reserve_fen: number
  audience: {
    /** lookalikes: have bought elsewhere what this store's buyers bought */
    kind: 'everyone' | 'region' | 'lookalikes'
    /** of the brand; takes in what lies below it */
    region: string
    /** leave out who is locked to an agent already */
    exclude_locked: boolean
  }
  starts_at: string
  ends_at: string
  state: 'open' | 'paused' | 'ended'
  /** open, in its window, and its room is on air */
  delivering: boolean
  /** room_over, window_over, spent, stopped */
  ended_why: string
  /** people who saw the slot */
  shown: number
  /** paid for */
  clicks: number
  created_at: string
  ended_at?: string | null
}
/** Ends it; what was not spent is back in the wallet at once */
export const stopPromotion: Operation<{ promotion_id: string }, undefined, undefined, StopPromotionReply> = { method: 'POST', path: '/api/v1/promotions/{promotion_id}/stop', keyed: true }

export type TakePayoutResultsBody = Blob | ArrayBuffer | string
export type TakePayoutResultsReply = {
  done: number
  failed: number
  /** told before */
  known: number
}
/** Reads back what became of a batch: CSV with payout_no, result, reference, reason */
export const takePayoutResults: Operation<{ batch_id: string }, undefined, TakePayoutResultsBody, TakePayoutResultsReply> = { method: 'POST', path: '/api/v1/payout-batches/{batch_id}/results', keyed: true }

export type TakeRemindersReply = {
  items: {
    broadcast_id: string
    brand_id: string
    title: string
    store_name: string
    host_name: string
    started_at: string
  }[]
}
/** Broadcasts the caller reserved that have just begun; each is given once */
export const takeReminders: Operation<undefined, undefined, undefined, TakeRemindersReply> = { method: 'POST', path: '/api/v1/reminders/take', keyed: true }

export type UndoCampaignReply = {
  kind: 'push' | 'undo'
  /** stores to go through */
  total: number
  /** gone through */
  done: number
  /** given the campaign, or relieved of it */
  changed: number
  started_at: string
  finished_at?: string | null
}
/** Takes it back from every store; its prices and plans stop counting at once */
export const undoCampaign: Operation<{ campaign_id: string }, undefined, undefined, UndoCampaignReply> = { method: 'POST', path: '/api/v1/campaigns/{campaign_id}/undo', keyed: true }

export type UnfollowStoreReply = undefined
/** No longer */
export const unfollowStore: Operation<{ store_id: string }, undefined, undefined, UnfollowStoreReply> = { method: 'DELETE', path: '/api/v1/stores/{store_id}/follow', keyed: true }

export type UnpostClipReply = undefined
/** Take it out of one's own store again */
export const unpostClip: Operation<{ clip_id: string; store_id: string }, undefined, undefined, UnpostClipReply> = { method: 'DELETE', path: '/api/v1/clips/{clip_id}/posts/{store_id}', keyed: true }

export type UnreserveBroadcastReply = undefined
/** Don't remind me */
export const unreserveBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, UnreserveBroadcastReply> = { method: 'DELETE', path: '/api/v1/broadcasts/{broadcast_id}/reservation', keyed: true }

export type UpholdAfterSaleBody = {
  answer?: string
  /** of goods that were refused when they came; absent: none */
  restock_qty?: number
}
export type UpholdAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The dispute is decided for the buyer, by another than who refused */
export const upholdAfterSale: Operation<{ after_sale_id: string }, undefined, UpholdAfterSaleBody, UpholdAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/uphold', keyed: true }

export type VerifyBrandReply = {
  ok: boolean
  checks: {
    name: string
    looked_at: number
    wrong: number
    differences: string[]
  }[]
}
/** Recomputes stock, ledger, entries, locks and roll-ups, and says what differs */
export const verifyBrand: Operation<{ brand_id: string }, undefined, undefined, VerifyBrandReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/verify', keyed: true }

export type VerifyEvidenceReply = {
  ok: boolean
  brands: {
    brand_id: string
    entries: number
    purged: number
    segments: number
    wrong: number
    differences: string[]
  }[]
}
/** Recomputes the brand's chain, every entry of it, and says what differs */
export const verifyEvidence: Operation<{ brand_id: string }, undefined, undefined, VerifyEvidenceReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/evidence/verify', keyed: true }

export type WithdrawAfterSaleBody = {
  answer?: string
}
export type WithdrawAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund' | 'exchange'
  cause: 'no_reason' | 'fault'
  state: 'requested' | 'returning' | 'returned' | 'refunding' | 'replacing' | 'replaced' | 'rejected' | 'disputed' | 'refunded' | 'exchanged' | 'withdrawn' | 'dismissed' | 'lapsed'
  /** while it is, the commission of its line stays frozen */
  open: boolean
  qty: number
  /** of the line; of an exchange, what is paid back if there is no replacement */
  amount_fen: number
  /** of the order's shipping fee */
  shipping_fen: number
  /** of an exchange: what is sent instead */
  sku_id?: string | null
  reason: string
  answer: string
  back_carrier: string
  back_number: string
  restocked_qty: number
  at?: string | null
  /** at this instant it goes on by itself */
  due_at?: string | null
  closed_at?: string | null
  /** of a refusal */
  dispute_until?: string | null
}
/** The buyer changes their mind */
export const withdrawAfterSale: Operation<{ after_sale_id: string }, undefined, WithdrawAfterSaleBody, WithdrawAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/withdraw', keyed: true }

export type WithdrawClipReply = {
  id: string
  brand_id: string
  /** its origin */
  store_id: string
  store_name: string
  host_name: string
  broadcast_id: string
  pin_id: string
  product_id: string
  title: string
  /** waiting: it is being cut */
  state: 'waiting' | 'ready' | 'failed' | 'removed'
  /** of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg */
  name: string
  /** of the pin, in the broadcast's media time */
  media_open_ms: number
  media_close_ms: number
  /** media time of the clip's first frame */
  from_ms: number
  to_ms: number
  created_at: string
  ready_at?: string | null
  /** its store took it out of sight */
  withdrawn_at?: string | null
  /** who is shown is made by AI: to be labelled while it plays */
  ai_presenter: boolean
  /** it can be watched: ready, not withdrawn, its product on sale */
  shown: boolean
}
/** Take a clip of one's own store out of sight, its files too */
export const withdrawClip: Operation<{ clip_id: string }, undefined, undefined, WithdrawClipReply> = { method: 'PUT', path: '/api/v1/clips/{clip_id}/withdrawn', keyed: true }

export type WithdrawCouponReply = {
  id: string
  brand_id: string
  giver: 'brand' | 'store' | 'room' | 'prize'
  /** good in this store only */
  store_id?: string | null
  /** given and good in this room only */
  broadcast_id?: string | null
  name: string
  /** an amount off, or 0 */
  off_fen: number
  /** a rate off, or 0 */
  off_bp: number
  /** a rate takes off at most this; 0: no cap */
  cap_fen: number
  /** goods of at least this */
  min_spend_fen: number
  total: number
  left: number
  starts_at: string
  ends_at: string
  withdrawn_at?: string | null
}
/** Nobody can claim it any more; what was claimed stays good */
export const withdrawCoupon: Operation<{ coupon_id: string }, undefined, undefined, WithdrawCouponReply> = { method: 'POST', path: '/api/v1/coupons/{coupon_id}/withdraw', keyed: true }

export type WriteReviewBody = {
  line: number
  stars: number
  words?: string
}
export type WriteReviewReply = {
  id: string
  store_id: string
  store_name: string
  product_id: string
  /** of the buyer, masked */
  name: string
  stars: number
  words: string
  /** always: only a received line can be reviewed */
  verified: boolean
  at: string
  order_id: string
  line: number
  hidden_at?: string | null
  hidden_reason: string
}
/** Review a received line of one's own order, once */
export const writeReview: Operation<{ order_id: string }, undefined, WriteReviewBody, WriteReviewReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/reviews', keyed: true }
