import type { JsonObject } from '../json-object.js';
import { isObject, objectOf, textOf } from '../json-object.js';
import { placesOf, type Rule } from './rule.js';

/** The rules for every schema. */
export const schemaRules: readonly Rule[] = [
  {
    name: 'empty-schema',
    expected:
      'A schema says what it is: an object has properties or says that any will do, a list has items, anything else has a type.',
    broken: ({ schemas }) => placesOf(schemas, ({ node }) => isEmpty(node)),
  },
  {
    name: 'ref-siblings',
    expected: 'Nothing stands beside a $ref.',
    broken: ({ schemas }) => placesOf(schemas, ({ node }) => '$ref' in node && Object.keys(node).length > 1),
  },
  {
    name: 'ref-target',
    expected: 'A $ref points to an object below definitions that is there.',
    broken: ({ root, schemas }) =>
      placesOf(schemas, ({ node }) => {
        if (!('$ref' in node)) return false;
        const name = /^#\/definitions\/([^/]+)$/.exec(textOf(node.$ref))?.[1];
        return name === undefined || !Object.hasOwn(objectOf(root.definitions), name);
      }),
  },
];

function isEmpty(node: JsonObject): boolean {
  if ('$ref' in node) return false;
  if (node.type === 'object') {
    const takesAny = node.additionalProperties === true || isObject(node.additionalProperties);
    return Object.keys(objectOf(node.properties)).length === 0 && !takesAny;
  }
  return node.type === 'array' ? !isObject(node.items) : textOf(node.type) === '';
}
