import { expect, it } from 'vitest'
import { createSilentView } from './silent-view.js'
import { madeUpRun } from './testing/snapshots.js'

it('a silent view takes a whole run', async () => {
  const view = createSilentView()
  for (const snapshot of madeUpRun()) view.update(snapshot)
  view.notice('draining')
  await expect(view.close()).resolves.toBeUndefined()
})
