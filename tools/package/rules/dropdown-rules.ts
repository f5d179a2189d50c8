import type { DocumentView, OperationPart } from '../document-view.js';
import type { JsonObject } from '../json-object.js';
import { isObject, objectOf, textOf } from '../json-object.js';
import { type Dropdown, dropdownsOf } from './dropdowns.js';
import { placesOf, type Rule } from './rule.js';

/** The rules for dropdowns, in their older and their newer form. */
export const dropdownRules: readonly Rule[] = [
  {
    name: 'dropdown-pair',
    expected: 'x-ms-dynamic-values and x-ms-dynamic-list stand side by side.',
    broken: ({ parameters, schemas }) =>
      placesOf(
        [...parameters, ...schemas],
        ({ node }) => 'x-ms-dynamic-values' in node !== 'x-ms-dynamic-list' in node,
      ),
  },
  {
    name: 'dropdown-agreement',
    expected: 'x-ms-dynamic-values and x-ms-dynamic-list beside each other say the same.',
    broken: (document) =>
      placesOf(dropdownsOf(document), ({ where, ...dropdown }) =>
        dropdownsOf(document).some((other) => other.where === where && contentOf(other) !== contentOf(dropdown)),
      ),
  },
  {
    name: 'dropdown-place',
    expected: 'The dropdown of a body property stands in its schema, not on the body.',
    broken: ({ parameters }) =>
      placesOf(
        parameters,
        ({ node }) => node.in === 'body' && ('x-ms-dynamic-values' in node || 'x-ms-dynamic-list' in node),
      ),
  },
  {
    name: 'dropdown-operation',
    expected: 'A dropdown names an operation that is there, and is a GET.',
    broken: (document) => placesOf(dropdownsOf(document), (dropdown) => lookupOf(dropdown, document)?.method !== 'get'),
  },
  {
    name: 'dropdown-inputs',
    expected: 'A dropdown gives inputs that its operation has, all that it requires, each a value or another input.',
    broken: (document) =>
      placesOf(dropdownsOf(document), (dropdown) => {
        const lookup = lookupOf(dropdown, document);
        if (lookup === undefined) return false;
        const given = Object.entries(dropdown.inputs);
        const isLacking = lookup.parameters.some(({ name, required }) => required && !(name in dropdown.inputs));
        return isLacking || given.some(([name, value]) => !has(lookup, name) || !isMeaningful(value, dropdown.users));
      }),
  },
  {
    name: 'dropdown-slash',
    expected: 'No path of a dropdown begins with a slash.',
    broken: (document) =>
      placesOf(dropdownsOf(document), ({ collection, value, title }) =>
        [collection, value, title].some((path) => path.startsWith('/')),
      ),
  },
  {
    name: 'dropdown-collection',
    expected: 'A dropdown names a list in the answer of its operation.',
    broken: (document) =>
      placesOf(dropdownsOf(document), (dropdown) => {
        const answer = answerOf(dropdown, document);
        return answer !== undefined && follow(answer, dropdown.collection, document)?.type !== 'array';
      }),
  },
  {
    name: 'dropdown-columns',
    expected: 'A dropdown names a value and a title that the items of its list have.',
    broken: (document) =>
      placesOf(dropdownsOf(document), (dropdown) => {
        const answer = answerOf(dropdown, document);
        const list = answer === undefined ? undefined : follow(answer, dropdown.collection, document);
        if (list?.type !== 'array') return false;
        const item = document.resolve(list.items);
        return [dropdown.value, dropdown.title].some((path) => path === '' || !follow(item, path, document));
      }),
  },
];

function contentOf({ operationId, collection, value, title }: Omit<Dropdown, 'where'>): string {
  return [operationId, collection, value, title].join();
}

function lookupOf({ operationId }: Dropdown, { operations }: DocumentView): OperationPart | undefined {
  return operations.find(({ id }) => id === operationId);
}

function has({ parameters }: OperationPart, name: string): boolean {
  return parameters.some((parameter) => parameter.name === name);
}

/** A literal, `{value}`, or `{parameter}` / `{parameterReference}` that names an input of every user of the dropdown. */
function isMeaningful(value: unknown, users: readonly OperationPart[]): boolean {
  if (!isObject(value) || 'value' in value) return true;
  const [name = ''] = textOf(value.parameter ?? value.parameterReference).split('/');
  return users.every((user) => has(user, name));
}

function answerOf(dropdown: Dropdown, document: DocumentView): JsonObject | undefined {
  const answer = lookupOf(dropdown, document)?.responses.find(({ node }) => isObject(node.schema));
  return answer === undefined ? undefined : document.resolve(answer.node.schema);
}

/** The schema at a path such as `incidents` or `service/id`. An empty path is the schema itself. */
function follow(schema: JsonObject, path: string, document: DocumentView): JsonObject | undefined {
  let found: JsonObject | undefined = schema;
  for (const name of path.split('/').filter((one) => one !== '')) {
    const properties: JsonObject = objectOf(found?.properties);
    found = Object.hasOwn(properties, name) ? document.resolve(properties[name]) : undefined;
  }
  return found;
}
