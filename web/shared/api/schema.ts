// Made from the OpenAPI document of the server by tools/generate_api.mjs; not to be edited.
import type { Operation } from './operation'

export type AcceptInviteBody = {
  token: string
  /** a name or phone number to log in with, the same in either case */
  login: string
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

export type AddStaffBody = {
  /** a name or phone number to log in with, the same in either case */
  login: string
  name: string
  /** roles at the brand */
  roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
}
export type AddStaffReply = {
  person_id: string
  /** null: has a password already */
  invite_token?: string | null
}
/** Invite staff, or change their roles */
export const addStaff: Operation<{ brand_id: string }, undefined, AddStaffBody, AddStaffReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/staff', keyed: true }

export type ApproveAfterSaleBody = {
  answer?: string
}
export type ApproveAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund'
  state: 'requested' | 'approved' | 'refunded' | 'rejected' | 'withdrawn'
  qty: number
  /** amount in fen */
  amount_fen: number
  reason: string
  answer: string
  at?: string | null
  closed_at?: string | null
}
/** Agrees; the money goes back through the rail */
export const approveAfterSale: Operation<{ after_sale_id: string }, undefined, ApproveAfterSaleBody, ApproveAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/approve', keyed: true }

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
}
/** Cancel a scheduled broadcast */
export const cancelBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, CancelBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/cancel', keyed: true }

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
  /** amount in fen */
  refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit */
    price_fen: number
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    refunded_qty: number
    no_return: boolean
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  carrier: string
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

export type ChangeBroadcastBody = {
  title?: string
  scheduled_at?: string
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
}
/** Another title, or another time as long as the old one has not come */
export const changeBroadcast: Operation<{ broadcast_id: string }, undefined, ChangeBroadcastBody, ChangeBroadcastReply> = { method: 'PATCH', path: '/api/v1/broadcasts/{broadcast_id}', keyed: true }

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

export type ClearCartReply = undefined
/** Empties my cart at a store */
export const clearCart: Operation<undefined, { store_id: string }, undefined, ClearCartReply> = { method: 'DELETE', path: '/api/v1/cart', keyed: true }

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
  }[]
}
/** A new product with its SKUs and first stock */
export const createProduct: Operation<{ brand_id: string }, undefined, CreateProductBody, CreateProductReply> = { method: 'POST', path: '/api/v1/brands/{brand_id}/products', keyed: true }

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

export type DeleteSessionReply = undefined
/** Log out */
export const deleteSession: Operation<undefined, undefined, undefined, DeleteSessionReply> = { method: 'DELETE', path: '/api/v1/sessions/current', keyed: true }

export type DropStorePictureReply = {
  name: string
  intro: string
  /** of this server; empty: none */
  picture_url: string
}
/** No picture */
export const dropStorePicture: Operation<{ store_id: string }, undefined, undefined, DropStorePictureReply> = { method: 'DELETE', path: '/api/v1/stores/{store_id}/picture', keyed: true }

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
}
/** End a live broadcast; its open pin is closed */
export const endBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, EndBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/end', keyed: true }

export type ExplainEntryReply = undefined
/** Why: one commission entry, to the fen */
export const explainEntry: Operation<{ entry_id: string }, undefined, undefined, ExplainEntryReply> = { method: 'GET', path: '/api/v1/entries/{entry_id}/explain' }

export type ExplainOrderReply = undefined
/** Why: attribution, plans, entries, lock, ledger of an order */
export const explainOrder: Operation<{ order_id: string }, undefined, undefined, ExplainOrderReply> = { method: 'GET', path: '/api/v1/orders/{order_id}/explain' }

export type ExplainSettlementReply = undefined
/** Why: one settlement, its entries and debt */
export const explainSettlement: Operation<{ settlement_id: string }, undefined, undefined, ExplainSettlementReply> = { method: 'GET', path: '/api/v1/settlements/{settlement_id}/explain' }

export type ExportProductsReply = undefined
/** Every product of the brand as a file (CSV) */
export const exportProducts: Operation<{ brand_id: string }, { format?: string }, undefined, ExportProductsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/products:export' }

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

