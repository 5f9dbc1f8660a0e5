import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    // Tests start real processes and containers: few at a time, so that two cores are not asked for twenty.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
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
