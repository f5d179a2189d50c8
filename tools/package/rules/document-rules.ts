import type { DocumentView } from '../document-view.js';
import { listOf, objectOf, textOf } from '../json-object.js';
import type { Rule } from './rule.js';

const maxBytes = 1_000_000;

/** https://learn.microsoft.com/connectors/custom-connectors/certification-submission: the categories there are. */
const knownCategories = new Set([
  'AI',
  'Business Intelligence',
  'Business Management',
  'Collaboration',
  'Commerce',
  'Communication',
  'Content and Files',
  'Data',
  'Finance',
  'Human Resources',
  'Internet of Things',
  'IT Operations',
  'Lifestyle and Entertainment',
  'Marketing',
  'Productivity',
  'Sales and CRM',
  'Security',
  'Social Media',
  'Website',
]);

/** The rules for the document as a whole. */
export const documentRules: readonly Rule[] = [
  {
    name: 'title-length',
    expected: 'The title has 1 to 30 characters.',
    broken: ({ info }) => at('info.title', textOf(info.title).length < 1 || textOf(info.title).length > 30),
  },
  {
    name: 'title-words',
    expected: 'The title has none of the words API and Connector, and no product name of the platform.',
    broken: ({ info }) =>
      at(
        'info.title',
        /\b(api|connectors?|microsoft|azure|copilot|logic apps?|power (apps?|automate|platform|bi|pages))\b/i.test(
          textOf(info.title),
        ),
      ),
  },
  {
    name: 'title-end',
    expected: 'The title ends in a letter or digit.',
    broken: ({ info }) => at('info.title', !/[A-Za-z0-9]$/.test(textOf(info.title))),
  },
  {
    name: 'description-length',
    expected: 'The description has 30 to 500 characters.',
    broken: ({ info }) =>
      at('info.description', textOf(info.description).length < 30 || textOf(info.description).length > 500),
  },
  {
    name: 'contact',
    expected: 'The contact has a name, the address of a page, and an e-mail address.',
    broken: ({ info }) => {
      const { name, url, email } = objectOf(info.contact);
      return [
        ...at('info.contact.name', textOf(name) === ''),
        ...at('info.contact.url', !/^https?:\/\/\S+$/.test(textOf(url))),
        ...at('info.contact.email', !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(textOf(email))),
      ];
    },
  },
  {
    name: 'metadata-pages',
    expected: 'The metadata name the Website and the Privacy policy by https addresses.',
    broken: ({ root }) =>
      ['Website', 'Privacy policy']
        .filter((name) => !metadata(root, name).startsWith('https://'))
        .map((name) => `x-ms-connector-metadata.${name}`),
  },
  {
    name: 'metadata-categories',
    expected: 'The metadata name one or two known Categories, with a semicolon between them.',
    broken: ({ root }) => {
      const categories = metadata(root, 'Categories').split(';');
      const isRight = categories.length <= 2 && categories.every((category) => knownCategories.has(category));
      return at('x-ms-connector-metadata.Categories', !isRight);
    },
  },
  {
    name: 'schemes',
    expected: 'The only scheme is https.',
    broken: ({ root }) => at('schemes', listOf(root.schemes).join() !== 'https'),
  },
  {
    name: 'host',
    expected: 'The host has neither scheme nor path.',
    broken: ({ root }) => at('host', !/^[^{}/ :\\]+(:\d+)?$/.test(textOf(root.host))),
  },
  {
    name: 'size',
    expected: 'The document is smaller than 1 MB.',
    broken: ({ root }) => at('the document', sizeOf(root) >= maxBytes),
  },
];

function at(where: string, isBroken: boolean): readonly string[] {
  return isBroken ? [where] : [];
}

function metadata(root: DocumentView['root'], name: string): string {
  const entry = listOf(root['x-ms-connector-metadata']).find((one) => objectOf(one).propertyName === name);
  return textOf(objectOf(entry).propertyValue);
}

function sizeOf(root: DocumentView['root']): number {
  return Buffer.byteLength(JSON.stringify(root, null, 2));
}
