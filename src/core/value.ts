import { formatNumber, formatShare } from './units.js'

/** A value with its unit for people: "1,447 requests/s", "40.2 ms", "0.3 %". */
export function formatValue(value: number, unit: string): string {
  if (unit === 'share')
    return value !== 0 && Math.abs(value) < 0.001 ? `${(value * 100).toFixed(3)} %` : formatShare(value)
  if (unit === '') return formatNumber(value)
  return `${formatNumber(value)} ${value === 1 ? (SINGULAR[unit] ?? unit) : unit}`
}

const SINGULAR: Readonly<Record<string, string>> = {
  requests: 'request',
  instances: 'instance',
  reads: 'read',
  writes: 'write',
  rows: 'row',
  nodes: 'node',
}
