/** A word of the field, how it may be written, and what it means to somebody who meets it for the first time. */
export interface Entry {
  term: string
  /** Other ways to write it, whole words each; letters of either case. */
  also?: readonly string[]
  meaning: string
}

export const GLOSSARY: readonly Entry[] = [
  {
    term: 'p50',
    also: ['median', 'p90', 'p95', 'p99', 'p99.9'],
    meaning:
      'a percentile: p99 = 115 ms says that 99 of 100 answers took at most 115 ms, and one of 100 longer; p50 is the median, the value in the middle',
  },
  {
    term: 'open loop',
    meaning:
      'a load that sends requests at its own times, as users do who know nothing of each other, however slow the answers are',
  },
  {
    term: 'closed loop',
    meaning:
      'a load whose connections each wait for the answer before they send again: it finds out how much a system can take',
  },
  { term: 'offered', also: ['offered rate'], meaning: 'how many requests per second were meant to be sent' },
  {
    term: 'achieved',
    also: ['achieved rate'],
    meaning: 'how many answers per second came, good ones and errors alike',
  },
  { term: 'goodput', meaning: 'answers per second that were no errors (status below 400)' },
  {
    term: 'response time',
    meaning: 'from the moment a request was due to the last byte of its answer, so waiting to be sent is in it',
  },
  { term: 'service time', meaning: 'from the moment a request was really sent to the last byte of its answer' },
  { term: 'warm-up', meaning: 'load before anything is counted, until caches and connections are as they stay' },
  { term: 'Poisson', meaning: 'requests at random moments, as those of many independent users come' },
  { term: 'generator', also: ['generators'], meaning: 'the program that sends the requests and takes the times' },
  {
    term: 'generator-limited',
    meaning:
      'the generator could not send or notice fast enough, so the figures are its own and not those of the system',
  },
  { term: 'host-limited', meaning: 'the machine had no processor time left, so more instances could not have helped' },
  { term: 'not steady', meaning: 'the first half of the run differed from the second, or something broke in it' },
  {
    term: 'overloaded',
    meaning: 'more was sent than the system can do, so a queue grew for as long as the run lasted',
  },
  {
    term: 'calibrated',
    also: ['calibrated service model'],
    meaning:
      'each request holds a worker for a stated time instead of computing, so a stack has the same capacity on any machine',
  },
  {
    term: '95 % interval',
    also: ['interval'],
    meaning: 'where the true value lies, as far as so few runs can tell: of a hundred such intervals 95 hold it',
  },
  { term: 'margin', meaning: 'differences smaller than this are taken for none' },
  {
    term: 'block',
    also: ['blocks'],
    meaning: 'one run of each variant, soon after one another, so that they share the state of the machine',
  },
  {
    term: 'not tested',
    meaning:
      'the more figures are tested, the more differences chance makes, so each is tested only as long as those before it were significant',
  },
  {
    term: 'chi-square',
    meaning: 'how far counts are from those expected; its p is the chance of being that far off without any cause',
  },
  {
    term: "Jain's index",
    also: ["Jain's fairness index"],
    meaning: 'how evenly requests are shared: 1 when all get the same, 1/n when one of n gets everything',
  },
  {
    term: 'coefficient of variation',
    also: ['CV'],
    meaning: 'how far values scatter around their mean, as a share of that mean; 0 % when all are the same',
  },
  { term: 'skew', meaning: 'some keys are asked for much more often than others' },
  {
    term: 'Zipf',
    also: ["Zipf's law", 'zipf'],
    meaning: 'a skew in which the k-th most popular key is asked for 1/k as often',
  },
  { term: 'primary', meaning: 'the database server that takes the writes' },
  { term: 'standby', also: ['standbys'], meaning: 'a database server that follows the primary and can take its place' },
  {
    term: 'lag',
    also: ['replication lag', 'replay lag', 'heartbeat'],
    meaning: 'how far a standby is behind: how old what a client reads there can be',
  },
  {
    term: 'WAL',
    meaning: "the log in which PostgreSQL writes every change before it makes it; standbys apply the primary's",
  },
  { term: 'LSN', meaning: 'a position in that log' },
  {
    term: 'stale',
    also: ['stale reads', 'stale read'],
    meaning: 'a read that missed what the same client had been told was written',
  },
  {
    term: 'timeline',
    meaning: 'a number that grows by one with every promotion, so that two primaries cannot be mistaken for one',
  },
  { term: 'fenced', also: ['fencing'], meaning: 'kept from accepting writes, before another server takes its place' },
  { term: 'promoted', also: ['promotion'], meaning: 'made the primary' },
  { term: 'failover', also: ['failovers'], meaning: 'a standby takes over from a primary that failed' },
  { term: 'RTO', meaning: 'recovery time: from the fault until the service worked again' },
  { term: 'RPO', meaning: 'what was lost: writes that clients were told are done and that are not there afterwards' },
  { term: 'acknowledged', meaning: 'of a write: the client was told that it is done' },
  { term: 'false alarm', also: ['false alarms'], meaning: 'a server that ran was taken for one that had failed' },
  { term: 'shard', also: ['shards'], meaning: 'a database server that holds a part of the rows, chosen by their key' },
  {
    term: 'slot',
    also: ['slots'],
    meaning: 'one of a fixed number of groups of keys; what moves between shards is a slot',
  },
  {
    term: 'vnode',
    also: ['vnodes', 'points on the ring'],
    meaning: 'one of many points of a shard on a hash ring: the more, the more even',
  },
  { term: 'hottest shard', also: ['hot'], meaning: 'the shard that gets the most requests, and is full first' },
  {
    term: 'Universal Scalability Law',
    also: ['USL'],
    meaning:
      'a formula for how throughput grows with n: waiting for one another (sigma) and keeping each other up to date (kappa) hold it back',
  },
  {
    term: "Amdahl's law",
    also: ['Amdahl'],
    meaning: 'the part of the work that only one can do at a time bounds how much faster many can be',
  },
  {
    term: 'efficiency',
    meaning: 'speed-up over the number of workers: 100 % when each one more adds as much as the first',
  },
  {
    term: 'M/M/1',
    also: ['M/M/c', 'M/G/1', 'Pollaczek'],
    meaning: 'names of models of queueing theory, which predict waiting times from the rate and the service time',
  },
]

/** Characters that make a word longer, so that "lag" is not found in "flag". */
const EDGE = String.raw`[\w.-]`

/** A pattern for all ways to write a term, as whole words. */
export function patternOf({ term, also = [] }: Entry): RegExp {
  const ways = [term, ...also]
    .toSorted((a, b) => b.length - a.length)
    .map((way) => way.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
  // A full stop may end the sentence.
  return new RegExp(`(?<!${EDGE})(?:${ways.join('|')})(?![\\w-]|\\.\\w)`, 'i')
}

const PATTERNS = GLOSSARY.map((entry) => ({ entry, pattern: patternOf(entry) }))

/** The entries of the words that occur in a text. */
export function occurring(text: string): Entry[] {
  return PATTERNS.filter(({ pattern }) => pattern.test(text)).map(({ entry }) => entry)
}
