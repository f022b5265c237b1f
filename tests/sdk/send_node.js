// A shop's program that uses the Node SDK as its makers ship it. Prints the message ids it was given, and what the SDK gave up.
//   node send_node.js ADDRESS WRITE_KEY
const { Analytics } = require('@segment/analytics-node')

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, maxRetries: 10, httpRequestTimeout: 2000, flushInterval: 300 })
const ids = []
const givenUp = []
const note = (trouble, context) => {
  ids.push(context.event.messageId)
  if (trouble) givenUp.push(String(trouble.reason ?? trouble))
}
analytics.on('error', (trouble) => givenUp.push(String(trouble.reason ?? trouble)))
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function main () {
  for (let n = 0; n < 20; n++) analytics.identify({ userId: `node-${n}`, traits: { email: `node-${n}@example.com`, plan: 'gold' } }, note)
  for (let round = 0; round < 6; round++) {
    for (let n = 0; n < 60; n++) analytics.track({ userId: `node-${n % 20}`, event: 'Shelf Scanned', properties: { shelf: n, round } }, note)
    analytics.page({ userId: 'node-0', category: 'Shop', name: 'Prices', properties: { round } }, note)
    analytics.screen({ userId: 'node-1', category: 'App', name: 'Start', properties: { round } }, note)
    await pause(700)
  }
  analytics.group({ userId: 'node-2', groupId: 'regulars', traits: { since: 2024 } }, note)
  analytics.track({ anonymousId: 'node-visitor', event: 'Shelf Scanned', properties: { shelf: -1 } }, note)
  analytics.alias({ userId: 'node-3', previousId: 'node-visitor' }, note)
  await analytics.closeAndFlush({ timeout: 120000 })
  process.stdout.write(JSON.stringify({ ids, given_up: givenUp }), () => process.exit(0)) // its timer would hold us till its end
}

main()
