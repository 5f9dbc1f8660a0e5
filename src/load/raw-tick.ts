import { Histogram, type HistogramCounts } from '../stats/histogram.js'
import type { InstanceCounts, LoadTick } from './port.js'

/** A tick as a generator makes it: encoding its histograms would hold up what it measures for some milliseconds. */
export interface RawTick extends Omit<LoadTick, 'response' | 'service' | 'errorResponse' | 'instances'> {
  response: HistogramCounts
  service: HistogramCounts
  errorResponse: HistogramCounts
  instances: Record<string, Omit<InstanceCounts, 'response'> & { response: HistogramCounts }>
}

/** The tick as everybody else reads it. */
export function encodedTick(tick: RawTick): LoadTick {
  const instances: LoadTick['instances'] = {}
  for (const [id, counts] of Object.entries(tick.instances)) {
    instances[id] = { ...counts, response: encoded(counts.response) }
  }
  const { response, service, errorResponse } = tick
  return {
    ...tick,
    response: encoded(response),
    service: encoded(service),
    errorResponse: encoded(errorResponse),
    instances,
  }
}

function encoded(counts: HistogramCounts): string {
  return Histogram.ofCounts(counts).encode()
}
