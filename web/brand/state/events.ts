// The types of events a webhook can be told of: those of docs/events.md.
export const eventTypes = [
  'after_sale.changed', 'after_sale.requested', 'agent.changed', 'broadcast.cancelled', 'broadcast.changed', 'broadcast.ended', 'broadcast.scheduled', 'broadcast.started',
  'campaign.ended', 'campaign.pushed', 'campaign.undone', 'coupon.gone', 'coupon.offered', 'evidence.anchored', 'flash.changed', 'flash.closed', 'flash.opened',
  'luckybag.cancelled', 'luckybag.drawn', 'luckybag.opened', 'order.cancelled', 'order.completed', 'order.late_refunded', 'order.paid', 'order.parcel_sent', 'order.placed',
  'order.received', 'order.refunded', 'order.shipped', 'pin.closed', 'pin.opened', 'price.changed', 'product.changed', 'promotion.changed', 'recording.kept', 'room.marked', 'shelf.changed',
  'stock.changed', 'webhook.disabled',
] as const
