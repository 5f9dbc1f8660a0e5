import { describe, expect, it } from 'vitest'
import { EXIT, LabError, usageError } from '../../core/errors.js'
import { explain, isPortTaken, tolerate } from './errors.js'
import { takenPort } from './node.js'

const failure = (fields: Record<string, unknown>): Error => Object.assign(new Error('dockerode says'), fields)
const answer = (statusCode: number, message: string): Error => failure({ statusCode, json: { message } })

describe('what Docker says', () => {
  it.each([
    [failure({ code: 'ENOENT' }), 'no Docker daemon answers at unix:///x', 'systemctl start docker'],
    [failure({ code: 'ECONNREFUSED' }), 'no Docker daemon answers at unix:///x', '--engine process'],
    [failure({ code: 'EACCES' }), 'no permission', 'usermod -aG docker'],
    [failure({ code: 'ECONNRESET' }), 'broke the connection', 'docker version'],
    [answer(500, 'write /var/lib: no space left on device'), 'no space left', 'docker system prune'],
    [answer(400, 'Range of CPUs is from 0.01 to 2.00'), 'CPUs', 'CPU limit'],
    [answer(500, 'all predefined address pools have been fully subnetted'), 'pools', 'docker network prune'],
    [answer(400, 'exec: "node": executable file not found in $PATH'), 'node', 'right image'],
  ])('%s comes out with what to do', (error, message, hint) => {
    const explained = explain('unix:///x', error)
    expect(explained).toBeInstanceOf(LabError)
    expect(explained).toMatchObject({
      exitCode: EXIT.environment,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })

  it('leaves alone what is not of Docker', () => {
    const bug = new TypeError('undefined is not a function')
    const ours = usageError('no such node')
    expect(explain('unix:///x', bug)).toBe(bug)
    expect(explain('unix:///x', ours)).toBe(ours)
    expect(explain('unix:///x', 'text')).toBe('text')
  })
})

describe('a port that is taken', () => {
  it.each([
    'driver failed programming external connectivity on endpoint scalelab-x-entry (9f): Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use',
    'driver failed programming external connectivity on endpoint scalelab-x-entry (9f): Bind for 127.0.0.1:8080 failed: port is already allocated',
    'Ports are not available: exposing port TCP 127.0.0.1:8080 -> 127.0.0.1:0: listen tcp 127.0.0.1:8080: bind: address already in use',
  ])('is seen in "%s"', (message) => {
    const error = answer(500, message)
    expect(isPortTaken(error)).toBe(true)
    expect(takenPort(error, [80, 808, 8080])).toBe(8080)
    expect(takenPort(error, [80, 9090])).toBeUndefined()
  })

  it('is not seen in other failures', () => {
    expect(isPortTaken(answer(500, 'no space left on device'))).toBe(false)
  })
})

it('tolerates only the answers that are named', async () => {
  await expect(tolerate([404], Promise.reject(answer(404, 'no such container')))).resolves.toBeUndefined()
  await expect(tolerate([404], Promise.reject(answer(500, 'broken')))).rejects.toThrow()
})
