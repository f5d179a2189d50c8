import type { DocumentView, OperationPart } from '../document-view.js';
import { isObject, objectOf, textOf } from '../json-object.js';
import { placesOf, type Rule } from './rule.js';
import { isSentence } from './wording.js';

/** The rules for triggers, and what tells them from other operations. */
export const triggerRules: readonly Rule[] = [
  {
    name: 'trigger-mark',
    expected: 'What reads like a trigger has x-ms-trigger.',
    broken: ({ operations }) =>
      placesOf(operations, (operation) => !isTrigger(operation) && readsLikeTrigger(operation)),
  },
  {
    name: 'trigger-kind',
    expected: 'x-ms-trigger is batch or single.',
    broken: (document) =>
      placesOf(triggersOf(document), ({ node }) => !['batch', 'single'].includes(textOf(node['x-ms-trigger']))),
  },
  {
    name: 'trigger-summary',
    expected: 'The summary of a trigger begins with "When a" or "When an".',
    broken: (document) => placesOf(triggersOf(document), ({ node }) => !/^When an? \S/.test(textOf(node.summary))),
  },
  {
    name: 'trigger-description',
    expected: 'The description of a trigger begins with "This operation triggers when".',
    broken: (document) =>
      placesOf(triggersOf(document), ({ node }) => !/^This operation triggers when \S/.test(textOf(node.description))),
  },
  {
    name: 'trigger-hint',
    expected: 'x-ms-trigger-hint is a sentence that begins with "To see it work now, ".',
    broken: (document) =>
      placesOf(triggersOf(document), ({ node }) => {
        const hint = textOf(node['x-ms-trigger-hint']);
        return !hint.startsWith('To see it work now, ') || !isSentence(hint);
      }),
  },
  {
    name: 'trigger-state',
    expected: 'A polling trigger has a triggerState in the query: internal, optional, without a default.',
    broken: (document) =>
      placesOf(triggersOf(document), ({ method, parameters }) => {
        const state = parameters.find(({ name }) => name === 'triggerState');
        if (state === undefined) return method === 'get';
        const { node, required } = state;
        return node.in !== 'query' || required || 'default' in node || node['x-ms-visibility'] !== 'internal';
      }),
  },
  {
    name: 'split-on',
    expected: 'The answer of a batch trigger is a list, or an object whose only visible property is one.',
    broken: (document) =>
      placesOf(
        triggersOf(document).filter(({ node }) => node['x-ms-trigger'] === 'batch'),
        (trigger) => !canBeSplit(trigger, document),
      ),
  },
];

function isTrigger({ node }: OperationPart): boolean {
  return 'x-ms-trigger' in node;
}

function triggersOf({ operations }: DocumentView): readonly OperationPart[] {
  return operations.filter(isTrigger);
}

function readsLikeTrigger({ id, node, parameters }: OperationPart): boolean {
  return (
    /^On[A-Z]/.test(id) ||
    textOf(node.summary).startsWith('When ') ||
    'x-ms-trigger-hint' in node ||
    parameters.some(({ name }) => name === 'triggerState')
  );
}

function canBeSplit({ responses }: OperationPart, document: DocumentView): boolean {
  const answer = responses.find(({ node }) => isObject(node.schema));
  const schema = document.resolve(answer?.node.schema);
  if (schema.type === 'array') return true;
  const visible = Object.values(objectOf(schema.properties))
    .map((property) => document.resolve(property))
    .filter((property) => property['x-ms-visibility'] !== 'internal');
  return visible.length === 1 && visible[0]?.type === 'array';
}
