import { placesOf, type Rule } from './rule.js';

/** What a parameter must have, by its place in the request. */
export const parameterRules: readonly Rule[] = [
  {
    name: 'path-required',
    expected: 'A path parameter is required.',
    broken: ({ parameters }) => placesOf(parameters, ({ node, required }) => node.in === 'path' && !required),
  },
  {
    name: 'path-encoding',
    expected: 'A path parameter has x-ms-url-encoding single.',
    broken: ({ parameters }) =>
      placesOf(parameters, ({ node }) => node.in === 'path' && node['x-ms-url-encoding'] !== 'single'),
  },
  {
    name: 'encoding-place',
    expected: 'Only a path parameter has x-ms-url-encoding.',
    broken: ({ parameters }) => placesOf(parameters, ({ node }) => node.in !== 'path' && 'x-ms-url-encoding' in node),
  },
  {
    name: 'path-parameters',
    expected: 'The path of an operation names its path parameters, and nothing else.',
    broken: ({ operations }) =>
      placesOf(operations, ({ path, parameters }) => {
        const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
        const declared = parameters.filter(({ node }) => node.in === 'path').map(({ name }) => name);
        return inPath.sort().join() !== declared.sort().join();
      }),
  },
  {
    name: 'body-required',
    expected: 'A body parameter is required.',
    broken: ({ parameters }) => placesOf(parameters, ({ node, required }) => node.in === 'body' && !required),
  },
  {
    name: 'connection-id',
    expected: 'No parameter is called connectionId, which designers use themselves.',
    broken: ({ parameters }) => placesOf(parameters, ({ name }) => name.toLowerCase() === 'connectionid'),
  },
];
