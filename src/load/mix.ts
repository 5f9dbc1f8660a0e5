import type { RequestTemplate } from './port.js'

/** Simulated client addresses there can be: 10.0.0.1 to 10.255.255.1. */
export const MAX_CLIENTS = 65_536

/**
 * Address of a simulated client: 10.x.y.1, so that each lies in a /24 of its own. nginx's ip_hash looks at the first
 * three numbers of an IPv4 address only.
 */
export function clientAddress(client: number): string {
  return `10.${(client >> 8) & 255}.${client & 255}.1`
}

/** Which template and which simulated client the k-th request of a schedule is made of. */
export interface Mix {
  /** How many different requests there are. */
  readonly variants: number
  /** Variant of request k, from 0. */
  variantOf(k: number): number
  /** What to send for a variant. */
  request(variant: number): RequestTemplate
}

/**
 * Templates take turns, and so do clients: among any `clients` consecutive requests every address sends exactly one,
 * whatever connection carries it. Where the two cycles have a common divisor the templates are shifted by one after each
 * common cycle, so that over time every client sends every template.
 */
export function requestMix(templates: readonly RequestTemplate[], clients: number): Mix {
  const addresses = Math.min(Math.max(0, clients), MAX_CLIENTS)
  const cycle = addresses === 0 ? Number.POSITIVE_INFINITY : lcm(addresses, templates.length)
  return {
    variants: templates.length * Math.max(1, addresses),
    variantOf(k) {
      const template = (k + Math.floor(k / cycle)) % templates.length
      return addresses === 0 ? template : template * addresses + (k % addresses)
    },
    request(variant) {
      const template = templates[addresses === 0 ? variant : Math.floor(variant / addresses)]
      if (template === undefined) throw new Error(`no request template for variant ${variant}`)
      if (addresses === 0) return template
      return { ...template, headers: [...template.headers, ['X-Forwarded-For', clientAddress(variant % addresses)]] }
    },
  }
}

function lcm(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y > 0) [x, y] = [y, x % y]
  return (a * b) / x
}
