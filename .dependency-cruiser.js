// Who may import whom. Each rule has its reason as its comment; a rule that turns out wrong is changed here, openly.

/** @param {string} folder @param {string[]} allowed folders of ours it may import, besides its own */
const only = (folder, allowed, comment) => ({
  name: `${folder}-imports`,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: TESTS },
  to: { path: '^src/', pathNot: [folder, ...allowed].map((name) => `^src/${name}/`) },
})

/** The same, for types as well as values in `allowed`, and for types alone in `typesOf`. */
const onlyWithTypes = (folder, allowed, typesOf, comment) => [
  {
    name: `${folder}-imports`,
    comment,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: TESTS },
    to: { path: '^src/', pathNot: [folder, ...allowed, ...typesOf].map((name) => `^src/${name}/`) },
  },
  {
    name: `${folder}-imports-types-of-ports`,
    comment: `${comment} Of the ports it knows the types alone: adapters reach it as arguments.`,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: TESTS },
    to: { path: typesOf.map((name) => `^src/${name}/`).join('|'), dependencyTypesNot: ['type-only'] },
  },
]

/** @param {string} name of a package @param {string[]} homes folders that may import it */
const home = (name, homes) => ({
  name: `home-of-${name}`,
  comment: 'One home per package, so that it can be replaced, and its quirks known, in one place.',
  severity: 'error',
  from: { path: '^src/', pathNot: [...homes.map((folder) => `^src/${folder}`), TESTS] },
  to: { path: `node_modules/(@types/)?${name}/` },
})

const TESTS = '\\.test\\.tsx?$|/testing/'
const FAKES = '^src/(engines|load)/fake/'
const PURE = '^src/(core|stats|strategies|parts|topologies|placing)/'

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two modules are one, or that a noun is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module that nobody imports is dead, or a program that has to be named here.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '\\.d\\.ts$',
          '^src/nodes/[^/]+/main\\.ts$',
          '^src/load/generator-child\\.ts$',
          '^src/benchmarks/',
          TESTS,
        ],
      },
      to: {},
    },
    {
      name: 'no-tests-in-product',
      comment: 'What only tests need stays with them, the fakes of ports too.',
      severity: 'error',
      from: { path: '^src/', pathNot: [TESTS, FAKES] },
      to: { path: [TESTS, FAKES] },
    },
    only('core', [], 'The nouns know nothing but each other.'),
    {
      name: 'core-packages',
      comment: 'Of npm, core knows the schema library alone.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: TESTS },
      to: { dependencyTypes: ['npm', 'npm-dev'], pathNot: 'node_modules/zod/' },
    },
    only('stats', ['core'], 'Numbers are computed from values.'),
    only('strategies', ['core'], 'A strategy is a pure choice.'),
    only(
      'parts',
      ['core', 'strategies'],
      'A part describes one program; whoever runs it, shows it or looks for it asks the part.',
    ),
    only('topologies', ['core', 'strategies', 'parts'], 'A topology is a pure function of parameters.'),
    {
      name: 'pure-stays-pure',
      comment:
        'core, stats, strategies, parts, topologies and placing touch neither network nor disk nor processes. A digest is pure.',
      severity: 'error',
      from: { path: PURE, pathNot: TESTS },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    only('engines', ['core'], 'Engines run nodes and know nothing of load, probes or faults.'),
    {
      name: 'engines-apart',
      comment: 'Engines are equal and know nothing of each other.',
      severity: 'error',
      from: { path: '^src/engines/(docker|process|fake)/', pathNot: TESTS },
      to: { path: '^src/engines/(docker|process|fake)/', pathNot: '^src/engines/$1/' },
    },
    only('load', ['core', 'stats'], 'The generator is alone: it knows targets, not stacks.'),
    only(
      'probes',
      ['core', 'replication', 'sharding'],
      'A probe reads; it does not act. Of databases it shares the connection and the questions.',
    ),
    only('placing', ['core', 'stats', 'strategies'], 'What schemes do to keys is computed, and nothing runs.'),
    only(
      'sharding',
      ['core', 'strategies', 'replication'],
      'Shards are asked and told over SQL, whatever runs them. It shares the connection of replication.',
    ),
    only('replication', ['core'], 'Database servers are asked and told over SQL, whatever runs them.'),
    ...onlyWithTypes(
      'actions',
      ['core', 'strategies', 'topologies'],
      ['engines'],
      'An action acts on what it is handed.',
    ),
    ...onlyWithTypes(
      'run',
      ['core', 'stats', 'strategies', 'topologies'],
      ['engines', 'load', 'probes', 'actions', 'replication', 'sharding'],
      'The run composes.',
    ),
    only('report', ['core', 'stats'], 'A report is a pure function of records.'),
    only('ui', ['core', 'stats'], 'A view is a function of a snapshot.'),
    {
      name: 'report-and-ui-read-nothing',
      comment: 'Neither reads files, processes or the network; a view is handed its streams.',
      severity: 'error',
      from: { path: '^src/(report|ui)/', pathNot: TESTS },
      to: { path: '^(node:)?(fs|fs/promises|net|http|https|child_process|process|os)$', dependencyTypes: ['core'] },
    },
    only('nodes', ['core', 'stats', 'strategies'], 'Nodes run inside the stack, without the lab around them.'),
    only('store', ['core'], 'The store keeps values.'),
    {
      name: 'lab-imports',
      comment: 'lab composes all there is, and knows neither flags nor screens: it is handed a listener.',
      severity: 'error',
      from: { path: '^src/lab/', pathNot: TESTS },
      to: { path: '^src/(ui|cli)/' },
    },
    {
      name: 'nobody-imports-lab',
      comment: 'What the product can do is asked for by whoever serves a person: the command line.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(lab|cli)/', TESTS] },
      to: { path: '^src/lab/' },
    },
    {
      name: 'nobody-imports-cli',
      comment: 'The command line wires adapters into the lab and prints; bin alone starts it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', TESTS] },
      to: { path: '^src/cli/' },
    },
    {
      name: 'nobody-imports-benchmarks',
      comment: 'Benchmarks measure the product and are no part of it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/benchmarks/' },
      to: { path: '^src/benchmarks/' },
    },
    home('dockerode', ['engines/docker/']),
    home('execa', ['engines/process/', 'load/', 'benchmarks/']),
    home('autocannon', ['load/', 'benchmarks/']),
    home('undici', ['load/']),
    home('(ink|react)', ['ui/']),
    home('cli-table3', ['ui/']),
    home('commander', ['cli/']),
    home('pg', ['replication/', 'nodes/', 'load/']),
    home('uuid', ['nodes/']),
    home('xxhash-wasm', ['strategies/sharding/']),
    home('csv-parse', ['store/']),
    home('yaml', ['store/', 'engines/docker/compose-file']),
    home('hdr-histogram-js', ['stats/']),
    home('d3-(scale|shape)', ['report/']),
    home('marked', ['report/']),
    home('tar-stream', ['engines/docker/']),
    {
      name: 'declared-packages',
      comment: 'What is imported is declared, and not as a development dependency.',
      severity: 'error',
      from: { path: '^src/', pathNot: [TESTS, '^src/benchmarks/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere is a mistake.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
