import { isObject, objectOf, textOf } from '../json-object.js';
import { placesOf, type Rule } from './rule.js';

/** The rules for the extensions that stand for abilities, and of visibility. */
export const capabilityRules: readonly Rule[] = [
  {
    name: 'test-connection',
    expected: 'x-ms-capabilities.testConnection names a GET, and gives every input that the GET requires.',
    broken: ({ root, operations }) => {
      const test = objectOf(objectOf(root['x-ms-capabilities']).testConnection);
      const operation = operations.find(({ id }) => id === textOf(test.operationId));
      const given = objectOf(test.parameters);
      const isFree = operation?.parameters.some(({ name, required }) => required && !Object.hasOwn(given, name));
      return operation?.method === 'get' && isFree === false ? [] : ['x-ms-capabilities.testConnection'];
    },
  },
  {
    name: 'visibility',
    expected: 'x-ms-visibility is important, advanced or internal.',
    broken: ({ operations, parameters, schemas }) =>
      placesOf([...operations, ...parameters, ...schemas], ({ node }) => {
        if (!isObject(node) || !('x-ms-visibility' in node)) return false;
        return !['important', 'advanced', 'internal'].includes(textOf(node['x-ms-visibility']));
      }),
  },
];
