import type { View } from './port.js'

/** Shows nothing: for --json, whose document is alone on stdout. */
export function createSilentView(): View {
  return { update() {}, notice() {}, close: () => Promise.resolve() }
}
