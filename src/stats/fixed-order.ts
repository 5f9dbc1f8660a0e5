/**
 * P values of several sequences of tests, adjusted so that the chance of even one false alarm among all of them stays below
 * any bound that an adjusted value is held against, however the tests depend on each other.
 *
 * Within a sequence a test counts only as long as all before it were significant, and then costs nothing: the fixed-sequence
 * procedure (Maurer, Hothorn and Lehmacher: Multiple comparisons in drug clinical trials and preclinical assays: a-priori
 * ordered hypotheses, 1995; Westfall and Krishen: Optimally weighted, fixed sequence and gatekeeper multiple testing
 * procedures, J. Statist. Plann. Inference 99, 2001). Sequences share the bound equally, and one that has come through to
 * its end leaves its share to the others: a graph of weights as in Bretz, Maurer, Brannath and Posch: A graphical approach to
 * sequentially rejective multiple test procedures, Statist. Med. 28, 2009, whose algorithm for adjusted values this is. With
 * one test in each it is Holm's procedure (Scand. J. Statist. 6, 1979); with one sequence nothing is divided at all. Holm for
 * the first tests and the whole bound for what follows them would be too much: what the first tests have used up is gone.
 * @param sequences p values in the order in which they are tested
 * @returns in the same order
 */
export function adjustedInOrder(sequences: readonly (readonly number[])[]): number[][] {
  const adjusted = sequences.map((): number[] => [])
  let level = 0
  for (;;) {
    const open = sequences.flatMap((pValues, sequence) => {
      const p = pValues[adjusted[sequence]?.length ?? 0]
      return p === undefined ? [] : [{ p, sequence }]
    })
    const [first, ...others] = open
    if (first === undefined) return adjusted
    const next = others.reduce((least, one) => (one.p < least.p ? one : least), first)
    level = Math.max(level, Math.min(1, next.p * open.length))
    adjusted[next.sequence]?.push(level)
  }
}
