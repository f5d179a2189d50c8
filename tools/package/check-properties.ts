import { type Finding, findings } from './check-definition.js';
import { objectOf } from './json-object.js';
import { propertiesRules } from './rules/properties-rules.js';

/** Checks an `apiProperties.json`; nothing in it is taken for granted. */
export function checkProperties(document: unknown): readonly Finding[] {
  return findings(propertiesRules, objectOf(objectOf(document).properties));
}
