/** A report opens with its answer in no more sentences than this. */
const MOST = 3

/**
 * Sentences as one answer of at most three: where there are more, those of one group are joined by semicolons, and if
 * that is not enough the last groups.
 * @param groups of sentences about one thing; empty ones count for nothing
 */
export function answerOf(groups: readonly (readonly string[])[]): string {
  const sentences = groups.flat()
  if (sentences.length <= MOST) return sentences.join(' ')
  const joined = groups.filter((group) => group.length > 0).map(asOne)
  while (joined.length > MOST) joined.splice(-2, 2, asOne(joined.slice(-2)))
  return joined.join(' ')
}

function asOne(sentences: readonly string[]): string {
  const last = sentences.length - 1
  return sentences
    .map((sentence, i) => (i === 0 ? sentence : continued(sentence)))
    .map((sentence, i) => (i === last ? sentence : sentence.replace(/\.(\*\*)?$/, '$1')))
    .join('; ')
}

/** Without the capital that only began the sentence. */
function continued(sentence: string): string {
  return sentence.replace(/^[A-Z](?=[a-z]*[ :])/, (letter) => letter.toLowerCase())
}
