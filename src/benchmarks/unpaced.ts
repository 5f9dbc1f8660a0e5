// autocannon as it comes, with neither rate nor schedule, as a program of its own: what a request costs it is the
// yardstick for what ours costs. Says the processor time per request in microseconds on its IPC channel.
import autocannon from 'autocannon'

process.on('message', async ({ origin, connections, seconds }: UnpacedRun) => {
  await autocannon({ url: origin, connections, duration: 1 })
  const before = process.cpuUsage()
  const { requests } = await autocannon({ url: origin, connections, duration: seconds })
  const { user, system } = process.cpuUsage(before)
  process.send?.((user + system) / requests.total)
})

export interface UnpacedRun {
  origin: string
  connections: number
  seconds: number
}
