/** What a caller proves itself with at PagerDuty: an API key (`Token`), or an OAuth or scoped app token (`Bearer`). */
export interface Credential {
  readonly scheme: 'Token' | 'Bearer';
  readonly key: string;
}

/** The `Authorization` header as PagerDuty wants it: https://developer.pagerduty.com/docs/authentication */
export function authorizationHeader(credential: Credential): string {
  return credential.scheme === 'Token' ? `Token token=${credential.key}` : `Bearer ${credential.key}`;
}
