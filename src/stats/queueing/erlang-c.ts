import { checkedUtilisation } from './response-time.js'

/**
 * The probability that an arriving request finds all of c servers busy and has to wait, in M/M/c.
 *
 * By the recursion of Erlang's B formula, B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)), which neither overflows nor cancels,
 * and C = B / (1 - rho (1 - B)) (A. K. Erlang, 1917; L. Kleinrock, Queueing Systems I, 1975, section 3.5).
 * @param servers c, a positive whole number
 * @param offered a = arrival rate times mean service time, in Erlang: how many servers are busy on average
 * @throws RangeError unless 0 <= a < c
 */
export function erlangC(servers: number, offered: number): number {
  if (!Number.isInteger(servers) || servers < 1) throw new RangeError(`servers are counted from 1, not ${servers}`)
  const utilisation = checkedUtilisation(offered / servers)
  let blocked = 1
  for (let k = 1; k <= servers; k++) blocked = (offered * blocked) / (k + offered * blocked)
  return blocked / (1 - utilisation * (1 - blocked))
}
