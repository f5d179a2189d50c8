import type { Part } from '../document-view.js';
import { isObject, textOf } from '../json-object.js';
import { placesOf, type Rule } from './rule.js';

/** The rules for the responses of every operation. */
export const responseRules: readonly Rule[] = [
  {
    name: 'answer-schema',
    expected: 'Exactly one response has a schema: the 200 or the 201.',
    broken: ({ operations }) =>
      placesOf(
        operations,
        ({ responses }) => responses.filter(({ status, node }) => isAnswer(status) && hasSchema(node)).length !== 1,
      ),
  },
  {
    name: 'other-response',
    expected: 'A 202 and an error have a description only.',
    broken: ({ operations }) =>
      operations.flatMap(({ responses }) =>
        placesOf(
          responses.filter(({ status }) => !isAnswer(status) && status !== 'default'),
          ({ node }) => Object.keys(node).join() !== 'description',
        ),
      ),
  },
  {
    name: 'response-description',
    expected: 'A response has a description.',
    broken: ({ operations }) =>
      operations.flatMap(({ responses }) => placesOf(responses, ({ node }) => textOf(node.description) === '')),
  },
  {
    name: 'default-schema',
    expected: 'The default response has no schema.',
    broken: ({ operations }) =>
      operations.flatMap(({ responses }) =>
        placesOf(responses, ({ status, node }) => status === 'default' && 'schema' in node),
      ),
  },
  {
    name: 'default-alone',
    expected: 'The default response is not the only one.',
    broken: ({ operations }) =>
      placesOf(operations, ({ responses }) => responses.every(({ status }) => status === 'default')),
  },
];

function isAnswer(status: string): boolean {
  return status === '200' || status === '201';
}

function hasSchema(node: Part['node']): boolean {
  return isObject(node.schema);
}
