import { Box, render, Text, useInput } from 'ink'
import { memo, type ReactNode, useLayoutEffect } from 'react'
import type { Snapshot } from '../core/snapshot.js'
import { frame } from './frame.js'
import type { View } from './port.js'
import { Screen } from './screen.js'
import { createLook, type Look } from './style.js'

/** Between two frames at least, in milliseconds: a person reads no faster, and the load generator needs the processor. */
const FRAME_MS = 250

const CTRL_C = '\x03'
const DRAINING = 'draining and writing what there is; Ctrl-C once more to abort'

export interface DashboardOptions {
  stdout: NodeJS.WriteStream
  stdin: NodeJS.ReadStream
  /** Each Ctrl-C, which in raw mode is a key like any other and raises no signal. */
  onInterrupt: () => void
  /** On when not given: chooseView gives a terminal without colours plain lines. */
  colour?: boolean
  /** Whether block characters can be expected to show; true when not given. */
  unicode?: boolean
}

/**
 * The live view of a run on a terminal, drawn with Ink on the alternate screen. The terminal must be one
 * (`chooseView`). Takes Ctrl-C for itself until `close`, if stdin is a terminal too.
 */
export function createDashboard({ stdout, stdin, onInterrupt, colour = true, unicode }: DashboardOptions): View {
  const screen = new Screen(stdout)
  const look = createLook({ colour, unicode })
  let latest: Snapshot | null = null
  let notice: string | null = null
  let drawnAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let ink: ReturnType<typeof render> | undefined
  let exited: Promise<unknown> = Promise.resolve()

  const interrupt = (): void => {
    notice = DRAINING
    draw()
    onInterrupt()
  }

  const draw = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (closed || latest === null) return
    drawnAt = performance.now()
    const tree = (
      <Dashboard
        snapshot={latest}
        columns={screen.columns}
        rows={screen.height}
        look={look}
        notice={notice}
        onInterrupt={interrupt}
        hasKeys={stdin.isTTY === true}
        onUnmount={screen.leave}
      />
    )
    if (ink !== undefined) {
      ink.rerender(tree)
      return
    }
    screen.enter()
    ink = render(tree, {
      stdout: screen.asStream(),
      stdin,
      exitOnCtrlC: false,
      // Frames are spaced here, so that one is written as soon as it is made.
      maxFps: 60,
    })
    exited = ink.waitUntilExit().then(screen.leave, screen.leave)
  }

  const resize = (): void => {
    draw()
    screen.resized()
  }
  // Node prints an uncaught error before it says that it exits: on the alternate screen it would be gone at once.
  const crash = (): void => ink?.unmount()
  stdout.on('resize', resize)
  process.once('uncaughtExceptionMonitor', crash)

  return {
    update(snapshot) {
      if (closed || snapshot === latest) return
      latest = snapshot
      const wait = drawnAt + FRAME_MS - performance.now()
      if (wait <= 0) draw()
      else timer ??= setTimeout(draw, wait)
    },
    notice(text) {
      notice = text
      draw()
    },
    async close() {
      if (timer !== undefined) draw()
      closed = true
      stdout.off('resize', resize)
      process.off('uncaughtExceptionMonitor', crash)
      ink?.unmount()
      await exited
    },
  }
}

interface DashboardProps {
  snapshot: Snapshot
  columns: number
  rows: number
  look: Look
  notice: string | null
  onInterrupt: () => void
  /** False when stdin is no terminal: Ctrl-C is then a signal. */
  hasKeys: boolean
  onUnmount: () => void
}

/**
 * One frame. The lines are made by a pure function and each is one Text node: laying out hundreds of small boxes is what
 * makes a dashboard cost processor time.
 */
export function Dashboard(props: DashboardProps): ReactNode {
  const { snapshot, columns, rows, look, notice, onInterrupt, hasKeys, onUnmount } = props
  useLayoutEffect(() => onUnmount, [onUnmount])
  useInput(
    (input, key) => {
      // Keys pressed quickly arrive together, as one text.
      const presses = key.ctrl && input === 'c' ? 1 : input.split(CTRL_C).length - 1
      for (let press = 0; press < presses; press++) onInterrupt()
    },
    { isActive: hasKeys },
  )
  return (
    <Box flexDirection="column">
      {frame(snapshot, { columns, rows, look, notice }).map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Row key={index} text={line} />
      ))}
    </Box>
  )
}

const Row = memo(({ text }: { text: string }): ReactNode => <Text wrap="truncate">{text === '' ? ' ' : text}</Text>)
Row.displayName = 'Row'
