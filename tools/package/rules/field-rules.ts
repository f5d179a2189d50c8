import type { DocumentView, FieldPart } from '../document-view.js';
import { textOf } from '../json-object.js';
import { placesOf, type Rule } from './rule.js';
import { titleCaseExceptions } from './title-case-exceptions.js';
import { isSentence, isShownWhole, isTitleCase, saysTheSame } from './wording.js';

/** The rules for everything that a flow maker sees as one input or one token. */
export const fieldRules: readonly Rule[] = [
  {
    name: 'field-summary',
    expected: 'A parameter, property or object has an x-ms-summary of 1 to 80 characters.',
    broken: (document) => placesOf(fieldsOf(document), ({ node }) => !isShownWhole(textOf(node['x-ms-summary']))),
  },
  {
    name: 'field-title-case',
    expected: 'An x-ms-summary is in title case.',
    broken: (document) =>
      placesOf(fieldsOf(document), ({ where, node }) => {
        const summary = textOf(node['x-ms-summary']);
        return summary !== '' && titleCaseExceptions.get(where) !== summary && !isTitleCase(summary);
      }),
  },
  {
    name: 'field-description',
    expected: 'A parameter, property or object is described in full sentences.',
    broken: (document) => placesOf(fieldsOf(document), ({ node }) => !isSentence(textOf(node.description))),
  },
  {
    name: 'field-texts-differ',
    expected: 'The description of a parameter, property or object says more than its x-ms-summary.',
    broken: (document) =>
      placesOf(fieldsOf(document), ({ node }) => {
        const summary = textOf(node['x-ms-summary']);
        return summary !== '' && saysTheSame(summary, textOf(node.description));
      }),
  },
  {
    name: 'internal-required',
    expected: 'What is internal and required has a default.',
    broken: (document) =>
      placesOf(fieldsOf(document), ({ node, required }) => isInternal(node) && required && !('default' in node)),
  },
  {
    name: 'internal-default',
    expected: 'What is internal and has a default is required.',
    broken: (document) =>
      placesOf(fieldsOf(document), ({ node, required }) => isInternal(node) && 'default' in node && !required),
  },
  {
    name: 'date-format',
    expected: 'A point in time is a string with the format date-time.',
    broken: (document) =>
      placesOf(
        fieldsOf(document),
        ({ name, node }) =>
          /(^|_)(at|date|time)$/.test(name) && !(node.type === 'string' && node.format === 'date-time'),
      ),
  },
  {
    name: 'integer-format',
    expected: 'An integer has the format int32 or int64.',
    broken: (document) =>
      placesOf(
        fieldsOf(document),
        ({ node }) => node.type === 'integer' && !['int32', 'int64'].includes(textOf(node.format)),
      ),
  },
];

/** The texts of a reference are in what it points to. */
function fieldsOf({ parameters, properties, objects }: DocumentView): readonly FieldPart[] {
  return [...parameters, ...properties, ...objects].filter(({ node }) => !('$ref' in node));
}

function isInternal(node: FieldPart['node']): boolean {
  return node['x-ms-visibility'] === 'internal';
}
