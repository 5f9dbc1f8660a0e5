import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT, LabError } from '../../core/errors.js'
import { connectDocker } from './client.js'
import { findDockerHost } from './host.js'

describe('where the daemon is', () => {
  let home: string
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'scalelab-home-'))
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  const write = async (path: string, content: unknown): Promise<void> => {
    await mkdir(join(home, path, '..'), { recursive: true })
    await writeFile(join(home, path), JSON.stringify(content))
  }
  const makeContext = (name: string, host: string): Promise<void> => {
    const folder = createHash('sha256').update(name).digest('hex')
    return write(`.docker/contexts/meta/${folder}/meta.json`, { Name: name, Endpoints: { docker: { Host: host } } })
  }

  it('is what DOCKER_HOST says, whatever else there is', async () => {
    await write('.docker/config.json', { currentContext: 'colima' })
    await makeContext('colima', 'unix:///colima.sock')
    expect(findDockerHost({ dockerHost: 'tcp://10.0.0.9:2375', home }, 'linux')).toBe('tcp://10.0.0.9:2375')
  })

  it('is what the current context says, or the one that is named', async () => {
    await write('.docker/config.json', { currentContext: 'colima' })
    await makeContext('colima', 'unix:///colima.sock')
    await makeContext('rootless', 'unix:///rootless.sock')
    expect(findDockerHost({ home }, 'linux')).toBe('unix:///colima.sock')
    expect(findDockerHost({ home, context: 'rootless' }, 'linux')).toBe('unix:///rootless.sock')
  })

  it('is the usual place when the configuration says nothing that helps', async () => {
    await writeFile(join(home, '.docker'), 'not even a folder')
    expect(findDockerHost({ home }, 'linux')).toMatch(/^unix:\/\/\/.*docker\.sock$/)
    expect(findDockerHost({ home }, 'win32')).toBe('npipe:////./pipe/docker_engine')
  })
})

describe('an address of a daemon', () => {
  it.each([
    ['unix:///var/run/docker.sock', { socketPath: '/var/run/docker.sock', protocol: 'http' }, true],
    ['npipe:////./pipe/docker_engine', { socketPath: '//./pipe/docker_engine' }, true],
    ['tcp://10.0.0.9:2375', { host: '10.0.0.9', port: '2375', protocol: 'http' }, false],
    ['tcp://10.0.0.9', { host: '10.0.0.9', port: 2375, protocol: 'http' }, false],
    ['tcp://10.0.0.9:2376', { host: '10.0.0.9', port: '2376', protocol: 'https' }, false],
    ['localhost:2375', { host: 'localhost', port: '2375' }, true],
    ['ssh://ana@box', { host: 'box', port: 22, protocol: 'ssh', username: 'ana' }, false],
  ])('%s', (host, modem, local) => {
    const client = connectDocker(host)
    expect(client.docker.modem).toMatchObject(modem)
    expect(client.local).toBe(local)
  })

  it.each(['tcp://', 'ftp://somewhere', 'unix://'])('%s is refused with what one looks like', (host) => {
    let thrown: unknown
    try {
      connectDocker(host)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(LabError)
    expect(thrown).toMatchObject({ exitCode: EXIT.usage, hint: expect.stringContaining('DOCKER_HOST') })
  })

  it('with certificates that are not there says so', () => {
    expect(() => connectDocker('tcp://10.0.0.9:2376', { certPath: '/nowhere' })).toThrow('/nowhere')
  })
})
