import { describe, expect, it } from 'vitest'
import { nginx } from '../../parts/nginx/nginx.js'
import { postgres } from '../../parts/postgres/postgres.js'
import { testNode } from '../testing/test-node.js'
import { imageHint, neededImages, pullProgress, withTag } from './images.js'
import { shortId, versionIn } from './software.js'

describe('an image', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
  it.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1.29', 'nginx:1.29'],
    ['localhost:5000/shop', 'localhost:5000/shop:latest'],
    ['localhost:5000/shop:2', 'localhost:5000/shop:2'],
    [`nginx@${digest}`, `nginx@${digest}`],
    [digest, digest],
  ])('%s is pulled as %s, never all its tags', (image, tagged) => {
    expect(withTag(image)).toBe(tagged)
  })

  it('is needed once however many nodes run in it, and a command needs none', () => {
    const nodes = [
      testNode('a', { kind: 'bundle', bundle: 'api' }),
      testNode('b', { kind: 'bundle', bundle: 'balancer' }),
      testNode('c', nginx.program),
      testNode('f', postgres.program),
      testNode('g', postgres.program),
      testNode('d', { kind: 'image', image: 'shop' }),
      testNode('e', { kind: 'command', command: 'true' }),
    ]
    expect(neededImages(nodes, { node: 'node:20', nginx: 'nginx:1', postgres: 'postgres:18' })).toEqual([
      { image: 'node:20', name: 'node' },
      { image: 'nginx:1', name: 'nginx' },
      { image: 'postgres:18', name: 'postgres' },
      { image: 'shop:latest', name: null },
    ])
  })

  it.each([
    ['node', 'SCALELAB_IMAGE_NODE'],
    ['nginx', 'SCALELAB_IMAGE_NGINX'],
    ['postgres', '--image postgres=<image>'],
    [null, 'docker build -t x:1'],
  ] as const)('of the name %s that is missing is mended by %s', (name, words) => {
    expect(imageHint({ image: 'x:1', name })).toContain(words)
  })
})

describe('the progress of a pull', () => {
  it('sums the layers and never falls', () => {
    const progress = pullProgress()
    const shares = [
      { status: 'Pulling from library/nginx', id: '1.29' },
      { status: 'Downloading', id: 'a', progressDetail: { current: 50, total: 100 } },
      { status: 'Downloading', id: 'b', progressDetail: { current: 0, total: 100 } },
      { status: 'Download complete', id: 'a' },
      { status: 'Extracting', id: 'a', progressDetail: { current: 10, total: 100 } },
      { status: 'Downloading', id: 'b', progressDetail: { current: 60, total: 100 } },
      { status: 'Pull complete', id: 'b' },
      { status: 'Status: Downloaded newer image' },
    ].map(progress)
    expect(shares).toEqual([null, 0.5, 0.5, 0.5, 0.5, 0.8, 1, 1])
  })
})

describe('versions', () => {
  it.each([
    ['nginx version: nginx/1.22.1', '1.22.1'],
    ['v20.20.2', '20.20.2'],
    ['sh: not found', undefined],
  ])('%s', (text, version) => {
    expect(versionIn(text)).toBe(version)
  })

  it('of an image is its id, as Docker shows it', () => {
    expect(shortId('sha256:0123456789abcdef')).toBe('0123456789ab')
  })
})
