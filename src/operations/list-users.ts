import { defineLookup } from './lookup.js';

export const listUsers = defineLookup({
  id: 'ListUsers',
  path: '/users',
  description: 'Lists the users of the account, at most 2,000. It fills the dropdowns from which a user is chosen.',
  output: 'UsersResponse',
  outputDescription: 'The users of the account.',
  query: 'Only users whose name or e-mail address contains this text.',
  maxItems: 2_000,
  fetch: ({ directory }, page) => directory.users(page),
  item: 'User',
});
