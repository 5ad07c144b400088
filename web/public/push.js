// Web push: shows the reminder that a broadcast has begun, and opens its room. Nothing else is done here, nothing is kept.
self.addEventListener('push', (event) => {
  let told
  try {
    told = event.data.json()
  } catch {
    return
  }
  event.waitUntil(self.registration.showNotification(told.title, { body: told.body, tag: told.tag, lang: told.lang, icon: '/icon.svg', data: { url: told.url } }))
})
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const to = new URL(event.notification.data.url, self.location.origin)
  if (to.origin !== self.location.origin) return
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then((open) => {
      const one = open.find((client) => client.url === to.href)
      return one ? one.focus() : self.clients.openWindow(to.href)
    }),
  )
})
