// Sends with Segment's own Node client, as its documentation shows. Arguments: the server's address, the write key.
const { Analytics } = require('@segment/analytics-node')

const [, , host, writeKey] = process.argv
const analytics = new Analytics({ writeKey, host, flushInterval: 100 })
const failed = []
analytics.on('error', (error) => failed.push(String(error.reason || error.code)))
analytics.on('http_request', (request) => console.error(request.method, request.url))

analytics.identify({ userId: 'lena', anonymousId: 'device-1', traits: { email: 'lena@example.com', plan: 'pro' } })
analytics.track({ userId: 'lena', event: 'Tent Pitched', properties: { size: 3 } })
analytics.page({ userId: 'lena', name: 'Home', properties: { url: '/' } })
analytics.screen({ userId: 'lena', name: 'Cart' })
analytics.group({ userId: 'lena', groupId: 'acme', traits: { size: 3 } })
analytics.alias({ userId: 'lena', previousId: 'anna' })
analytics.closeAndFlush({ timeout: 20000 }).then(() => {
  console.log(JSON.stringify(failed))
})
