import { type Calibration, type Drive, limitText, machineText } from '../core/calibration.js'
import { formatDuration, formatNumber, formatRatio, formatShare } from '../core/units.js'
import { paint } from './style.js'
import { renderTable, type TableColumn, type TextOptions } from './table.js'
import { wrap } from './width.js'

/** Of the facts, behind their names. */
const INDENT = 10

/** Share of the processors from which what others do is more than background. */
const BUSY = 0.15

/** What was measured of a machine, and what to make of it. */
export function renderCalibration(calibration: Calibration, options: TextOptions): string {
  const { machine, took_ms, timers, noise, drives } = calibration
  const right: TableColumn = { title: 'requests/s', align: 'right' }
  const table = renderTable(
    ['driven', right, 'answered by', 'beyond it'],
    drives.map((drive) => [nameOf(drive), rate(drive.rps), drive.server, limitText(drive)]),
    options,
  )
  const known = (value: number | null): string => (value === null ? 'not known here' : formatShare(value))
  const facts = [
    [
      'timers',
      `1 ms is ${formatNumber(timers.late_p50_ms)} ms late in the middle, ${formatNumber(timers.late_p99_ms)} ms p99; idle event loop ${formatNumber(timers.event_loop_p99_ms)} ms p99`,
    ],
    [
      'noise',
      `a fixed piece of work varies by ${formatShare(noise.variation)} (coefficient of variation of ${noise.slices}), the slowest takes ${formatRatio(noise.worst)} the median`,
    ],
    ['others', `other programs took ${known(noise.others)} of the processors, the hypervisor ${known(noise.steal)}`],
    ...costLines(drives),
  ]
  const lines = facts.flatMap(([name = '', text = '']) =>
    wrap(text, Math.max(20, options.width - INDENT)).map(
      (line, index) => `${(index === 0 ? name : '').padEnd(INDENT)}${line}`,
    ),
  )
  return [
    paint(
      `${machineText(machine)}, Node ${machine.node}; measured in ${formatDuration(took_ms)}`,
      'strong',
      options.colour,
    ),
    table,
    lines.join('\n'),
    ...(noise.others !== null && noise.others > BUSY
      ? [paint('! The machine was busy with something else: calibrate again when it is quiet.', 'warn', options.colour)]
      : []),
  ].join('\n\n')
}

/** In a few words, for a line: "1 generator drives 18,000 requests/s, 9,400 through the balancer". */
export function calibrationText({ drives }: Calibration): string {
  const own = drives
    .filter(({ drive }) => drive === 'generator')
    .map((drive) => `${nameOf(drive)} ${drive.generators === 1 ? 'drives' : 'drive'} ${rate(drive.rps)}`)
  const balancer = drives.find(({ drive }) => drive === 'balancer')
  return `${own.join(', ')} requests/s${balancer === undefined ? '' : `, ${rate(balancer.rps)} through the balancer`}`
}

function nameOf({ drive, generators }: Drive): string {
  if (drive === 'api') return 'the API'
  if (drive === 'balancer') return 'through the balancer'
  return generators === 1 ? '1 generator' : `${generators} generators`
}

function costLines(drives: readonly Drive[]): string[][] {
  const [api, balancer] = (['api', 'balancer'] as const).map((name) => drives.find(({ drive }) => drive === name))
  if (api === undefined || balancer === undefined) return []
  const left = formatShare(balancer.rps / api.rps)
  return [['balancer', `in front it leaves ${left} of the rate that the same API has without it`]]
}

function rate(rps: number): string {
  return formatNumber(Math.round(rps))
}
