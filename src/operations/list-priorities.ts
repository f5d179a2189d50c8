import { defineLookup } from './lookup.js';

export const listPriorities = defineLookup({
  id: 'ListPriorities',
  path: '/priorities',
  description:
    'Lists the priorities of the account, from the most to the least severe. It fills the dropdowns from which a priority is chosen.',
  output: 'PrioritiesResponse',
  outputDescription: 'The priorities of the account.',
  maxItems: 2_000,
  fetch: ({ directory }, page) => directory.priorities(page),
  item: 'Priority',
});
