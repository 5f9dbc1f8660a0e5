import { type StackParameters, weightsOf, workOf } from '../core/parameters.js'
import type { Limits, NodeSpec } from '../core/topology.js'
import { workToEnv } from '../core/work.js'
import { ownApplication, sampleApi } from '../parts/api/api.js'

/** Port of every API inside a container. */
const API_PORT = 8_000

/** Our own programs give up draining after 10 s; a little more lets them say so. */
export const STOP_GRACE_MS = 11_000

/** The name of the n-th API instance, counted from 1. */
export function apiId(position: number): string {
  return `api-${position}`
}

/** One API instance: the sample API, or the user's own application. */
export function apiNode(parameters: StackParameters, position: number): NodeSpec {
  const id = apiId(position)
  const { app } = parameters
  const work = workOf(parameters)
  const limits: Limits = {
    ...(parameters.cpus === null ? {} : { cpus: parameters.cpus }),
    ...(parameters.memory_mib === null ? {} : { memoryMiB: parameters.memory_mib }),
  }
  return {
    id,
    role: 'api',
    ...(app === null ? sampleApi : ownApplication(app, parameters.app_ready)),
    env: {
      HOST: '{{host}}',
      PORT: '{{port http}}',
      INSTANCE_ID: id,
      ...(work === null ? {} : { SEED: String(parameters.seed), ...workToEnv(work) }),
    },
    files: {},
    ports: { http: app !== null && 'image' in app ? parameters.app_port : API_PORT },
    publish: {},
    dependsOn: [],
    limits,
    stopGraceMs: STOP_GRACE_MS,
  }
}

/** The same stack with another number of API instances; instances beyond the given weights have weight 1. */
export function withReplicaCount<P extends StackParameters>(parameters: P, replicas: number): P {
  const weights = parameters.weights && Array.from({ length: replicas }, (_, i) => parameters.weights?.[i] ?? 1)
  return { ...parameters, replicas, weights }
}

/** Every API instance of these parameters with its weight, in order. */
export function apiServers(parameters: StackParameters): { id: string; weight: number }[] {
  return weightsOf(parameters).map((weight, index) => ({ id: apiId(index + 1), weight }))
}
