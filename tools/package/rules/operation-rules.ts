import type { OperationPart } from '../document-view.js';
import { objectOf, textOf } from '../json-object.js';
import { placesOf, type Rule } from './rule.js';
import { isSentence, isSentenceCase, isShownWhole, saysTheSame } from './wording.js';

/** The rules for every operation. */
export const operationRules: readonly Rule[] = [
  {
    name: 'operation-id-form',
    expected: 'An operation has an operationId in PascalCase.',
    broken: ({ operations }) => placesOf(operations, ({ id }) => !/^([A-Z][a-z0-9]*)+$/.test(id)),
  },
  {
    name: 'operation-id-unique',
    expected: 'No two operations have the same operationId.',
    broken: ({ operations }) =>
      placesOf(operations, (one) => operations.some((other) => other !== one && other.id === one.id)),
  },
  {
    name: 'operation-summary',
    expected:
      'A summary is in sentence case, of at most 80 letters, digits, spaces and parentheses, without a full stop.',
    broken: ({ operations }) =>
      placesOf(operations, ({ node }) => !isShownWhole(textOf(node.summary)) || !isSentenceCase(textOf(node.summary))),
  },
  {
    name: 'operation-description',
    expected: 'An operation is described in full sentences.',
    broken: ({ operations }) => placesOf(operations, ({ node }) => !isSentence(textOf(node.description))),
  },
  {
    name: 'operation-texts-differ',
    expected: 'The description of an operation says more than its summary.',
    broken: ({ operations }) =>
      placesOf(operations, ({ node }) => saysTheSame(textOf(node.description), textOf(node.summary))),
  },
  {
    name: 'api-annotation',
    expected: 'x-ms-api-annotation has a family, a revision from 1, and a status: Production or Preview.',
    broken: ({ operations }) =>
      placesOf(operations, ({ node }) => {
        const { family, revision, status } = objectOf(node['x-ms-api-annotation']);
        const isRevision = typeof revision === 'number' && Number.isInteger(revision) && revision >= 1;
        return textOf(family) === '' || !isRevision || (status !== 'Production' && status !== 'Preview');
      }),
  },
  {
    name: 'get-body',
    expected: 'A GET has no body.',
    broken: ({ operations }) =>
      operations
        .filter(({ method }) => method === 'get')
        .flatMap(({ parameters }) => placesOf(parameters, ({ node }) => node.in === 'body')),
  },
  {
    name: 'static-path',
    expected: 'Two operations with the same method differ in a static segment of their paths, or in their number.',
    broken: ({ operations }) =>
      placesOf(operations, (one) => operations.some((other) => other !== one && areAlike(one, other))),
  },
];

/** Whether one request could mean both operations. */
function areAlike(one: OperationPart, other: OperationPart): boolean {
  const [segments, others] = [one.path.split('/'), other.path.split('/')];
  if (one.method !== other.method || segments.length !== others.length) return false;
  return segments.every((segment, index) => {
    const counterpart = others[index] ?? '';
    return segment === counterpart || segment.startsWith('{') || counterpart.startsWith('{');
  });
}
