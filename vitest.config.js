import { defineConfig } from 'vitest/config'

/** Names the tests that passed at the second try only: each is a fault to be mended. */
const flaky = []
const namesFlaky = {
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) flaky.push(`${test.module.relativeModuleId} > ${test.fullName}`)
  },
  onTestRunEnd() {
    for (const name of flaky) process.stdout.write(`passed at the second try only: ${name}\n`)
  },
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    // Tests start real processes and containers: few at a time, so that two cores are not asked for twenty.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A machine that nobody watches may stand still in the middle of a test. Nothing else is tried twice.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', namesFlaky],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.{ts,tsx}'],
      // Programs that run as processes of their own are driven by tests, and counted by none.
      exclude: [
        'src/**/*.test.{ts,tsx}',
        'src/**/testing/**',
        'src/benchmarks/**',
        'src/nodes/*/main.ts',
        'src/load/generator-child.ts',
      ],
      reporter: ['text-summary', 'html'],
    },
  },
})
