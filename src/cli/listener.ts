import type { Listener, RunListener } from '../lab/context.js'
import { chooseView, wantsUnicode } from '../ui/choose-view.js'
import type { View } from '../ui/port.js'
import { createUpProgress } from '../ui/progress/up-progress.js'
import { createSilentView } from '../ui/silent-view.js'
import type { Os } from './os.js'

/** What a command line wants to be told. */
export interface Telling {
  /** The result alone. */
  json: boolean
  /** Lines instead of a dashboard. */
  quiet: boolean
}

/** Tells on the terminal how it goes: on stderr, and a run by the view that fits. */
export function terminalListener(os: Os, telling: () => Telling): Listener {
  const remark = (text: string): void => void os.stderr.write(`${text}\n`)
  return {
    remark,
    note(text) {
      if (!telling().json) remark(text)
    },
    onUp(nodes) {
      const { json } = telling()
      return createUpProgress({
        write: (text) => (json ? undefined : os.stderr.write(text)),
        isTTY: os.stderr.isTTY === true,
        nodes,
      })
    },
    openView: () => openView(os, telling(), remark),
  }
}

/** The view that fits this terminal and these flags; `close` gives the terminal back. */
async function openView(os: Os, telling: Telling, remark: (text: string) => void): Promise<RunListener> {
  const view = await viewOf(chooseView({ isTTY: os.stdout.isTTY === true, env: os.env, ...telling }), os, remark)
  const onAbort = (): void => view.notice('Draining what is in flight; Ctrl-C once more does not wait for it.')
  os.signal.addEventListener('abort', onAbort)
  return {
    update: (snapshot) => view.update(snapshot),
    close: async () => {
      os.signal.removeEventListener('abort', onAbort)
      await view.close()
    },
  }
}

async function viewOf(kind: ReturnType<typeof chooseView>, os: Os, remark: (text: string) => void): Promise<View> {
  if (kind === 'silent') return createSilentView()
  // Loaded only where they tell something: most commands run nothing.
  if (kind === 'plain') {
    const { createPlainView } = await import('../ui/plain-view.js')
    return createPlainView({ write: remark, everyMs: 1_000 })
  }
  const { createDashboard } = await import('../ui/dashboard.js')
  return createDashboard({
    stdout: os.stdout,
    stdin: os.stdin,
    onInterrupt: () => os.interrupt(),
    unicode: wantsUnicode(os.env),
  })
}
