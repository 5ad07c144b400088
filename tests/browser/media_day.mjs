// What real pictures add to a world's day: a room that is sent by an encoder, one that carries its picture, one whose
// encoder was cut off, a broadcast that is over and has a replay, clips that are shown, posted by another and withdrawn.
import { publishClock } from './film.mjs'
import { until } from './brand_day.mjs'
import { makeHost } from './world.mjs'

export const mediaSettings = ['media.on=1', 'media.rtmp_port=0', 'media.http_port=0', 'jobs.ms=200']

// An encoder that sends a broadcast's picture until it is killed.
export async function publish(world, room) {
  const { media } = await world.owner.get('/site')
  return publishClock(`rtmp://127.0.0.1${media.ingest_url}/${room.picture.stream}?key=${room.stream_key}`)
}
const state = (world, room, wanted) => until(async () => (await world.owner.get(`/broadcasts/${room.id}`)).picture.state === wanted, `the picture is ${wanted}`, 40_000)
const rest = (ms) => new Promise((go) => setTimeout(go, ms))

// Gives {head, carrier, cut, replay, clip, withdrawn, close()}; once for a world.
export async function fillMedia(world) {
  if (world.media) return world.media
  const { live, products } = world
  const [, head, carrier, cut] = live
  const host = await makeHost(world, 'R01', '卢静', '卢静的早餐', '上海')
  const past = { ...(await host.client.post(`/stores/${host.store_id}/broadcasts`, { title: '早餐怎么吃才不腻', scheduled_at: new Date(world.now() + 3000).toISOString(), product_ids: products.slice(8, 12).map((one) => one.id) })), host }
  await past.host.client.post(`/broadcasts/${past.id}/start`)
  const encoders = await Promise.all([head, cut, past].map((room) => publish(world, room)))
  await Promise.all([head, cut, past].map((room) => state(world, room, 'on')))
  await carrier.host.client.put(`/broadcasts/${carrier.id}/picture`, { of: head.id })
  const pin = async (room, product) => {
    await room.host.client.post(`/broadcasts/${room.id}/pins`, { product_id: products[product].id })
    await rest(3500)
    await room.host.client.delete(`/broadcasts/${room.id}/pins/open`)
  }
  await Promise.all([pin(head, 4).then(() => pin(head, 5)), pin(past, 8).then(() => pin(past, 10))])
  const of = async (room) => (await world.owner.get(`/stores/${room.store_id}/clips`)).items.filter((one) => one.broadcast_id === room.id && one.state === 'ready')
  await until(async () => (await of(head)).length >= 2 && (await of(past)).length >= 2, 'clips', 40_000)
  encoders[1].kill('SIGKILL')
  await past.host.client.post(`/broadcasts/${past.id}/end`)
  const [mine, theirs] = [await of(head), await of(past)]
  const clip = mine.find((one) => one.product_id === products[4].id)
  const withdrawn = theirs.find((one) => one.product_id === products[10].id)
  await past.host.client.put(`/clips/${withdrawn.id}/withdrawn`)
  await carrier.host.client.put(`/clips/${clip.id}/posts/${carrier.host.store_id}`)
  await head.host.client.post(`/broadcasts/${head.id}/pins`, { product_id: products[3].id })
  await state(world, past, 'over')
  return (world.media = { head, carrier, cut, replay: past, clip, withdrawn, close: () => encoders.forEach((one) => one.kill('SIGKILL')) })
}
