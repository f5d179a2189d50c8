import Type from 'typebox';
import { present } from '../contract/present.js';
import { collectPages } from '../pagerduty/collect-pages.js';
import { defineOperation } from './operation.js';

export const listUsers = defineOperation({
  id: 'ListUsers',
  summary: 'List users',
  description: 'Lists the users of the account. It fills the dropdowns from which a user is chosen.',
  method: 'GET',
  path: '/users',
  input: Type.Object({}),
  output: 'UsersResponse',
  outputDescription: 'The users of the account.',
  visibility: 'internal',
  async run(_, { connection }) {
    const { items } = await collectPages({ fetch: (offset, limit) => connection.users.list({ offset, limit }) });
    return { users: items.map((user) => present('User', user)) };
  },
});
