import Type from 'typebox';
import { queryField } from '../wire/fields.js';
import { present } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';

export const listUsers = defineOperation({
  id: 'ListUsers',
  summary: 'List users',
  description: 'Lists the users of the account, at most 2,000. It fills the dropdowns from which a user is chosen.',
  method: 'GET',
  path: '/users',
  input: Type.Object({
    query: queryField({ description: 'Only users whose name or e-mail address contains this text.' }),
  }),
  output: 'UsersResponse',
  outputDescription: 'The users of the account.',
  visibility: 'internal',
  async run({ query }, { connection }) {
    const users = await connection.lookups.users(query);
    return { users: users.map((user) => present('User', user)) };
  },
});
