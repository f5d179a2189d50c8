import type { Account } from '../account/account.js';
import type { Integration } from '../account/records.js';

const KEY_LENGTH = 32;

/** Why an integration key was refused; null when it was not. */
export type KeyProblem = 'wrong-length' | 'unknown';

/** The integration with this key. A key belongs to one version of the Events API, unless the settings say otherwise. */
export function integrationFor(account: Account, key: string, apiVersion: 1 | 2): Integration | KeyProblem {
  if (key.length !== KEY_LENGTH) return 'wrong-length';
  const integration = account.directory.integrations.find((one) => one.key === key);
  const fits = integration?.apiVersion === apiVersion || account.settings.acceptAnyIntegrationKey;
  return integration !== undefined && fits ? integration : 'unknown';
}
