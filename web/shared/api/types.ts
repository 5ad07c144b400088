// The things of the API by their names.
import type * as s from './schema'

export type Me = s.GetMeReply
export type Session = s.CreateSessionReply
export type Brand = s.GetBrandReply
export type Store = s.GetStoreReply
export type Agent = s.GetAgentReply
export type Hall = s.GetHallReply
export type HallItem = Hall['on_air'][number]
export type Broadcast = s.GetBroadcastReply
export type BroadcastRow = s.ListBroadcastsReply['items'][number]
export type Pin = s.ListPinsReply['items'][number]
export type ChatLine = s.ListChatReply['items'][number]
export type Product = s.GetProductReply
export type ProductRow = s.ListProductsReply['items'][number]
export type Sku = Product['skus'][number]
export type Cart = s.GetCartReply
export type CartLine = Cart['lines'][number]
export type Order = s.GetOrderReply
export type OrderLine = Order['lines'][number]
export type OrderState = Order['state']
export type AfterSale = s.ListAfterSalesReply['items'][number]
export type Share = s.CreateShareReply
export type ShareRow = s.ListSharesReply['items'][number]
export type Cascade = s.GetCascadeReply
export type ShareKind = Share['kind']
export type ShareChannel = Share['channel']
export type Account = s.GetAccountReply
export type Entry = s.ListEntriesReply['items'][number]
export type Settlement = s.ListSettlementsReply['items'][number]
export type Board = s.GetBoardReply
export type Results = s.GetResultsReply
export type Customer = s.ListCustomersReply['items'][number]
export type Recruit = s.ListRecruitsReply['items'][number]
export type TrainingTask = s.GetTrainingReply['tasks'][number]
export type HeldLine = s.ListHeldChatReply['items'][number]
