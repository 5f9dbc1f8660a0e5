import { chooseView, wantsUnicode } from '../ui/choose-view.js'
import { createPlainView } from '../ui/plain-view.js'
import type { View } from '../ui/port.js'
import { createSilentView } from '../ui/silent-view.js'
import type { Lab } from './lab.js'

/** The view that fits this terminal and these flags; `close` gives the terminal back. */
export async function openView(
  lab: Lab,
  options: { json?: boolean; quiet?: boolean; manual?: boolean },
): Promise<{ view: View; close: () => Promise<void> }> {
  const { os } = lab
  // A drill by hand has the screen and the keyboard to itself.
  const kind =
    options.manual === true
      ? 'silent'
      : chooseView({
          isTTY: os.stdout.isTTY === true,
          env: os.env,
          quiet: options.quiet === true,
          json: options.json === true,
        })
  const view = await viewOf(kind, lab)
  const onAbort = (): void => view.notice('Draining what is in flight; Ctrl-C once more does not wait for it.')
  os.signal.addEventListener('abort', onAbort)
  return {
    view,
    close: async () => {
      os.signal.removeEventListener('abort', onAbort)
      await view.close()
    },
  }
}

async function viewOf(kind: ReturnType<typeof chooseView>, lab: Lab): Promise<View> {
  const { os } = lab
  if (kind === 'silent') return createSilentView()
  if (kind === 'plain') return createPlainView({ write: (line) => lab.remark(line), everyMs: 1_000 })
  // Ink and React are loaded only where they draw.
  const { createDashboard } = await import('../ui/dashboard.js')
  return createDashboard({
    stdout: os.stdout,
    stdin: os.stdin,
    onInterrupt: () => os.interrupt(),
    unicode: wantsUnicode(os.env),
  })
}
