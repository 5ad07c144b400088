// Resolves when what was changed is on the screen and the browser has nothing more urgent to do; after `mostMs` in any
// case. Without idle callbacks (Safari): after the next picture.
export function rest(mostMs = 300): Promise<void> {
  return new Promise((done) =>
    requestAnimationFrame(() => {
      if (typeof requestIdleCallback === 'function') requestIdleCallback(() => done(), { timeout: mostMs })
      else setTimeout(done)
    }),
  )
}