export type GetBuyerLockReply = {
  /** none was ever opened: null */
  lock?: {
    agent_id: string
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
    price_fen: number
    on_sale: boolean
    left: number
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
  /** steps from the root to the deepest share */
  depth: number
  /** people who opened any of its shares */
  size: number
  /** people who opened or shared */
  reach: number
  /** links in the tree */
  shares: number
  /** openings */
  touches: number
}
/** How far the tree of shares went that this one belongs to */
export const getCascade: Operation<{ share_id: string }, undefined, undefined, GetCascadeReply> = { method: 'GET', path: '/api/v1/shares/{share_id}/cascade' }

export type GetClockReply = {
  now: string
  simulated: boolean
}
/** The server's time */
export const getClock: Operation<undefined, undefined, undefined, GetClockReply> = { method: 'GET', path: '/api/v1/clock', open: true }

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
/** From exposures to what was earned, by region, agent or broadcast; every roll-up adds up to the same */
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
    /** the amount's first digit, then noughts */
    at_least_fen: number
  }[]
}
/** Hosts of the day, by what was paid in their stores */
export const getLeaderboard: Operation<{ brand_id: string }, undefined, undefined, GetLeaderboardReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/leaderboard' }

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

export type GetMeReply = {
  person_id?: string | null
  /** nobody is logged in */
  guest: boolean
  name: string
  staff: {
    brand_id: string
    /** roles at the brand */
    roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
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

export type GetOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
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
  /** amount in fen */
  refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit */
    price_fen: number
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    refunded_qty: number
    no_return: boolean
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  carrier: string
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
/** One order */
export const getOrder: Operation<{ order_id: string }, undefined, undefined, GetOrderReply> = { method: 'GET', path: '/api/v1/orders/{order_id}' }

export type GetOwnLockReply = {
  /** none was ever opened: null */
  lock?: {
    agent_id: string
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
  }[]
}
/** One product, on sale or not */
export const getProduct: Operation<{ product_id: string }, undefined, undefined, GetProductReply> = { method: 'GET', path: '/api/v1/products/{product_id}' }

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

export type GetSiteReply = {
  brands: {
    id: string
    name: string
    currency: string
    time_zone: string
  }[]
  now: string
  /** the clock stands still */
  simulated: boolean
  /** payment is confirmed on a page of ours */
  sandbox: boolean
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
/** One product over all rooms, the most units first */
export const getSpread: Operation<{ product_id: string }, { days?: number; limit?: number }, undefined, GetSpreadReply> = { method: 'GET', path: '/api/v1/products/{product_id}/spread' }

export type GetStockReply = {
  sku_id: string
  received: number
  pool: number
  leased: number
  reserved: number
  sold: number
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

export type GetStorePictureReply = undefined
/** The store's picture */
export const getStorePicture: Operation<{ store_id: string }, { v?: string }, undefined, GetStorePictureReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/picture', open: true }

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

export type ImportAgentsBody = Blob | ArrayBuffer | string
export type ImportAgentsReply = {
  /** new agents */
  imported: number
  /** agents that changed */
  updated: number
  unchanged: number
  /** new stores */
  stores: number
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
    kind: 'refund_only' | 'return_and_refund'
    state: 'requested' | 'approved' | 'refunded' | 'rejected' | 'withdrawn'
    qty: number
    /** amount in fen */
    amount_fen: number
    reason: string
    answer: string
    at?: string | null
    closed_at?: string | null
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

export type ListAssistantsReply = {
  items: {
    person_id: string
    name: string
    at: string
  }[]
}
/** Who may pin, mute and ban in this store's rooms */
export const listAssistants: Operation<{ store_id: string }, undefined, undefined, ListAssistantsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/assistants' }

export type ListBrandOrdersReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    buyer_id: string
    broadcast_id?: string | null
    pin_id?: string | null
    share_id?: string | null
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
    /** amount in fen */
    refunded_fen: number
    lines: {
      /** place in the order, from 0 */
      line: number
      sku_id: string
      product_id: string
      title: string
      sku_title: string
      qty: number
      /** of one unit */
      price_fen: number
      /** amount in fen */
      goods_fen: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      refunded_qty: number
      no_return: boolean
    }[]
    /** masked for those who need not deliver */
    address: {
      name?: string
      phone?: string
      region?: string
      detail?: string
    }
    carrier: string
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
/** The brand's orders, oldest first */
export const listBrandOrders: Operation<{ brand_id: string }, { newest?: '1'; state?: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'; agent_id?: string; from_at?: string; until_at?: string; limit?: number; after?: string; addresses?: string }, undefined, ListBrandOrdersReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/orders' }

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
  }[]
  next?: string | null
}
/** A store's broadcasts, newest first */
export const listBroadcasts: Operation<{ store_id: string }, { limit?: string; after?: string }, undefined, ListBroadcastsReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/broadcasts' }

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
/** An agent's commission, entry by entry */
export const listEntries: Operation<{ agent_id: string }, { limit?: number; after?: string }, undefined, ListEntriesReply> = { method: 'GET', path: '/api/v1/agents/{agent_id}/entries' }

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

export type ListMyOrdersReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    buyer_id: string
    broadcast_id?: string | null
    pin_id?: string | null
    share_id?: string | null
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
    /** amount in fen */
    refunded_fen: number
    lines: {
      /** place in the order, from 0 */
      line: number
      sku_id: string
      product_id: string
      title: string
      sku_title: string
      qty: number
      /** of one unit */
      price_fen: number
      /** amount in fen */
      goods_fen: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      refunded_qty: number
      no_return: boolean
    }[]
    /** masked for those who need not deliver */
    address: {
      name?: string
      phone?: string
      region?: string
      detail?: string
    }
    carrier: string
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
    kind: 'refund_only' | 'return_and_refund'
    state: 'requested' | 'approved' | 'refunded' | 'rejected' | 'withdrawn'
    qty: number
    /** amount in fen */
    amount_fen: number
    reason: string
    answer: string
    at?: string | null
    closed_at?: string | null
  }[]
  /** pass as ?after= for the next page */
  next?: string | null
}
/** After-sales that wait for the brand */
export const listOpenAfterSales: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListOpenAfterSalesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/after-sales' }

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
    }[]
  }[]
  next?: string | null
}
/** Products of a brand, oldest first; who is not its staff sees those on sale */
export const listProducts: Operation<{ brand_id: string }, { category?: string; q?: string; on_sale?: string; limit?: string; after?: string }, undefined, ListProductsReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/products' }

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
/** An agent's settlements */
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

