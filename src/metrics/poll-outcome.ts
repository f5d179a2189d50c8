/** What a poll of PagerDuty comes to. */
export const pollOutcomes = [
  'ok',
  'refused_key',
  'forbidden',
  'rate_limited',
  'unavailable',
  'store_unavailable',
  'failed',
] as const;

export type PollOutcome = (typeof pollOutcomes)[number];
