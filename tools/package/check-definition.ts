import { type DocumentView, viewDocument } from './document-view.js';
import { capabilityRules } from './rules/capability-rules.js';
import { documentRules } from './rules/document-rules.js';
import { dropdownRules } from './rules/dropdown-rules.js';
import { extensionRules } from './rules/extension-rules.js';
import { fieldRules } from './rules/field-rules.js';
import { operationRules } from './rules/operation-rules.js';
import { parameterRules } from './rules/parameter-rules.js';
import { responseRules } from './rules/response-rules.js';
import type { Rule } from './rules/rule.js';
import { schemaRules } from './rules/schema-rules.js';
import { triggerRules } from './rules/trigger-rules.js';

/** A place of a document that breaks a rule. */
export interface Finding {
  readonly rule: string;
  /** Such as `GetUser`, `GetUser.userId` or `Incident.created_at`. */
  readonly where: string;
  readonly expected: string;
}

/** Every rule for a definition. */
export const definitionRules: readonly Rule[] = [
  ...documentRules,
  ...operationRules,
  ...triggerRules,
  ...parameterRules,
  ...fieldRules,
  ...responseRules,
  ...schemaRules,
  ...dropdownRules,
  ...capabilityRules,
  ...extensionRules,
];

/** Checks a definition as it is in the connector's package; nothing in it is taken for granted. */
export function checkDefinition(document: unknown): readonly Finding[] {
  return findings<DocumentView>(definitionRules, viewDocument(document));
}

/** What breaks which of the rules, each place of a rule once. */
export function findings<T>(rules: ReadonlyArray<Rule<T>>, subject: T): readonly Finding[] {
  return rules.flatMap(({ name, expected, broken }) =>
    [...new Set(broken(subject))].map((where) => ({ rule: name, where, expected })),
  );
}
