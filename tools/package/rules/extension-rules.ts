import type { DocumentView, Part } from '../document-view.js';
import type { Rule } from './rule.js';

const onFields = ['summary', 'visibility', 'test-value', 'dynamic-values', 'dynamic-list', 'enum-values'];

/** The `x-ms-` keys that designers know, by the kind of thing that they may stand on; import refuses all others. */
const known = {
  root: names('capabilities', 'connector-metadata', 'docs'),
  info: names('api-annotation', 'deployment-version'),
  path: names('notification-content'),
  operation: names(
    'api-annotation',
    'capabilities',
    'no-generic-test',
    'notification',
    'operation-context',
    'pageable',
    'safe-operation',
    'summary',
    'trigger',
    'trigger-hint',
    'trigger-metadata',
    'visibility',
  ),
  response: names('summary'),
  body: names('summary', 'visibility', 'test-value', 'dynamic-values', 'dynamic-list'),
  parameter: names(...onFields, 'localizeDefaultValue', 'trigger-value', 'url-encoding', 'dynamic-tree'),
  schema: names(
    ...onFields,
    'localizeDefaultValue',
    'notification-url',
    'media-kind',
    'dynamic-schema',
    'dynamic-properties',
    'dynamic-tree',
  ),
} as const;

/** The rules for extensions as such. */
export const extensionRules: readonly Rule[] = [
  {
    name: 'known-extensions',
    expected: 'Every x-ms- key is one that designers know in its place.',
    broken: (document) =>
      partsOf(document).flatMap(({ where, node, allowed }) =>
        Object.keys(node)
          .filter((key) => key.startsWith('x-ms-') && !allowed.has(key))
          .map((key) => `${where} ${key}`),
      ),
  },
];

type PartOfKind = Part & { readonly allowed: ReadonlySet<string> };

function partsOf(document: DocumentView): readonly PartOfKind[] {
  const { root, info, paths, operations, parameters, schemas } = document;
  return [
    { where: 'the document', node: root, allowed: known.root },
    { where: 'info', node: info, allowed: known.info },
    ...of(paths, known.path),
    ...of(operations, known.operation),
    ...operations.flatMap(({ responses }) => of(responses, known.response)),
    ...parameters.map((part) => ({ ...part, allowed: part.node.in === 'body' ? known.body : known.parameter })),
    ...of(schemas, known.schema),
  ];
}

function of(parts: readonly Part[], allowed: ReadonlySet<string>): readonly PartOfKind[] {
  return parts.map(({ where, node }) => ({ where, node, allowed }));
}

function names(...short: readonly string[]): ReadonlySet<string> {
  return new Set(short.map((name) => `x-ms-${name}`));
}