export type ListStaffReply = {
  items: {
    person_id: string
    name: string
    login: string
    /** roles at the brand */
    roles: Array<'owner' | 'operator' | 'finance' | 'auditor'>
    has_password: boolean
  }[]
  /** give as `after` for the next page */
  next?: string | null
}
/** Who works for the brand */
export const listStaff: Operation<{ brand_id: string }, { limit?: number; after?: string }, undefined, ListStaffReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/staff' }

export type ListStoreOrdersReply = {
  items: {
    id: string
    brand_id: string
    store_id: string
    buyer_id: string
    broadcast_id?: string | null
    pin_id?: string | null
    share_id?: string | null
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
    /** amount in fen */
    refunded_fen: number
    lines: {
      /** place in the order, from 0 */
      line: number
      sku_id: string
      product_id: string
      title: string
      sku_title: string
      qty: number
      /** of one unit */
      price_fen: number
      /** amount in fen */
      goods_fen: number
      /** amount in fen */
      paid_fen: number
      /** amount in fen */
      refunded_fen: number
      refunded_qty: number
      no_return: boolean
    }[]
    /** masked for those who need not deliver */
    address: {
      name?: string
      phone?: string
      region?: string
      detail?: string
    }
    carrier: string
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
export const listStoreOrders: Operation<{ store_id: string }, { state?: 'placed' | 'paid' | 'shipped' | 'received' | 'completed' | 'cancelled'; limit?: number; after?: string }, undefined, ListStoreOrdersReply> = { method: 'GET', path: '/api/v1/stores/{store_id}/orders' }

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

export type PlaceOrderBody = {
  store_id: string
  lines: {
    sku_id: string
    qty: number
    /** what the buyer saw; refused with price_changed if it is another now */
    price_fen?: number | null
  }[]
  /** the room the buyer is in */
  broadcast_id?: string | null
  /** the share the buyer came through */
  share_id?: string | null
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
}
export type PlaceOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
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
  /** amount in fen */
  refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit */
    price_fen: number
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    refunded_qty: number
    no_return: boolean
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  carrier: string
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
/** Places an order: every line is reserved or none; price, plan, lock and attribution are fixed now */
export const placeOrder: Operation<undefined, undefined, PlaceOrderBody, PlaceOrderReply> = { method: 'POST', path: '/api/v1/orders', keyed: true }

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

export type PutStorePictureBody = Blob | ArrayBuffer | string
export type PutStorePictureReply = {
  name: string
  intro: string
  /** of this server; empty: none */
  picture_url: string
}
/** The store's picture: PNG, JPEG or WebP, at most 512 KiB */
export const putStorePicture: Operation<{ store_id: string }, undefined, PutStorePictureBody, PutStorePictureReply> = { method: 'PUT', path: '/api/v1/stores/{store_id}/picture', keyed: true }

export type ReceiveOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
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
  /** amount in fen */
  refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit */
    price_fen: number
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    refunded_qty: number
    no_return: boolean
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  carrier: string
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

export type ReceiveStockBody = {
  qty: number
}
export type ReceiveStockReply = {
  sku_id: string
  received: number
  pool: number
  leased: number
  reserved: number
  sold: number
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
}
/** What was shown to the caller; each counts once */
export const recordExposures: Operation<undefined, undefined, RecordExposuresBody, RecordExposuresReply> = { method: 'POST', path: '/api/v1/exposures', keyed: true }

export type RejectAfterSaleBody = {
  answer?: string
}
export type RejectAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund'
  state: 'requested' | 'approved' | 'refunded' | 'rejected' | 'withdrawn'
  qty: number
  /** amount in fen */
  amount_fen: number
  reason: string
  answer: string
  at?: string | null
  closed_at?: string | null
}
/** Refuses, with a reason */
export const rejectAfterSale: Operation<{ after_sale_id: string }, undefined, RejectAfterSaleBody, RejectAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/reject', keyed: true }

export type RemoveAssistantReply = undefined
/** Take that away */
export const removeAssistant: Operation<{ store_id: string; person_id: string }, undefined, undefined, RemoveAssistantReply> = { method: 'DELETE', path: '/api/v1/stores/{store_id}/assistants/{person_id}', keyed: true }

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
  /** shown here and never again */
  stream_key: string
}
/** A new stream key; the old one is void */
export const renewStreamKey: Operation<{ broadcast_id: string }, undefined, undefined, RenewStreamKeyReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/stream-key', keyed: true }

