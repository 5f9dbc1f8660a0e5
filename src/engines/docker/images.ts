import type Docker from 'dockerode'
import { environmentError } from '../../core/errors.js'
import type { NodeSpec, Program } from '../../core/topology.js'
import { messageOf, statusOf } from './errors.js'

/**
 * Images by name: any image with `node` (20 or later) on the PATH for our own programs; for those of others any that has
 * them, on the PATH or where their part (src/parts) looks.
 */
export type Images = Readonly<Record<string, string>>

/** The image that a program runs in; undefined for a shell command, which has none. */
export function imageOf(program: Program, images: Images): string | undefined {
  if (program.kind === 'image') return program.image
  const name = imageName(program)
  if (name === null) return undefined
  const image = images[name]
  if (image === undefined) throw new Error(`no image is known for ${name}`)
  return image
}

/** The name under which the user may give another image; null for an application of the user's own. */
function imageName(program: Program): string | null {
  if (program.kind === 'bundle') return 'node'
  return program.kind === 'installed' ? program.image : null
}

/** An image that is needed. */
export interface NeededImage {
  /** With a tag or digest: without one, Docker would pull every tag there is. */
  image: string
  name: ReturnType<typeof imageName>
}

/** The images of these nodes, each once. */
export function neededImages(nodes: readonly NodeSpec[], images: Images): NeededImage[] {
  const needed = new Map<string, NeededImage>()
  for (const { program } of nodes) {
    const image = imageOf(program, images)
    if (image !== undefined) needed.set(withTag(image), { image: withTag(image), name: imageName(program) })
  }
  return [...needed.values()]
}

/** "nginx" as "nginx:latest"; a reference that has a tag, a digest or is an image id stays as it is. */
export function withTag(image: string): string {
  if (image.includes('@') || /^(sha256:)?[0-9a-f]{64}$/.test(image)) return image
  return image.slice(image.lastIndexOf('/') + 1).includes(':') ? image : `${image}:latest`
}

/** Whether the daemon has the image. */
export async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw error
  }
}

/**
 * Why the image cannot be pulled, or null when its registry has it. Asks the registry through the daemon for the
 * manifest alone, so that nothing is downloaded yet.
 * @param timeoutMs a registry behind a silent firewall would keep us waiting
 */
export async function whyNotPullable(docker: Docker, image: string, timeoutMs: number): Promise<string | null> {
  const asked = docker.getImage(image).distribution()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`its registry did not answer within ${timeoutMs / 1_000} s`), timeoutMs)
  })
  try {
    return await Promise.race([asked.then(() => null, messageOf), late])
  } finally {
    clearTimeout(timer)
  }
}

interface PullStep {
  id?: string
  status?: string
  error?: string
  progressDetail?: { current?: number; total?: number }
}

/**
 * Pulls an image.
 * @param onProgress share of the known bytes that are here, 0 to 1; null until sizes are known. Called when it moves.
 * @throws LabError (environment) naming the image and what to do; the signal's reason when it fires
 */
export async function pullImage(
  docker: Docker,
  needed: NeededImage,
  signal: AbortSignal,
  onProgress: (done: number | null) => void,
): Promise<void> {
  const { image } = needed
  onProgress(null)
  try {
    const stream = (await docker.pull(image)) as NodeJS.ReadableStream & { destroy(error?: Error): void }
    const stop = (): void => stream.destroy()
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    try {
      await new Promise<void>((resolve, reject) => {
        const progress = pullProgress()
        let last = 0
        stream.on('close', () => signal.aborted && reject(signal.reason))
        docker.modem.followProgress(
          stream,
          (error: Error | null) => (error ? reject(error) : resolve()),
          (step: PullStep) => {
            const done = progress(step)
            if (done === null || done < last + 0.01) return
            last = done
            onProgress(done)
          },
        )
      })
    } finally {
      signal.removeEventListener('abort', stop)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw environmentError(
      `the image ${image} is not here and cannot be pulled: ${messageOf(error)}`,
      imageHint(needed),
    )
  }
  onProgress(1)
}

/** Sums the steps of a pull, which come per layer: layers that only begin late make the share grow more slowly, never fall. */
export function pullProgress(): (step: PullStep) => number | null {
  const layers = new Map<string, { current: number; total: number }>()
  let best: number | null = null
  return ({ id, status, progressDetail }) => {
    if (id === undefined) return best
    const known = layers.get(id)
    // Extraction counts the same bytes once more and is short: only the download is shown.
    if (status === 'Downloading' && progressDetail?.total) {
      layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total })
    } else if (known !== undefined && (status === 'Download complete' || status === 'Pull complete')) {
      known.current = known.total
    }
    const total = [...layers.values()].reduce((sum, layer) => sum + layer.total, 0)
    if (total === 0) return best
    const share = [...layers.values()].reduce((sum, layer) => sum + layer.current, 0) / total
    best = Math.max(best ?? 0, share)
    return best
  }
}

/** How to get this image, or another in its place. */
export function imageHint({ image, name }: NeededImage): string {
  if (name === null) return `docker pull ${image}, or build it: docker build -t ${image} .`
  return [
    `Where there is a network: docker pull ${image}`,
    `Another image with ${name} in it: --image ${name}=<image> or SCALELAB_IMAGE_${name.toUpperCase()}=<image>`,
    'Without images: --engine process',
  ].join('\n')
}
