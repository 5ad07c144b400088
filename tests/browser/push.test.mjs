// Web push from end to end: a push service on loopback that opens what it gets as a browser would, and a service worker
// that shows it. Its server may call loopback addresses, as webhooks may in tests.
import assert from 'node:assert/strict'
import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { makeStage, unharmed } from './stage.mjs'
import { makeBuyer } from './world.mjs'

const stage = makeStage({ settings: ['webhook.allow_private=1', 'jobs.ms=50'], rooms: 1, wholeBrowser: true })
const got = []
let service, waiting
before(async () => {
  service = createServer((request, answer) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      got.push({ path: request.url, headers: request.headers, body: Buffer.concat(parts) })
      answer.writeHead(request.url === '/gone' ? 410 : 201).end()
      waiting?.()
    })
  })
  await new Promise((done) => service.listen(0, '127.0.0.1', done))
})
after(() => service?.close())
async function next(n) {
  while (got.length < n) await new Promise((done) => (waiting = done))
  return got[n - 1]
}
// RFC 8291 as the browser does it, by another library than the server's.
function open(body, ecdh, auth) {
  const hmac = (key, ...data) => data.reduce((mac, part) => mac.update(part), createHmac('sha256', key)).digest()
  const [salt, size, point] = [body.subarray(0, 16), body[20], body.subarray(21, 21 + body[20])]
  const key = hmac(hmac(auth, ecdh.computeSecret(point)), 'WebPush: info\0', ecdh.getPublicKey(), point, '\x01')
  const prk = hmac(salt, key)
  const decipher = createDecipheriv('aes-128-gcm', hmac(prk, 'Content-Encoding: aes128gcm\0\x01').subarray(0, 16), hmac(prk, 'Content-Encoding: nonce\0\x01').subarray(0, 12))
  const sealed = body.subarray(21 + size)
  decipher.setAuthTag(sealed.subarray(-16))
  const text = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  assert.equal(text.at(-1), 2, 'the last record')
  return JSON.parse(text.subarray(0, -1).toString())
}

test('who reserved gets one sealed reminder, signed by this server’s key; a browser that is gone is forgotten', async () => {
  const { world } = stage
  const buyer = await makeBuyer(world, 'pushed')
  const ecdh = createECDH('prime256v1')
  ecdh.generateKeys()
  const auth = randomBytes(16)
  const url = `http://127.0.0.1:${service.address().port}`
  const subscribe = (path) => buyer.client.put('/push/subscription', { endpoint: `${url}${path}`, p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url'), language: 'zh' })
  await subscribe('/here')
  await subscribe('/gone')
  const plan = world.next[1]
  await buyer.client.post(`/broadcasts/${plan.id}/reservation`)
  await plan.host.client.post(`/broadcasts/${plan.id}/start`)
  assert.equal((await next(1)).path, '/gone')
  const sent = await next(2)
  assert.equal(sent.path, '/here')
  const told = open(sent.body, ecdh, auth)
  assert.deepEqual([told.title, told.tag, told.url, told.lang], [plan.title, plan.id, `/room/${plan.id}`, 'zh'])
  assert.equal(sent.headers['content-encoding'], 'aes128gcm')
  assert.ok(Number(sent.headers.ttl) > 590 && Number(sent.headers.ttl) <= 600, 'not after ten minutes')
  assert.equal(sent.headers.topic, plan.id)
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(sent.headers.authorization)
  assert.equal(key, (await buyer.client.get('/push/key')).key)
  const [head, claims, signature] = token.split('.')
  const said = JSON.parse(Buffer.from(claims, 'base64url'))
  assert.equal(said.aud, url)
  assert.ok(said.exp * 1000 > Date.now() && said.exp * 1000 < Date.now() + 86_400_000)
  const point = Buffer.from(key, 'base64url')
  const jwk = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } })
  assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), { key: jwk, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')), 'signed by it')
  assert.deepEqual((await buyer.client.post('/reminders/take')).items, [], 'no page gives it again')
  assert.equal(got.length, 2)
})

test('the service worker shows what comes; it asks for nothing and keeps nothing', async () => {
  const { world } = stage
  const one = await stage.visitor()
  const { page } = one
  await one.context.grantPermissions(['notifications'], { origin: world.server.url })
  await page.goto('/')
  await page.evaluate(() => navigator.serviceWorker.register('/push.js').then(() => navigator.serviceWorker.ready).then(() => undefined))
  const cdp = await one.context.newCDPSession(page)
  const registration = new Promise((done) => cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && done(registrations[0].registrationId)))
  await cdp.send('ServiceWorker.enable')
  await cdp.send('ServiceWorker.deliverPushMessage', { origin: world.server.url, registrationId: await registration, data: JSON.stringify({ title: '开播了', body: '彭春梅', tag: 'x', lang: 'zh', url: '/room/x' }) })
  // A look at each frame until there is one; a function that promises would count as true at once.
  const shown = await page.evaluate(async () => {
    const worker = await navigator.serviceWorker.ready
    for (;;) {
      const [first] = await worker.getNotifications()
      if (first) return { title: first.title, body: first.body, tag: first.tag }
      await new Promise(requestAnimationFrame)
    }
  })
  assert.deepEqual(shown, { title: '开播了', body: '彭春梅', tag: 'x' })
  unharmed(one)
})