export type RequestAfterSaleBody = {
  line: number
  kind: 'refund_only' | 'return_and_refund'
  /** units that come back and go on sale again */
  qty: number
  /** amount in fen */
  amount_fen: number
  reason: string
}
export type RequestAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund'
  state: 'requested' | 'approved' | 'refunded' | 'rejected' | 'withdrawn'
  qty: number
  /** amount in fen */
  amount_fen: number
  reason: string
  answer: string
  at?: string | null
  closed_at?: string | null
}
/** Asks for money back for a line, in part or whole */
export const requestAfterSale: Operation<{ order_id: string }, undefined, RequestAfterSaleBody, RequestAfterSaleReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/after-sales', keyed: true }

export type ReserveBroadcastReply = undefined
/** Remind me of this broadcast */
export const reserveBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, ReserveBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/reservation', keyed: true }

export type RunSettlementBody = {
  /** not in the future */
  cutoff_at: string
}
export type RunSettlementReply = {
  id: string
  brand_id: string
  cutoff_at?: string | null
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
  /** shown once; null in a repeated answer */
  stream_key?: string | null
}
/** Schedule a broadcast */
export const scheduleBroadcast: Operation<{ store_id: string }, undefined, ScheduleBroadcastBody, ScheduleBroadcastReply> = { method: 'POST', path: '/api/v1/stores/{store_id}/broadcasts', keyed: true }

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

