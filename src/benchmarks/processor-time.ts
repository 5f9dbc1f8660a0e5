import { execa } from 'execa'

/**
 * Runs a program by a shell whose `times` tells what its children used.
 * @returns its stdout, and the processor time of it and all that it waited for, in seconds
 * @throws ExecaError when it fails
 */
export async function processorTimeOf(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ stdout: string; seconds: number }> {
  const { stdout } = await execa('bash', ['-c', '"$0" "$@" && times', program, ...args], options)
  const lines = stdout.split('\n')
  // The last line: user and system time of the children, "0m3.210s 0m4.560s".
  const used = [...(lines.at(-1) ?? '').matchAll(/(\d+)m([0-9.]+)s/g)]
  return {
    stdout: lines.slice(0, -2).join('\n'),
    seconds: used.reduce((sum, [, minutes, rest]) => sum + 60 * Number(minutes) + Number(rest), 0),
  }
}
