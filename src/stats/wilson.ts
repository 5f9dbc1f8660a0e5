/** The 97.5 % point of the standard normal distribution. */
const Z = 1.959963984540054

/**
 * Wilson's 95 % score interval of a probability, from how often something happened. It stays within 0 and 1, and is of
 * use at 0 % and 100 % as well. Wilson: Probable inference, the law of succession, and statistical inference, JASA 22,
 * 1927; Newcombe: Two-sided confidence intervals for the single proportion, Statist. Med. 17, 1998, method 3.
 * @param happened at most `trials`
 * @param trials at least 1
 * @throws RangeError for other counts
 */
export function wilsonInterval(happened: number, trials: number): [number, number] {
  if (!(trials >= 1 && happened >= 0 && happened <= trials)) {
    throw new RangeError(`there is no interval for ${happened} of ${trials}`)
  }
  const share = happened / trials
  const scale = 1 + Z ** 2 / trials
  const middle = (share + Z ** 2 / (2 * trials)) / scale
  const reach = (Z / scale) * Math.sqrt((share * (1 - share)) / trials + Z ** 2 / (4 * trials ** 2))
  // At 0 % and 100 % the bound is 0 or 1 but for rounding.
  return [happened === 0 ? 0 : middle - reach, happened === trials ? 1 : middle + reach]
}