export type SetShelfBody = {
  /** the shelf, in order */
  product_ids: string[]
}
export type SetShelfReply = undefined
/** Replace the shelf; the pin of a product that leaves it is closed */
export const setShelf: Operation<{ broadcast_id: string }, undefined, SetShelfBody, SetShelfReply> = { method: 'PUT', path: '/api/v1/broadcasts/{broadcast_id}/shelf', keyed: true }

export type ShipOrderBody = {
  carrier: string
  tracking_number: string
}
export type ShipOrderReply = {
  id: string
  brand_id: string
  store_id: string
  buyer_id: string
  broadcast_id?: string | null
  pin_id?: string | null
  share_id?: string | null
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
  /** amount in fen */
  refunded_fen: number
  lines: {
    /** place in the order, from 0 */
    line: number
    sku_id: string
    product_id: string
    title: string
    sku_title: string
    qty: number
    /** of one unit */
    price_fen: number
    /** amount in fen */
    goods_fen: number
    /** amount in fen */
    paid_fen: number
    /** amount in fen */
    refunded_fen: number
    refunded_qty: number
    no_return: boolean
  }[]
  /** masked for those who need not deliver */
  address: {
    name?: string
    phone?: string
    region?: string
    detail?: string
  }
  carrier: string
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
/** The goods are on their way */
export const shipOrder: Operation<{ order_id: string }, undefined, ShipOrderBody, ShipOrderReply> = { method: 'POST', path: '/api/v1/orders/{order_id}/ship', keyed: true }

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
}
/** Go live */
export const startBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, StartBroadcastReply> = { method: 'POST', path: '/api/v1/broadcasts/{broadcast_id}/start', keyed: true }

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
/** Broadcasts the caller reserved that have just begun; each is given once */
export const takeReminders: Operation<undefined, undefined, undefined, TakeRemindersReply> = { method: 'POST', path: '/api/v1/reminders/take', keyed: true }

export type UnreserveBroadcastReply = undefined
/** Don't remind me */
export const unreserveBroadcast: Operation<{ broadcast_id: string }, undefined, undefined, UnreserveBroadcastReply> = { method: 'DELETE', path: '/api/v1/broadcasts/{broadcast_id}/reservation', keyed: true }

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

export type WithdrawAfterSaleBody = {
  answer?: string
}
export type WithdrawAfterSaleReply = {
  id: string
  order_id: string
  line: number
  kind: 'refund_only' | 'return_and_refund'
  state: 'requested' | 'approved' | 'refunded' | 'rejected' | 'withdrawn'
  qty: number
  /** amount in fen */
  amount_fen: number
  reason: string
  answer: string
  at?: string | null
  closed_at?: string | null
}
/** The buyer changes their mind */
export const withdrawAfterSale: Operation<{ after_sale_id: string }, undefined, WithdrawAfterSaleBody, WithdrawAfterSaleReply> = { method: 'POST', path: '/api/v1/after-sales/{after_sale_id}/withdraw', keyed: true }

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

export type ListNamesReply = {
  items: {
    id: string
    kind: 'agent' | 'store' | 'broadcast' | 'product' | 'sku' | 'staff'
    name: string
    /** its code */
    note: string
  }[]
}
/** What ids of agents, stores, broadcasts, products, SKUs and staff stand for */
export const listNames: Operation<{ brand_id: string }, { ids?: string }, undefined, ListNamesReply> = { method: 'GET', path: '/api/v1/brands/{brand_id}/names' }

export type RemoveStaffReply = undefined
/** No longer works for the brand */
export const removeStaff: Operation<{ brand_id: string; person_id: string }, undefined, undefined, RemoveStaffReply> = { method: 'DELETE', path: '/api/v1/brands/{brand_id}/staff/{person_id}', keyed: true }

export type RevokeApiTokenReply = undefined
/** The token no longer counts */
export const revokeApiToken: Operation<{ token_id: string }, undefined, undefined, RevokeApiTokenReply> = { method: 'DELETE', path: '/api/v1/api-tokens/{token_id}', keyed: true }
